"""A judged number with its 95 % interval and the number of pictures that it comes from; and as an event."""

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from diffusion.events import Baseline, Evaluation
from diffusion.judges.intervals import ANY, Limits, bootstrap_interval, share_interval
from diffusion.judges.judged import Judged

Kind = Literal["real", "train", "noise", "other-class"]


@dataclass(frozen=True)
class Estimate:
    """value, its interval and its n; low and high are None where no interval is known."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


def share(hits: Tensor) -> Estimate:
    """The share of hits bool [N] that are true, with Wilson's interval; NaN of none."""
    count, n = int(hits.sum()), len(hits)
    return Estimate(count / n if n else math.nan, n, *share_interval(count, n))


def mean(values: Tensor, labels: Tensor | None = None, limits: Limits = ANY) -> Estimate:
    """The mean of values [N], all inside limits, with its bootstrap interval; NaN of none.

    labels [N]: where so many of each class were drawn.
    """
    found, strata = values.detach().cpu().double(), None if labels is None else labels.cpu().numpy()
    interval = bootstrap_interval(found.numpy(), strata=strata, limits=limits)
    return Estimate(float(found.mean()), len(found), *interval)


def evaluation(judged: Judged, judge: str, name: str, found: Estimate, label: int | None = None) -> Evaluation:
    """What a judge found of the drawn pictures, as an event."""
    return Evaluation(judged.step, judge, name, found.value, found.n, label, found.low, found.high)


def baseline(
    judged: Judged, judge: str, name: str, pictures: Kind, found: Estimate, label: int | None = None
) -> Baseline:
    """The same number for pictures whose quality is known, as an event."""
    of = judged.pictures
    return Baseline(
        judge,
        judged.config.data.dataset,
        of.size,
        of.channels,
        name,
        pictures,
        found.value,
        found.n,
        label,
        found.low,
        found.high,
    )
