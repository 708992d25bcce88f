"""Curves as dots of braille cells: each column of dots gets what its points span, joined to its neighbours exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.pyramid import Floats, Pyramid

BLANK = 0x2800
BITS = np.array([[[0x01], [0x02], [0x04], [0x40]], [[0x08], [0x10], [0x20], [0x80]]], dtype=np.uint8)[..., 0]
TINY = 1e-6


@dataclass(frozen=True)
class Window:
    """The part of the plane that is seen, in the units of the axes: with log_x, x is the common logarithm's argument
    still, while y is what goes on the axis already.
    """

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_x: bool = False

    def columns(self, count: int) -> Floats:
        """The places [count + 1] of the edges between so many columns of dots; the ends are the columns' middles."""
        low, high = (np.log10(self.x_low), np.log10(self.x_high)) if self.log_x else (self.x_low, self.x_high)
        step = (high - low) / max(count - 1, 1)
        edges: Floats = low + (np.arange(count + 1) - 0.5) * step
        if self.log_x:
            edges = 10.0**edges
        return edges

    def column_of(self, x: Floats, count: int) -> NDArray[np.intp]:
        """The column of dots of each x, below 0 or from count on when it is outside."""
        low, high = self.x_low, self.x_high
        if self.log_x:
            x = np.log10(x, where=x > 0, out=np.full(len(x), -np.inf))
            low, high = np.log10(low), np.log10(high)
        reach = high - low
        place = (x - low) / reach * (count - 1) if reach > 0 else np.zeros(len(x))
        return np.rint(np.clip(place, -1e6, 1e6)).astype(np.intp)


def spans(xs: Floats, drawn: Pyramid, window: Window, count: int) -> Floats:
    """What a line covers in each of count columns of dots, float64 [count, 4] in the units of the y axis.

    Lowest and highest point inside, then the line's height where it enters and leaves the column; NaN where there is
    none. Points are joined by straight lines (on the axes as they are), but not across a NaN.
    """
    edges = window.columns(count)
    bounds = np.searchsorted(xs, edges, side="left")
    low, high = drawn.extremes(bounds[:-1], bounds[1:])
    crossing = _heights(xs, drawn.values, edges, bounds, window.log_x)
    return np.stack([low, high, crossing[:-1], crossing[1:]], axis=1)


def _heights(xs: Floats, ys: Floats, edges: Floats, bounds: NDArray[np.intp], log_x: bool) -> Floats:
    """The line's height at each edge, NaN before its first and after its last point and beside a gap."""
    inside = (bounds > 0) & (bounds < len(xs))
    right = np.where(inside, bounds, 0)
    left = np.maximum(right - 1, 0)
    if not len(xs):
        return np.full(len(edges), np.nan)
    before, after = xs[left], xs[right]
    places = edges
    if log_x:
        inside = inside & (before > 0)
        before, after, places = (np.log10(np.maximum(one, 1e-300)) for one in (before, after, places))
    reach = np.where(inside & (after > before), after - before, 1.0)
    share = (places - before) / reach
    return np.where(inside, ys[left] + (ys[right] - ys[left]) * share, np.nan)


def dots(covered: Floats, window: Window, rows: int, dash: Sequence[int] = ()) -> NDArray[np.uint8]:
    """spans() as braille bits, uint8 [rows, count / 2]. Outside the window nothing is drawn.

    dash: columns of dots drawn and left out in turn.
    """
    height = rows * 4
    reach = window.y_high - window.y_low
    scale = (height - 1) / reach if reach > 0 else 0.0
    place = (covered - window.y_low) * scale
    place = np.clip(place, -1.0, float(height))  # one beyond each end: outside, but a line to there leaves the window
    bottom, top = _dot_range(place)
    count = len(covered)
    drawn = (np.arange(height) >= bottom[:, None]) & (np.arange(height) <= top[:, None])
    drawn &= _dashes(count, dash)[:, None]
    bits = drawn[:, ::-1].reshape(count // 2, 2, rows, 4) * BITS[None, :, None, :]
    cells: NDArray[np.uint8] = bits.sum(axis=(1, 3), dtype=np.uint8).T
    return cells


def _dot_range(place: Floats) -> tuple[Floats, Floats]:
    """The lowest and highest dot of each column: points where they are, lines only the dots that they cross."""
    with np.errstate(invalid="ignore"):
        line_low = np.fmin(place[:, 2], place[:, 3])
        line_high = np.fmax(place[:, 2], place[:, 3])
        bottom = np.fmin(np.rint(place[:, 0]), np.ceil(line_low - TINY))
        top = np.fmax(np.rint(place[:, 1]), np.floor(line_high + TINY))
        flat = bottom > top  # between two dots: the nearer one
        middle = np.rint((line_low + line_high) / 2)
    return np.where(flat, middle, bottom), np.where(flat, middle, top)


def _dashes(count: int, dash: Sequence[int]) -> NDArray[np.bool_]:
    if not dash:
        return np.ones(count, dtype=np.bool_)
    pattern = np.repeat(np.arange(len(dash)) % 2 == 0, dash)
    return np.resize(pattern, count)
