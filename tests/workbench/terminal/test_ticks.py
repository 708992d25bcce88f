"""Ticks of axes and their names."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.terminal.ticks import tick_name, tick_names, ticks, time_name, time_ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "log", "names"),
    [
        pytest.param(0, 1, 6, False, "0 0.2 0.4 0.6 0.8 1", id="tenths"),
        pytest.param(0.13, 0.47, 6, False, "0.2 0.3 0.4", id="inside"),
        pytest.param(0, 50_000, 6, False, "0 10k 20k 30k 40k 50k", id="thousands"),
        pytest.param(0, 20_000, 6, False, "0 5k 10k 15k 20k", id="one unit for all"),
        pytest.param(0, 9000, 4, False, "0 5000", id="below ten thousand"),
        pytest.param(-3, 3, 4, False, "-2 0 2", id="below zero"),
        pytest.param(9.99, 10.01, 6, False, "9.99 9.995 10 10.005 10.01", id="close together"),
        pytest.param(1e-5, 3, 6, True, "1e-5 0.0001 0.001 0.01 0.1 1", id="decades"),
        pytest.param(0.1, 10, 8, True, "0.1 0.2 0.5 1 2 5 10", id="between decades"),
        pytest.param(0.31, 0.47, 5, True, "0.35 0.4 0.45", id="less than a decade"),
        pytest.param(1e-9, 1e9, 4, True, "1e-9 0.0001 10 1M", id="many decades"),
        pytest.param(5, 5, 4, False, "5", id="one value"),
    ],
)
def test_ticks(low, high, most, log, names):
    """Round values, and names as short as they can be."""
    assert " ".join(tick_names(ticks(low, high, most, log))) == names


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_ticks_are_inside_and_not_too_many(low, reach, most):
    """Whatever the range."""
    found = ticks(low, low + reach, most)
    room = 1e-6 * max(reach, abs(low))
    assert len(found) <= most
    assert all(low - room <= value <= low + reach + room for value in found)
    assert found == sorted(found)
    assert len(set(tick_names(found))) == len(set(found))


@pytest.mark.parametrize("bad", [(math.nan, 1), (0, math.inf), (2, 1)])
def test_no_ticks_without_a_range(bad):
    assert ticks(*bad, 5) == []


@pytest.mark.parametrize(
    ("seconds", "name"),
    [(0, "0s"), (45, "45s"), (90, "1m30"), (120, "2m"), (5400, "1h30"), (7200, "2h"), (259_200, "3d"), (0.5, "0.5s")],
)
def test_times(seconds, name):
    assert time_name(seconds) == name


def test_time_ticks_are_whole_minutes():
    assert time_ticks(0, 5000, 6) == [0, 900, 1800, 2700, 3600, 4500]
    assert time_ticks(0, 1.5, 4) == [0, 0.5, 1, 1.5]


def test_a_long_number_is_rounded():
    assert tick_name(1234.5678) == "1235"
    assert tick_name(2.5e-7) == "2.5e-7"
