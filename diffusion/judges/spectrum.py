"""Power spectra of pictures by frequency, and the blur that would make one from another.

The basis is the cosine transform that diffusion.data.blur works in: pictures have borders, which in it are mirrors, and
there a blur by sigma pixels multiplies the power at frequency f by exp(-sigma^2 f^2) exactly.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from diffusion.judges.estimate import Estimate
from diffusion.seeds import stream

ROUNDING = 1 / 12  # variance of the error of rounding to a whole number, in each coefficient of an orthonormal basis
CLEAR = 4.0  # times the rounding's power: what a frequency needs to be told from it
RESAMPLES = 200
AT_ONCE = 2048


@dataclass(frozen=True)
class Spectra:
    """The power of each picture in rings of equal frequency.

    frequency float64 [R] in cycles a pixel, rising, the mean of each ring. power float64 [N, R], mean over the ring's
    coefficients and the channels, in units of the 256 levels squared. count [R]: coefficients of each ring.
    """

    frequency: Tensor
    power: Tensor
    count: Tensor


def cosine_basis(size: int) -> Tensor:
    """The orthonormal DCT-II as a matrix [size, size] in float64: row k is the wave of k / (2 size) cycles a pixel."""
    k = torch.arange(size, dtype=torch.float64)
    basis = torch.cos(math.pi / size * (k[None, :] + 0.5) * k[:, None]) * math.sqrt(2 / size)
    basis[0] /= math.sqrt(2)
    return basis


def spectra(pictures: Tensor) -> Spectra:
    """Radially averaged power of uint8 pictures [N, C, H, W], without the mean of each picture."""
    high, wide = pictures.shape[-2:]
    down, right = cosine_basis(high), cosine_basis(wide)
    frequency = torch.hypot(
        torch.arange(high, dtype=torch.float64)[:, None] / (2 * high),
        torch.arange(wide, dtype=torch.float64)[None, :] / (2 * wide),
    ).flatten()
    ring = (frequency * 2 * max(high, wide)).round().long()  # one wave more or less in the longer direction
    rings = int(ring.max()) + 1
    count = torch.bincount(ring, minlength=rings).double()
    parts = []
    for part in torch.split(pictures, AT_ONCE):
        power = (down @ part.double().cpu() @ right.T).square().mean(1).flatten(1)
        parts.append(torch.zeros(len(part), rings, dtype=torch.float64).index_add_(1, ring, power) / count)
    mean = torch.zeros(rings, dtype=torch.float64).index_add_(0, ring, frequency) / count
    return Spectra(mean[1:], torch.cat(parts)[:, 1:], count[1:])


def blur_between(drawn: Tensor, real: Tensor, frequency: Tensor, count: Tensor) -> Tensor:
    """The sigma [K] in pixels whose blur turns real mean power [K, R] into drawn, also [K, R]; below 0 if sharper.

    Fitted to ln(drawn / real) = contrast - sigma^2 f^2 by least squares, each ring with the weight of its coefficients;
    the power that rounding to 256 levels adds is taken off, and rings that do not stand clear of it are left out.
    frequency [R] in cycles a pixel, count [R]. NaN where fewer than two rings are left.
    """
    clear = (drawn > CLEAR * ROUNDING) & (real > CLEAR * ROUNDING)
    weight = count * clear
    ratio = ((drawn - ROUNDING).clamp(min=1e-12) / (real - ROUNDING).clamp(min=1e-12)).log()
    x = (2 * math.pi * frequency).square().expand_as(ratio)
    total = weight.sum(1, keepdim=True)
    dx = x - (weight * x).sum(1, keepdim=True) / total
    dy = ratio - (weight * ratio).sum(1, keepdim=True) / total
    variance = -(weight * dx * dy).sum(1) / (weight * dx.square()).sum(1)
    sigma = variance.sign() * variance.abs().sqrt()
    return torch.where(clear.sum(1) > 1, sigma, torch.nan)


def blur_sigma(drawn: Spectra, real: Spectra) -> Estimate:
    """The blur, in pixels of sigma, that would explain drawn pictures from real ones; below 0: they are sharper.

    The interval is the bootstrap's over the pictures of both sets. Both sets should have the same classes as often.
    """

    def fitted(a: Tensor, b: Tensor) -> Tensor:
        return blur_between(a, b, drawn.frequency, drawn.count)

    value = float(fitted(drawn.power.mean(0, keepdim=True), real.power.mean(0, keepdim=True))[0])
    n = len(drawn.power)
    if n < 2 or len(real.power) < 2 or math.isnan(value):
        return Estimate(value, n)
    found = fitted(resampled_means(drawn.power, "drawn spectra"), resampled_means(real.power, "real spectra"))
    low, high = torch.nanquantile(found, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Estimate(value, n, low, high)


def resampled_means(rows: Tensor, purpose: str) -> Tensor:
    """Means [RESAMPLES, D] of as many rows [N, D] as there are, drawn with replacement; always the same draws."""
    generator, n = stream(0, purpose), len(rows)
    return torch.stack([rows[torch.randint(n, (n,), generator=generator)].mean(0) for _ in range(RESAMPLES)])
