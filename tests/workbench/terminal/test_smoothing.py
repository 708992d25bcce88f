"""The moving average, against the loop that defines it."""

import math

import numpy as np
import pytest

from workbench.terminal.smoothing import Smoother, decayed_sums


def by_definition(values, weight):
    """Adam's correction: the sum of what was, over the sum of its weights."""
    total, weights, found = 0.0, 0.0, []
    for value in values:
        seen = math.isfinite(value)
        total = weight * total + (value if seen else 0.0)
        weights = weight * weights + seen
        found.append(total / weights if seen else math.nan)
    return found


@pytest.mark.parametrize("weight", [0.0, 0.6, 0.99, 0.999])
@pytest.mark.parametrize("length", [1, 63, 64, 65, 4097, 10_000])
def test_it_is_the_average_by_definition(weight, length):
    """At the edges of blocks too, in pieces too, with gaps too."""
    random = np.random.default_rng(length)
    for share in (0.0, 0.1):
        values = random.normal(size=length)
        values[random.random(length) < share] = np.nan
        whole, pieces = Smoother(weight), Smoother(weight)
        cut = length // 3
        joined = np.concatenate([pieces.extend(values[:cut]), pieces.extend(values[cut:])])
        np.testing.assert_allclose(whole.extend(values), by_definition(values, weight), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(joined, by_definition(values, weight), rtol=1e-9, atol=1e-12)


def test_a_constant_stays_what_it_is():
    """From the first value on."""
    np.testing.assert_allclose(Smoother(0.999).extend(np.full(1000, 3.0)), 3.0)


def test_it_begins_where_it_is_told_to():
    """s_0 = decay * start + the first value."""
    assert decayed_sums(np.array([1.0, 0.0]), 0.5, 4.0).tolist() == [3.0, 1.5]


def test_weights_outside_are_refused():
    with pytest.raises(ValueError, match=r"weight must be in \[0, 1\), got 1"):
        Smoother(1.0)
