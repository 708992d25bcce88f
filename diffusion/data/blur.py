"""Gaussian blur with reflecting borders, exact: the heat equation in the cosine basis."""

from collections.abc import Callable

import torch
from torch import Tensor

from diffusion.data.heat import heat_matrix


def blur_matrix(size: int, sigma: float) -> Tensor:
    """The matrix [size, size] in float64 that blurs one line of pixels by sigma pixels (`heat.heat_matrix`)."""
    return torch.from_numpy(heat_matrix(size, sigma))


def gaussian_blur(pictures: Tensor, sigma: float) -> Tensor:
    """Pictures [..., H, W] blurred by sigma pixels: uint8 in gives uint8 out (rounded), floats stay as they are.

    sigma: standard deviation of the Gaussian in pixels, 0 or more. Raises ValueError below 0.
    """
    if sigma < 0:
        raise ValueError(f"sigma must be 0 or more, got {sigma}")
    if sigma == 0:
        return pictures
    eight_bits = pictures.dtype == torch.uint8
    dtype = torch.float32 if eight_bits else pictures.dtype
    rows = blur_matrix(pictures.shape[-2], sigma).to(pictures.device, dtype)
    columns = blur_matrix(pictures.shape[-1], sigma).to(pictures.device, dtype)
    return by_parts(pictures, lambda part: rows @ part @ columns) if eight_bits else rows @ pictures @ columns


def by_parts(pictures: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function of floats on uint8 pictures [N, ...], rounded and clamped to uint8 again.

    4096 at a time: a whole data set as float32 would take four times its memory.
    """
    parts = [function(part.float()).round_().clamp_(0, 255).to(torch.uint8) for part in torch.split(pictures, 4096)]
    return torch.cat(parts)
