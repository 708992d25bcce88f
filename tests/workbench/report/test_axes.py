"""Where numbers lie on the paper."""

import numpy as np
import pytest

from workbench.report.axes import axis_over


def test_linear():
    """From one end to the other, which may be the upper one first."""
    axis = axis_over([np.array([0.0, 10.0])], 100.0, 0.0)
    assert axis.at(np.array([0.0, 5.0, 10.0, np.nan])).tolist()[:3] == [100.0, 50.0, 0.0]
    assert [name for _, name in axis.ticks(6)] == ["0", "2", "4", "6", "8", "10"]


def test_log():
    """Equal factors are equally far; what is not above 0 has no place."""
    axis = axis_over([np.array([-1.0, 0.01, 1.0])], 0.0, 100.0, log=True)
    assert axis.at(np.array([0.1]))[0] == pytest.approx(50)
    assert np.isnan(axis.at(np.array([0.0, -1.0]))).all()


@pytest.mark.parametrize(
    "values", [[], [np.array([np.nan, np.inf])], [np.array([3.0])], [np.array([0.0, 0.0])]], ids=str
)
@pytest.mark.parametrize("log", [False, True])
def test_nothing_to_span(values, log):
    """An axis all the same, whose ends differ."""
    axis = axis_over(values, 0.0, 100.0, log=log)
    assert axis.low < axis.high
    assert axis.ticks(5)


def test_a_margin():
    """A tenth at both ends."""
    axis = axis_over([np.array([0.0, 10.0])], 0.0, 100.0, margin=0.1)
    assert (axis.low, axis.high) == (-1.0, 11.0)
