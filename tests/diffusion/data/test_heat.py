"""The blur's matrix without torch."""

import numpy as np
import pytest

from diffusion.data.heat import heat_matrix


@pytest.mark.parametrize("size", [1, 2, 8, 31])
def test_blurs_compose_and_keep_the_mean(size):
    """Two blurs are one of the root of the sum of squares; a flat line stays flat; no blur changes nothing."""
    assert np.allclose(heat_matrix(size, 0.6) @ heat_matrix(size, 0.8), heat_matrix(size, 1.0))
    assert np.allclose(heat_matrix(size, 2.0).sum(axis=0), 1)
    assert np.allclose(heat_matrix(size, 0.0), np.eye(size))


def test_a_point_becomes_a_gaussian():
    """Far from the borders, with the standard deviation that was asked for."""
    spread = heat_matrix(41, 2.0)[:, 20]
    place = np.arange(41) - 20
    assert (spread * place**2).sum() == pytest.approx(4.0, rel=1e-6)
