"""What a person asks for: into the folder first, then into the database."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffusion.errors import UserError
from runs import actions
from runs.home import Home
from runs.ingest import catch_up, reindex
from runs.lock import HeldError
from runs.processes import host_name, start_mark
from runs.requests import queued
from runs.store import Store
from tests.runs.asked import find, statuses, told, working
from tests.runs.conftest import attempt
from tests.workbench.streams import training

pytestmark = pytest.mark.usefixtures("started")


def test_into_the_queue(home, made, started):
    """Queued for whoever looks, and a dispatcher sees to it; its goal is the one that was asked for last."""
    folder = made()
    actions.enqueue(home, folder)
    with Store.read(home) as store:  # without anybody catching up
        run = store.find("first")
    assert (run.status, run.queue_position) == ("queued", 1)
    assert started == [home]


def test_several_or_none(home, made, started):
    """One that cannot wait keeps the others from waiting too."""
    first, second, third = [made(name) for name in ("a", "b", "c")]
    attempt(second, training(3))
    with pytest.raises(UserError, match="run b has completed its 3 steps"):
        actions.enqueue_all(home, [first, second, third])
    assert statuses(home) == {"a": "created", "b": "completed", "c": "created"}
    assert started == []
    actions.enqueue_all(home, [third, first])
    with Store.read(home) as store:
        assert [run.name for run in store.queue()] == ["c", "a"]


@pytest.mark.parametrize("outcome", ["stopped", "diverged", "failed"])
def test_what_has_ended_may_wait_again(home, made, outcome):
    """And what has died."""
    folder = made()
    log = working(folder)
    log.add("ended", {"outcome": outcome, "text": ""})
    log.flush()
    actions.enqueue(home, folder)
    assert statuses(home) == {"first": "queued"}
    other = made("other")
    working(other, pid=2**22 + 1)
    assert statuses(home)["other"] == "died"
    actions.enqueue(home, other)
    assert statuses(home)["other"] == "queued"


def test_what_cannot_wait(home, made, started):
    """Waits already, is worked on, has reached its goal."""
    folder = made()
    actions.enqueue(home, folder)
    with pytest.raises(UserError) as caught:
        actions.enqueue(home, folder)
    assert told(caught) == "run first is queued already; next: workbench show first"
    busy = made("busy one")
    with busy.held(), pytest.raises(HeldError) as caught:
        actions.enqueue(home, busy)
    assert told(caught).startswith("run busy one is being trained by process ")
    done = made("done")
    attempt(done, training(20))
    for steps in (None, 20, 5):
        with pytest.raises(UserError, match="steps"):
            actions.enqueue(home, done, steps=steps)
    actions.enqueue(home, done, steps=21)
    place = queued(done)
    assert place is not None
    assert place.steps == 21
    assert started == [home, home]


def test_out_of_the_queue(home, made):
    """By stop or pause; at once, and it says so."""
    for name, what, status in [("a", actions.stop, "stopped"), ("b", actions.pause, "paused")]:
        folder = made(name)
        actions.enqueue(home, folder)
        assert what(home, find(home, name)) == f"{name} is out of the queue"
        assert queued(folder) is None
        assert statuses(home)[name] == status


@pytest.mark.parametrize(("what", "word"), [(actions.stop, "stop"), (actions.pause, "pause")])
def test_a_run_that_works_is_asked(home, made, what, word):
    """It goes on until it has heard."""
    folder = made()
    working(folder)
    with folder.held():
        said = what(home, find(home))
    assert said == f"first was asked to {word}: it ends after this step, with a checkpoint"
    assert statuses(home) == {"first": "running"}
    assert json.loads((folder.path / "requests-0001.jsonl").read_text())["what"] == word


def test_nothing_to_stop(home, made):
    """Ended, died, or never begun."""
    attempt(made(), training(3))
    made("new")
    working(made("dead"), pid=2**22 + 1)
    catch_up(home)
    for name, status in [("first", "completed"), ("new", "created"), ("dead", "died")]:
        for what in (actions.stop, actions.pause):
            with pytest.raises(UserError) as caught:
                what(home, find(home, name))
            assert told(caught) == f"run {name} cannot be stopped: it is {status}; next: workbench show {name}"


def test_a_process_that_only_the_logs_name(home, made):
    """Those of a copied folder name another run's process: nobody is asked or ended."""
    folder = made()
    working(folder)
    for what in (actions.stop, actions.pause):
        with pytest.raises(UserError, match="run first cannot be stopped: no process works on it here"):
            what(home, find(home))
    assert folder.logs("requests") == []


HANGS = """
import sys
from pathlib import Path
from runs.lock import hold
with hold(Path(sys.argv[1]), "first"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_at_once(home, made, monkeypatch):
    """A worker that hangs is killed; the run counts as stopped, not as died."""
    monkeypatch.setattr(actions, "GONE_S", 0.1)
    folder = made()
    words = [sys.executable, "-c", HANGS, str(folder.path)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        working(folder, pid=process.pid, process_started=start_mark(process.pid), host=host_name())
        assert statuses(home) == {"first": "running"}
        assert actions.stop(home, find(home), now=True) == "first was ended at once, without a last checkpoint"
        assert process.wait(10) == -9
    assert statuses(home) == {"first": "stopped"}
    with Store.read(home) as store:
        assert store.alerts(store.find("first")) == []


def test_at_once_spares_another_process_of_that_id(home, made, monkeypatch):
    """The worker is gone and its id was given again: nobody is killed."""
    monkeypatch.setattr(actions, "GONE_S", 0.1)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        actions._end_now(process.pid, "of another", host_name())
        actions._end_now(process.pid, start_mark(process.pid), "elsewhere")
        assert process.poll() is None
        process.kill()


def test_a_database_that_is_locked(home, made, monkeypatch, caplog):
    """The folder has it, which counts; that the database does not show it yet is said."""
    monkeypatch.setattr(actions, "WAIT_S", 0.05)
    folder = made()
    run = find(home)
    with Store.write(home) as other, caplog.at_level(logging.WARNING):
        other.db.execute("begin immediate")
        actions.note(home, run, "kept")
        actions.enqueue(home, folder)
    assert queued(folder) is not None
    assert [record.message for record in caplog.records] == [
        f"the database does not show it yet: {home.database} is locked by another program; next: the same command again"
    ] * 2
    assert find(home).notes == "kept"


def order(home):
    with Store.read(home) as store:
        return "".join(run.name for run in store.queue())


def test_move_up(home, made):
    """One place, or before all; the first stays where it is; the same after a reindex."""
    actions.enqueue_all(home, [made(name) for name in "abcd"])
    assert order(home) == "abcd"
    actions.move_up(home, find(home, "c"))
    assert order(home) == "acbd"
    actions.move_up(home, find(home, "d"), top=True)
    assert order(home) == "dacb"
    actions.move_up(home, find(home, "d"))
    actions.move_up(home, find(home, "d"), top=True)
    assert order(home) == "dacb"
    actions.move_up(home, find(home, "b"))
    actions.move_up(home, find(home, "b"))
    actions.move_up(home, find(home, "b"))
    assert order(home) == "bdac"
    reindex(home)
    assert order(home) == "bdac"
    with Store.read(home) as store:
        assert [run.queue_position for run in store.queue()] == [1, 2, 3, 4]


def test_move_up_of_a_run_that_does_not_wait(home, made):
    """What it is instead."""
    made()
    with pytest.raises(UserError) as caught:
        actions.move_up(home, find(home))
    assert told(caught) == "run first does not wait in the queue: it is created; next: workbench list"


def test_two_in_one_place(home, made):
    """Two who asked at the same time: one goes before the other all the same."""
    from runs.queue import enqueue

    folders = [made(name) for name in "ab"]
    for folder in folders:
        enqueue(home, [folder])  # the database has not heard of the first
    catch_up(home)
    assert order(home) == "ab"
    actions.move_up(home, find(home, "b"))
    assert order(home) == "ba"


def test_a_home_that_cannot_be_written(home, made, monkeypatch, caplog):
    """The folder of the run could, and has it."""
    folder = made()
    run = find(home)
    monkeypatch.setattr(Home, "make", lambda self: (_ for _ in ()).throw(actions.UnwritableHomeError("read-only")))
    with caplog.at_level(logging.WARNING):
        actions.note(home, run, "kept")
    assert [record.message for record in caplog.records] == ["the database does not show it yet: read-only"]
    assert b"kept" in (folder.path / "requests-0001.jsonl").read_bytes()
