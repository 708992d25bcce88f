"""Curves as braille."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.terminal.plot import braille, curve_lines


def test_a_rising_line():
    """Eight columns of dots, eight rows: one dot each on the diagonal; axis, first and last step."""
    lines = curve_lines(list(range(8)), [float(value) for value in range(8)], width=10, height=3)
    assert lines == ["7.00 ┤  ⡠⠊", "   0 ┤⡠⠊", "      0  7"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        pytest.param((0, 7), "⡇⡇", id="all"),
        pytest.param((7, 7), "⠁ ", id="top"),
        pytest.param((0, 0), " ⡀", id="bottom"),
        pytest.param((3, 4), "⡀⠁", id="across two cells"),
        pytest.param((math.nan, math.nan), "  ", id="gap"),
    ],
)
def test_dots_of_one_column(span, expected):
    """The left column of dots of a cell; two cells high, eight dots."""
    spans = np.array([span, (math.nan, math.nan)])
    assert "".join(braille(spans, 0, 7, 2)) == expected


def test_a_missing_value_is_a_gap():
    """NaN is a finding: no line bridges it."""
    with_gap = curve_lines([0, 1, 2, 3], [1.0, None, math.nan, 1.0], width=20, height=2)
    assert re.fullmatch(r"1\.00 ┤⡀ {12}⢀", with_gap[0])


def test_nothing_to_draw():
    """No point, or none above zero on a log axis."""
    assert curve_lines([], [], 20, 5) == []
    assert curve_lines([1], [math.nan], 20, 5) == []
    assert curve_lines([1, 2], [0.0, -1.0], 20, 5, log=True) == []


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    st.integers(24, 60),
    st.integers(2, 8),
)
def test_a_curve_fits(values, width, height):
    """Whatever the values, so many lines of at most so many cells, labels apart."""
    lines = curve_lines(list(range(len(values))), values, width, height)
    assert len(lines) in (0, height)
    assert all(len(line) <= width for line in lines)


def test_large_curves_are_fast():
    """100,000 points keep their single spike: nothing is sampled away."""
    values = [0.0] * 100_000
    values[54_321] = 1.0
    lines = curve_lines(list(range(100_000)), values, 60, 6)
    assert lines[0].split("┤")[1].strip()
