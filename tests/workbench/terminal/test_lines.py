"""A metric's points as they grow."""

import numpy as np
import pytest

from workbench.terminal.lines import Line, as_floats


def line(steps, values, **more):
    made = Line("loss")
    made.extend(np.array(steps, dtype=float), as_floats(values), **more)
    return made


def test_a_missing_value_is_a_gap():
    """NaN and infinity alike."""
    made = line([1, 2, 3, 4], [1.0, None, np.inf, 2.0])
    assert made.gaps == [1, 2]
    np.testing.assert_array_equal(made.values.values, [1, np.nan, np.nan, 2])


def test_a_resumed_attempt_takes_the_place_of_what_was_beyond_its_start():
    """The steps after the checkpoint were done again; where it joins is known."""
    made = line([1, 2, 3, 4], [4.0, 3.0, None, 1.0])
    assert len(made.drawn(log=False, smoothing=0.5)) == 4
    made.extend(np.array([3.0, 4.0, 5.0]), np.array([30.0, 40.0, 50.0]))
    assert made.steps.values.tolist() == [1, 2, 3, 4, 5]
    assert made.values.values.tolist() == [4, 3, 30, 40, 50]
    assert made.joins == [2]
    assert made.gaps == []
    assert len(made.drawn(log=False, smoothing=0.5)) == 5


def test_an_attempt_that_goes_on_after_the_end_joins_too():
    made = line([1, 2], [1.0, 1.0])
    made.extend(np.array([9.0]), np.array([1.0]), attempt_starts=True)
    assert made.joins == [2]  # and not 9: a validation comes long after its attempt has begun
    made.extend(np.array([8.0, 9.0]), np.array([1.0, 1.0]))
    assert made.joins == [2]  # the same place, of which more is known now


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.9])
def test_what_is_drawn_grows_with_the_points(log, smoothing):
    """In pieces or at once: the same."""
    values = np.random.default_rng(0).random(1000)
    grown, whole = line([0], [values[0]]), line(range(1000), values)
    for start in range(1, 1000, 111):
        part = np.arange(start, min(start + 111, 1000))
        grown.extend(part.astype(float), values[part])
        got = grown.drawn(log=log, smoothing=smoothing).values
    np.testing.assert_allclose(got, whole.drawn(log=log, smoothing=smoothing).values, rtol=1e-9)


def test_nothing_above_zero_is_nothing_on_a_logarithmic_axis():
    drawn = line([1, 2, 3], [0.0, -1.0, 100.0]).drawn(log=True, smoothing=0.0).values
    np.testing.assert_array_equal(drawn, [np.nan, np.nan, 2.0])


def test_a_clock_that_is_set_back_stands_still():
    made = line([1, 2, 3], [1.0, 1.0, 1.0], times=np.array([10.0, 5.0, np.nan]))
    assert made.times.values.tolist() == [10, 10, 10]


@pytest.mark.parametrize(("x", "at"), [(-5, 0), (1.4, 0), (1.6, 1), (9, 2)])
def test_the_nearest_point(x, at):
    made = line([1, 2, 3], [1.0, 1.0, 1.0])
    assert made.nearest(x, made.steps.values) == at


def test_of_no_points_none_is_nearest():
    assert Line("loss").nearest(1.0, np.empty(0)) is None
