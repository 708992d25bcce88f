"""How far two sets of pictures are from each other in a feature space: the Frechet distance and KID.

Features are floats [N, D] of any device; all sums are float64 on the CPU, where every machine has it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from diffusion.judges.intervals import Estimate, Z

AT_ONCE = 2048  # rows of a kernel matrix: 2048 x 10,000 in float64 is 160 MB


@dataclass(frozen=True)
class Moments:
    """A set of features as a Gaussian: mean [D] and a root [R, D] with root^T root = covariance (over n - 1)."""

    mean: Tensor
    root: Tensor
    n: int


def moments(features: Tensor) -> Moments:
    """Mean and covariance of features [N, D]. Raises ValueError for fewer than 2."""
    found = features.detach().cpu().double()
    if len(found) < 2:
        raise ValueError(f"a covariance takes 2 pictures or more, got {len(found)}")
    mean = found.mean(0)
    root = torch.linalg.qr((found - mean) / math.sqrt(len(found) - 1), mode="r").R
    return Moments(mean, root, len(found))


def frechet_distance(a: Moments, b: Moments) -> float:
    """Squared distance of means plus trace(A + B - 2 sqrt(A B)): the squared 2-Wasserstein distance of Gaussians.

    The trace of sqrt(A B) is the sum of the singular values of root_A root_B^T, which needs no root of a matrix product
    and keeps full precision where the covariances are singular, as they are with fewer pictures than features.
    It rises as pictures get fewer: compare at equal n. Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6.
    """
    of_means = (a.mean - b.mean).square().sum()
    of_spreads = a.root.square().sum() + b.root.square().sum() - 2 * torch.linalg.svdvals(a.root @ b.root.T).sum()
    return max(0.0, float(of_means + of_spreads))


def kernel_distance(a: Tensor, b: Tensor) -> Estimate:
    """KID: the unbiased squared maximum mean discrepancy under the kernel (x.y / D + 1)^3, with its 95 % interval.

    a [N, D], b [M, D]. Equal laws give 0 on average at any N and M, so a value below 0 is nothing strange. All pairs
    are used, not random subsets; a picture that is in both sets is not compared with itself, so that identical sets
    give 0. The interval is the jackknife's over the pictures of both sets, which errs on the wide side (Efron and Stein
    1981, doi:10.1214/aos/1176345462). Raises ValueError for fewer than 3 pictures in a set.
    Source: Binkowski et al. 2018, arXiv:1801.01401, section 4; Gretton et al. 2012, eq. 3.
    """
    x, y = a.detach().cpu().double(), b.detach().cpu().double()
    if min(len(x), len(y)) < 3:
        raise ValueError(f"KID takes 3 pictures or more of each set, got {min(len(x), len(y))}")
    n, m = len(x), len(y)
    xx, yy = _row_sums(x, x) - _kernel_of_equals(x), _row_sums(y, y) - _kernel_of_equals(y)
    same_x, same_y = _also_in(x, y)
    xy, yx = _row_sums(x, y) - same_x * _kernel_of_equals(x), _row_sums(y, x) - same_y * _kernel_of_equals(y)
    pairs = n * m - same_x.sum()
    in_x, in_y = xx.sum() / (n * (n - 1)), yy.sum() / (m * (m - 1))
    value = float(in_x + in_y - 2 * xy.sum() / pairs)
    without_x = (xx.sum() - 2 * xx) / ((n - 1) * (n - 2)) - 2 * (xy.sum() - xy) / (pairs - m + same_x)
    without_y = (yy.sum() - 2 * yy) / ((m - 1) * (m - 2)) - 2 * (yx.sum() - yx) / (pairs - n + same_y)
    variance = sum(float((part - part.mean()).square().mean() * (len(part) - 1)) for part in (without_x, without_y))
    reach = Z * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach, n)


def _row_sums(x: Tensor, y: Tensor) -> Tensor:
    return torch.cat([(part @ y.T / x.shape[1] + 1).pow(3).sum(1) for part in x.split(AT_ONCE)])


def _kernel_of_equals(x: Tensor) -> Tensor:
    return (x.square().sum(1) / x.shape[1] + 1).pow(3)


def _also_in(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """How many rows of y equal each row of x, float64 [N], and the other way round [M]."""
    _, which = torch.unique(torch.cat([x, y]), dim=0, return_inverse=True)
    in_x, in_y = (torch.bincount(part, minlength=int(which.max()) + 1) for part in (which[: len(x)], which[len(x) :]))
    return in_y[which[: len(x)]].double(), in_x[which[len(x) :]].double()
