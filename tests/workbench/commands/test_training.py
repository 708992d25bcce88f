"""`workbench run`, `resume` and `fork` in the background."""

import sys

import pytest

from runs.folder import RunFolder
from runs.ingest import catch_up
from runs.queue import slots
from runs.requests import queued
from runs.store import Store
from tests.runs.test_folder import safetensors
from tests.workbench.commands.conftest import Attempt, find


@pytest.fixture
def notifiers(monkeypatch):
    """What was to be told of which runs; nobody is started."""
    found = []
    monkeypatch.setattr("workbench.notify.start_notifier", lambda home, ids, command: found.append((ids, command)))
    return found


def test_into_the_queue(workbench, home, started, notifiers):
    """Its name on stdout, for scripts, and nothing else; a dispatcher sees to it."""
    code, out, err = workbench("run", "--steps", "50", "--detach", "--name", "first")
    assert (code, out, err) == (0, "first\n", "")
    run = find(home)
    assert (run.status, run.queue_position, run.config.train.steps) == ("queued", 1, 50)
    assert run.command == "workbench run --steps 50 --detach --name first"
    assert started == [home]
    assert notifiers == []


def test_a_name_is_made(workbench, home):
    """Readable, never a bare time."""
    _, out, _ = workbench("run", "--schedule", "cosine", "--blur", "1", "-d")
    assert out.startswith("cosine-blur1-")
    assert find(home, out.strip()).status == "queued"


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("auto", 1)])
def test_slots(workbench, home, text, count):
    """From now on, for all that wait."""
    workbench("run", "-d", "--slots", "5")
    assert slots(home) == 5
    assert workbench("run", "-d", "--slots", text)[0] == 0
    assert slots(home) == count


def test_notify(workbench, home, tmp_path, notifiers):
    """As it was given, else as the person's settings have it; an empty one is none."""
    workbench("run", "-d", "--name", "a", "--notify", "bell 'x y'")
    (tmp_path / "config/workbench").mkdir(parents=True)
    (tmp_path / "config/workbench/settings.toml").write_text('notify = "mail"\n')
    workbench("run", "-d", "--name", "b")
    workbench("run", "-d", "--name", "c", "--notify", "")
    ids = [find(home, name).id for name in "ab"]
    assert notifiers == [([ids[0]], "bell 'x y'"), ([ids[1]], "mail")]


@pytest.mark.parametrize(("outcome", "code"), [("completed", 0), ("diverged", 3), ("stopped", 1), ("failed", 1)])
def test_wait(workbench, home, meanwhile, outcome, code):
    """Until it has ended, with the exit code of that."""

    def story():
        while not (home.runs / "first/requests-0001.jsonl").exists():  # others sleep too, as who waits for git
            yield
        Attempt(RunFolder(home.runs / "first")).end(outcome)
        yield

    meanwhile(story())
    assert workbench("run", "--wait", "--name", "first") == (code, f"first\nfirst {outcome} at step 0\n", "")


def test_resume(workbench, home, made):
    """What was stopped waits again, with the goal that is asked for."""
    folder = made(train__steps=20)
    Attempt(folder).end("stopped")
    assert workbench("resume", "first", "--detach", "--steps", "70") == (0, "first\n", "")
    place = queued(folder)
    assert place is not None
    assert place.steps == 70
    assert find(home).status == "queued"
    code, out, err = workbench("resume", "first", "-d")
    assert (code, out) == (2, "")
    assert err == "error: run first is queued already; next: workbench show first\n"


def test_fork(workbench, home, made):
    """A child that waits, with its parent recorded."""
    folder = made(train__steps=20)
    folder.checkpoint(4).parent.mkdir(mode=0o700)
    folder.checkpoint(4).write_bytes(safetensors())
    words = ("--set", "train.learning_rate=1e-4", "--name", "child", "--detach")
    assert workbench("fork", "first", *words) == (0, "child\n", "")
    child, parent = find(home, "child"), find(home)
    assert (child.parent, child.status, child.config.train.learning_rate) == (parent.id, "queued", 1e-4)
    assert (child.folder / "checkpoints/step-00000004.safetensors").is_file()
    assert parent.status == "created"


def test_the_command_line_stays_light(workbench, home, monkeypatch):
    """Queueing a run takes no torch: it is asked for in a terminal, and the worker computes."""
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it would fail
    assert workbench("run", "-d", "--name", "first")[0] == 0
    for words in (["list"], ["show", "first"], ["stop", "first"], ["log", "first"], ["move-up", "first"]):
        assert workbench(*words)[0] in (0, 2)
    catch_up(home)
    with Store.read(home) as store:
        assert [run.status for run in store.runs()] == ["stopped"]
