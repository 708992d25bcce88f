"""One metric's points as they are drawn: raw or smoothed, on a linear or logarithmic axis, growing at the end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.pyramid import Growing, Pyramid
from workbench.terminal.smoothing import Smoother

Floats = NDArray[np.float64]


class Derived(NamedTuple):
    """One way to draw the values: how they are smoothed, and the result."""

    smoother: Smoother
    drawn: Pyramid


@dataclass
class Line:
    """The points of one metric, by rising step. A value that is NaN is a gap.

    joins are the last steps before another attempt went on; what an earlier attempt had beyond them is gone.
    """

    name: str
    steps: Growing = field(default_factory=Growing)
    values: Growing = field(default_factory=Growing)
    times: Growing = field(default_factory=Growing)
    joins: list[float] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    step_images: float = 0.0  # pictures a step, where lines differ in that; 0: the view knows
    band: "tuple[Line, Line] | None" = None  # the edges of its interval, which are drawn faint
    _derived: dict[tuple[bool, float], Derived] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.steps)

    def extend(
        self, steps: Floats, values: Floats, times: Floats | None = None, *, attempt_starts: bool = False
    ) -> None:
        """Add points of rising step. Where they begin before the end, they replace what is there from that step on.

        times: seconds, as many. attempt_starts: the first of them is where an attempt went on.
        """
        if not len(steps):
            return
        if len(self) and steps[0] <= self.steps.values[-1]:
            self._cut(int(np.searchsorted(self.steps.values, steps[0])))
            attempt_starts = True
        if attempt_starts and len(self) and self.steps.values[-1] not in self.joins:
            self.joins.append(float(self.steps.values[-1]))
        missing = np.flatnonzero(~np.isfinite(values))
        self.gaps += [len(self) + int(at) for at in missing]
        clean = np.where(np.isfinite(values), values, np.nan)
        self.steps.extend(steps)
        self.values.extend(clean)
        self.times.extend(_rising(self.times.values[-1:], np.full(len(steps), np.nan) if times is None else times))
        for (log, _), derived in self._derived.items():
            derived.drawn.extend(_on_axis(derived.smoother.extend(clean), log))

    def drawn(self, *, log: bool, smoothing: float) -> Pyramid:
        """The values as they go on the axis: smoothed by this weight in [0, 1), their common logarithm with log."""
        key = (log, smoothing)
        if key not in self._derived:
            for old in [known for known in self._derived if known[1] not in (0.0, smoothing)]:
                del self._derived[old]  # each step of a dial would leave one
            smoother = Smoother(smoothing)
            self._derived[key] = Derived(smoother, Pyramid(_on_axis(smoother.extend(self.values.values), log)))
        return self._derived[key].drawn

    def nearest(self, x: float, xs: Floats) -> int | None:
        """The point whose place in xs is nearest to x; None without points."""
        if not len(xs):
            return None
        at = int(np.searchsorted(xs, x))
        if at == len(xs) or (at and x - xs[at - 1] <= xs[at] - x):
            at -= 1
        return at

    def _cut(self, size: int) -> None:
        for one in (self.steps, self.values, self.times):
            one.cut(size)
        end = float(self.steps.values[-1]) if size else -math.inf
        self.joins = [join for join in self.joins if join <= end]
        self.gaps = [gap for gap in self.gaps if gap < size]
        self._derived.clear()  # a smoother cannot go back


def _rising(before: Floats, times: Floats) -> Floats:
    """times as an axis can have them: a clock that was set back, or said nothing, stands still."""
    return np.fmax.accumulate(np.concatenate([before, times]))[len(before) :]


def _on_axis(values: Floats, log: bool) -> Floats:
    if not log:
        return values
    return np.log10(values, where=values > 0, out=np.full(len(values), np.nan))


def as_floats(values: Sequence[float | None]) -> Floats:
    """Numbers as an array, NaN for None."""
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
