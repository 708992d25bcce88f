"""Intervals of means and shares."""

import numpy as np
import pytest

from diffusion.judges.intervals import bootstrap_interval, class_intervals, jackknifed_share, share_interval


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


def test_a_share_is_inside_its_interval():
    """To the last digit, where all or none are hits."""
    for n in range(1, 400):
        assert share_interval(n, n)[1] == 1.0
        assert share_interval(0, n)[0] == 0.0


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.6]], ids=["none", "one", "two"])
def test_too_few_for_an_interval(values):
    """One picture has none, and says so; of two most resamples have no spread."""
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


def skewed(generator, n):
    """As cosines of a class are: near to one another, now and then one far below; their mean is -0.13."""
    return -0.1 * generator.exponential(1.0, n) - 0.6 * (generator.random(n) < 0.05)


@pytest.mark.parametrize("n", [8, 16])
def test_few_skewed_values_a_class_cover_their_mean(n):
    """Ten classes of 8 or 16: the mean of all and that of one class are held in 90 % or more of 150 sets.

    Percentiles of plain resamples hold that of a class of eight in fewer than 80 %.
    """
    generator, strata = np.random.default_rng(n), np.repeat(np.arange(10), n)
    of_all = of_class = plain = 0
    for _ in range(150):
        shift = np.repeat(np.arange(10.0), n)
        values = skewed(generator, 10 * n) + shift
        low, high = bootstrap_interval(values, strata=strata, resamples=300)
        of_all += low <= 4.5 - 0.13 <= high
        low, high = class_intervals(values, strata, resamples=300)[7]
        of_class += low <= 7 - 0.13 <= high
        mine = values[strata == 7]
        low, high = np.quantile(mine[generator.integers(0, n, (300, n))].mean(axis=1), (0.025, 0.975))
        plain += low <= 7 - 0.13 <= high
    assert min(of_all, of_class) >= 0.9 * 150
    assert plain < of_class


def test_classes_that_differ_do_not_widen_the_interval():
    """So many of each were asked for: only what varies inside the classes is chance."""
    strata = np.repeat(np.arange(10), 8)
    values = 5.0 * strata + np.random.default_rng(2).normal(0, 1, 80)
    low, high = bootstrap_interval(values, strata=strata)
    wide_low, wide_high = bootstrap_interval(values)
    assert high - low == pytest.approx(2 * 1.96 / 80**0.5, rel=0.25)
    assert wide_high - wide_low > 5 * (high - low)


def test_equal_values_have_no_width():
    """And no division by their spread."""
    assert bootstrap_interval([0.25] * 9) == (0.25, 0.25)


def test_a_class_of_one_has_no_interval():
    """The others lend it nothing: nobody knows where its mean is."""
    found = class_intervals([0.1, 0.2, 0.3, 0.9], [0, 0, 0, 4])
    assert found[4] == (None, None)
    assert found[0][0] < 0.2 < found[0][1]
    assert class_intervals([0.1], [3]) == {3: (None, None)}


def test_the_jackknife_of_a_plain_share_is_wilsons():
    """30 of 100: leaving one out changes the share as the binomial's variance has it."""
    hits = np.array([1.0] * 30 + [0.0] * 70)
    low, high = jackknifed_share(0.3, (30 - hits) / 99)
    assert (low, high) == pytest.approx(share_interval(30, 100), abs=0.005)


def test_a_share_that_no_picture_changes_still_has_a_width():
    """As of so many pictures of which none hits."""
    low, high = jackknifed_share(0.0, np.zeros(80))
    assert low == 0.0
    assert high == pytest.approx(0.047, abs=0.003)
    assert jackknifed_share(0.5, [0.5]) == (None, None)
