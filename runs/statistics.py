"""What measured numbers say: means over seeds, paired differences, and how many more are needed. With numpy alone.

Over seeds there are few values, three or five, so intervals are Student's: the bootstrap of three values is far too
narrow (it takes no difference for one in every third comparison). Over pictures there are many, and no reason to think
them normal: there the bootstrap serves (`bootstrap_interval`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from diffusion.judges.intervals import bootstrap_interval
from diffusion.judges.student import student_t

Floats = NDArray[np.float64]
LEVEL = 0.95
POWER = 0.8  # the chance of finding a difference with the number that `more_needed` names
MOST_NEEDED = 100_000
MANY = 30  # values from which on the bootstrap is right, and Student's interval a matter of faith


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
        """Whether the interval leaves out 0."""
        found = self.estimate
        return found.low is not None and found.high is not None and not found.low <= 0 <= found.high


def mean_interval(values: Sequence[float]) -> Estimate:
    """The mean of independent values with its interval: Student's for few, the bootstrap's for 30 or more.

    Raises ValueError without a value.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found):
        raise ValueError("a mean needs a value")
    mean, n = float(found.mean()), len(found)
    if n == 1:
        return Estimate(mean, None, None, 1)
    if n >= MANY:
        return Estimate(mean, *bootstrap_interval(found), n)
    half = student_t(n - 1) * float(found.std(ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def paired_difference(a: Mapping[int, float], b: Mapping[int, float]) -> Difference:
    """b - a over what both have by the same key, a seed or a picture: what varies with the key falls out of it.

    Without a common key the groups are compared as independent ones (Welch 1947, Biometrika 34). Raises ValueError for
    an empty group.
    """
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return _unpaired(np.array([*a.values()]), np.array([*b.values()]))
    apart = np.array([b[key] - a[key] for key in shared])
    estimate = mean_interval(apart.tolist())
    deviation = float(apart.std(ddof=1)) if len(apart) > 1 else math.nan
    return _judged(estimate, deviation, paired=True)


def _unpaired(a: Floats, b: Floats) -> Difference:
    if not (len(a) and len(b)):
        raise ValueError("a difference needs a value on both sides")
    mean, n = float(b.mean() - a.mean()), min(len(a), len(b))
    if n < 2:
        return Difference(Estimate(mean, None, None, n), False, None)
    variances = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    total = sum(variances)
    df = total**2 / (variances[0] ** 2 / (len(a) - 1) + variances[1] ** 2 / (len(b) - 1)) if total else 1e9
    half = student_t(max(1.0, df)) * math.sqrt(total)
    return _judged(Estimate(mean, mean - half, mean + half, n), math.sqrt(total * n), paired=False)


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
