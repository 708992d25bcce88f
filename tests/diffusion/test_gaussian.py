"""The yardstick itself, and the samplers measured by it: orders of convergence and variances, with no random draws."""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion import gaussian
from diffusion.config import ProcessConfig
from diffusion.process import tables
from diffusion.sampling.samplers import ddim, ddpm, dpmpp_2m, euler, heun

LINEAR = tables.alpha_bar_table(ProcessConfig(schedule="linear"))
HALF = gaussian.GaussianData(std=0.5)


def levels(alpha_bar):
    """The falling grid over all entries of alpha_bar, and 0."""
    return torch.from_numpy(np.append(tables.sigma_from_alpha_bar(alpha_bar)[::-1], 0.0))


@given(mean=st.floats(-1, 1), std=st.floats(0.01, 2), sigma=st.floats(0.01, 1e3))
def test_the_path_solves_the_ode(mean, std, sigma):
    """Its slope is (x - D) / sigma, by central differences."""
    data = gaussian.GaussianData(mean, std)
    x = torch.tensor([-2.0, 0.3, 5.0], dtype=torch.float64)
    h = sigma * 1e-4
    slope = (data.path(x, sigma, sigma + h) - data.path(x, sigma, sigma - h)) / (2 * h)
    expected = (x - data.denoise(x, torch.tensor(sigma, dtype=torch.float64))) / sigma
    torch.testing.assert_close(slope, expected, rtol=1e-6, atol=1e-9)


def test_the_denoiser_is_the_posterior_mean():
    """Against the mean over a fine grid of x0."""
    data, x, sigma = gaussian.GaussianData(0.2, 0.4), 0.9, 0.7
    x0 = torch.linspace(-4, 4, 20_001, dtype=torch.float64)
    weights = torch.exp(-((x0 - 0.2) ** 2) / (2 * 0.4**2) - (x - x0) ** 2 / (2 * sigma**2))
    found = data.denoise(torch.tensor(x, dtype=torch.float64), torch.tensor(sigma, dtype=torch.float64))
    assert float(found) == pytest.approx(float((weights * x0).sum() / weights.sum()), rel=1e-9)


def karras(steps, high, low):
    return torch.from_numpy(tables.karras_sigmas(steps + 1, low, high))


@pytest.mark.parametrize(
    ("sampler", "order"),
    [(euler, 1), (ddim, 1), (functools.partial(ddpm, variance="small"), 1), (heun, 2), (dpmpp_2m, 2)],
    ids=["euler", "ddim", "ddpm", "heun", "dpm++2m"],
)
@pytest.mark.parametrize("grid", [gaussian.log_sigmas, karras], ids=["log grid", "karras grid"])
def test_the_error_shrinks_at_the_order_of_the_method(sampler, order, grid):
    """Data N(0, s^2) has a known path, on which ODE solvers err, and a known variance, which ddpm misses."""
    counts = [64, 128, 256, 512]
    if isinstance(sampler, functools.partial):
        target = HALF.std**2 + 0.1**2
        errors = [abs(gaussian.drawn_variance(sampler, grid(n, 1000.0, 0.1), HALF) - target) for n in counts]
    else:
        errors = [gaussian.path_error(sampler, n, high=10.0, low=0.1, grid=grid) for n in counts]
    assert np.polyfit(np.log2(counts), np.log2(errors), 1)[0] == pytest.approx(-order, abs=0.1)


@pytest.mark.parametrize(
    ("sampler", "bound"),
    [(euler, 3e-3), (ddim, 3e-3), (heun, 1.1e-5), (dpmpp_2m, 5.5e-6)],
    ids=["euler", "ddim", "heun", "dpm++2m"],
)
def test_the_error_at_1280_steps_is_small(sampler, bound):
    """Bounds that catch a regression, over the whole range of EDM: sigma 80 to 0.002."""
    assert gaussian.path_error(sampler, 1280, high=80.0, low=0.002) < bound


@pytest.mark.parametrize("sampler", [euler, ddim, heun, dpmpp_2m], ids=["euler", "ddim", "heun", "dpm++2m"])
def test_a_constant_denoiser_is_solved_exactly(sampler):
    """Data of one point has a straight path, from sigma 1e4 in three very uneven steps too."""
    sigmas = torch.tensor([1e4, 12.0, 0.5, 0.0], dtype=torch.float64)
    point = torch.full((1, 1, 1, 1), 0.3, dtype=torch.float64)
    for step in sampler(lambda x, sigma: point, point + 1e4, sigmas, noise=lambda: point):
        assert float(step.x) == pytest.approx(0.3 + step.sigma, rel=1e-12)


@pytest.mark.parametrize(
    ("data_variance", "small", "large"),
    [(0.25, 0.2461252, 0.2507521), (1.0, 0.9910674, 0.9999), (1e-4, 4.3049e-5, 7.0496e-5)],
    ids=["0.25", "1", "1e-4"],
)
def test_ancestral_sampling_draws_the_known_variance(data_variance, small, large):
    """1000 steps of the linear schedule: the recursion's number, and the sampler's own code, to 1e-6 and closer."""
    data = gaussian.GaussianData(mean=0.3, std=math.sqrt(data_variance))
    for name, known in (("small", small), ("large", large)):
        recursion = gaussian.ancestral_variance(LINEAR, data_variance, name)
        drawn = gaussian.drawn_variance(functools.partial(ddpm, variance=name), levels(LINEAR), data)
        assert recursion == pytest.approx(known, rel=2e-5, abs=1e-7)
        assert recursion == pytest.approx(known, abs=1e-6)
        # The recursion starts at variance 1 in x_t, the sampler at sigma^2 in x: x_t of 1 - alpha_bar, off by 4e-5.
        assert drawn == pytest.approx(recursion, abs=1e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("steps", "known"), [(10, 0.13995), (20, 0.18812), (50, 0.22320), (100, 0.23618), (999, 0.24850)]
)
def test_ddim_draws_the_known_variance(steps, known):
    """Data variance .25, linear schedule, timesteps even from 999 to 0, then alpha-bar 1."""
    visited = LINEAR[np.round(np.linspace(0, 999, steps + 1)).astype(int)]
    recursion = gaussian.ddim_variance(visited, 0.25)
    assert recursion == pytest.approx(known, abs=6e-6)
    # The sampler starts with 1 - alpha_bar where the recursion has 1: 4e-5 of the whole.
    drawn = gaussian.drawn_variance(ddim, levels(visited), HALF)
    assert drawn == pytest.approx(recursion * (1 - visited[-1]), rel=1e-9)


def test_ddim_with_eta_1_draws_what_ddpm_draws():
    """The same variance by both codes, on a short uneven grid."""
    sigmas = torch.tensor([50.0, 7.0, 2.0, 0.3, 0.25, 0.0], dtype=torch.float64)
    by_ddim = gaussian.drawn_variance(functools.partial(ddim, eta=1.0), sigmas, HALF)
    assert by_ddim == pytest.approx(gaussian.drawn_variance(ddpm, sigmas, HALF), rel=1e-12)


def test_drawn_variance_counts_every_noise():
    """Two steps by hand: x -> k x + fresh z, then the denoiser."""
    sigmas, s2 = torch.tensor([4.0, 1.0, 0.0], dtype=torch.float64), 0.25
    shrink = [s2 / (s2 + sigma**2) for sigma in (4.0, 1.0)]
    kept = 1 / 16
    after = (shrink[0] + kept * (1 - shrink[0])) ** 2 * 16 + 1 * (1 - kept)
    assert gaussian.drawn_variance(ddpm, sigmas, HALF) == pytest.approx(shrink[1] ** 2 * after, rel=1e-12)


def test_a_noisy_sampler_has_no_path_error():
    """It is refused, and not measured as if it were deterministic."""
    with pytest.raises(ValueError, match="deterministic sampler"):
        gaussian.path_error(ddpm, 10)
