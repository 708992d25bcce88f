"""The samplers: from pure noise down a grid of noise levels to pictures. One signature, each yields its steps.

    sampler(denoise, x, sigmas, *, noise) -> Iterator[SamplingStep]

denoise(x [N, C, H, W], sigma []) -> predicted x0 [N, C, H, W], with class, guidance and clamping already bound (see
diffusion.sampling.guidance). x: the start, sigmas[0] times standard-normal noise, any float dtype, which is kept.
sigmas: float64 [steps + 1] on the CPU, strictly falling, the last usually 0. noise(): the next standard-normal tensor
like x, so that random streams are the caller's. Coefficients are Python floats, so they are float64 whatever x is.

All of them work on x = x0 + sigma * noise. DDPM's x_t is sqrt(alpha_bar) x with alpha_bar = 1 / (1 + sigma^2), so an
update that a paper writes in x_t is here divided by sqrt(alpha_bar) of the level that it goes to: `to`.
"""

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from torch import Tensor

from diffusion.config import SAMPLERS, SamplingConfig
from diffusion.errors import unknown_name

Denoise = Callable[[Tensor, Tensor], Tensor]
Noise = Callable[[], Tensor]


@dataclass(frozen=True)
class SamplingStep:
    """x at one noise level, after `index` of the steps, and the x0 that was predicted from it.

    There is one for the start (index 0, pure noise) and one after each step: steps + 1 in all. The prediction is the
    one that the next step uses, so it costs nothing; the last one, with no next step, repeats the prediction that it
    was made from, which at sigma 0 is x itself.
    """

    index: int
    sigma: float
    x: Tensor
    x0: Tensor


class Sampler(Protocol):
    """What every sampler looks like from outside; see the module."""

    def __call__(self, denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise) -> Iterator[SamplingStep]:
        """Go down sigmas from x, yielding each step."""
        ...


def ddpm(
    denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise, variance: str = "small"
) -> Iterator[SamplingStep]:
    """Ancestral sampling (Ho et al. 2020, arXiv:2006.11239, algorithm 2; mean by eq. 7). No noise in the last step.

    variance: "small" is the posterior's beta-tilde (eq. 7), right for data of one point; "large" is beta, right for
    data of unit variance (section 3.2).
    """
    for i, (sigma, to) in enumerate(pairwise(sigmas.tolist())):
        x0 = denoise(x, sigmas[i])
        yield SamplingStep(i, sigma, x, x0)
        kept = (to / sigma) ** 2  # (1 - abar_s) alpha_t / (1 - abar_t); x0 gets the rest, beta_t / (1 - abar_t)
        x = x0 + kept * (x - x0)
        beta = (sigma**2 - to**2) / (1 + sigma**2)  # 1 - abar_t / abar_s
        small = to**2 * (1 - kept)
        large = beta * (1 + to**2)  # beta / abar_s
        if to > 0:
            x = x + math.sqrt(small if variance == "small" else large) * noise()
    yield SamplingStep(len(sigmas) - 1, to, x, x0)


def ddim(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise, eta: float = 0.0) -> Iterator[SamplingStep]:
    """DDIM (Song et al. 2020, arXiv:2010.02502, eq. 12, noise by eq. 16).

    eta in [0, 1]: 0 draws no noise; 1 equals ddpm with the small variance, step by step.
    """
    for i, (sigma, to) in enumerate(pairwise(sigmas.tolist())):
        x0 = denoise(x, sigmas[i])
        yield SamplingStep(i, sigma, x, x0)
        fresh = eta * to * math.sqrt(1 - (to / sigma) ** 2)  # eq. 16 over sqrt(abar_s)
        epsilon = (x - x0) / sigma
        x = x0 + math.sqrt(to**2 - fresh**2) * epsilon  # eq. 12: predicted x0, direction pointing to x_t, random noise
        if fresh > 0:
            x = x + fresh * noise()
    yield SamplingStep(len(sigmas) - 1, to, x, x0)


def euler(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise) -> Iterator[SamplingStep]:
    """Euler steps of the ODE dx/dsigma = (x - D) / sigma (Karras et al. 2022, arXiv:2206.00364, eq. 1 and 3)."""
    for i, (sigma, to) in enumerate(pairwise(sigmas.tolist())):
        x0 = denoise(x, sigmas[i])
        yield SamplingStep(i, sigma, x, x0)
        d = (x - x0) / sigma
        x = x + (to - sigma) * d
    yield SamplingStep(len(sigmas) - 1, to, x, x0)


def heun(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise) -> Iterator[SamplingStep]:
    """Heun's method on the ODE (Karras et al. 2022, algorithm 1): order 2, two predictions a step but for the last.

    With s(t) = 1 - t and sigma(t) = t / (1 - t): on y = s x = (1 - t) x0 + t noise, whose slope is noise - x0. EDM's
    own choice, s = 1 and sigma = t, takes the mean of two slopes over the whole length of a step; from sigma 8768 to 12
    (cosine schedule, 20 steps) that multiplies the second slope's small error by 4000. Here that step has length 0.08.
    On grids up to sigma 80 the two end about equally near, and a straight line from noise to x0 is exact in both.
    """
    for i, (sigma, to) in enumerate(pairwise(sigmas.tolist())):
        x0 = denoise(x, sigmas[i])
        yield SamplingStep(i, sigma, x, x0)
        h = to / (1 + to) - sigma / (1 + sigma)
        y = x / (1 + sigma)
        d = (x - x0) / sigma - x0
        ahead = y + h * d
        if to > 0:
            x_ahead = (1 + to) * ahead
            x0_ahead = denoise(x_ahead, sigmas[i + 1])
            d_ahead = (x_ahead - x0_ahead) / to - x0_ahead
            ahead = y + h * (d + d_ahead) / 2
        x = (1 + to) * ahead
    yield SamplingStep(len(sigmas) - 1, to, x, x0)


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: Noise) -> Iterator[SamplingStep]:
    """DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, algorithm 2): order 2 with one prediction a step.

    lambda = -ln sigma. The first step, and the one to sigma 0 where lambda is infinite, are of first order.
    """
    h_before, x0_before = math.inf, x  # an infinitely long step before the first takes its order to 1
    for i, (sigma, to) in enumerate(pairwise(sigmas.tolist())):
        x0 = denoise(x, sigmas[i])
        yield SamplingStep(i, sigma, x, x0)
        h = math.log(sigma / to) if to > 0 else math.inf
        half = h / h_before / 2 if to > 0 else 0.0  # 1 / (2 r)
        D = (1 + half) * x0 - half * x0_before
        x = (to / sigma) * x - math.expm1(-h) * D
        h_before, x0_before = h, x0
    yield SamplingStep(len(sigmas) - 1, to, x, x0)


def make_sampler(settings: SamplingConfig) -> Sampler:
    """The sampler that settings.sampler names, with its options bound. Raises UserError for another name."""
    match settings.sampler:
        case "ddpm":
            return functools.partial(ddpm, variance=settings.variance)
        case "ddim":
            return functools.partial(ddim, eta=settings.eta)
        case "euler":
            return euler
        case "heun":
            return heun
        case "dpm++2m":
            return dpmpp_2m
    raise unknown_name("sampler", settings.sampler, SAMPLERS, "--sampler heun")
