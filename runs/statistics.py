"""What measured numbers say: means over seeds, paired differences, and how many more are needed. With numpy alone.

Over seeds there are few values, three or five, so intervals are Student's: the bootstrap of three values is far too
narrow (it takes no difference for one in every third comparison). Over pictures there are many, and no reason to think
them normal: there the bootstrap serves (`bootstrap_interval`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from diffusion.judges.intervals import bootstrap_interval
from diffusion.judges.student import student_t

K = TypeVar("K")
Floats = NDArray[np.float64]
LEVEL = 0.95
Z = 1.959964  # a 95 % interval of a normal number reaches so many standard errors
POWER = 0.8  # the chance of finding a difference with the number that `more_needed` names
MOST_NEEDED = 100_000
MANY = 30  # values from which on the bootstrap is right, and Student's interval a matter of faith
CERTAIN = 1e-9  # of its ends: an interval that is narrower says that the spread was not seen, not that there is none


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval; low and high are None for a single value, which says nothing of its spread."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Difference:
    """A mean difference b - a. n counts pairs, or for groups that share no seed the smaller group."""

    estimate: Estimate
    paired: bool
    more: int | None  # about so many more pairs are needed to decide; 0 when decided, None when it cannot be told

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0, and has a width."""
        low, high = self.estimate.low, self.estimate.high
        if low is None or high is None or high - low <= CERTAIN * max(abs(low), abs(high)):
            return False
        return not low <= 0 <= high


def mean_interval(values: Sequence[float], grain: float = 0.0) -> Estimate:
    """The mean of independent values with its interval: Student's for few, the bootstrap's for 30 or more.

    grain: values closer than this cannot be told apart, as shares of n pictures are multiples of 1/n; two that are
    equal then do not say that nothing varies. Raises ValueError without a value.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found):
        raise ValueError("a mean needs a value")
    mean, n = float(found.mean()), len(found)
    if n == 1:
        return Estimate(mean, None, None, 1)
    if n >= MANY and found.min() < found.max():
        return Estimate(mean, *bootstrap_interval(found), n)
    half = student_t(n - 1) * _deviation(found, grain) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def _deviation(values: Floats, grain: float) -> float:
    """The standard deviation of values [N], no lower than what rounding to the grain does by itself (Sheppard 1898)."""
    return max(float(values.std(ddof=1)), grain / math.sqrt(12))


def paired_difference(a: Mapping[K, float], b: Mapping[K, float], grain: float = 0.0) -> Difference:
    """b - a over what both have by the same key, a seed or a picture: what varies with the key falls out of it.

    Without a common key the groups are compared as independent ones (`unpaired_difference`). grain: as in
    `mean_interval`, of the values; their difference has twice its variance. Raises ValueError for an empty group.
    """
    shared = [key for key in a if key in b]
    if not shared:
        return unpaired_difference([*a.values()], [*b.values()], grain)
    apart = np.array([b[key] - a[key] for key in shared])
    rough = grain * math.sqrt(2)
    deviation = _deviation(apart, rough) if len(apart) > 1 else math.nan
    return _judged(mean_interval(apart.tolist(), rough), deviation, paired=True)


def paired_shares(a: Mapping[K, float], b: Mapping[K, float]) -> Difference:
    """b - a of what is 0 or 1, over what both have by the same key. Raises ValueError without a common key.

    Only the pairs that differ say anything, and where these are few no bootstrap can see how few: of 80 pictures it
    takes two for a difference in every fifth case. The interval has two pairs of each kind added.
    Source: Bonett and Price 2012, Journal of Educational and Behavioral Statistics 37(4), equation 7.
    """
    shared = [key for key in a if key in b]
    if not shared:
        raise ValueError("paired shares need a common key")
    apart = np.array([b[key] - a[key] for key in shared])
    n = len(apart)
    up, down = (float((apart > 0).sum()) + 1) / (n + 2), (float((apart < 0).sum()) + 1) / (n + 2)
    deviation = math.sqrt(up + down - (up - down) ** 2)
    half = Z * deviation / math.sqrt(n + 2)
    middle, value = up - down, float(apart.mean())
    return _judged(Estimate(value, max(-1.0, middle - half), min(1.0, middle + half), n), deviation, paired=True)


def unpaired_difference(a: Sequence[float], b: Sequence[float], grain: float = 0.0) -> Difference:
    """b - a of independent groups (Welch 1947, Biometrika 34). Raises ValueError for an empty group."""
    if not (len(a) and len(b)):
        raise ValueError("a difference needs a value on both sides")
    mean, n = float(np.mean(b) - np.mean(a)), min(len(a), len(b))
    if n < 2:
        return Difference(Estimate(mean, None, None, n), False, None)
    variances = [_deviation(np.asarray(side, dtype=np.float64), grain) ** 2 / len(side) for side in (a, b)]
    total = sum(variances)
    df = total**2 / (variances[0] ** 2 / (len(a) - 1) + variances[1] ** 2 / (len(b) - 1)) if total else 1e9
    half = student_t(max(1.0, df)) * math.sqrt(total)
    return _judged(Estimate(mean, mean - half, mean + half, n), math.sqrt(total * n), paired=False)


def from_intervals(a: Estimate, b: Estimate) -> Difference:
    """b - a of two independent numbers from their own 95 % intervals, each of which may be longer on one side.

    Without an interval on both sides nothing is decided. Source: Newcombe 1998, Statistics in Medicine 17(8), 10.
    """
    apart, n = b.value - a.value, min(a.n, b.n)
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Difference(Estimate(apart, None, None, n), False, None)
    low = apart - math.hypot(b.value - b.low, a.high - a.value)
    high = apart + math.hypot(b.high - b.value, a.value - a.low)
    return _judged(Estimate(apart, low, high, n), (high - low) / 2 / Z * math.sqrt(n), paired=False)


def mean_of_intervals(found: Sequence[Estimate]) -> Estimate:
    """The mean of independent numbers that have intervals of their own, n added up; as in `from_intervals`."""
    value, n = sum(one.value for one in found) / len(found), sum(one.n for one in found)
    downs = [one.value - one.low for one in found if one.low is not None]
    ups = [one.high - one.value for one in found if one.high is not None]
    if len(downs) < len(found) or len(ups) < len(found):
        return Estimate(value, None, None, n)
    return Estimate(value, value - math.hypot(*downs) / len(found), value + math.hypot(*ups) / len(found), n)


def _judged(estimate: Estimate, deviation: float, *, paired: bool) -> Difference:
    found = Difference(estimate, paired, 0)
    if found.decided:
        return found
    return Difference(estimate, paired, more_needed(estimate.value, deviation, estimate.n))


def more_needed(difference: float, deviation: float, n: int) -> int | None:
    """About how many more values would find a difference of this size with 80 % chance, n being there already.

    deviation: of single values. None where it cannot be told: from one value, or for no difference at all.
    """
    if not math.isfinite(deviation) or difference == 0 or deviation == 0:
        return None
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) + NormalDist().inv_cdf(POWER)
    whole = (reach * deviation / abs(difference)) ** 2 + 2  # 2: a small sample's own deviation is uncertain
    return max(1, math.ceil(min(whole, MOST_NEEDED) - n))


def band(curves: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats, Floats, Floats]:
    """Curves (x [N] rising, y [N]) of several seeds as one: x, mean, low and high at each x that all of them have.

    low and high are NaN for a single curve. A value that is NaN in one curve is NaN in the mean.
    """
    xs = shared_steps([x for x, _ in curves])
    ys = np.array([y[np.searchsorted(x, xs)] for x, y in curves])
    mean = ys.mean(axis=0)
    if len(curves) < 2:
        nothing = np.full(len(xs), math.nan)
        return xs, mean, nothing, nothing
    half = student_t(len(curves) - 1) * ys.std(axis=0, ddof=1) / math.sqrt(len(curves))
    return xs, mean, mean - half, mean + half


def shared_steps(curves: Sequence[Floats]) -> Floats:
    """The x [N], rising, that all curves have."""
    found = curves[0]
    for xs in curves[1:]:
        if not np.array_equal(found, xs):
            found = np.intersect1d(found, xs)
    return found


def differs_from(differences: Floats, xs: Floats) -> float | None:
    """The x from which on paired differences [pairs, N] leave out 0 up to the end, always on one side; else None.

    It needs the last x to be significant, so it is found by chance no more often than one test: in 5 % of comparisons.
    """
    pairs, length = differences.shape
    if pairs < 2 or not length:
        return None
    mean = differences.mean(axis=0)
    half = student_t(pairs - 1) * differences.std(axis=0, ddof=1) / math.sqrt(pairs)
    significant = (np.abs(mean) > half) & (np.sign(mean) == np.sign(mean[-1]))  # NaN compares as False
    if not significant[-1]:
        return None
    without = np.flatnonzero(~significant)
    first = int(without[-1]) + 1 if len(without) else 0
    return float(xs[first])
