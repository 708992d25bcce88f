"""Statistics: against published quantiles, by simulation, and at their edges."""

import math

import numpy as np
import pytest
from scipy import stats

from runs.statistics import (
    MOST_NEEDED,
    Estimate,
    band,
    differs_from,
    from_intervals,
    mean_interval,
    mean_of_intervals,
    more_needed,
    paired_difference,
    paired_shares,
)

COMPARISONS = 100
BINOMIAL = stats.binom(COMPARISONS, 0.05)
MOST_FALSE = int(BINOMIAL.ppf(0.9995))  # 14: one false alarm of this test in a thousand, were the rate 5 %


def test_no_degrees_of_freedom():
    """A single value has no interval."""
    found = mean_interval([3.0])
    assert (found.value, found.low, found.high, found.n) == (3.0, None, None, 1)
    with pytest.raises(ValueError, match="needs a value"):
        mean_interval([])


@pytest.mark.parametrize("n", [2, 3, 5, 40])
def test_intervals_cover_the_mean(n):
    """In 95 of 100 cases, within what chance allows: Student's for few values, the bootstrap's for many."""
    generator = np.random.default_rng(n)
    missed = 0
    for _ in range(COMPARISONS):
        found = mean_interval(generator.normal(2.0, 1.0, n))
        missed += not found.low <= 2.0 <= found.high
    assert missed <= MOST_FALSE


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("paired", [True, False])
def test_a_study_against_itself_finds_nothing(seeds, paired):
    """100 comparisons of a setting with itself over other seeds: false alarms are those of 5 %, and no fewer at all."""
    generator = np.random.default_rng(7 + seeds)
    alarms = 0
    for _ in range(COMPARISONS):
        a = dict(enumerate(generator.normal(0.1, 0.002, seeds)))
        b = dict(enumerate(generator.normal(0.1, 0.002, seeds), start=0 if paired else 100))
        found = paired_difference(a, b)
        assert found.paired is paired
        alarms += found.decided
    assert alarms <= MOST_FALSE


def test_curves_of_one_setting_part_no_more_often_than_one_test():
    """Though they are looked at in 40 places: only the end decides."""
    generator = np.random.default_rng(11)
    alarms = 0
    for _ in range(COMPARISONS):
        curves = generator.normal(0, 1, (3, 40)).cumsum(axis=1)
        alarms += differs_from(curves, np.arange(40.0)) is not None
    assert alarms <= MOST_FALSE
    assert alarms >= 1  # a test that never speaks would pass the line above


def test_a_planted_difference_is_found_where_it_begins():
    """With its sign, from the step on at which it was planted."""
    generator = np.random.default_rng(3)
    xs = np.arange(0.0, 400.0, 10.0)
    apart = generator.normal(0, 0.01, (5, 40)) + np.where(xs >= 200, -1.0, 0.0)
    found = differs_from(apart, xs)
    assert 150 <= found <= 200
    paired = paired_difference(dict.fromkeys(range(5), 0.0), dict(enumerate(apart[:, -1])))
    assert paired.decided
    assert paired.estimate.value == pytest.approx(-1, abs=0.05)
    assert paired.more == 0


def test_pairs_take_out_what_seeds_share():
    """Seeds that differ by far more than the settings do not hide a difference that each of them shows."""
    a = {0: 1.0, 1: 5.0, 2: 9.0}
    b = {0: 1.11, 1: 5.09, 2: 9.1}
    assert paired_difference(a, b).decided
    assert not paired_difference(a, {key + 10: value for key, value in b.items()}).decided


def test_one_seed_each_decides_nothing():
    """The difference is told, without an interval."""
    for b in ({0: 2.0}, {1: 2.0}):
        found = paired_difference({0: 1.0}, b)
        assert (found.estimate.value, found.decided, found.more) == (1.0, False, None)


@pytest.mark.parametrize(("difference", "deviation"), [(0.5, 1.0), (1.0, 1.0), (-0.3, 1.0)])
def test_the_number_that_is_needed_is_enough(difference, deviation):
    """With so many values the difference is found in about four of five tries."""
    n = 3 + more_needed(difference, deviation, 3)
    generator = np.random.default_rng(5)
    found = sum(
        paired_difference(
            dict.fromkeys(range(n), 0.0), dict(enumerate(generator.normal(difference, deviation, n)))
        ).decided
        for _ in range(COMPARISONS)
    )
    assert 65 <= found <= 95


def test_what_cannot_be_told():
    """From nothing no number follows."""
    assert more_needed(0.0, 1.0, 3) is None
    assert more_needed(1.0, math.nan, 1) is None
    assert more_needed(1e-9, 1.0, 3) == MOST_NEEDED - 3


def test_seeds_folded_to_a_band():
    """At the steps that all have; NaN stays NaN; one seed has no band."""
    steps = np.arange(0.0, 50.0, 10.0)
    curves = [(steps, steps + shift) for shift in (-1.0, 0.0, 1.0)]
    curves[1] = (steps[1:], steps[1:])
    xs, mean, low, high = band(curves)
    assert xs.tolist() == [10, 20, 30, 40]
    assert mean.tolist() == [10, 20, 30, 40]
    assert (high - mean).tolist() == pytest.approx([stats.t.ppf(0.975, 2) / math.sqrt(3)] * 4, rel=1e-3)
    assert (mean - low).tolist() == pytest.approx((high - mean).tolist())
    _, _, low, _ = band(curves[:1])
    assert np.isnan(low).all()


def test_curves_that_share_no_step():
    """Nothing to see, and no error."""
    xs, *_ = band([(np.array([1.0]), np.array([2.0])), (np.array([3.0]), np.array([4.0]))])
    assert len(xs) == 0
    assert differs_from(np.empty((3, 0)), xs) is None


def test_two_equal_values_say_nothing_of_their_spread():
    """Not to the last bit, and not on the grid that shares of 80 pictures are on."""
    for grain in (0.0, 1 / 80):
        found = paired_difference({0: 0.5, 1: 0.6}, {0: 0.5125, 1: 0.6125}, grain)
        assert not found.decided
    assert mean_interval([0.5, 0.5], 1 / 80).high > 0.5


def test_a_difference_of_shares_from_their_intervals():
    """56 of 70 and 48 of 80, with Wilson's intervals: 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    a, b = Estimate(48 / 80, 0.4904, 0.7003, 80), Estimate(56 / 70, 0.6918, 0.8771, 70)
    found = from_intervals(a, b)
    assert (found.estimate.low, found.estimate.high) == (
        pytest.approx(0.0524, abs=2e-3),
        pytest.approx(0.3339, abs=2e-3),
    )
    assert found.decided
    assert not found.paired


def test_without_intervals_nothing_is_decided():
    """The difference is told all the same."""
    found = from_intervals(Estimate(0.5, None, None, 1), Estimate(0.7, 0.6, 0.8, 50))
    assert (found.estimate.value, found.decided, found.more) == (pytest.approx(0.2), False, None)


def test_a_mean_of_intervals():
    """Four sets of pictures say half as much again as one of them, each side for itself."""
    found = mean_of_intervals([Estimate(0.5, 0.4, 0.7, 20)] * 4)
    assert (found.value, found.n) == (0.5, 80)
    assert (found.low, found.high) == (pytest.approx(0.45), pytest.approx(0.6))
    assert mean_of_intervals([Estimate(0.5, None, None, 1)]).low is None


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.98, 0.99])
def test_shares_of_the_same_pictures_differ_by_chance_alone(share):
    """No difference is taken for one in at most 5 of 100 comparisons, also where almost all is right."""
    generator = np.random.default_rng(7)
    sides = generator.random((2000, 2, 80)) < share
    alarms = 0
    for a, b in sides:
        found = paired_shares(dict(enumerate(a.astype(float))), dict(enumerate(b.astype(float))))
        alarms += found.decided
    assert alarms / len(sides) <= 0.055


def test_two_of_eighty_decide_nothing_and_twenty_do():
    """As a sign test would say (p = 0.5 and p = 0.000002)."""
    right = dict.fromkeys(range(80), 1.0)
    assert not paired_shares(right, right | dict.fromkeys(range(2), 0.0)).decided
    found = paired_shares(right, right | dict.fromkeys(range(20), 0.0))
    assert found.decided
    assert (found.estimate.value, found.estimate.n, found.paired) == (-0.25, 80, True)


def test_shares_without_a_common_key():
    """Are not pairs."""
    with pytest.raises(ValueError, match="common key"):
        paired_shares({0: 1.0}, {1: 1.0})
