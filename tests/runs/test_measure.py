"""How a measurement counts its seconds, on a training that only lets a clock go on."""

import sys
import types
from pathlib import Path

import pytest

from diffusion.config import RunConfig
from diffusion.events import Finished, Metric, Progress, Started
from runs import measure


@pytest.fixture
def measured(monkeypatch):
    """Measures events that each come so many seconds after the one before."""

    def take(*story):
        now = [0.0]

        def train(config, *, data_folder, judges):
            yield Started({"train_images": 100}, ())
            for seconds, event in story:
                now[0] += seconds
                yield event

        monkeypatch.setitem(sys.modules, "diffusion.train", types.SimpleNamespace(train=train))
        monkeypatch.setattr(measure, "time", types.SimpleNamespace(perf_counter=lambda: now[0]))
        return measure.measure(RunConfig(), Path(), Path())

    return take


def steps(many, seconds):
    return [(seconds, Progress("train", step, many, step)) for step in range(1, many + 1)]


def test_each_part_has_its_seconds(measured):
    """From the start to the first step, a step, the validation, the drawing, and all that judges do."""
    found = measured(
        *steps(6, 0.5),
        (1.0, Progress("validate", 1, 1)),
        (0.5, Metric(6, "val/loss", 1.0)),
        (2.0, Progress("sample", 1, 1)),
        (0.25, Progress("judge", 1, 1)),
        (3.0, Progress("evaluate", 1, 1)),
        (0.0, Finished("completed", 6, 1.0)),
    )
    assert found == {
        "start_s": 0.5,
        "step_s": 0.5,
        "validate_s": 1.5,
        "sample_s": 2.0,
        "judge_s": 3.25,
        "steps": 6,
        "train_images": 100,
    }


def test_a_long_drawing_is_measured_in_part(measured):
    """A quarter of it took 10 seconds, and then the limit was over: 40 in all."""
    found = measured(
        *steps(6, 2.0),
        (10.0, Progress("sample", 1, 4)),
        (10.0, Progress("sample", 2, 4)),
        (0.0, Finished("completed", 6, 1.0)),
    )
    assert found["sample_s"] == 40
    assert found["judge_s"] == 0


def test_a_large_network_gets_fewer_steps(measured):
    """Those that fit the limit, four at least."""
    assert measured(*steps(12, 8.0))["steps"] == 4
