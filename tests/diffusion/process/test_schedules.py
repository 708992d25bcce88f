"""The torch side of schedules says what the tables say."""

import math

import numpy as np
import pytest
import torch

from diffusion.config import SCHEDULES, ProcessConfig
from diffusion.process import tables
from diffusion.process.schedules import make_schedule


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_training_sigma_is_that_of_the_tables(schedule, dtype):
    """At quantiles over all of [0, 1), in u's dtype and shape, finite at u = 0."""
    process = ProcessConfig(schedule=schedule)
    u = torch.linspace(0, 0.999, 200, dtype=dtype).reshape(10, 20)
    sigma = make_schedule(process).training_sigma(u)
    expected = tables.training_sigma(process, u.double().numpy())
    assert sigma.dtype == dtype
    assert sigma.shape == u.shape
    if dtype == torch.float64 or schedule in ("edm", "flow"):
        np.testing.assert_allclose(sigma.numpy(), expected, rtol=2e-5 if dtype == torch.float32 else 1e-9)
    else:  # u T rounds up to the next timestep at a few places
        assert np.mean(np.abs(sigma.numpy() / expected - 1) < 1e-5) > 0.97


def test_discrete_training_meets_each_timestep_once_in_T_even_quantiles():
    """u = (t + 1/2) / T is timestep t."""
    schedule = make_schedule(ProcessConfig(schedule="linear"))
    u = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    sigma = schedule.training_sigma(u)
    assert schedule.alpha_bar is not None
    torch.testing.assert_close(1 / (1 + sigma**2), schedule.alpha_bar, rtol=1e-12, atol=0)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_sampling_starts_at_sigma_max(schedule):
    """Falling, float64, from sigma_max to 0."""
    made = make_schedule(ProcessConfig(schedule=schedule))
    sigmas = made.sampling_sigmas(20)
    assert sigmas.dtype == torch.float64
    assert sigmas.shape == (21,)
    assert float(sigmas[0]) == pytest.approx(made.sigma_max, rel=1e-12)
    assert (sigmas.diff() < 0).all()
    assert (made.alpha_bar is None) == (schedule in ("edm", "flow"))


def test_zero_terminal_snr_trains_and_samples_at_a_finite_sigma():
    """alpha-bar at T is 0, its sigma the cap, and the same level is trained and sampled."""
    made = make_schedule(ProcessConfig(schedule="linear", zero_terminal_snr=True))
    assert made.alpha_bar is not None
    assert made.alpha_bar[-1] == 0
    assert made.sigma_max == tables.SIGMA_CAP
    assert float(made.training_sigma(torch.tensor([0.9999]))[0]) == pytest.approx(tables.SIGMA_CAP)
    assert math.isfinite(float(made.sampling_sigmas(1000).sum()))


def test_all_T_steps_use_each_level_of_training_once():
    """The grid of T steps is the training levels, turned, and 0."""
    made = make_schedule(ProcessConfig(schedule="cosine"))
    u = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    assert torch.equal(made.sampling_sigmas(1000)[:-1], made.training_sigma(u).flip(0))
