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
CLEAR = (
    20.0  # times the power of rounding: what a frequency needs to be told from it, and from what it does in flat areas
)
TINY = 1e-300  # power of a ring that nothing is left of
ITERATIONS = 12
WIDEST = (-10.0, 400.0)  # sigma^2
ACCURACY = 0.005  # pixels: of MNIST blurred by half a pixel, where halos below half a level are lost, it reads 0.4955
RESAMPLES = 200
AT_ONCE = 2048


@dataclass(frozen=True)
class Waves:
    """All waves but the mean: frequency float64 [F] in cycles a pixel, and the ring int64 [F] that each is in."""

    frequency: Tensor
    ring: Tensor


@dataclass(frozen=True)
class Spectra:
    """The power of each picture in rings of equal frequency.

    frequency float64 [R] in cycles a pixel, rising, the mean of each ring. power float64 [N, R], mean over the ring's
    coefficients and the channels, in units of the 256 levels squared. count [R]: coefficients of each ring. of_waves
    [F]: the power of each of the waves, mean over the pictures.
    """

    frequency: Tensor
    power: Tensor
    count: Tensor
    waves: Waves
    of_waves: Tensor


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
    parts, of_waves = [], torch.zeros(len(ring), dtype=torch.float64)
    for part in torch.split(pictures, AT_ONCE):
        power = (down @ part.double().cpu() @ right.T).square().mean(1).flatten(1)
        of_waves += power.sum(0) / len(pictures)
        parts.append(torch.zeros(len(part), rings, dtype=torch.float64).index_add_(1, ring, power) / count)
    mean = torch.zeros(rings, dtype=torch.float64).index_add_(0, ring, frequency) / count
    kept = ring > 0
    waves = Waves(frequency[kept], ring[kept] - 1)
    return Spectra(mean[1:], torch.cat(parts)[:, 1:], count[1:], waves, of_waves[kept])


def blur_between(drawn: Tensor, real: Tensor, waves: Waves, of_waves: Tensor) -> Tensor:
    """The sigma [K] in pixels whose blur turns real mean power [K, R] into drawn, also [K, R]; below 0 if sharper.

    Fitted to ln(drawn / real) = contrast + ln A(sigma^2) by least squares, each ring with the weight of its waves. A is
    what a blur leaves of a ring's power: exp(-sigma^2 f^2), mean over its waves weighted by their power of_waves [F] in
    real pictures; a ring's mean frequency in its place reads 1.90 for 2 in pictures of 8 pixels. The power that
    rounding to 256 levels adds is taken off, and rings that do not stand clear of it are left out. NaN where fewer than
    two rings are left.
    """
    clear = (drawn > CLEAR * ROUNDING) & (real > CLEAR * ROUNDING)
    weight = torch.bincount(waves.ring, minlength=drawn.shape[1]).double() * clear
    ratio = ((drawn - ROUNDING).clamp(min=1e-12) / (real - ROUNDING).clamp(min=1e-12)).log()
    variance = torch.cat(
        [_fitted(*part, waves, of_waves) for part in zip(torch.split(ratio, 16), torch.split(weight, 16), strict=True)]
    )
    sigma = variance.sign() * variance.abs().sqrt()
    return torch.where(clear.sum(1) > 1, sigma, torch.nan)


def _fitted(ratio: Tensor, weight: Tensor, waves: Waves, of_waves: Tensor) -> Tensor:
    """The sigma^2 [K] that fits the logarithms of ratios [K, R] best."""
    squares, nothing = (2 * math.pi * waves.frequency).square(), torch.zeros_like(ratio)
    total = weight.sum(1, keepdim=True)
    full = nothing.index_add(1, waves.ring, of_waves.expand(len(ratio), -1)).clamp(min=TINY)
    variance = torch.zeros(len(ratio), 1, dtype=torch.float64)
    for _ in range(ITERATIONS):
        power = of_waves * (-variance * squares).exp()
        left = nothing.index_add(1, waves.ring, power).clamp(min=TINY)
        x = nothing.index_add(1, waves.ring, power * squares) / left  # what ln A falls by for each pixel squared
        rest = ratio - (left / full).log()
        dx = x - (weight * x).sum(1, keepdim=True) / total
        dy = rest - (weight * rest).sum(1, keepdim=True) / total
        step = (weight * dx * dy).sum(1, keepdim=True) / (weight * dx.square()).sum(1, keepdim=True)
        variance = (variance - step).clamp(*WIDEST)
    return variance[:, 0]


def blur_sigma(drawn: Spectra, real: Spectra) -> Estimate:
    """The blur, in pixels of sigma, that would explain drawn pictures from real ones; below 0: they are sharper.

    The interval is the bootstrap's over the pictures of both sets, and a little more for what the fit itself is off by.
    Of digits, MNIST and CIFAR-10, 80 and 320 of them blurred by 0.5 to 3 pixels beside other sharp ones, it holds the
    sigma in 88 to 100 % of 40 sets each, in 97 % of all. Both sets should have the same classes as often.
    """

    def fitted(a: Tensor, b: Tensor) -> Tensor:
        """The blur that turns real mean power b [K, R] into drawn a, as sigma [K]."""
        return blur_between(a, b, real.waves, real.of_waves)

    value = float(fitted(drawn.power.mean(0, keepdim=True), real.power.mean(0, keepdim=True))[0])
    n = len(drawn.power)
    if n < 2 or len(real.power) < 2 or math.isnan(value):
        return Estimate(value, n)
    found = fitted(resampled_means(drawn.power, "drawn spectra"), resampled_means(real.power, "real spectra"))
    low, high = torch.nanquantile(found, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Estimate(value, n, low - ACCURACY, high + ACCURACY)


def resampled_means(rows: Tensor, purpose: str) -> Tensor:
    """Means [RESAMPLES, D] of as many rows [N, D] as there are, drawn with replacement; always the same draws."""
    generator, n = stream(0, purpose), len(rows)
    return torch.stack([rows[torch.randint(n, (n,), generator=generator)].mean(0) for _ in range(RESAMPLES)])
