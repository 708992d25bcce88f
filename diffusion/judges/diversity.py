"""Whether drawn pictures differ from each other, and from the pictures that the run learned from.

Distances are between pixels, so they need no judge: pictures are uint8 [N, C, H, W], a distance is the root mean square
difference, 1 between black and white.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from diffusion.judges.estimate import Estimate, share
from diffusion.judges.manifold import nearest

TAIL = 0.01  # share of real pictures that count as too near to another one, by definition of the limit
UNSEEN = 1000  # real pictures that the limits are measured on: of 55,000 x 784 training pixels that is a second
LARGEST = 32  # pixels, of the pictures that are compared
LIKELY = 0.01  # a flag is raised where chance alone would raise it in less than one set of a hundred
MOST_SETS = 5
REPEATING = 0.1  # share of near-repeats from which it is told; of real pictures, as sharp, TAIL are
COLLAPSED = 0.5  # share of near-repeats from which a set counts as collapsed


@dataclass(frozen=True)
class Nearness:
    """How near drawn pictures are to others: distances [N], the limit below which they count as near, and the share.

    which int64 [N]: the row that each is nearest to. known [K]: the same distances of real pictures, TAIL of which are
    below the limit.
    """

    distance: Tensor
    which: Tensor
    limit: float
    near: Tensor  # bool [N]
    known: Tensor

    @property
    def share(self) -> Estimate:
        """The share that is near."""
        return share(self.near)

    @property
    def surprising(self) -> bool:
        """Whether real pictures in their place would be as near in less than 1 case of 100.

        Asked of those below the limit, and of those below all known distances: exact copies stand out there sooner.
        """
        n, known = len(self.near), len(self.known)
        nearest_of_all = int((self.distance < self.known.min()).sum())
        return (
            2 * min(by_chance(int(self.near.sum()), n, _below(known), known), by_chance(nearest_of_all, n, 1, known))
            < LIKELY
        )


def _near(distance: Tensor, which: Tensor, known: Tensor) -> Nearness:
    limit = float(known.kthvalue(_below(len(known))).values)
    return Nearness(distance, which, limit, distance < limit, known)


def _below(known: int) -> int:
    return math.ceil(TAIL * known)


class Training:
    """The training pictures uint8 [M, C, H, W] that others are searched for in; with flip, mirrored ones too."""

    def __init__(self, train: Tensor, *, flip: bool = False) -> None:
        self._seen = [rows(train), rows(train.flip(-1))] if flip else [rows(train)]

    def nearest(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Distance [N] of pictures uint8 [N, C, H, W] to the nearest training picture, and which that is, int64 [N]."""
        found = [nearest(rows(pictures), seen) for seen in self._seen]
        distance = torch.stack([one for one, _ in found])
        which = torch.stack([row for _, row in found])
        best = distance.min(0)
        return best.values, which.gather(0, best.indices[None])[0]


def copies(distance: Tensor, which: Tensor, unseen: Tensor) -> Nearness:
    """Which drawn pictures are near-copies of training pictures, from what Training.nearest says of them.

    A near-copy is nearer to some training picture than 99 % of unseen real pictures are, whose distances unseen [K]
    has; of unseen ones 1 % are, by definition. Unseen pictures must be blurred as the training's are.
    """
    return _near(distance, which, unseen)


def repeats(drawn: Tensor, real: Tensor) -> Nearness:
    """Which drawn pictures are near-repeats of other drawn ones: nearer than 99 % of as many real pictures are.

    Nearness is relative to the mean distance to all others of the set, since pale pictures are all nearer to each other
    without being repeats. Blurred ones are even so: give real pictures that are as blurred. Both uint8 [., C, H, W] in
    an order without meaning. The nearest of more pictures is nearer, so both are cut to one length; more real ones give
    more such sets, whose distances are taken together.
    """
    count = min(len(drawn), len(real), UNSEEN)
    relative, which = nearest_others(rows(drawn[:count]))
    sets = [one for one in torch.split(rows(real[: MOST_SETS * count]), count) if len(one) == count]
    return _near(relative, which, torch.cat([nearest_others(one)[0] for one in sets]))


def nearest_others(features: Tensor) -> tuple[Tensor, Tensor]:
    """Distance [N] from each row to the nearest other one over the mean to all others, and which one, int64 [N]."""
    found = _relative(features).min(1)
    return found.values, found.indices


def _relative(features: Tensor) -> Tensor:
    """Distances [N, N] of each row to the others over their mean, infinite to itself; 0 where that mean is 0."""
    distance = torch.cdist(features, features).fill_diagonal_(0.0)
    mean = distance.sum(1, keepdim=True) / max(1, len(features) - 1)
    return torch.where(mean > 0, distance / mean.clamp(min=1e-12), 0.0).fill_diagonal_(torch.inf)


def distinct(drawn: Tensor, limit: float) -> int:
    """The number of pictures uint8 [N, C, H, W] that are left when near-repeats of each other are counted as one."""
    near = _relative(rows(drawn[:UNSEEN])) < limit
    near = near | near.T | torch.eye(len(near), dtype=torch.bool)
    group = torch.arange(len(near))
    while True:
        lowest = torch.where(near, group, len(near)).min(1).values
        if torch.equal(lowest, group):
            return len(torch.unique(group))
        group = lowest


def by_chance(hits: int, n: int, below: int, known: int) -> float:
    """The probability that hits or more of n values are less than the below-th smallest of known others of their kind.

    The beta-binomial's tail, whatever law the values have; unlike the binomial's it knows that the limit was measured.
    Source: order statistics, David and Nagaraja 2003, section 2.
    """
    k = torch.arange(hits, n + 1, dtype=torch.float64)
    total, a, b = (torch.tensor(float(one), dtype=torch.float64) for one in (n, below, known + 1 - below))
    ways = torch.lgamma(total + 1) - torch.lgamma(k + 1) - torch.lgamma(total - k + 1)
    both = torch.lgamma(k + a) + torch.lgamma(total - k + b) - torch.lgamma(total + a + b)
    alone = torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
    return float((ways + both - alone).exp().sum())


def vendi_score(features: Tensor) -> float:
    """The effective number of different pictures: exp of the entropy of the eigenvalues of K / N, K = cosines.

    features [N, D]. 1 where all are equal, N where all are orthogonal; it rises with N, so compare at equal n.
    Source: Friedman and Dieng 2023, arXiv:2210.02410, definition 2.1.
    """
    found = F.normalize(features.detach().cpu().double(), dim=1)
    eigenvalues = torch.linalg.svdvals(found).square() / len(found)
    return float(torch.special.entr(eigenvalues).sum().exp())


def rows(pictures: Tensor) -> Tensor:
    """uint8 [N, C, H, W] -> float32 [N, D], such that a distance is the root mean square difference in [0, 1].

    Pictures of more than 32 pixels are averaged down to that: a copy stays one, and 10,000 of 256 pixels take 120 MB.
    """
    side = min(pictures.shape[-1], LARGEST)
    parts = [F.adaptive_avg_pool2d(part.cpu().float(), side).flatten(1) for part in torch.split(pictures, 1024)]
    found = torch.cat(parts)
    return found.div_(255 * found.shape[1] ** 0.5)
