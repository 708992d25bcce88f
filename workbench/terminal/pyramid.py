"""A growing series of numbers, and its lowest and highest value in any stretches of it, exactly and at once.

Level 0 is the series itself; each further level holds the lowest and highest value of 16 entries of the one below. Of a
million points the first level is looked through, and of the series itself what is left at the ends of the stretches.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
FACTOR = 16
AT_ONCE = 150_000  # entries that are looked through in one go: 0.05 ms, as the steps to a further level take


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
        """The lowest and highest value of each stretch [start, end); NaN where it has none.

        The stretches follow each other: each start is at or behind the end before it.
        """
        ends = np.maximum(starts, ends)
        total = int(ends[-1] - starts[0]) if len(starts) else 0
        low, high = np.full((2, len(starts)), np.nan)
        lows = highs = self._base
        for level in range(len(self._low)):
            if total <= AT_ONCE:
                break
            first = np.minimum(-(-starts // FACTOR) * FACTOR, ends)
            last = np.maximum(ends // FACTOR * FACTOR, first)
            for start, end in ((starts, first), (last, ends)):
                low = np.fmin(low, _lowest(_few(lows.values, start, end)))
                high = np.fmax(high, _highest(_few(highs.values, start, end)))
            starts, ends, total = first // FACTOR, last // FACTOR, total // FACTOR
            lows, highs = self._low[level], self._high[level]
        return (
            np.fmin(low, _over(lows.values, starts, ends, np.fmin)),
            np.fmax(high, _over(highs.values, starts, ends, np.fmax)),
        )


def _few(values: Floats, starts: Indices, ends: Indices) -> Floats:
    """The fewer than FACTOR values of each stretch [start, end), float64 [N, FACTOR], NaN where there are no more."""
    places = starts[:, None] + np.arange(FACTOR)
    return np.where(places < ends[:, None], values[np.minimum(places, len(values) - 1)], np.nan)


def _over(values: Floats, starts: Indices, ends: Indices, extreme: np.ufunc) -> Floats:
    """extreme of each stretch [start, end) of values, NaN for an empty one; stretches follow each other.

    reduceat takes the odd stretches between them too, and one element for an empty one: both are thrown away.
    """
    found = np.full(len(starts), np.nan)
    some = np.flatnonzero(ends > starts)
    if len(some):
        first, last = starts[some], ends[some]
        bounds = np.empty(2 * len(some), dtype=np.intp)
        bounds[::2], bounds[1::2] = first - first[0], last - first[0]
        part = values[first[0] : last[-1]]
        if bounds[-1] == len(part):
            bounds = bounds[:-1]
        found[some] = extreme.reduceat(part, bounds)[::2]
    return found


def _lowest(rows: Floats) -> Floats:
    found: Floats = np.fmin.reduce(rows, axis=1)
    return found


def _highest(rows: Floats) -> Floats:
    found: Floats = np.fmax.reduce(rows, axis=1)
    return found
