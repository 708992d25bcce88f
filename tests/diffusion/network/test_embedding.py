"""The embedding of a noise level against numpy, and that the network can tell levels apart at both ends."""

import numpy as np
import pytest
import torch

from diffusion.network.embedding import noise_level_embedding
from diffusion.process.tables import SIGMA_CAP, SIGMA_FLOOR


def test_it_is_sinusoids_of_50_ln_sigma():
    """Frequencies fall from 1 to nearly 1/10,000 (Vaswani et al. 2017); float64 in numpy."""
    sigma = np.array([0.002, 0.5, 1.0, 80.0])
    frequencies = 10_000.0 ** (-np.arange(16) / 16)
    angles = 50 * np.log(sigma)[:, None] * frequencies
    expected = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    found = noise_level_embedding(torch.from_numpy(sigma), 32)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


def test_sigma_1_is_all_cosines():
    """ln 1 = 0."""
    assert noise_level_embedding(torch.ones(1), 6).tolist() == [[1, 1, 1, 0, 0, 0]]


def test_every_level_that_a_schedule_has_is_finite_and_of_one_length():
    """cos^2 + sin^2 = 1 for each frequency, from the lowest to the highest level."""
    sigma = torch.logspace(np.log10(SIGMA_FLOOR), np.log10(SIGMA_CAP), 1000)
    found = noise_level_embedding(sigma, 64)
    torch.testing.assert_close(found.square().sum(1), torch.full((1000,), 32.0))


def test_neighboring_levels_differ():
    """A percent of sigma moves the embedding, and more moves it further."""
    base, near, far = noise_level_embedding(torch.tensor([1.0, 1.01, 1.03]), 64)
    assert 0.5 < (base - near).norm() < (base - far).norm()


def test_an_odd_width_is_refused():
    """Half are cosines."""
    with pytest.raises(ValueError, match=r"^width must be even, got 7$"):
        noise_level_embedding(torch.ones(1), 7)
