"""How a noise level becomes a vector."""

import math

import torch
from torch import Tensor

# ln sigma is stretched so that the fastest sinusoid turns once in 2 pi / 50 = 0.13 of it: the usual range of sigma,
# 0.002 to 157, then spans 560, the order of the 0..1000 that sinusoidal embeddings were made for.
LOG_SIGMA_SCALE = 50.0


def noise_level_embedding(sigma: Tensor, width: int) -> Tensor:
    """Sinusoidal embedding [N, width] of sigma [N] > 0, in float32: cosines, then sines, of 50 ln sigma.

    Source: Vaswani et al. 2017, section 3.5, as in Ho et al. 2020, of ln sigma (Karras et al. 2022) in place of t, so
    that one network reads any schedule, discrete or continuous. width must be even.
    """
    if width % 2:
        raise ValueError(f"width must be even, got {width}")
    half = width // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=sigma.device, dtype=torch.float32) / half)
    angles = LOG_SIGMA_SCALE * sigma.float().log()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)
