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
    pictures crowd the densest places. covered bool [M]: real pictures with a drawn one in their ball.
    """

    precise: Tensor
    recalled: Tensor
    density: Tensor  # [N], each drawn picture's part: density is their mean
    covered: Tensor


def overlap(drawn: Tensor, real: Tensor) -> Overlap:
    """Compare drawn [N, D] with real [M, D] features. Raises ValueError for a set too small to have neighbours.

    Source: precision and recall Kynkaanniemi et al. 2019, arXiv:1904.06991, k = 3; density and coverage Naeem et al.
    2020, arXiv:2002.09797, k = 5.
    """
    x, y = drawn.detach().cpu().double(), real.detach().cpu().double()
    if min(len(x), len(y)) <= COVERAGE:
        raise ValueError(f"neighbours take more than {COVERAGE} pictures of each set, got {min(len(x), len(y))}")
    drawn_radius = radii(x, MANIFOLD)
    real_radii = radii(y, MANIFOLD), radii(y, COVERAGE)
    precise, density = [], []
    recalled = torch.zeros(len(y), dtype=torch.bool)
    nearest = torch.full((len(y),), torch.inf, dtype=torch.float64)
    for start, distance in distances(x, y):
        own = drawn_radius[start : start + len(distance), None]
        precise.append((distance <= real_radii[0]).any(1))
        density.append((distance <= real_radii[1]).double().sum(1) / COVERAGE)
        recalled |= (distance <= own).any(0)
        nearest = torch.minimum(nearest, distance.min(0).values)
    return Overlap(torch.cat(precise), recalled, torch.cat(density), nearest <= real_radii[1])


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
