"""The schedule lab: the same numbers as the tables that training uses, and pictures as noised as they say."""

import math

import numpy as np
import pytest

from diffusion.config import SCHEDULES, ProcessConfig
from diffusion.data.digits import read_digits
from diffusion.process import lab, tables

EDGES = np.linspace(-30, 30, 61)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_curves_belong_together(schedule):
    """alpha-bar is the logistic function of log-SNR; time and noise rise; shares of training add up to 1."""
    process = ProcessConfig(schedule=schedule)
    found = lab.curves(process)
    assert np.allclose(found.alpha_bar, 1 / (1 + np.exp(-found.log_snr)), rtol=1e-9, atol=1e-12)
    assert (np.diff(found.time) > 0).all()
    assert (np.diff(found.log_snr) <= 0).all()
    assert lab.training_shares(process, EDGES).sum() == pytest.approx(1)
    if found.beta is not None:
        assert np.allclose(np.cumprod(1 - found.beta), found.alpha_bar)


def test_discrete_times_are_their_timesteps():
    """Time t / T belongs to timestep t."""
    process = ProcessConfig(schedule="linear", timesteps=100)
    sigma = tables.sigma_table(process)
    assert [lab.sigma_at(process, time) for time in (0.01, 0.5, 1.0)] == [sigma[0], sigma[49], sigma[99]]
    assert lab.sigma_at(process, 0) == 0


def test_linear_meets_snr_1_before_cosine():
    """The known crossings: t = 258 and t = 495 of 1000."""
    times = {name: lab.time_of(ProcessConfig(schedule=name), 0.0) for name in ("linear", "cosine")}
    assert times["linear"] == pytest.approx(0.258, abs=0.003)
    assert times["cosine"] == pytest.approx(0.495, abs=0.003)
    assert lab.time_of(ProcessConfig(schedule="linear-unscaled", timesteps=100), -5.0) is None


def test_flow_is_half_way_at_half_time():
    """sigma = t / (1 - t)."""
    process = ProcessConfig(schedule="flow")
    assert lab.sigma_at(process, 0.5) == pytest.approx(1, rel=1e-6)
    assert lab.sigma_of(0.0) == 1


def test_shares_outside_are_those_of_the_linter():
    """Linear spends 31.9 % of T = 1000 there."""
    below, above = lab.share_outside(ProcessConfig(schedule="linear"), 5.0)
    assert below + above == pytest.approx(0.319, abs=0.001)


def test_a_noised_picture_has_the_snr_that_it_says():
    """Signal and noise can be taken apart again, since both are known."""
    noise = np.random.default_rng(0).standard_normal((64, 64, 1))
    picture = np.full((64, 64, 1), 160, dtype=np.uint8)
    sigma = 0.3
    found = lab.noised(picture, sigma, noise) / 127.5 - 1
    scale = 1 / math.sqrt(1 + sigma**2)
    assert found.mean() == pytest.approx((160 / 127.5 - 1 + sigma * noise.mean()) * scale, abs=0.01)
    assert np.std(found) == pytest.approx(sigma * scale, rel=0.05)
    assert (lab.noised(picture, 0.0, noise) == picture).all()


def test_blurred_as_training_blurs():
    """The same pixels as the tensors' own blur, on grey and on colour."""
    from diffusion.data.blur import gaussian_blur
    from diffusion.data.pictures import to_uint8, to_unit

    torch = pytest.importorskip("torch")
    for picture in (read_digits()[0][0][..., None], np.random.default_rng(1).integers(0, 256, (9, 7, 3), np.uint8)):
        tensor = to_unit(torch.from_numpy(picture.copy()).permute(2, 0, 1)).double()
        theirs = to_uint8(gaussian_blur(tensor, 1.3)).permute(1, 2, 0).numpy()
        difference = lab.blurred(picture, 1.3).astype(int) - theirs.astype(int)
        assert np.abs(difference).max() <= 1  # half a level, rounded here in float64 and there in float32
