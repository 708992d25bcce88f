"""A curve in one line of cells, and a share as a bar. Without numpy: lists of runs show them before it is imported."""

import math
from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"
PARTS = " ▏▎▍▌▋▊▉"
MISSING = "·"


def sparkline(values: Sequence[float | None], width: int, log: bool = True) -> str:
    """values in exactly so many cells, each the mean of its share of them; "·" where none of them is a number.

    log: heights by logarithm, when all values are above 0. Values that are all the same stand half high. No values:
    blanks.
    """
    if not values or width < 1:
        return " " * max(width, 0)
    means = [_mean(values[at * len(values) // width : max(_end(at, len(values), width), 1)]) for at in range(width)]
    known = [mean for mean in means if mean is not None]
    if not known:
        return MISSING * width
    if log and min(known) > 0:
        means = [None if mean is None else math.log(mean) for mean in means]
        known = [mean for mean in means if mean is not None]
    low, high = min(known), max(known)
    return "".join(MISSING if mean is None else LEVELS[_level(mean, low, high)] for mean in means)


def _end(at: int, length: int, width: int) -> int:
    start = at * length // width
    return max((at + 1) * length // width, start + 1)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return math.fsum(value / len(known) for value in known) if known else None  # the sum itself may be too large


def _level(value: float, low: float, high: float) -> int:
    if high <= low:
        return len(LEVELS) // 2 - 1
    share = (value / 2 - low / 2) / (high / 2 - low / 2)  # halves: the range of two large numbers may be none
    return min(len(LEVELS) - 1, int(share * len(LEVELS)))


def bar(share: float, width: int) -> str:
    """share in [0, 1] as a bar in exactly so many cells, to an eighth of a cell; other values are cut to it."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8) if math.isfinite(share) else 0
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (PARTS[rest] if rest else "")).ljust(width)
