"""Attempts whose process is gone, and those that live and say nothing."""

import pytest

from runs.deaths import STALLED_S, bury, unburied
from runs.ingest import catch_up, reindex
from runs.processes import host_name, start_mark
from runs.store import Store
from tests.runs.conftest import line
from tests.runs.test_ingest import rows
from tests.runs.test_status import begin


class Clock:
    """Stands in for the module time, where the store asks how long ago something was."""

    now = 0.0

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("runs.store.time", clock)
    monkeypatch.setattr("runs.records.time", clock)
    return clock


def header(folder, seconds, **values):
    """An attempt of this process, whose first line is so many seconds old in the year 2001."""
    import json
    import os

    known = {"pid": os.getpid(), "process_started": start_mark(os.getpid()), "host": host_name()} | values
    path = folder.path / f"attempt-{len(folder.logs()) + 1:04d}.jsonl"
    line(path, json.dumps({"event": "attempt", "format": 1, **known, "time": 1e9 + seconds}) + "\n")
    return path


def said(path, seconds, step):
    line(path, f'{{"event":"progress","phase":"train","done":1,"total":9,"step":{step},"time":{1e9 + seconds}}}\n')


def alerts(home):
    with Store.read(home) as store:
        return [(one.level, one.step, one.text, one.time) for run in store.runs() for one in store.alerts(run)]


def test_each_attempt_dies_its_own_death(home, made, clock):
    """Two that died unseen: each ended with its own last line and is told by itself."""
    folder = made("my run")
    for seconds in (0, 100):
        said(header(folder, seconds, pid=2**22 + seconds, host=host_name()), seconds + 7, step=seconds + 1)
    clock.now = 1e9 + 500
    catch_up(home)
    told = "the worker died at step {}: process {} on {} ended without a word; next: workbench resume 'my run'"
    assert alerts(home) == [
        ("error", 1, told.format(1, 2**22, host_name()), 1e9 + 7),
        ("error", 101, told.format(101, 2**22 + 100, host_name()), 1e9 + 107),
    ]
    with Store.read(home) as store:
        run = store.find("my run")
        assert [(one.outcome, one.ended) for one in store.attempts(run)] == [("died", 1e9 + 7), ("died", 1e9 + 107)]
        assert (run.status, run.ended) == ("died", 1e9 + 107)
    before = rows(home)
    reindex(home)
    assert rows(home) == before


def test_a_dead_attempt_says_nothing_of_the_living_one(home, made):
    """The first died unseen, the second works: the run runs, before and after the first is buried."""
    folder = made()
    begin(folder, dead=True)
    begin(folder)
    from runs.ingest import ingest

    with Store.write(home) as store:
        ingest(store, folder.path)
        assert store.find("first").status == "running"
        assert unburied(store)
        bury(store)
        assert not unburied(store)
        run = store.find("first")
        assert run.status == "running"
        assert [one.outcome for one in store.attempts(run)] == ["died", None]


def test_a_line_after_all(home, made, clock):
    """A worker of another machine was silent for a while: with its next line it lives, and the death is taken back."""
    folder = made()
    path = header(folder, 0, host="elsewhere")
    clock.now = 1e9 + 60
    catch_up(home)
    with Store.read(home) as store:
        assert store.find("first").status == "running"
    clock.now = 1e9 + 130
    catch_up(home)
    assert [text for _, _, text, _ in alerts(home)] != []
    said(path, 131, step=4)
    catch_up(home)
    assert alerts(home) == []
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step, store.attempts(run)[0].outcome) == ("running", 4, None)


def test_no_progress(home, made, clock):
    """After ten minutes, once for each silence; a run that goes on is told of again when it is silent again."""
    folder = made()
    path = header(folder, 0)
    said(path, 5, step=3)
    clock.now = 1e9 + 5 + STALLED_S - 1
    catch_up(home)
    assert alerts(home) == []
    clock.now = 1e9 + 5 + STALLED_S + 1
    for _ in range(3):
        catch_up(home)
    first = ("warning", 3, "no progress for 10 minutes; its process lives", 1e9 + 5 + STALLED_S)
    assert alerts(home) == [first]
    said(path, 700, step=4)
    catch_up(home)
    assert alerts(home) == [first]
    clock.now = 1e9 + 700 + STALLED_S + 1
    catch_up(home)
    catch_up(home)
    assert alerts(home) == [first, ("warning", 4, first[2], 1e9 + 700 + STALLED_S)]
    with Store.read(home) as store:
        assert store.find("first").status == "running"


def test_nothing_to_bury_opens_nothing_for_writing(home, made, recorded, monkeypatch):
    """Looking at finished runs never waits for a writer."""
    catch_up(home)

    def refused(*arguments, **options):
        raise AssertionError("opened for writing")

    monkeypatch.setattr("runs.database.open_for_writing", refused)
    assert catch_up(home) == []


def test_a_run_that_was_ended_on_purpose_is_no_death(home, made):
    """`stop --now` in that attempt; also when it has died by itself later, and after a reindex."""
    from runs.requests import ask

    folder = made()
    log = begin(folder, dead=True)
    ask(folder, "stop-now")
    catch_up(home)
    assert alerts(home) == []
    begin(folder, dead=True)
    catch_up(home)
    assert [step for _, step, _, _ in alerts(home)] == [3]
    reindex(home)
    assert len(alerts(home)) == 1
    assert log.number == 1
