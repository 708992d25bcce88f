"""What of some lines is looked at, and how: the axes, the smoothing, the part that is zoomed into, the value cursor."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.format import count, duration, number
from workbench.terminal.chart import Axes, Frame, Trace, draw_chart, y_window
from workbench.terminal.lines import Floats, Line
from workbench.terminal.raster import Window
from workbench.terminal.series import look_of
from workbench.terminal.ticks import time_name, time_ticks

X_KINDS = ("step", "images", "epoch", "time")
SMOOTHINGS = (0.0, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
DENSE = 50  # points from which on a line is smoothed: an average over a few validations lags far behind them
SMALLEST_WINDOW = 1e-6  # of the whole


@dataclass
class CurveView:
    """How lines are looked at. Several charts can share one, and then move together.

    window: the part of x that is seen, None for all of it; follow: it moves on with the newest point. cursor: an x.
    batch_size and epoch_images turn steps into images and epochs; origin is the time that counts as 0, in seconds.
    """

    log_x: bool = False
    log_y: bool = True
    smoothing: float = 0.0
    clip: bool = False
    x_kind: str = "step"
    window: tuple[float, float] | None = None
    follow: bool = False
    cursor: float | None = None
    batch_size: float = 1.0
    epoch_images: float = 0.0
    origin: float = 0.0
    x_unit: str = ""  # where x is neither of the kinds

    def xs(self, line: Line) -> Floats:
        """The places of a line's points on the axis."""
        if self.x_kind == "time":
            return line.times.values - self.origin
        steps = line.steps.values
        return steps if self.x_kind == "step" else steps * self._factor(line)

    def _factor(self, line: Line) -> float:
        return (line.step_images or self.batch_size) / (self.epoch_images if self.x_kind == "epoch" else 1.0)

    def x_kinds(self) -> tuple[str, ...]:
        """The kinds of x that can be shown: epochs only where their length is known."""
        if self.x_unit:
            return (self.x_kind,)
        return tuple(kind for kind in X_KINDS if kind != "epoch" or self.epoch_images > 0)

    def next_x_kind(self) -> None:
        """Show another kind of x, all of it."""
        kinds = self.x_kinds()
        self.x_kind = kinds[(kinds.index(self.x_kind) + 1) % len(kinds)]
        self.window, self.cursor = None, None

    def smooth(self, by: int) -> None:
        """More or less smoothing, in steps."""
        nearest = min(range(len(SMOOTHINGS)), key=lambda at: abs(SMOOTHINGS[at] - self.smoothing))
        self.smoothing = SMOOTHINGS[min(max(nearest + by, 0), len(SMOOTHINGS) - 1)]

    def extent(self, lines: Sequence[Line]) -> tuple[float, float] | None:
        """From the first to the last point of all lines; None without points."""
        ends = [(xs[0], xs[-1]) for line in lines if len(xs := self._places(line))]
        if not ends:
            return None
        return float(min(low for low, _ in ends)), float(max(high for _, high in ends))

    def _places(self, line: Line) -> Floats:
        xs = self.xs(line)
        return xs[np.searchsorted(xs, 0.0, side="right") :] if self.log_x else xs[: np.searchsorted(xs, math.inf)]

    def shown(self, lines: Sequence[Line]) -> tuple[float, float] | None:
        """The part of x that is seen now."""
        whole = self.extent(lines)
        if whole is None or self.window is None:
            return whole
        low, high = self.window
        if self.follow and whole[1] > high and not self.log_x:
            low, high = low + whole[1] - high, whole[1]
            self.window = (low, high)
        return (max(low, whole[0]), high) if self.log_x else (low, high)

    def zoom(self, lines: Sequence[Line], factor: float, at: float | None = None) -> None:
        """See factor times as much, below 1 less, around an x, the cursor, or the middle."""
        whole, seen = self.extent(lines), self.shown(lines)
        if whole is None or seen is None or whole[1] <= whole[0]:
            return
        to, back = self._straight()
        low, high = to(seen[0]), to(seen[1])
        where = at if at is not None else self.cursor
        inside = where is not None and seen[0] <= where <= seen[1]
        place = to(where) if inside and where is not None else (low + high) / 2
        reach = (high - low) * factor
        if reach < (to(whole[1]) - to(whole[0])) * SMALLEST_WINDOW:
            return
        share = (place - low) / (high - low) if high > low else 0.5
        start = min(max(place - share * reach, to(whole[0])), max(to(whole[0]), to(whole[1]) - reach))
        self._see(whole, back(start), back(start + reach))

    def pan(self, lines: Sequence[Line], share: float) -> None:
        """Move by this share of what is seen, to the right when it is above 0, at most to the end."""
        whole, seen = self.extent(lines), self.shown(lines)
        if whole is None or seen is None or self.window is None:
            return
        to, back = self._straight()
        low, high, first, last = to(seen[0]), to(seen[1]), to(whole[0]), to(whole[1])
        by = min(max(share * (high - low), first - low), last - high)
        self._see(whole, back(low + by), back(high + by))

    def _see(self, whole: tuple[float, float], low: float, high: float) -> None:
        low, high = max(low, whole[0]), min(high, whole[1])
        self.window = None if (low, high) == whole else (low, high)
        self.follow = high >= whole[1]

    def _straight(self) -> tuple[Callable[[float], float], Callable[[float], float]]:
        """From x to where it is on a straight axis, and back."""
        if self.log_x:
            return math.log10, _power
        return float, float

    def move_cursor(self, lines: Sequence[Line], cells: int, columns: int) -> None:
        """Move the cursor by so many cells, or to the next point when that is farther; at first, to the last point."""
        seen = self.shown(lines)
        if seen is None:
            return
        if self.cursor is None:
            self.cursor = seen[1]
            return
        to, back = self._straight()
        step = (to(seen[1]) - to(seen[0])) / max(columns - 1, 1)
        wanted = back(to(self.cursor) + cells * step)
        points = [xs[at] for line in lines if (at := _beyond(xs := self._places(line), self.cursor, cells)) is not None]
        if points and cells > 0:
            wanted = max(wanted, min(points))
        elif points:
            wanted = min(wanted, max(points))
        self.put_cursor(lines, wanted)

    def put_cursor(self, lines: Sequence[Line], x: float) -> None:
        """Put the cursor on the point nearest to x, inside what is seen."""
        seen = self.shown(lines)
        if seen is None:
            return
        x = min(max(x, seen[0]), seen[1])
        places = [xs[at] for line in lines if (at := line.nearest(x, xs := self._places(line))) is not None]
        inside = [place for place in places if seen[0] <= place <= seen[1]]
        self.cursor = float(min(inside or [x], key=lambda place: abs(place - x)))

    def x_text(self, x: float) -> str:
        """An x in words: step 1,250, epoch 2.50, 3 min 05 s."""
        if self.x_unit:
            return f"{self.x_unit} {x:g}"
        return self._place_text(x) if self.x_kind == "time" else f"{self.x_kind} {self._place_text(x)}"

    def _place_text(self, x: float) -> str:
        if self.x_unit:
            return f"{x:g}"
        return duration(x) if self.x_kind == "time" else f"{x:.2f}" if self.x_kind == "epoch" else count(x)

    def readings(self, lines: Sequence[Line]) -> list[str]:
        """The value of each line at the cursor, or its newest; smoothed, with the raw one in brackets, where it is.

        A line without a point at the cursor tells its nearest one and where that is: 1.167 @60.
        """
        return [self._reading(line) for line in lines]

    def _reading(self, line: Line) -> str:
        xs = self.xs(line)
        at = len(xs) - 1 if self.cursor is None else line.nearest(self.cursor, xs)
        if at is None or at < 0:
            return "-"
        elsewhere = self.cursor is not None and not math.isclose(float(xs[at]), self.cursor, abs_tol=1e-9)
        where = f" @{self._place_text(float(xs[at]))}" if elsewhere else ""
        raw = number(float(line.values.values[at]))
        if not self._smooths(line):
            return raw + where
        smooth = float(line.drawn(log=False, smoothing=self.smoothing).values[at])
        return f"{number(smooth)} ({raw}){where}"

    def _smooths(self, line: Line) -> bool:
        return self.smoothing > 0 and len(line) >= DENSE


def _power(place: float) -> float:
    return float(10.0**place)


def _beyond(xs: Floats, x: float, direction: int) -> int | None:
    """The next point after x, or the one before it."""
    if direction > 0:
        at = int(np.searchsorted(xs, x, side="right"))
        return at if at < len(xs) else None
    at = int(np.searchsorted(xs, x, side="left")) - 1
    return at if at >= 0 else None


def draw_lines(lines: Sequence[Line], view: CurveView, size: tuple[int, int]) -> Frame | None:
    """The lines as view has them in (wide, high) cells, raw ones faint behind smoothed ones, and the edges of bands;
    None without a point.
    """
    seen = view.shown(lines)
    if seen is None:
        return None
    traces = [_trace(line, index, view) for index, line in enumerate(lines)]
    span = y_window(traces, *seen, clip=view.clip, log_y=view.log_y)
    if span is None:
        return None
    behind = [_trace(line, index, view, raw=True) for index, line in enumerate(lines) if view._smooths(line)]
    for index, line in enumerate(lines):
        behind += [replace(_trace(edge, index, view), faint=True) for edge in line.band or () if len(edge)]
    low, high = seen if seen[1] > seen[0] else (seen[0], seen[0] + 1.0)
    window = Window(low, high, *span, log_x=view.log_x)
    timed = view.x_kind == "time"
    axes = Axes(view.log_x, view.log_y, time_ticks if timed else None, time_name if timed else None)
    front = sorted(traces, key=lambda trace: len(trace.xs))  # a dense line would hide the few points of another
    return draw_chart([*front, *behind], window, size, axes, view.cursor)


def _trace(line: Line, index: int, view: CurveView, raw: bool = False) -> Trace:
    xs = view.xs(line)
    joins = np.array(line.joins)
    if len(joins) and len(xs):
        joins = xs[np.minimum(np.searchsorted(line.steps.values, joins), len(xs) - 1)]
    smoothing = 0.0 if raw or not view._smooths(line) else view.smoothing
    return Trace(
        look_of(index),
        index,
        xs,
        line.drawn(log=view.log_y, smoothing=smoothing),
        faint=raw,
        gaps=xs[line.gaps] if line.gaps else np.empty(0),
        joins=joins,
    )
