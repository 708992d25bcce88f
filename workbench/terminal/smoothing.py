"""The exponential moving average of a growing series, without a loop over its points."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK = 64


class Smoother:
    """The moving average of what has come so far, weight in [0, 1) for what was before.

    The average is divided by the sum of its weights, so that the first value is not pulled to 0 (Adam's correction).
    NaN has no weight and leaves a NaN in its place.
    """

    def __init__(self, weight: float) -> None:
        if not 0 <= weight < 1:
            raise ValueError(f"weight must be in [0, 1), got {weight}")
        self.weight = weight
        self._sum = 0.0
        self._weights = 0.0

    def extend(self, values: Floats) -> Floats:
        """The average after each of the values, which follow those of the call before."""
        if not len(values):
            return np.empty(0)
        seen = np.isfinite(values)
        sums = decayed_sums(np.where(seen, values, 0.0), self.weight, self._sum)
        weights = decayed_sums(seen.astype(np.float64), self.weight, self._weights)
        self._sum, self._weights = float(sums[-1]), float(weights[-1])
        return np.where(seen, sums / np.where(seen, weights, 1.0), np.nan)


def decayed_sums(values: Floats, decay: float, start: float = 0.0) -> Floats:
    """s_i = decay * s_(i-1) + values_i with s before the first equal to start, float64 [N].

    Blocks of 64 are summed as one matrix product; how the sums at their ends follow each other is the same question
    with decay ** 64, asked again.
    """
    length = len(values)
    if length <= BLOCK:
        return np.array(_one_by_one(values.tolist(), decay, start))
    powers = decay ** np.arange(BLOCK, dtype=np.float64)
    kernel = np.array([[powers[i - j] if i >= j else 0.0 for i in range(BLOCK)] for j in range(BLOCK)])
    blocks = np.zeros((-(-length // BLOCK), BLOCK))
    blocks.reshape(-1)[:length] = values
    inside = blocks @ kernel
    ends = decayed_sums(inside[:, -1], decay**BLOCK, start)
    before = np.concatenate([[start], ends[:-1]])
    sums: Floats = (inside + before[:, None] * (powers * decay)[None, :]).reshape(-1)[:length]
    return sums


def _one_by_one(values: list[float], decay: float, start: float) -> list[float]:
    found, last = [], start
    for value in values:
        last = decay * last + value
        found.append(last)
    return found
