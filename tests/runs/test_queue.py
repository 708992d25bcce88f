"""Who waits, how many work at once, and who is at work."""

import os
import stat
import subprocess
import sys

import pytest

from diffusion.errors import UserError
from runs import queue
from runs.ingest import catch_up
from runs.processes import start_mark
from runs.requests import queued
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training


def place(folder):
    found = queued(folder)
    return None if found is None else (found.position, found.steps, found.data_folder)


def test_behind_all_others(home, made, monkeypatch):
    """In the order in which they are given; with the goal, and where the data sets of whoever asks are."""
    folders = [made(name) for name in ("a", "b", "c")]
    queue.enqueue(home, folders[:2])
    catch_up(home)
    monkeypatch.setenv("WORKBENCH_DATA", "/data")
    queue.enqueue(home, folders[2:], steps=70)
    assert [place(folder) for folder in folders] == [(1, None, ""), (2, None, ""), (3, 70, "/data")]
    catch_up(home)
    with Store.read(home) as store:
        assert [run.name for run in store.queue()] == ["a", "b", "c"]
        assert [run.queue_position for run in store.runs()] == [1, 2, 3]
        assert store.has_queue()


def test_a_place_that_was_given_is_not_given_again(home, made):
    """Not even when the run that had it is long done: who asks later waits longer."""
    first, second = made("a"), made("b")
    queue.enqueue(home, [first])
    attempt(first, training(2))
    catch_up(home)
    queue.enqueue(home, [second])
    assert place(second) == (2, None, "")


def test_slots(home, monkeypatch):
    """One without a GPU, one for each GPU, or what a person says; auto takes that back."""
    monkeypatch.setattr("runs.gpus.gpus", lambda: [])
    assert queue.slots(home) == 1
    monkeypatch.setattr("runs.gpus.gpus", lambda: ["a", "b", "c"])
    assert queue.slots(home) == 3
    assert not home.root.exists()
    queue.set_slots(home, 7)
    assert queue.slots(home) == 7
    assert stat.S_IMODE((home.root / queue.SLOTS).stat().st_mode) == 0o600
    queue.set_slots(home, None)
    queue.set_slots(home, None)
    assert queue.slots(home) == 3


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1.5", "257", "1e2", " 2", "9" * 30])
def test_slots_that_are_none(text):
    """What is allowed, and what to type."""
    with pytest.raises(UserError) as caught:
        queue.checked_slots(text)
    assert str(caught.value) == (
        f"--slots is '{text}'; allowed: a whole number from 1 to 256, or auto; next: --slots 1"
    )


def test_a_link_in_place_of_the_slots(home, tmp_path):
    """Somebody put it there: it is not read."""
    home.make()
    (tmp_path / "elsewhere").write_text("200")
    (home.root / queue.SLOTS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"slots cannot be read: .*; next: workbench doctor"):
        queue.slots(home)


def test_the_dispatcher_that_works(home):
    """By its process id and when it started; one that is gone, an id used again, an empty or torn file are none."""
    assert queue.dispatcher_process(home) is None
    home.make()
    lock = home.root / queue.LOCK
    for text, found in [
        (f"{os.getpid()} {start_mark(os.getpid())}\n", os.getpid()),
        (f"{os.getpid()} of another\n", None),
        (f"{2**22 + 1} x:1\n", None),
        (f"{os.getpid()}", None),
        ("", None),
        ("not a process", None),
        ("-1 x", None),
    ]:
        lock.write_text(text)
        assert queue.dispatcher_process(home) == found


def test_one_that_works_is_not_started_again(home, monkeypatch):
    """And whoever starts one leaves its words in a file for the owner alone."""
    home.make()
    started = []
    monkeypatch.setattr(queue, "launch", lambda module, *words, **options: started.append((module, words)))
    (home.root / queue.LOCK).write_text(f"{os.getpid()} {start_mark(os.getpid())}\n")
    queue.start_dispatcher(home)
    assert started == []
    (home.root / queue.LOCK).write_text("")
    queue.start_dispatcher(home)
    assert started == [("runs.dispatcher", ("--home", str(home.root)))]
    assert stat.S_IMODE((home.root / queue.OUTPUT).stat().st_mode) == 0o600


def test_the_queue_goes_on_when_somebody_looks(home, made, monkeypatch):
    """After a reboot: only where runs wait, and never in a home that cannot be written."""
    started = []
    monkeypatch.setattr(queue, "start_dispatcher", lambda home: started.append(home))
    queue.keep_going(home)
    folder = made()
    catch_up(home)
    queue.keep_going(home)
    assert started == []
    queue.enqueue(home, [folder])
    catch_up(home)
    queue.keep_going(home)
    assert started == [home]
    real = os.access
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK and real(path, mode))
    queue.keep_going(home)
    assert started == [home]


def test_a_process_of_its_own(home, tmp_path, monkeypatch):
    """In its own session, with its own environment; it reads this project's modules, whatever lies where it starts."""
    home.make()
    (home.root / "runs.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(home.root)
    site = tmp_path / "site"
    site.mkdir()
    (site / "asked.py").write_text(
        "import os, sys, runs.home\n"
        "given = os.environ['WORKBENCH_HOME'], os.environ['GIVEN']\n"
        "print(os.getsid(0) == os.getpid(), os.getcwd(), *given, sys.argv[1:])"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT, 0o600)
    process = queue.launch("asked", "a b", "$x", home=home, output=output, environ={"GIVEN": "1"})
    os.close(output)
    assert process.wait(30) == 0, (tmp_path / "output").read_text()
    assert (tmp_path / "output").read_text() == f"True {home.root} {home.root} 1 ['a b', '$x']\n"
    assert process.stdin is None
    assert isinstance(process, subprocess.Popen)
    assert process.args[0] == sys.executable
