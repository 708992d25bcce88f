"""Curves as arrays, read once."""

import math

import numpy as np
import pytest

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


def test_only_what_is_named(home, made):
    folder = made()
    attempt(folder, steps(1, 4, 0.5))
    taken(home, folder)
    with Store.read(home) as store:
        reader = Curves(1, only=("val/loss", "none"))
        assert [one.name for one in reader.read(store)] == ["val/loss"]
    assert reader.names == ("val/loss",)


def test_a_look_reads_a_portion(home, made, monkeypatch):
    """The rest comes with the next looks."""
    monkeypatch.setattr(curves, "PORTION", 4)
    folder = made()
    attempt(folder, steps(1, 4, 0.5))
    taken(home, folder)
    with Store.read(home) as store:
        reader = Curves(1)
        assert [one.name for one in reader.read(store)] == ["train/loss", "val/loss"]  # their outline
        assert [one.name for one in reader.read(store)] == ["train/loss"]
        assert reader.names == ("train/loss", "val/loss")
        assert reader.more
        assert [one.name for one in reader.read(store)] == ["val/loss"]
        assert reader.read(store) == []
        assert not reader.more


def read_all(store, reader):
    """The looks at a run's curves until there are no more."""
    looks = []
    while reader.more:
        looks.append(reader.read(store))
    return looks


def test_long_curves_have_an_outline_first(home, made, monkeypatch):
    """A few points of each attempt, the first and the last among them, each as it was recorded; then all of them."""
    monkeypatch.setattr(curves, "PORTION", 50)
    monkeypatch.setattr(curves, "OUTLINE", 10)
    folder = made()
    attempt(folder, steps(1, 400, 0.5))
    attempt(folder, steps(300, 500, 0.25))
    taken(home, folder)
    with Store.read(home) as store:
        outline, *rest = read_all(store, Curves(1))
    assert [(one.name, one.attempt) for one in outline] == [(n, a) for n in ("train/loss", "val/loss") for a in (1, 2)]
    for one, (first, last) in zip(outline, [(1, 400), (300, 500)] * 2, strict=True):
        assert 10 <= len(one.steps) <= 12
        assert (one.steps[0], one.steps[-1]) == (first, last)
        assert set(one.values) == {(0.5 if one.attempt == 1 else 0.25) * (2 if one.name == "val/loss" else 1)}
    whole = [(one.name, one.attempt, len(one.steps)) for look in rest for one in look]
    assert whole == [(name, at, length) for name in ("train/loss", "val/loss") for at, length in ((1, 400), (2, 201))]
    assert sum(map(len, rest)) == 4  # a curve is shown anew when all of it is there
    assert len(rest) >= 1200 // 50


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([1, 2, 3, 4, 5, 6], id="the same steps"),
        pytest.param([2, 3, 4, 5, 6], id="a later first"),
        pytest.param([1, 2, 3, 4, 5], id="an earlier last"),
        pytest.param([1, 2, 3, 4, 5, 6, 7], id="a later last"),
        pytest.param([1, 3, 4, 5, 6, 7], id="a hole, as many"),
        pytest.param([1, 2, 4, 6], id="holes"),
    ],
)
def test_what_metrics_share_is_read_once_and_right(home, made, other):
    """Steps and times, told by the ends and the count, are those of the rows."""
    folder = made()

    def events():
        yield Started({}, ())
        for step in range(1, 8):
            if step <= 6:
                yield Metric(step, "a", step / 2)
            if step in other:
                yield Metric(step, "b", step / 4)
            yield Progress("train", step, 7, step)
        yield Finished("completed", 7, 1.0)

    attempt(folder, events())
    taken(home, folder)
    rows = "select step, value, time from points join series on series.id = series where name = ? order by step"
    with Store.read(home) as store:
        found = {one.name: one for one in Curves(1).read(store)}
        for name in ("a", "b"):
            expected = np.array(store.db.execute(rows, (name,)).fetchall())
            np.testing.assert_array_equal(
                np.stack([found[name].steps, found[name].values, found[name].times], axis=1), expected
            )


def test_losses_by_noise_level_have_a_number_that_grows(home, recorded):
    with Store.read(home) as store:
        assert newest_timestep_loss(store, 1) == 0
    taken(home, recorded)
    with Store.read(home) as store:
        assert newest_timestep_loss(store, 1) > 0
