"""A curve as braille: each cell has 2 x 4 dots, and each column of dots spans its points' lowest to highest value."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.format import number

DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # bits of the left and the right column, top to bottom
BLANK = 0x2800


def curve_lines(
    xs: Sequence[float], ys: Sequence[float | None], width: int, height: int, log: bool = False
) -> list[str]:
    """The points of one curve in width x height cells, axis included: values at the left, first and last x below.

    A value that is None or not finite leaves a gap; with log also one of 0 or less. No drawable point: no lines.
    """
    x = np.asarray(xs, dtype=np.float64)
    y = np.array([math.nan if value is None else value for value in ys], dtype=np.float64)
    drawable = np.isfinite(y) & ((y > 0) | (not log))
    if not drawable.any():
        return []
    low, high = float(y[drawable].min()), float(y[drawable].max())
    labels = [number(high, 3), number(low, 3)]
    margin = max(len(label) for label in labels)
    columns, rows = max(1, width - margin - 2), max(1, height - 1)
    y = np.where(drawable, y, math.nan)
    if log:
        y, low, high = np.log(y, where=drawable, out=np.full_like(y, math.nan)), math.log(low), math.log(high)
    cells = braille(_spans(x, y, columns * 2), low, high, rows)
    axis = [labels[0], *[""] * (rows - 2), labels[1]] if rows > 1 else [labels[0]]
    lines = [f"{label:>{margin}} ┤{line}".rstrip() for label, line in zip(axis, cells, strict=True)]
    first, last = f"{x[0]:,.0f}", f"{x[-1]:,.0f}"
    below = first if x[0] == x[-1] else first + last.rjust(columns - len(first))
    return [*lines, " " * (margin + 2) + below]


def _spans(x: NDArray[np.float64], y: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    """The lowest and highest y [columns, 2] in each column of dots, joined to the neighbour; NaN where nothing is."""
    reach = x[-1] - x[0]
    at = np.zeros(len(x), dtype=np.intp)
    if reach > 0:
        at = np.clip(((x - x[0]) / reach * (columns - 1)).round().astype(np.intp), 0, columns - 1)
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    seen = np.isfinite(y)
    np.minimum.at(low, at[seen], y[seen])
    np.maximum.at(high, at[seen], y[seen])
    for index in np.flatnonzero(seen[1:] & seen[:-1]):  # two points with nothing between are joined by a straight line
        start, end = at[index], at[index + 1]
        if end > start:
            line = np.interp(np.arange(start, end + 1), [start, end], [y[index], y[index + 1]])
            low[start : end + 1] = np.minimum(low[start : end + 1], line)
            high[start : end + 1] = np.maximum(high[start : end + 1], line)
    empty = low > high
    low[empty] = high[empty] = math.nan
    return np.stack([low, high], axis=1)


def braille(spans: NDArray[np.float64], low: float, high: float, rows: int) -> list[str]:
    """Spans of values [2 * columns, 2] as rows of braille cells between low (bottom) and high (top)."""
    dots = rows * 4
    scale = (dots - 1) / (high - low) if high > low else 0.0
    cells = [[BLANK] * (len(spans) // 2) for _ in range(rows)]
    for column, (bottom, top) in enumerate(spans.tolist()):
        if math.isnan(bottom):
            continue
        first = dots - 1 - round((top - low) * scale)
        last = dots - 1 - round((bottom - low) * scale)
        for dot in range(first, last + 1):
            cells[dot // 4][column // 2] |= DOTS[column % 2][dot % 4]
    return ["".join(" " if code == BLANK else chr(code) for code in row) for row in cells]  # some fonts draw U+2800
