"""A worker: one process, one attempt."""

import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from diffusion.errors import UserError
from diffusion.events import Progress
from runs import queue, worker
from runs.ingest import catch_up
from runs.requests import ask
from runs.store import Store
from tests.runs.conftest import attempt
from tests.runs.stand_in import train as stand_in
from tests.waiting import until
from tests.workbench.streams import training


@pytest.fixture(autouse=True)
def _signals():
    """A worker is deaf to a closed terminal; the tests are not."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def trains(monkeypatch):
    """Puts a training in the place of diffusion.train."""

    def install(train):
        monkeypatch.setitem(sys.modules, "diffusion.train", types.SimpleNamespace(train=train))

    return install


def status(home, name="first"):
    catch_up(home)
    with Store.read(home) as store:
        return store.find(name).status


def test_a_run_by_its_folder(home, made, trains, capfd):
    """Which needs no database; exit code 0, and not a word."""
    trains(stand_in)
    made(train__steps=4)
    assert worker.main(["first", "--home", str(home.root)]) == 0
    assert status(home) == "completed"
    assert capfd.readouterr() == ("", "")
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("given", ["id", "new name", "start"])
def test_a_run_as_the_commands_find_it(home, made, trains, monkeypatch, given):
    """By id, by the name it has now, or the start of either; the home from the environment; a raised goal."""
    trains(stand_in)
    folder = made(train__steps=4)
    ask(folder, "rename", "other")
    catch_up(home)
    monkeypatch.setenv("WORKBENCH_HOME", str(home.root))
    words = {"id": folder.id, "new name": "other", "start": "oth"}[given]
    assert worker.main([words, "--steps", "6"]) == 0
    catch_up(home)
    with Store.read(home) as store:
        assert store.find("other").step == 6


def test_only_if_it_still_waits(home, made, trains):
    """A pause between its start and its look into the queue is not lost: no attempt begins."""
    trains(stand_in)
    folder = made(train__steps=4)
    queue.enqueue(home, [folder], steps=9)
    ask(folder, "pause")
    assert worker.main(["first", "--home", str(home.root), "--queued"]) == 0
    assert folder.logs() == []
    assert status(home) == "paused"
    queue.enqueue(home, [folder], steps=9)
    assert worker.main(["first", "--home", str(home.root), "--queued"]) == 0
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step) == ("completed", 9)
    assert worker.main(["first", "--home", str(home.root), "--queued"]) == 0
    assert len(folder.logs()) == 1


def test_what_cannot_be_worked_on(home, made, capfd):
    """One line each on stderr, which is the run's output.log: unknown, held, completed."""
    folder = made()
    words = ["--home", str(home.root)]
    assert worker.main(["frst", *words]) == worker.BAD_INPUT
    catch_up(home)
    assert worker.main(["frst", *words]) == worker.BAD_INPUT
    with folder.held():
        assert worker.main(["first", *words]) == worker.HELD
    attempt(folder, training(3))
    assert worker.main(["first", *words]) == worker.BAD_INPUT
    lines = capfd.readouterr().err.splitlines()
    assert lines[:2] == [
        "error: unknown run 'frst'; next: workbench run",
        "error: unknown run 'frst'; did you mean first?; next: workbench list",
    ]
    assert lines[2].startswith(f"run first is being trained by process {os.getpid()} on ")
    assert lines[3] == "error: run first has completed its 3 steps; next: workbench resume first --steps 6"


@pytest.mark.parametrize("text", ["../first", "runs/first", ".", "..", ""])
def test_a_folder_elsewhere_is_no_run(home, made, capfd, text):
    """Whatever the command line says: it stays in the home."""
    folder = made()
    made("second")
    catch_up(home)
    assert worker.main([text, "--home", str(home.root)]) == worker.BAD_INPUT
    assert folder.logs() == []


def test_a_link_is_no_run(home, made, tmp_path, trains, capfd):
    """Somebody put it there."""
    trains(stand_in)
    folder = made()
    folder.path.rename(tmp_path / "away")
    folder.path.symlink_to(tmp_path / "away")
    assert worker.main(["first", "--home", str(home.root)]) == worker.BAD_INPUT
    assert not list((tmp_path / "away").glob("attempt-*"))


def failing(error):
    def train(config, *, data_folder, checkpoint, should_stop):
        yield Progress("train", 1, 9, 1)
        raise error

    return train


def test_a_training_that_fails(home, made, trains, capfd):
    """The traceback, exit code 1, and the run has failed."""
    trains(failing(RuntimeError("it broke")))
    made()
    assert worker.main(["first", "--home", str(home.root)]) == worker.FAILED
    err = capfd.readouterr().err
    assert err.startswith("Traceback")
    assert err.endswith("RuntimeError: it broke\n")
    assert status(home) == "failed"


def test_input_that_cannot_be_used(home, made, trains, capfd):
    """Told as any other; the run has failed and says why."""
    trains(failing(UserError("no such device", next_command="--device auto")))
    made()
    assert worker.main(["first", "--home", str(home.root)]) == worker.BAD_INPUT
    assert capfd.readouterr().err == "error: no such device; next: --device auto\n"
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.text) == ("failed", "no such device; next: --device auto")


def test_a_loss_that_diverges(home, made, trains):
    """Exit code 1: whoever waits for the process knows."""
    trains(lambda config, **options: training(6, nan_at=4))
    made()
    assert worker.main(["first", "--home", str(home.root)]) == worker.FAILED
    assert status(home) == "diverged"


def test_stop_now(home, made, trains, capfd):
    """It ends without a checkpoint and says so."""

    def train(config, *, data_folder, checkpoint, should_stop):
        for event in training(6):
            yield event
            ask(folder, "stop-now")
            until(should_stop)

    folder = made()
    trains(train)
    assert worker.main(["first", "--home", str(home.root)]) == 128 + signal.SIGINT
    assert capfd.readouterr().err == "ended without a last checkpoint\n"
    assert status(home) == "stopped"
    assert folder.checkpoints() == []


def test_a_real_process(home, made, real):
    """It hears no closed terminal; SIGTERM leads to a checkpoint, and the next one goes on from there."""
    real(0.01)
    folder = made(train__steps=100_000)
    words = [sys.executable, "-m", "runs.worker", folder.path.name, "--home", str(home.root)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ["PYTHONPATH"]])}
    process = subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, start_new_session=True)
    until(lambda: folder.logs() and b'"metrics"' in folder.log.read_bytes())
    process.send_signal(signal.SIGHUP)
    before = folder.log.stat().st_size
    until(lambda: folder.log.stat().st_size > before + 1000)
    assert status(home) == "running"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == (None, b"")
    assert process.returncode == 0
    assert status(home) == "stopped"
    (checkpoint,) = folder.checkpoints()
    with Store.read(home) as store:
        run = store.find("first")
        assert checkpoint == folder.checkpoint(run.step)
        assert {point.step for point in store.points(run, "train/loss")} == set(range(1, run.step + 1))
        (one,) = store.attempts(run)
        assert one.pid == process.pid
    output = (folder.path / "output.log").read_text().splitlines()
    assert [line.split("  ")[1].split()[0] for line in (output[0], output[-1])] == ["started:", "stopped"]
