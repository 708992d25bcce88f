"""How far two sets of pictures are from each other in a feature space: the Frechet distance and KID.

Features are floats [N, D] of any device; all sums are float64 on the CPU, where every machine has it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from diffusion.judges.estimate import Estimate

FEWEST = 3  # pictures of a set, or of a class, of which KID and its jackknife take pairs
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


def kernel_distance(a: Tensor, b: Tensor, labels_a: Tensor | None = None, labels_b: Tensor | None = None) -> Estimate:
    """KID: the unbiased squared maximum mean discrepancy under the kernel (x.y / D + 1)^3, with its 95 % interval.

    a [N, D], b [M, D]. Equal laws give 0 on average at any N and M, so a value below 0 is nothing strange. All pairs
    are used, not random subsets; a picture that is in both sets is not compared with itself, so that identical sets
    give 0. The interval is the jackknife's over the pictures of both sets, which errs on the wide side (Efron and Stein
    1981, doi:10.1214/aos/1176345462). Raises ValueError for fewer than 3 pictures in a set.

    labels int64 [N], [M]: give them where so many pictures of each class were asked for. Such a set differs less from
    others like it than one drawn at random, and without labels its KID would come out too low: what is told of a run is
    not torch-fidelity's estimator then, which is this one without labels. Of a class with fewer than 3 pictures nothing
    is known, and the labels of that set are left aside.
    Source: Binkowski et al. 2018, arXiv:1801.01401, section 4; Gretton et al. 2012, eq. 3.
    """
    x, y = _Set(a, labels_a), _Set(b, labels_b)
    same_x, same_y = _also_in(x, y)
    value, variance = 0.0, 0.0
    for one, other, same in ((x, y, same_x), (y, x, same_y)):
        within, without = one.within()
        sums = _row_sums(one.rows, other.rows, other.members) - same * _of_equals(one.rows)[:, None]
        across, without_across = one.across(other, sums, other.n - same)
        value += within - across
        variance += one.jackknife(without - 2 * without_across)
    reach = 1.96 * math.sqrt(variance)
    return Estimate(value, len(a), value - reach, value + reach)


class _Set:
    """Features of one set with its classes; means over pairs, and the same without each picture in turn."""

    def __init__(self, features: Tensor, labels: Tensor | None) -> None:
        self.rows = features.detach().cpu().double()
        if len(self.rows) < FEWEST:
            raise ValueError(f"KID takes {FEWEST} pictures or more of each set, got {len(self.rows)}")
        self.of = torch.zeros(len(self.rows), dtype=torch.int64)  # the class of each, counted from 0 without gaps
        if labels is not None:
            _, found, counts = torch.unique(labels.cpu(), return_inverse=True, return_counts=True)
            self.of = found if int(counts.min()) >= FEWEST else self.of
        self.members = F.one_hot(self.of).double()  # [N, C]
        self.n = self.members.sum(0)
        self.weight = self.n / len(self.rows)

    def within(self) -> tuple[float, Tensor]:
        """Mean kernel of pairs of different pictures, each class with its share of the set; and without each [N]."""
        sums = _row_sums(self.rows, self.rows, self.members)
        sums -= self.members * _of_equals(self.rows)[:, None]
        n, p, c, rows = self.n, self.weight, self.of, torch.arange(len(self.of))
        totals = self.members.T @ sums
        parts = torch.outer(p, p) * totals / (torch.outer(n, n) - n.diag())
        mean = parts.sum()
        fewer = p[c, None] * p * (totals[c] - sums) / ((n[c, None] - 1) * n)
        own = p[c] ** 2 * (totals[c, c] - 2 * sums[rows, c]) / ((n[c] - 1) * (n[c] - 2))
        fewer[rows, c] = own / 2
        kept = mean - 2 * parts.sum(1)[c] + parts.diagonal()[c]
        return float(mean), kept + 2 * fewer.sum(1)

    def across(self, other: "_Set", sums: Tensor, counts: Tensor) -> tuple[float, Tensor]:
        """Mean kernel with the pictures of another set, from sums [N, C] over counts [N, C]; and without each [N]."""
        totals, pairs = self.members.T @ sums, self.members.T @ counts
        shares, c = torch.outer(self.weight, other.weight), self.of
        parts = (shares * totals / pairs).sum(1)
        mean = parts.sum()
        fewer = (shares[c] * (totals[c] - sums) / (pairs[c] - counts)).sum(1)
        return float(mean), mean - parts[c] + fewer

    def jackknife(self, without: Tensor) -> float:
        """Variance of a figure from what it is without each picture, class by class."""
        middle = (self.members.T @ without) / self.n
        scale = ((self.n - 1) / self.n)[self.of]
        return float((scale * (without - middle[self.of]).square()).sum())


def _row_sums(x: Tensor, y: Tensor, members: Tensor) -> Tensor:
    """Sums of kernels [N, C] between each of x and the members of each class of y."""
    weights = members.double()
    return torch.cat([(part @ y.T / x.shape[1] + 1).pow(3) @ weights for part in torch.split(x, AT_ONCE)])


def _of_equals(x: Tensor) -> Tensor:
    return (x.square().sum(1) / x.shape[1] + 1).pow(3)


def _also_in(x: _Set, y: _Set) -> tuple[Tensor, Tensor]:
    """How many rows of each class of y equal each row of x, float64 [N, C], and the other way round."""
    _, which = torch.unique(torch.cat([x.rows, y.rows]), dim=0, return_inverse=True)
    of_x, of_y = which[: len(x.rows)], which[len(x.rows) :]
    counts = [
        torch.zeros(int(which.max()) + 1, one.members.shape[1], dtype=torch.float64).index_add_(0, of, one.members)
        for one, of in ((x, of_x), (y, of_y))
    ]
    return counts[1][of_x], counts[0][of_y]
