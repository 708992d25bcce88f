"""Where numbers lie on the paper of a plot."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.ticks import tick_names, ticks

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One axis: the values at its ends, the places of these ends in the picture, and whether it is a logarithm."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def at(self, values: Floats) -> Floats:
        """The places of values; NaN where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(values) if self.log else values
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        places: Floats = self.first + (scaled - low) / (high - low) * (self.last - self.first)
        return np.where(np.isfinite(places), places, np.nan)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Places and names of its ticks."""
        values = ticks(self.low, self.high, most, self.log)
        return list(zip(self.at(np.array(values)).tolist(), tick_names(values), strict=True)) if values else []


def axis_over(values: Iterable[Floats], first: float, last: float, *, log: bool = False, margin: float = 0.0) -> Axis:
    """An axis that holds all finite values, above 0 where it is a logarithm, with a share of margin at both ends."""
    found = [part[np.isfinite(part) & ((part > 0) if log else True)] for part in values]
    numbers = np.concatenate(found) if found else np.zeros(0)
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.1, 1.0) if log else (0.0, 1.0)
    if log:
        low, high = (low / 1.5, high * 1.5) if low == high else (low, high)
        wider = math.exp(margin * (math.log(high) - math.log(low)))
        return Axis(low / wider, high * wider, first, last, log=True)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    wider = margin * (high - low)
    return Axis(low - wider, high + wider, first, last)
