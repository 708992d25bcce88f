"""What a form amounts to, queued without a screen."""

import pytest

from diffusion.errors import UserError
from runs import queue
from runs.home import Home
from runs.store import Store
from workbench.form_runs import queued
from workbench.run_form import RunForm


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch):
    monkeypatch.setattr(queue, "start_dispatcher", lambda home: None)


def test_a_study_asked_again_is_gone_on_with(tmp_path):
    """Only what is missing is made; when nothing is, that is told."""
    home, form = Home(tmp_path / "home"), RunForm()
    form.put("seed", "0,1")
    told, first = queued(home, form.planned())
    assert told == "study seeds: 2 runs put into the queue"
    again = queued(home, form.planned())
    assert isinstance(again, UserError)
    assert again.told == "study seeds is there: its 2 runs are done or under way"
    form.put("seed", "0..2")
    assert queued(home, form.planned())[0] == "study seeds: 1 run put into the queue, 2 done or under way before"
    with Store.read(home) as store:
        assert store.find(first).study == "seeds"
        assert len(store.runs()) == 3


def test_one_run(tmp_path):
    """Under its name, in no study."""
    home, form = Home(tmp_path / "home"), RunForm()
    form.put("name", "mine")
    told, run_id = queued(home, form.planned())
    assert told == "mine put into the queue"
    with Store.read(home) as store:
        run = store.find("mine")
    assert (run.id, run.study, run.status) == (run_id, None, "queued")


def test_before_all_that_wait(tmp_path):
    """A study's runs stay in their order."""
    home, form = Home(tmp_path / "home"), RunForm()
    form.put("name", "waits")
    queued(home, form.planned())
    form.put("name", "study")
    form.put("seed", "0..2")
    queued(home, form.planned(), first=True)
    with Store.read(home) as store:
        names = [run.name for run in store.queue(limit=9)]
    assert names == ["study-seed0", "study-seed1", "study-seed2", "waits"]
