"""Whether drawn pictures differ from each other, and from the pictures that the run learned from.

Distances are between pixels, so they need no judge: pictures are uint8 [N, C, H, W], a distance is the root mean square
difference, 1 between black and white.
"""

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
COLLAPSED = 0.2  # share of near-repeats from which a set counts as collapsed; real pictures have TAIL, blurred ones 0.1


@dataclass(frozen=True)
class Nearness:
    """How near drawn pictures are to others: distances [N], the limit below which they count as near, and the share.

    which int64 [N]: the row that each is nearest to.
    """

    distance: Tensor
    which: Tensor
    limit: float
    near: Tensor  # bool [N]

    @property
    def share(self) -> Estimate:
        """The share that is near."""
        return share(self.near)


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
    limit = float(unseen.quantile(TAIL))
    return Nearness(distance, which, limit, distance < limit)


def repeats(drawn: Tensor, real: Tensor) -> Nearness:
    """Which drawn pictures are near-repeats of other drawn ones: nearer than 99 % of as many real pictures are.

    Nearness is relative to the mean distance to all others of the set, since blurred or pale pictures are all nearer to
    each other without being repeats. Both uint8 [., C, H, W] in an order without meaning. The nearest of more pictures
    is nearer, so both are cut to one length; more real ones give more such sets, whose mean limit is taken.
    """
    count = min(len(drawn), len(real), UNSEEN)
    relative, which = nearest_others(rows(drawn[:count]))
    sets = [one for one in torch.split(rows(real[: MOST_SETS * count]), count) if len(one) == count]
    limit = sum(float(nearest_others(one)[0].quantile(TAIL)) for one in sets) / len(sets)
    return Nearness(relative, which, limit, relative < limit)


def nearest_others(features: Tensor) -> tuple[Tensor, Tensor]:
    """Distance [N] from each row to the nearest other one over the mean to all others, and which one, int64 [N]."""
    distance = torch.cdist(features, features).fill_diagonal_(0.0)
    mean = distance.sum(1) / max(1, len(features) - 1)
    found = distance.fill_diagonal_(torch.inf).min(1)
    return torch.where(mean > 0, found.values / mean.clamp(min=1e-12), 0.0), found.indices


def distinct(near: Nearness) -> int:
    """The number of pictures that are left when near-repeats of each other are counted as one."""
    group = torch.arange(len(near.near))
    for row in torch.nonzero(near.near)[:, 0].tolist():
        mine, other = int(group[row]), int(group[near.which[row]])
        group[group == max(mine, other)] = min(mine, other)
    return len(torch.unique(group))


def surprising(hits: int, n: int, by_chance: float = TAIL) -> bool:
    """Whether so many hits of n would come by chance, each with the probability by_chance, in 1 case of 100 or less."""
    k = torch.arange(hits, n + 1, dtype=torch.float64)
    total = torch.tensor(float(n), dtype=torch.float64)
    ways = torch.lgamma(total + 1) - torch.lgamma(k + 1) - torch.lgamma(total - k + 1)
    chance = torch.tensor(by_chance, dtype=torch.float64)
    return float((ways + k * chance.log() + (total - k) * (-chance).log1p()).exp().sum()) < LIKELY


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
