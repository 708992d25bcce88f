"""Curves in one line, and bars."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.terminal.sparkline import bar, sparkline


@pytest.mark.parametrize(
    ("values", "width", "log", "expected"),
    [
        pytest.param(range(8), 8, False, "▁▂▃▄▅▆▇█", id="rising"),
        pytest.param([1, 10, 100], 3, True, "▁▅█", id="by logarithm"),
        pytest.param([0, 1, 100], 3, True, "▁▁█", id="not by logarithm with a 0"),
        pytest.param([1, None, math.nan, 2], 4, False, "▁··█", id="missing"),
        pytest.param([None, None], 3, False, "···", id="nothing but missing"),
        pytest.param([], 3, False, "   ", id="nothing"),
        pytest.param([2, 2], 2, False, "▄▄", id="flat"),
        pytest.param([1, 2], 4, False, "▁▁██", id="fewer than cells"),
        pytest.param([0, 2, 4, 4], 2, False, "▁█", id="means"),
    ],
)
def test_sparkline(values, width, log, expected):
    assert sparkline(list(values), width, log) == expected


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=50), st.integers(0, 30))
def test_it_is_as_wide_as_asked(values, width):
    assert len(sparkline(values, width)) == width


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, "    "), (0.5, "██  "), (1, "████"), (2, "████"), (-1, "    "), (0.28, "█▏  "), (math.nan, "    ")],
)
def test_bar(share, expected):
    assert bar(share, 4) == expected
