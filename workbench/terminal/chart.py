"""Several lines in one chart as rows of text pieces: axes, ticks, braille, markers, gaps, joins and a value cursor."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.pyramid import Floats, Pyramid
from workbench.terminal.raster import BLANK, Window, dots, spans
from workbench.terminal.series import Look
from workbench.terminal.ticks import tick_names, ticks

AXIS = -1  # the ink of what belongs to no line
GAP, JOIN, CURSOR = "×", "┆", "│"


class Piece(NamedTuple):
    """Text in one ink: the number of its trace, or AXIS; faint for what stays behind."""

    text: str
    ink: int
    faint: bool = False


@dataclass(frozen=True)
class Trace:
    """One line to draw. xs [N] rises; drawn [N] is on the axis already (a logarithm where the axis is one).

    gaps and joins are x of values that are not numbers, and of places where another attempt went on.
    """

    look: Look
    ink: int
    xs: Floats
    drawn: Pyramid
    faint: bool = False
    gaps: Floats = field(default_factory=lambda: np.empty(0))
    joins: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Axes:
    """How a chart's axes are: their kinds, and how values of x are called."""

    log_x: bool = False
    log_y: bool = False
    x_ticks: Callable[[float, float, int], list[float]] | None = None
    x_name: Callable[[float], str] | None = None


@dataclass(frozen=True)
class Frame:
    """A chart as it was drawn: its rows, and where in them the plot is, for a mouse."""

    rows: list[list[Piece]]
    window: Window
    left: int  # cells before the plot
    columns: int  # cells of the plot
    plot_rows: int

    def x_at(self, cell: float) -> float:
        """The x under a cell of the chart."""
        share = (cell - self.left) / max(1, self.columns - 1)
        low, high = self.window.x_low, self.window.x_high
        if self.window.log_x:
            return float(low * (high / low) ** share)
        return low + (high - low) * share


def draw_chart(
    traces: Sequence[Trace],
    window: Window,
    size: tuple[int, int],
    axes: Axes,
    cursor: float | None = None,
) -> Frame:
    """The chart in (wide, high) cells; the traces that come first are in front. cursor: an x to mark."""
    wide, high = size
    plot_rows = max(1, high - 1)
    names = _y_names(window, plot_rows, axes.log_y)
    margin = max((len(name) for name in names.values()), default=0)
    if margin + 8 > wide:  # no room for figures
        names, margin = {}, 0
    columns = max(1, wide - margin - 1)
    canvas = _Canvas(plot_rows, columns)
    for trace in reversed(traces):
        covered = spans(trace.xs, trace.drawn, window, columns * 2)
        canvas.put(dots(covered, window, plot_rows, trace.look.dash), trace.ink, trace.faint)
    for trace in reversed(traces):
        if not trace.faint:
            canvas.mark(trace, window)
    if cursor is not None:
        canvas.line(_cell(window, cursor, columns), CURSOR)
    rows = []
    for row, pieces in enumerate(canvas.pieces()):
        name = names.get(row, "")
        edge = f"{name:>{margin}}{'┤' if name else '│'}"
        rows.append([Piece(edge, AXIS, True), *pieces])
    if high > 1:
        rows.append([Piece(_x_line(window, axes, columns, margin + 1), AXIS, True)])
    return Frame(rows[:high], window, margin + 1, columns, plot_rows)


class _Canvas:
    def __init__(self, rows: int, columns: int) -> None:
        self.codes: NDArray[np.uint32] = np.zeros((rows, columns), dtype=np.uint32)  # code points, 0 where nothing is
        self.inks: NDArray[np.int16] = np.full((rows, columns), 2 * AXIS, dtype=np.int16)  # 2 * ink + faint
        self.rows, self.columns = rows, columns

    def put(self, bits: NDArray[np.uint8], ink: int, faint: bool) -> None:
        """Add dots; a cell has one colour, that of the last line in it. What is faint leaves no dots below others."""
        seen = bits > 0
        behind = (self.inks % 2 == 1) & seen & (not faint)
        self.codes[behind] = 0
        self.codes[seen] |= bits[seen] | np.uint32(BLANK)
        self.inks[seen] = 2 * ink + faint

    def mark(self, trace: Trace, window: Window) -> None:
        """The marker at the last point that is seen, or at each of few; gaps at the foot, joins as a dotted line."""
        first, last = np.searchsorted(trace.xs, [window.x_low, window.x_high], side="left")
        last = min(int(last) + 1, len(trace.xs))
        values = trace.drawn.values[first:last]
        places = np.flatnonzero(np.isfinite(values)) + int(first) if len(values) <= self.columns // 3 else None
        if places is None:
            end = last - 1
            while end > first and not math.isfinite(trace.drawn.values[end]):
                end -= 1
            places = np.array([end])
        for join in _cells(window, trace.joins, self.columns):
            self.line(join, JOIN)
        for place in places:
            self._marker(trace, window, int(place))
        for gap in _cells(window, trace.gaps, self.columns):
            self._put(self.rows - 1, gap, GAP, trace.ink)

    def _marker(self, trace: Trace, window: Window, place: int) -> None:
        value, reach = trace.drawn.values[place], window.y_high - window.y_low
        if not math.isfinite(value) or not window.y_low <= value <= window.y_high:
            return
        column = _cell(window, float(trace.xs[place]), self.columns)
        dot = round((value - window.y_low) / reach * (self.rows * 4 - 1)) if reach > 0 else 0
        if 0 <= column < self.columns:
            self._put(self.rows - 1 - dot // 4, column, trace.look.marker, trace.ink)

    def line(self, column: int, character: str) -> None:
        """A line from top to bottom where nothing else is."""
        if 0 <= column < self.columns:
            empty = self.codes[:, column] == 0
            self.codes[empty, column] = ord(character)
            self.inks[empty, column] = 2 * AXIS

    def _put(self, row: int, column: int, character: str, ink: int) -> None:
        self.codes[row, column] = ord(character)
        self.inks[row, column] = 2 * ink

    def pieces(self) -> list[list[Piece]]:
        """Each row as pieces of one ink. Blanks go on in the ink before them, at a row's beginning in that behind."""
        drawn = self.codes != 0
        places = np.where(drawn, np.arange(self.columns), 0)
        places[:, 0] = np.where(drawn[:, 0], 0, drawn.argmax(axis=1))
        inks = np.take_along_axis(self.inks, np.maximum.accumulate(places, axis=1), axis=1)
        text = np.where(drawn, self.codes, ord(" ")).astype("<u4").tobytes().decode("utf-32-le")
        begins = np.ones(inks.shape, dtype=np.bool_)
        begins[:, 1:] = inks[:, 1:] != inks[:, :-1]
        starts = np.flatnonzero(begins)
        kinds = inks.reshape(-1)[starts].tolist()
        found: list[list[Piece]] = [[] for _ in range(self.rows)]
        bounds = [*starts.tolist(), len(text)]
        for start, end, kind in zip(bounds, bounds[1:], kinds, strict=False):
            found[start // self.columns].append(Piece(text[start:end], kind // 2, bool(kind % 2)))
        return found


def _cell(window: Window, x: float, columns: int) -> int:
    """The cell of one x, as column_of has it, without an array."""
    low, high = window.x_low, window.x_high
    if window.log_x:
        if x <= 0:
            return -1
        x, low, high = math.log10(x), math.log10(low), math.log10(high)
    place = (x - low) / (high - low) * (columns * 2 - 1) if high > low else 0.0
    return round(min(max(place, -1e6), 1e6)) // 2


def _cells(window: Window, xs: Floats, columns: int) -> list[int]:
    if not len(xs):
        return []
    found = np.unique(window.column_of(xs, columns * 2) // 2)
    return [int(cell) for cell in found if 0 <= cell < columns]


def _y_names(window: Window, rows: int, log: bool) -> dict[int, str]:
    """The names of the ticks by row, each in the row that has its value."""
    low, high = window.y_low, window.y_high
    most = max(2, rows // 3 + 1)
    if log:
        values = ticks(10.0**low, 10.0**high, most, log=True)
        places = [math.log10(value) for value in values]
    else:
        values = ticks(low, high, most)
        places = values
    named = {}
    for place, name in zip(places, tick_names(values), strict=True):
        share = (place - low) / (high - low) if high > low else 0.5
        row = rows - 1 - round(share * (rows * 4 - 1)) // 4
        named[min(max(row, 0), rows - 1)] = name
    return named


def _x_line(window: Window, axes: Axes, columns: int, left: int) -> str:
    """The names of the ticks of x below their columns, as many as fit."""
    most = max(2, columns // 10)
    if axes.x_ticks is not None and not axes.log_x:
        values = axes.x_ticks(window.x_low, window.x_high, most)
    else:
        values = ticks(window.x_low, window.x_high, most, axes.log_x)
    names = [axes.x_name(value) for value in values] if axes.x_name else tick_names(values)
    line = [" "] * (left + columns)
    free = 0
    for value, name in zip(values, names, strict=True):
        middle = left + _cell(window, value, columns)
        start = min(max(middle - len(name) // 2, free, 0), left + columns - len(name))
        if start >= free:
            line[start : start + len(name)] = name
            free = start + len(name) + 1
    return "".join(line)


def y_window(
    traces: Sequence[Trace], x_low: float, x_high: float, *, clip: bool, log_y: bool
) -> tuple[float, float] | None:
    """The range of y that the lines have between two x; None when none has a point there.

    clip: leave out the lowest and highest hundredth of the points, so that single outliers do not flatten the rest.
    """
    lows, highs = [], []
    for trace in traces:
        first, last = np.searchsorted(trace.xs, [x_low, x_high + 0.0])
        last = min(last + 1, len(trace.xs))
        if clip:
            values = trace.drawn.values[first : last : max(1, (last - first) // 20_000)]
            values = values[np.isfinite(values)]
            low, high = np.quantile(values, [0.01, 0.99]) if len(values) else (math.nan, math.nan)
        else:
            low, high = (float(one[0]) for one in trace.drawn.extremes(np.array([first]), np.array([last])))
        lows.append(low)
        highs.append(high)
    low, high = np.fmin.reduce(lows or [math.nan]), np.fmax.reduce(highs or [math.nan])
    if not math.isfinite(low):
        return None
    if high - low < 1e-12 * max(1.0, abs(high)):
        room = 0.1 if log_y else max(abs(high) * 0.05, 1e-9)
        return float(low - room), float(high + room)
    return float(low), float(high)
