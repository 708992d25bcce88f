"""Data whose best denoiser is known exactly, N(mean, std^2 I): the yardstick for samplers.

On it the ODE's path is known in closed form, and a sampler is a linear map, so that both its error on one path and the
variance of what it draws are exact numbers, with no network and no random draws. Everything in float64 on the CPU.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from diffusion.process.tables import Table, posterior_variance
from diffusion.sampling.samplers import Noise, Sampler


@dataclass(frozen=True)
class GaussianData:
    """Pictures of independent pixels, each N(mean, std^2); std above 0."""

    mean: float = 0.0
    std: float = 0.5

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The expected x0 behind x [N, C, H, W] at sigma [], (s^2 x + sigma^2 m) / (s^2 + sigma^2)."""
        s2 = self.std**2
        return (s2 * x + sigma**2 * self.mean) / (s2 + sigma**2)

    def path(self, x: Tensor, sigma: float, to: float) -> Tensor:
        """Where the ODE dx/dsigma = (x - D) / sigma leads x from level sigma to level `to`."""
        return self.mean + (x - self.mean) * math.sqrt((self.std**2 + to**2) / (self.std**2 + sigma**2))


def log_sigmas(steps: int, high: float, low: float) -> Tensor:
    """Levels [steps + 1] falling from high to low, even in ln sigma."""
    return torch.logspace(math.log10(high), math.log10(low), steps + 1, dtype=torch.float64)


def path_error(
    sampler: Sampler,
    steps: int,
    *,
    data: GaussianData | None = None,
    high: float = 10.0,
    low: float = 0.1,
    grid: Callable[[int, float, float], Tensor] = log_sigmas,
) -> float:
    """How far a deterministic sampler ends from the exact path, after so many steps from level high to level low.

    data: N(0, 0.5^2) when None. grid(steps, high, low) gives the levels [steps + 1]. The start is one standard
    deviation of the noised data above its mean, so the error is in pixel values.
    """
    data = data or GaussianData()
    start = torch.full((1, 1, 1, 1), data.mean + math.hypot(data.std, high), dtype=torch.float64)
    end = _last(sampler, data, start, grid(steps, high, low), _no_noise)
    return float((end - data.path(start, high, low)).abs().max())


def drawn_variance(sampler: Sampler, sigmas: Tensor, data: GaussianData) -> float:
    """The variance of the pixels that a sampler draws from data: exact, by its own code, with no random draws.

    sigmas: float64 [steps + 1]. On Gaussian data the end is a + b0 z0 + b1 z1 + ... in the noise of the start and of
    each step. Row j of a batch is run with z_j = 1 and all others 0, and one more row with all 0 gives a; the variance
    is the sum of the b_j^2.
    """
    rows = len(sigmas) + 1
    unit = torch.eye(rows, dtype=torch.float64).reshape(rows, rows, 1, 1, 1)
    draws = iter(unit)
    start = sigmas[0] * next(draws)
    end = _last(sampler, data, start, sigmas, lambda: next(draws))
    b = end[:-1] - end[-1]  # no draw reaches the last row
    return float((b**2).sum())


def ancestral_variance(alpha_bar: Table, data_variance: float, variance: str = "small") -> float:
    """The variance that DDPM's ancestral sampling draws from N(0, data_variance), by the recursion over x_t.

    alpha_bar [steps]: falling, that of the timesteps visited. variance: "small" (beta-tilde) or "large" (beta). The
    start has variance 1. Source: Ho et al. 2020, arXiv:2006.11239, eq. 7 with the exact x0; no noise in the last step.
    """
    before = np.concatenate([[1.0], alpha_bar[:-1]])
    beta = 1 - alpha_bar / before
    fresh = posterior_variance(alpha_bar) if variance == "small" else beta
    expected = np.sqrt(alpha_bar) * data_variance / (alpha_bar * data_variance + 1 - alpha_bar)  # E[x0 | x_t] / x_t
    of_x0 = np.sqrt(before) * beta / (1 - alpha_bar)
    of_x = np.sqrt(1 - beta) * (1 - before) / (1 - alpha_bar)
    total = 1.0
    for t in reversed(range(len(alpha_bar))):
        total = (of_x0[t] * expected[t] + of_x[t]) ** 2 * total + (fresh[t] if t > 0 else 0.0)
    return float(total)


def ddim_variance(alpha_bar: Table, data_variance: float) -> float:
    """The variance that DDIM with eta 0 draws from N(0, data_variance); alpha_bar [steps] as in ancestral_variance.

    Source: Song et al. 2020, arXiv:2010.02502, eq. 12 with the exact x0; the last step leads to alpha_bar 1.
    """
    before = np.concatenate([[1.0], alpha_bar[:-1]])
    expected = np.sqrt(alpha_bar) * data_variance / (alpha_bar * data_variance + 1 - alpha_bar)
    epsilon = (1 - np.sqrt(alpha_bar) * expected) / np.sqrt(1 - alpha_bar)
    factors = np.sqrt(before) * expected + np.sqrt(1 - before) * epsilon
    return float(np.prod(factors**2))


def _last(sampler: Sampler, data: GaussianData, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    for step in sampler(data.denoise, x, sigmas, noise=noise):
        x = step.x
    return x


def _no_noise() -> Tensor:
    raise ValueError("path_error needs a deterministic sampler; this one asked for noise")
