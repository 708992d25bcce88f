"""A loss that jumps is told, once for each jump."""

import math

import pytest

from diffusion.events import Alert, Metric, Progress
from runs.watch import ENOUGH, watch


def alerts(values, name="train/loss"):
    events = (Metric(step, name, value) for step, value in enumerate(values, 1))
    return [event for event in watch(events) if isinstance(event, Alert)]


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        pytest.param([1.0] * 30, [], id="steady"),
        pytest.param([100 / step for step in range(1, 60)], [], id="falling"),
        pytest.param([1.0] * 20 + [9.9], [], id="below ten times"),
        pytest.param([1.0] * 20 + [10.1], [21], id="above ten times"),
        pytest.param([1.0] * 20 + [50.0, 60.0, 70.0], [21], id="one jump"),
        pytest.param([1.0] * 20 + [50.0, 1.0, 60.0], [21, 23], id="two jumps"),
        pytest.param([1.0] * (ENOUGH - 1) + [50.0], [], id="too early to tell"),
        pytest.param([1.0] * ENOUGH + [50.0], [ENOUGH + 1], id="just enough"),
        pytest.param([0.0] * 20 + [1.0], [], id="a loss of zero"),
        pytest.param([-1.0] * 20 + [5.0], [], id="below zero"),
        pytest.param([1.0] * 20 + [math.nan, math.inf, -math.inf], [], id="not finite"),
        pytest.param([1.0, math.nan] * 20 + [50.0], [41], id="between gaps"),
        pytest.param([1.0] * 200 + [20.0] * 60 + [150.0], [201], id="a level that stays becomes the usual one"),
        pytest.param([1.0] * 20 + [50.0] * 200 + [600.0], [21, 221], id="and is the measure then"),
        pytest.param([1e9] * 5 + [1.0] * 300 + [11.0], [306], id="the start is forgotten"),
    ],
)
def test_jumps(values, steps):
    """Over ten times the median of the last hundred recorded losses."""
    assert [alert.step for alert in alerts(values)] == steps


def test_what_is_said():
    """The loss, and what it usually is."""
    (alert,) = alerts([0.5] * 20 + [7.25])
    assert alert == Alert("warning", 21, "the loss is 7.25, over 10 times its running median of 0.5")


def test_other_numbers_may_do_as_they_like():
    """Only the training loss is watched."""
    assert alerts([1.0] * 20 + [50.0], name="val/loss") == []


def test_the_events_go_on_as_they_are():
    """In their order, the warning behind the number that it is about; closing closes the source."""
    closed = []

    def source():
        try:
            for step in range(1, 13):
                yield Metric(step, "train/loss", 1.0 if step < 12 else 99.0)
                yield Progress("train", step, 12, step)
        finally:
            closed.append(True)

    seen = list(watch(source()))
    assert [event for event in seen if not isinstance(event, Alert)] == list(source())
    assert isinstance(seen[-2], Alert)
    assert seen[-3] == Metric(12, "train/loss", 99.0)
    stage = watch(source())
    next(stage)
    closed.clear()
    stage.close()
    assert closed == [True]
