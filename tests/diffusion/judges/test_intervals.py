"""Intervals of means and shares."""

import numpy as np
import pytest

from diffusion.judges.intervals import bootstrap_interval, share_interval


def test_the_bootstrap_covers_the_mean_as_often_as_it_says():
    """Of 300 samples of 40 normal numbers about 95 % of the intervals hold the true mean."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        low, high = bootstrap_interval(generator.normal(3.0, 2.0, 40), resamples=500)
        held += low <= 3.0 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_the_bootstrap_is_as_wide_as_the_standard_error():
    """1.96 standard errors each way, for many values."""
    values = np.random.default_rng(1).normal(0, 1, 2000)
    low, high = bootstrap_interval(values)
    assert high - low == pytest.approx(2 * 1.96 / 2000**0.5, rel=0.1)
    assert bootstrap_interval(values) == (low, high)


@pytest.mark.parametrize("values", [[], [0.5]], ids=["none", "one"])
def test_too_few_for_an_interval(values):
    """One picture has none, and says so."""
    assert bootstrap_interval(values) == (None, None)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval(hits, n, low, high):
    """Published values (Newcombe 1998, table I for 81 of 263), and a width where all or none are hits."""
    assert share_interval(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_nothing():
    """No pictures, no interval."""
    assert share_interval(0, 0) == (None, None)
