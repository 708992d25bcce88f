"""What happens to a predicted x0 before a sampler sees it: classifier-free guidance, clamping, and binding the class.

The network's contract has labels: denoise(x [N, C, H, W], sigma [] or [N], label [N] int64) -> x0 [N, C, H, W], where
the number of classes as a label (null_label) means "no class". Samplers know none: bind makes what they call.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from diffusion.config import SamplingConfig
from diffusion.process.parameterizations import spread
from diffusion.sampling.samplers import Denoise

LabelledDenoise = Callable[[Tensor, Tensor, Tensor], Tensor]
LabelledGradient = Callable[[Tensor, Tensor], Tensor]  # x0 [N, C, H, W], label [N] -> [N, C, H, W]
DATA_VARIANCE = 0.25  # of pictures in [-1, 1], as EDM takes it


def guided(denoise: LabelledDenoise, scale: float, low: float, high: float, null_label: int) -> LabelledDenoise:
    """Classifier-free guidance D_u + scale (D_c - D_u) for sigma in [low, high], the conditional D_c elsewhere.

    scale: 1 is the conditional and 0 the unconditional denoiser, each exactly and in one pass; others take one pass of
    a doubled batch. Papers that write (1 + w) D_c - w D_u mean scale = 1 + w.
    Source: Ho & Salimans 2022, arXiv:2207.12598, eq. 6; the interval: Kynkäänniemi et al. 2024, arXiv:2404.07724.
    """
    if scale == 1:
        return denoise

    def guide(x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """The guided x0 [N, C, H, W] inside the interval of sigma, the plain one outside."""
        inside = (low <= sigma) & (sigma <= high)
        if not inside.any():
            return denoise(x, sigma, label)
        null = torch.full_like(label, null_label)
        if scale == 0:
            return denoise(x, sigma, torch.where(inside.to(label.device), null, label))
        twice = sigma if sigma.ndim == 0 else torch.cat([sigma, sigma])
        D_c, D_u = denoise(torch.cat([x, x]), twice, torch.cat([label, null])).chunk(2)
        return torch.where(spread(inside, x).to(x.device), D_u + scale * (D_c - D_u), D_c)

    return guide


def steered(
    denoise: LabelledDenoise, gradient: LabelledGradient, scale: float, low: float, high: float
) -> LabelledDenoise:
    """D + scale Var[x0 | x] g for sigma in [low, high], with g the gradient of ln p(label | x0) at the predicted x0.

    Guidance by a classifier of noisy pictures adds Cov[x0 | x] g to D (Dhariwal and Nichol 2021, arXiv:2105.05233, eq.
    14, with Tweedie's formula). Here the classifier reads the predicted x0, and the covariance is that of data of
    variance DATA_VARIANCE in every direction: sigma^2 s^2 / (sigma^2 + s^2). scale 1 is exact for such data.
    """

    def steer(x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """x at sigma [N] to x0 [N, C, H, W], moved up the gradient where sigma is inside the interval."""
        inside = (low <= sigma) & (sigma <= high)
        D = denoise(x, sigma, label)
        if not inside.any():
            return D
        variance = (sigma.double() ** 2 * DATA_VARIANCE / (sigma.double() ** 2 + DATA_VARIANCE)).to(x)
        moved = D + scale * spread(variance, x) * gradient(D, label)
        return torch.where(spread(inside, x).to(x.device), moved, D)

    return steer


def bind(denoise: LabelledDenoise, label: Tensor) -> Denoise:
    """denoise with its label [N] bound, as samplers call it."""
    return lambda x, sigma: denoise(x, sigma, label)


def clipped(denoise: Denoise) -> Denoise:
    """denoise with x0 clamped to [-1, 1]; samplers take the noise from x and this x0, so both agree.

    Source: Ho et al. 2020's published code; Saharia et al. 2022, arXiv:2205.11487, section 2.3, "static thresholding".
    """
    return lambda x, sigma: denoise(x, sigma).clamp(-1, 1)


def make_denoise(
    denoise: LabelledDenoise,
    label: Tensor,
    settings: SamplingConfig,
    null_label: int,
    gradient: LabelledGradient | None = None,
) -> Denoise:
    """What a sampler calls, by the settings: guidance, then CLIP's gradient, then the label [N] bound, then clamping.

    A network without classes should be given settings with guidance 1: another scale would only cost time. gradient
    is that of CLIP guidance, and without one there is none.
    """
    guide = guided(denoise, settings.guidance, settings.guidance_low, settings.guidance_high, null_label)
    if gradient is not None and settings.clip_guidance > 0:
        interval = settings.clip_guidance_low, settings.clip_guidance_high
        guide = steered(guide, gradient, settings.clip_guidance, *interval)
    bound = bind(guide, label)
    return clipped(bound) if settings.clip else bound
