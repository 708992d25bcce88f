"""Curves of forked runs, from where their first parent began."""

import json

import numpy as np
import pytest

from diffusion.config import RunConfig
from diffusion.events import Finished, Metric, Progress, Started
from runs.create import create_run
from runs.ingest import ingest
from runs.lineage import Inherited, forked_at
from runs.store import Store
from tests.runs.conftest import attempt


def steps(first, last, value):
    yield Started({}, ())
    for step in range(first, last + 1):
        yield Metric(step, "train/loss", value)
        yield Progress("train", step, last, step)
    yield Finished("completed", last, 1.0)


@pytest.fixture
def forked(home, made):
    """A run of 6 steps, a fork at 4 that went on to 8, and a fork of that at 6."""
    folders = [made("first")]
    attempt(folders[0], steps(1, 6, 1.0), checkpoint=None)
    for name, at, to, value in (("second", 4, 8, 2.0), ("third", 6, 9, 3.0)):
        folder = create_run(
            home, RunConfig(), preset="digits", command="workbench fork", name=name, parent=folders[-1].id
        )
        attempt(folder, steps(at + 1, to, value), checkpoint=f"step-{at:08d}.safetensors")
        folders.append(folder)
    with Store.write(home) as store:
        for folder in folders:
            ingest(store, folder.path)
    return folders


def inherited(store, name):
    """All that a run inherits, and how often it was asked."""
    found, reader = [], Inherited(store.find(name))
    while reader.more:
        found += reader.read(store)
    return found


def test_each_parent_leads_up_to_the_fork(home, forked):
    """The oldest first; what a parent did beyond the fork is not the fork's."""
    with Store.read(home) as store:
        found = inherited(store, "third")
        assert [(one.steps.tolist(), set(one.values.tolist())) for one in found] == [
            ([1, 2, 3, 4], {1.0}),
            ([5, 6], {2.0}),
        ]
        assert len({one.attempt for one in found}) == 2
        assert inherited(store, "first") == []


def test_time_goes_on_from_a_fork(home, forked):
    """The parents' clocks are put forward to end where the child's begins."""
    with Store.read(home) as store:
        third = store.find("third")
        last, newest = (one.times[-1] for one in inherited(store, "third"))
        assert newest == pytest.approx(third.started, abs=0.1)
        assert last <= newest
        assert all((np.diff(one.times) >= 0).all() for one in inherited(store, "third"))


def test_a_parent_that_was_deleted_leads_nowhere(home, forked):
    """The run's own curves are all there is."""
    with Store.write(home) as store:
        store.db.execute("update runs set parent = 'gone' where name = 'third'")
        assert inherited(store, "third") == []


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"event": "attempt"}), json.dumps({"checkpoint": 5})])
def test_a_log_without_a_checkpoint(made, text):
    """Made by hand, or not begun."""
    folder = made()
    assert forked_at(folder.path) is None
    folder.log.write_text(text)
    assert forked_at(folder.path) is None
