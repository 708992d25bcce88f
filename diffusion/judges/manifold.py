"""Nearest neighbours between two sets in a feature space: precision, recall, density, coverage.

Features are floats [N, D]; distances are Euclidean, in float64 on the CPU.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

MANIFOLD = 3  # neighbours that a picture's ball reaches to; Kynkaanniemi et al. 2019, section 3
COVERAGE = 5  # Naeem et al. 2020, section 3.3
AT_ONCE = 1024


@dataclass(frozen=True)
class Overlap:
    """How two sets lie over each other.

    precise bool [N]: drawn pictures inside the real manifold; precision is their share. recalled bool [M]: real
    pictures inside the drawn manifold; recall is their share. density: about 1 for equal laws, more where drawn
    pictures crowd the densest places. covered bool [M]: real pictures with a drawn one in their ball. recalled_without,
    covered_without bool [N, M]: the same of the set without each drawn picture, for the jackknife.
    """

    precise: Tensor
    recalled: Tensor
    density: Tensor  # [N], each drawn picture's part: density is their mean
    covered: Tensor
    recalled_without: Tensor
    covered_without: Tensor


def overlap(drawn: Tensor, real: Tensor) -> Overlap:
    """Compare drawn [N, D] with real [M, D] features. Raises ValueError for a set too small to have neighbours.

    Source: precision and recall Kynkaanniemi et al. 2019, arXiv:1904.06991, k = 3; density and coverage Naeem et al.
    2020, arXiv:2002.09797, k = 5.
    """
    x, y = drawn.detach().cpu().double(), real.detach().cpu().double()
    if min(len(x), len(y)) <= COVERAGE:
        raise ValueError(f"neighbours take more than {COVERAGE} pictures of each set, got {min(len(x), len(y))}")
    reach, next_reach, reached = _neighbours(x, MANIFOLD)
    real_radii = radii(y, MANIFOLD), radii(y, COVERAGE)
    precise, density, balls, near = [], [], [], []
    grown = torch.zeros(len(x), len(y), dtype=torch.int16)  # balls that a picture is only in when one of x is gone
    for start, distance in distances(x, y):
        rows = slice(start, start + len(distance))
        precise.append((distance <= real_radii[0]).any(1))
        near.append(distance <= real_radii[1])
        density.append(near[-1].double().sum(1) / COVERAGE)
        balls.append(distance <= reach[rows, None])
        more = ((distance <= next_reach[rows, None]) & ~balls[-1]).short()
        for of in reached[rows].T:
            grown.index_add_(0, of, more)
    inside, around = torch.cat(balls), torch.cat(near)
    return Overlap(
        torch.cat(precise),
        inside.any(0),
        torch.cat(density),
        around.any(0),
        _without(inside, grown),
        _without(around, torch.zeros_like(grown)),
    )


def _without(inside: Tensor, grown: Tensor) -> Tensor:
    """Which of the M pictures are in some ball, without each ball in turn, bool [N, M].

    inside bool [N, M]: in whose ball each is; grown [N, M]: in how many more it is without a ball's own picture.
    """
    return inside.sum(0, dtype=torch.int32) - inside.short() + grown > 0


def _neighbours(features: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Distance [N] from each of features [N, D] to its k-th and to its next nearest one, and which k those are."""
    to_kth, to_next, which = [], [], []
    for start, distance in distances(features, features):
        rows = torch.arange(len(distance))
        distance[rows, start + rows] = torch.inf
        found = distance.topk(k + 1, dim=1, largest=False)
        to_kth.append(found.values[:, k - 1])
        to_next.append(found.values[:, k])
        which.append(found.indices[:, :k])
    return torch.cat(to_kth), torch.cat(to_next), torch.cat(which)


def radii(features: Tensor, k: int) -> Tensor:
    """Distance [N] from each of features [N, D] to its k-th nearest other one."""
    found = []
    for start, distance in distances(features, features):
        rows = torch.arange(len(distance))
        distance[rows, start + rows] = torch.inf
        found.append(distance.kthvalue(k, dim=1).values)
    return torch.cat(found)


def nearest(features: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Distance [N] from each of features [N, D] to the nearest of others [M, D], and which row it is, int64 [N]."""
    found = [distance.min(1) for _, distance in distances(features, among)]
    return torch.cat([one.values for one in found]), torch.cat([one.indices for one in found])


def distances(x: Tensor, y: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Distances between x [N, D] and y [M, D], some rows at a time: the first row's number, and [rows, M]."""
    at_once = max(1, min(AT_ONCE, 2**25 // max(1, len(y))))
    for start in range(0, len(x), at_once):
        yield start, torch.cdist(x[start : start + at_once], y, compute_mode="use_mm_for_euclid_dist")
