"""Whether pictures got better, or only the number that was optimised: a judge that was not used is asked as well."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from diffusion.events import Alert, Evaluation, Event
from diffusion.judges.classifier import Classifier
from diffusion.judges.intervals import bootstrap_interval
from diffusion.judges.steering import Steering


@dataclass(frozen=True)
class Change:
    """The mean of paired differences of one judge's numbers, with its 95 % interval."""

    judge: str
    value: float
    low: float
    high: float
    n: int

    @property
    def rises(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0

    @property
    def falls(self) -> bool:
        """Whether the whole interval is below 0."""
        return self.high < 0


def change(judge: str, before: NDArray[np.float64], after: NDArray[np.float64]) -> Change:
    """How a judge's numbers [N] of the same pictures changed; one picture alone tells nothing."""
    difference = after - before
    low, high = bootstrap_interval(difference)
    nothing = low is None or high is None
    return Change(
        judge,
        float(difference.mean()),
        -np.inf if low is None or nothing else low,
        np.inf if high is None or nothing else high,
        len(difference),
    )


def clip_reading(steering: Steering, pixels: Tensor, label: Tensor) -> NDArray[np.float64]:
    """The cosine between each picture uint8 [N, C, H, W] and its class, float64 [N]."""
    own = steering.classes[label.to(steering.classes.device)]
    return (steering.clip.encode(pixels) * own).sum(1).double().cpu().numpy()


def classifier_reading(classifier: Classifier, pixels: Tensor, label: Tensor) -> NDArray[np.float64]:
    """The classifier's probability of each picture's class, float64 [N]."""
    return classifier.probabilities(pixels).gather(1, label[:, None])[:, 0].double().numpy()


def is_hacked(optimised: Change, other: Change) -> bool:
    """Whether the judge that was optimised rises while the one that was not falls."""
    return optimised.rises and other.falls


def verdict(step: int, by: str, optimised: Change, other: Change | None) -> Iterator[Event]:
    """Both changes as evaluations named gain, and what they mean. by: what was done, in words."""
    for one in (optimised, other):
        if one is not None:
            known = np.isfinite(one.low)
            low, high = (one.low, one.high) if known else (None, None)
            yield Evaluation(step, one.judge, "gain", one.value, one.n, None, low, high)
    if other is None:
        yield Alert(
            "info", step, f"only {optimised.judge}, which {by} optimises, judged it; another judge would tell more"
        )
    elif is_hacked(optimised, other):
        yield Alert(
            "warning",
            step,
            f"hacking: {by} raises {optimised.judge} by {_told(optimised, 1)} and lowers {other.judge}, which it does "
            f"not see, by {_told(other, -1)}; n {other.n}",
        )


def _told(of: Change, sign: int) -> str:
    low, high = sorted((sign * of.low, sign * of.high))
    return f"{sign * of.value:.3g} ({low:.3g} to {high:.3g})"
