"""Gaussian blur with reflecting borders, exact: the heat equation in the cosine basis."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def blur_matrix(size: int, sigma: float) -> Tensor:
    """The matrix [size, size] in float64 that blurs one line of pixels by sigma pixels.

    It is C^T diag(exp(-sigma^2 f^2 / 2)) C with C the orthonormal DCT-II and f = pi k / size, so blurs compose
    (B(a) B(b) = B(sqrt(a^2 + b^2))), keep the mean, and sigma = 0 is the identity.
    Source: Rissanen, Heinonen and Solin 2023, arXiv:2206.13397, eq. 5 and appendix A.
    """
    k = torch.arange(size, dtype=torch.float64)
    cosine = torch.cos(math.pi / size * (k[None, :] + 0.5) * k[:, None]) * math.sqrt(2 / size)
    cosine[0] /= math.sqrt(2)
    decay = torch.exp(-0.5 * (sigma * math.pi / size * k) ** 2)
    return cosine.T @ (decay[:, None] * cosine)


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
