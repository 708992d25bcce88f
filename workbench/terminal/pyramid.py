"""A growing series of numbers, and its lowest and highest value in any stretches of it, exactly and at once.

Level 0 is the series itself; each further level holds the lowest and highest value of 16 entries of the one below. A
stretch of a million points is then the extremes of at most 30 entries on each of five levels.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
FACTOR = 16


class Growing:
    """Numbers in one array that can be added to; room is doubled, so that each number is moved about twice."""

    def __init__(self, values: Floats | None = None) -> None:
        self._room = np.empty(0) if values is None else np.array(values, dtype=np.float64)
        self._size = len(self._room)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> Floats:
        """What there is, float64 [N]: a view, good until the next change."""
        return self._room[: self._size]

    def extend(self, values: Floats) -> None:
        """Add numbers at the end."""
        end = self._size + len(values)
        if end > len(self._room):
            room = np.empty(max(end, 2 * self._size, 64))
            room[: self._size] = self.values
            self._room = room
        self._room[self._size : end] = values
        self._size = end

    def cut(self, size: int) -> None:
        """Forget all numbers but the first ones."""
        self._size = min(size, self._size)


class Pyramid:
    """The lowest and highest values over stretches of a growing series. NaN counts as nothing."""

    def __init__(self, values: Floats | None = None) -> None:
        self._low: list[Growing] = []
        self._high: list[Growing] = []
        self._base = Growing()
        self.extend(np.empty(0) if values is None else values)

    def __len__(self) -> int:
        return len(self._base)

    @property
    def values(self) -> Floats:
        """The series, float64 [N]: a view, good until the next change."""
        return self._base.values

    def extend(self, values: Floats) -> None:
        """Add numbers at the end."""
        self._base.extend(values)
        low, high, level = self._base, self._base, 0
        while len(low) >= FACTOR:
            if level == len(self._low):
                self._low.append(Growing())
                self._high.append(Growing())
            done = len(self._low[level])
            whole = len(low) // FACTOR
            if whole > done:
                stretch = slice(done * FACTOR, whole * FACTOR)
                self._low[level].extend(_lowest(low.values[stretch].reshape(-1, FACTOR)))
                self._high[level].extend(_highest(high.values[stretch].reshape(-1, FACTOR)))
            low, high, level = self._low[level], self._high[level], level + 1

    def cut(self, size: int) -> None:
        """Forget all numbers but the first ones."""
        self._base.cut(size)
        for level, (low, high) in enumerate(zip(self._low, self._high, strict=True), start=1):
            low.cut(len(self) // FACTOR**level)
            high.cut(len(self) // FACTOR**level)

    def extremes(self, starts: Indices, ends: Indices) -> tuple[Floats, Floats]:
        """The lowest and highest value of each stretch [start, end); NaN where it has none."""
        low, high = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
        first, last = starts.copy(), np.maximum(starts, ends)
        lows, highs = [self._base, *self._low], [self._base, *self._high]
        for level, (level_low, level_high) in enumerate(zip(lows, highs, strict=True)):
            top = level == len(lows) - 1
            inner_first = last if top else np.minimum(-(-first // FACTOR) * FACTOR, last)
            inner_last = last if top else np.maximum(last // FACTOR * FACTOR, inner_first)
            for start, end in ((first, inner_first), (inner_last, last)):
                _take(low, high, level_low.values, level_high.values, start, end)
            first, last = inner_first // FACTOR, inner_last // FACTOR
            last = np.maximum(first, last)
        return low, high


def _take(low: Floats, high: Floats, lows: Floats, highs: Floats, starts: Indices, ends: Indices) -> None:
    """Widen low and high by the entries [start, end) of one level."""
    longest = int((ends - starts).max(initial=0))
    if longest <= 0:
        return
    at = starts[:, None] + np.arange(longest)
    inside = at < ends[:, None]
    at[~inside] = 0
    np.fmin(low, _lowest(np.where(inside, lows[at], np.nan)), out=low)
    np.fmax(high, _highest(np.where(inside, highs[at], np.nan)), out=high)


def _lowest(rows: Floats) -> Floats:
    found: Floats = np.fmin.reduce(rows, axis=1)
    return found


def _highest(rows: Floats) -> Floats:
    found: Floats = np.fmax.reduce(rows, axis=1)
    return found
