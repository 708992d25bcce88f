"""What a loss curve tells of a training: where it began and ended, its best, and when most of the gain was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runs.records import MetricPoint, Run
    from runs.store import Store

MOST_OF_IT = 0.9  # of the gain
FEWEST = 5  # measurements that tell when something was reached
WIDEST = 0.3  # of the training, between two measurements: what lies between is not known
FLAT = 0.02  # of the gain: a curve that stays so near to its best has reached its plateau


@dataclass(frozen=True)
class Learned:
    """A loss from its first to its last finite value, in the steps at which it was measured.

    most_step and plateau_step are None for a loss that was measured fewer than five times: nobody knows then.
    """

    metric: str
    n: int
    first_step: int
    last_step: int
    start: float
    final: float
    best: float
    best_step: int
    most_step: int | None  # first step by which 90 % of the gain from start to best was made
    plateau_step: int | None  # first step from which the loss stays within 2 % of the gain of its best
    spoiled: int  # values that were NaN or infinite

    @property
    def improvement(self) -> float:
        """The share of the first loss that is gone at the end; below 0 where the loss rose."""
        return 1 - self.final / self.start

    @property
    def rise(self) -> float:
        """How far the last loss lies above the best one, as a share of the best."""
        return self.final / self.best - 1

    @property
    def is_flat(self) -> bool:
        """Whether the plateau began before the last quarter: more steps would hardly have helped."""
        late = self.first_step + 0.75 * (self.last_step - self.first_step)
        return self.plateau_step is not None and self.plateau_step <= late


def learned(points: "Sequence[MetricPoint]", metric: str) -> Learned | None:
    """None for a curve of fewer than two finite values, or one that begins at 0."""
    known = [(one.step, one.value) for one in points if one.value is not None]
    if len(known) < 2 or known[0][1] == 0:
        return None
    start, best = known[0][1], min(value for _, value in known)
    gain = start - best
    lowest = [min(value for _, value in known[: at + 1]) for at in range(len(known))]
    most = next(step for (step, _), value in zip(known, lowest, strict=True) if start - value >= MOST_OF_IT * gain)
    away = [at for at, (_, value) in enumerate(known) if value - best > FLAT * gain]
    return Learned(
        metric=metric,
        n=len(known),
        first_step=known[0][0],
        last_step=known[-1][0],
        start=start,
        final=known[-1][1],
        best=best,
        best_step=next(step for step, value in known if value == best),
        most_step=most if len(known) >= FEWEST else None,
        plateau_step=known[min(away[-1] + 1 if away else 0, len(known) - 1)][0] if len(known) >= FEWEST else None,
        spoiled=len(points) - len(known),
    )


def share_of_gain(points: "Sequence[MetricPoint]", fraction: float) -> float | None:
    """The share of the gain from the first value to the best that was made in this fraction of the steps.

    Between two measurements of the best so far a straight line. None where nothing was gained, and where the two
    measurements around it are more than 0.3 of the training apart.
    """
    known = [(one.step, one.value) for one in points if one.value is not None]
    if len(known) < 2:
        return None
    first, last = known[0][0], known[-1][0]
    lowest = np.minimum.accumulate([value for _, value in known])
    until = first + fraction * (last - first)
    before = max(step for step, _ in known if step <= until)
    after = min(step for step, _ in known if step >= until)
    if lowest[0] == lowest[-1] or after - before > WIDEST * (last - first):
        return None
    there = float(np.interp(until, [step for step, _ in known], lowest))
    return float((lowest[0] - there) / (lowest[0] - lowest[-1]))


def gap(store: "Store", run: "Run") -> float | None:
    """How far the validation loss ended above that of training pictures, as a share of the latter: overfitting.

    Both are measured on fixed banks with the same noise (`val/loss`, `train/bank_loss`), so the share is of the
    pictures alone. None where either is missing.
    """
    ends = [learned(store.points(run, name), name) for name in ("val/loss", "train/bank_loss")]
    return None if None in ends or ends[1].final == 0 else ends[0].final / ends[1].final - 1  # type: ignore[union-attr]
