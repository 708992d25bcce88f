"""Intervals of judged numbers: how far a mean over so few pictures can be trusted."""

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 1000
AT_ONCE = 2_000_000  # values held by one block of resamples


def bootstrap_interval(
    values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float | None, float | None]:
    """The 95 % interval of the mean of values [N] by the percentile bootstrap; (None, None) below two values.

    The same values give the same interval. Source: Efron 1979, Annals of Statistics 7(1).
    """
    found = np.asarray(values, dtype=np.float64)
    if len(found) < 2:
        return None, None
    generator = np.random.default_rng(seed)
    block = max(1, AT_ONCE // len(found))
    means = [
        found[generator.integers(0, len(found), (min(block, resamples - start), len(found)))].mean(axis=1)
        for start in range(0, resamples, block)
    ]
    low, high = np.quantile(np.concatenate(means), (0.025, 0.975))
    return float(low), float(high)


def share_interval(hits: int, n: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a share, hits of n, by Wilson's score; (None, None) without any.

    Unlike the bootstrap it has a width when all or none are hits. Source: Wilson 1927, JASA 22(158).
    """
    if not n:
        return None, None
    z2 = 1.959964**2
    centre = (hits + z2 / 2) / (n + z2)
    half = (z2 * (hits * (n - hits) / n + z2 / 4)) ** 0.5 / (n + z2)
    return max(0.0, centre - half), min(1.0, centre + half)
