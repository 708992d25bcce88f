"""Lowest and highest values of stretches, against looking at each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.terminal import pyramid
from workbench.terminal.pyramid import FACTOR, Growing, Pyramid


def by_looking(values, starts, ends):
    """The same, one stretch after the other."""
    found = [values[start:end][~np.isnan(values[start:end])] for start, end in zip(starts, ends, strict=True)]
    low = [one.min() if len(one) else np.nan for one in found]
    return np.array(low), np.array([one.max() if len(one) else np.nan for one in found])


def check(tree, bounds):
    low, high = tree.extremes(bounds[:-1], bounds[1:])
    wanted = by_looking(tree.values, bounds[:-1], bounds[1:])
    np.testing.assert_array_equal(low, wanted[0])
    np.testing.assert_array_equal(high, wanted[1])


@pytest.mark.parametrize("at_once", [0, 50, 150_000], ids=["all levels", "some levels", "the series itself"])
@pytest.mark.parametrize("length", [1, 15, 16, 17, 300, 5000])
def test_extremes_are_exact(monkeypatch, length, at_once):
    """On any level: gaps, empty stretches, and stretches that begin and end anywhere."""
    monkeypatch.setattr(pyramid, "AT_ONCE", at_once)
    random = np.random.default_rng(length)
    values = random.normal(size=length)
    values[random.random(length) < 0.1] = np.nan
    for columns in (1, 7, 100):
        check(Pyramid(values), np.sort(random.integers(0, length + 1, columns + 1)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.booleans(), st.integers(0, 400)), min_size=1, max_size=6))
def test_growing_and_cutting_is_the_same_as_made_at_once(parts):
    """However the series came to be."""
    random = np.random.default_rng(0)
    tree, values = Pyramid(), np.empty(0)
    for size, cuts, left in parts:
        new = random.normal(size=size)
        tree.extend(new)
        values = np.concatenate([values, new])
        if cuts:
            tree.cut(left)
            values = values[:left]
    np.testing.assert_array_equal(tree.values, values)
    bounds = np.linspace(0, len(values), 9).astype(np.intp)
    old, pyramid.AT_ONCE = pyramid.AT_ONCE, 0
    try:
        check(tree, bounds)
    finally:
        pyramid.AT_ONCE = old


def test_room_is_doubled():
    """A million single points are not a million copies of an array."""
    series, rooms = Growing(), set()
    for value in range(2000):
        series.extend(np.array([float(value)]))
        rooms.add(len(series._room))
    assert len(rooms) <= 6
    assert series.values[-1] == 1999


def test_levels_hold_whole_blocks_only():
    """What is not a whole block yet is on the level below."""
    tree = Pyramid(np.arange(FACTOR * 2 + 3.0))
    assert tree._low[0].values.tolist() == [0, FACTOR]
    assert tree._high[0].values.tolist() == [FACTOR - 1, 2 * FACTOR - 1]
