"""Intervals of judged numbers: how far a mean over so few pictures can be trusted.

How often they hold the true mean was simulated with the cosines of real digits under the CLIP that is trained here,
which are as skewed as such numbers get (to -5.9 in one class), drawn 8, 16 and 64 a class: over all classes
bootstrap_interval 93, 94 and 94 %, of one class class_intervals 94, 92 and 94 %, where percentiles hold 88, 91, 95 and
77, 82, 91 %. Of 8 to 40 normal or exponential numbers bootstrap_interval holds the mean in 93 to 95 %.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diffusion.judges.student import student_t

RESAMPLES = 1000
NORMAL = 1.959964  # standard errors that a 95 % interval of a normal number reaches
AT_ONCE = 2_000_000  # values held by one block of resamples
FEWEST = 3  # values that have an interval: of two, most resamples have no spread
BORROWED = 4  # values that each resample of a class takes from the residuals of all classes

ANY = (-np.inf, np.inf)
SHARE = (0.0, 1.0)

Interval = tuple[float | None, float | None]
Limits = tuple[float, float]  # between which all values lie, and so their mean
Values = NDArray[np.float64]


def bootstrap_interval(
    values: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    limits: Limits = ANY,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The 95 % interval of the mean of values [N] by the bootstrap-t; (None, None) below three values.

    strata [N]: give the classes where so many of each were asked for; each is resampled by itself, unless one has a
    single value. Each resample's spread counts one value's worth of the sample's own, so that few values which
    happen to be alike do not widen the interval without limit. The same values give the same interval. Source: Efron
    1981, Canadian Journal of Statistics 9(2), section 9; Hesterberg 2015, The American Statistician 69(4).
    """
    found = np.asarray(values, dtype=np.float64)
    if len(found) < FEWEST:
        return None, None
    groups = _strata(found, strata)
    generator = np.random.default_rng(seed)
    moved, squares, square = np.zeros(resamples), np.zeros(resamples), 0.0
    for group in groups:
        n, weight, spread = len(group), len(group) / len(found), float(group.var(ddof=1))
        means, spreads = _resampled(group, resamples, generator)
        moved += weight * (means - group.mean()) * np.sqrt(n / (n - 1))
        squares += weight**2 / n * ((n - 1) * spreads + spread) / n
        square += weight**2 / n * spread
    if square <= 0:
        return float(found.mean()), float(found.mean())
    low, high = np.quantile(moved / np.sqrt(squares), (0.025, 0.975)) * np.sqrt(square)
    return _inside(found.mean() - high, found.mean() - low, limits)


def class_intervals(
    values: ArrayLike, strata: ArrayLike, *, limits: Limits = ANY, resamples: int = RESAMPLES, seed: int = 0
) -> dict[int, Interval]:
    """The 95 % interval of the mean of each class of values [N], strata int [N]; (None, None) for a class of one value.

    Eight pictures mostly do not show how far a picture can fall below its class, and no interval from them alone holds
    the mean as often as it says. So the classes lend each other their strays: a resample gives random weights to the
    class's values and to four drawn from the residuals of all classes. Source: the Bayesian bootstrap, Rubin 1981,
    Annals of Statistics 9(1), with a Dirichlet process for prior (Ferguson 1973); its spread made that of the mean.
    """
    groups = _groups(np.asarray(values, dtype=np.float64), strata)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return dict.fromkeys(groups, (None, None))
    residuals = np.concatenate([(one - one.mean()) * np.sqrt(len(one) / (len(one) - 1)) for one in several])
    generator, found = np.random.default_rng(seed), dict[int, Interval]()
    few = student_t(len(residuals) - len(several)) / NORMAL
    for label, group in groups.items():
        n = len(group)
        if n < 2:
            found[label] = None, None
            continue
        weights = generator.standard_exponential((resamples, n + BORROWED))
        lent = generator.choice(residuals, (resamples, BORROWED))
        moved = (weights[:, :n] @ (group - group.mean()) + (weights[:, n:] * lent).sum(1)) / weights.sum(1)
        moved *= few * np.sqrt((n + BORROWED + 1) / (n + BORROWED) * n / (n - 1))
        low, high = np.quantile(moved, (0.025, 0.975)) + group.mean()
        found[label] = _inside(low, high, limits)
    return found


def share_interval(hits: int, n: int) -> Interval:
    """The 95 % interval of a share, hits of n, by Wilson's score; (None, None) without any.

    Unlike the bootstrap it has a width when all or none are hits. Source: Wilson 1927, JASA 22(158).
    """
    return score_interval(hits / n, n, NORMAL) if n else (None, None)


def score_interval(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval of a share in [0, 1] that is known as well as n independent yes or no, n > 0, tell it."""
    z2 = quantile**2
    centre = (share * n + z2 / 2) / (n + z2)
    half = (z2 * (n * share * (1 - share) + z2 / 4)) ** 0.5 / (n + z2)
    return min(share, max(0.0, centre - half)), max(
        share, min(1.0, centre + half)
    )  # of 1.0 rounding would end below it


def jackknifed_share(share: float, without: ArrayLike, strata: ArrayLike | None = None) -> Interval:
    """The 95 % interval of a share that depends on N pictures, from what it is without each of them, without [N].

    The jackknife gives its variance, class by class where strata [N] are given, and Wilson's score the interval of as
    many independent yes or no as would have that variance; where the variance is 0, of the N. It errs on the wide side
    (Efron and Stein 1981, doi:10.1214/aos/1176345462). (None, None) of fewer than two pictures.
    """
    found = np.asarray(without, dtype=np.float64)
    if len(found) < 2:
        return None, None
    groups = _strata(found, strata)
    variance = sum((len(one) - 1) * float(one.var()) for one in groups)
    n = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else len(found)
    return score_interval(share, n, student_t(len(found) - len(groups)))


def _inside(low: float, high: float, limits: Limits) -> Interval:
    return max(float(low), limits[0]), min(float(high), limits[1])


def _groups(found: Values, strata: ArrayLike | None) -> dict[int, Values]:
    if strata is None:
        return {0: found} if len(found) else {}
    of = np.asarray(strata)
    return {int(label): found[of == label] for label in np.unique(of)}


def _strata(found: Values, strata: ArrayLike | None) -> list[Values]:
    """The values of each class; all together where a class has a single one, whose spread nobody knows."""
    groups = list(_groups(found, strata).values())
    return groups if min(map(len, groups)) > 1 else [found]


def _resampled(group: Values, resamples: int, generator: np.random.Generator) -> tuple[Values, Values]:
    """Mean and variance (over n - 1) of so many resamples of a group [n], each [resamples]."""
    n = len(group)
    block = max(1, AT_ONCE // n)
    parts: Sequence[Values] = [
        group[generator.integers(0, n, (min(block, resamples - start), n))] for start in range(0, resamples, block)
    ]
    return np.concatenate([one.mean(axis=1) for one in parts]), np.concatenate(
        [one.var(axis=1, ddof=1) for one in parts]
    )
