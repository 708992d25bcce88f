"""Curves as arrays, read once."""

import math

import numpy as np

from diffusion.events import Finished, Metric, Progress, Started
from runs import curves
from runs.curves import Curves, newest_timestep_loss
from runs.ingest import ingest
from runs.store import Store
from tests.runs.conftest import attempt


def steps(first, last, value):
    yield Started({}, ())
    for step in range(first, last + 1):
        yield Metric(step, "train/loss", math.nan if step == 3 else value)
        yield Metric(step, "val/loss", 2 * value)
        yield Progress("train", step, last, step)
    yield Finished("completed", last, 1.0)


def taken(home, folder):
    with Store.write(home) as store:
        ingest(store, folder.path)


def test_each_point_is_read_once(home, made):
    """As arrays by metric and attempt, those named first before others; NaN stays what it is."""
    folder = made()
    attempt(folder, steps(1, 4, 0.5))
    taken(home, folder)
    with Store.read(home) as store:
        reader = Curves(1)
        found = reader.read(store, first=("val/loss",))
        assert [(one.name, one.attempt) for one in found] == [("val/loss", 1), ("train/loss", 1)]
        assert found[1].steps.tolist() == [1, 2, 3, 4]
        np.testing.assert_array_equal(found[1].values, [0.5, 0.5, np.nan, 0.5])
        assert (np.diff(found[1].times) >= 0).all()
        assert reader.read(store) == []
        assert not reader.more
    attempt(folder, steps(3, 5, 0.25))
    taken(home, folder)
    with Store.read(home) as store:
        found = reader.read(store)
        assert [(one.name, one.attempt, one.steps.tolist()) for one in found] == [
            ("train/loss", 2, [3, 4, 5]),
            ("val/loss", 2, [3, 4, 5]),
        ]


def test_attempts_are_apart(home, made):
    folder = made()
    attempt(folder, steps(1, 4, 0.5))
    attempt(folder, steps(3, 5, 0.25))
    taken(home, folder)
    with Store.read(home) as store:
        found = [one for one in Curves(1).read(store) if one.name == "val/loss"]
    assert [(one.attempt, one.steps.tolist()) for one in found] == [(1, [1, 2, 3, 4]), (2, [3, 4, 5])]


def test_a_look_reads_a_portion(home, made, monkeypatch):
    """The rest comes with the next looks."""
    monkeypatch.setattr(curves, "PORTION", 4)
    folder = made()
    attempt(folder, steps(1, 4, 0.5))
    taken(home, folder)
    with Store.read(home) as store:
        reader = Curves(1)
        assert [one.name for one in reader.read(store)] == ["train/loss"]
        assert reader.names == ("train/loss", "val/loss")
        assert reader.more
        assert [one.name for one in reader.read(store)] == ["val/loss"]
        assert reader.read(store) == []
        assert not reader.more


def test_losses_by_noise_level_have_a_number_that_grows(home, recorded):
    with Store.read(home) as store:
        assert newest_timestep_loss(store, 1) == 0
    taken(home, recorded)
    with Store.read(home) as store:
        assert newest_timestep_loss(store, 1) > 0
