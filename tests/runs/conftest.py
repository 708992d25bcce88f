"""A home of the test's own, and runs in it whose training computes nothing."""

import sys
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.events import Event
from runs.create import create_run
from runs.folder import RunFolder
from runs.home import Home
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from tests.runs import stand_in
from tests.waiting import until
from tests.workbench.streams import training


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Nothing here cuts the power, so no test waits for the disk."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    """Not made yet."""
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path / "home")


@pytest.fixture
def made(home) -> Callable[..., RunFolder]:
    """Makes a run that has not been worked on."""

    def make(name: str | None = "first", preset: str = "digits", **settings: object) -> RunFolder:
        config = with_settings(RunConfig(), {key.replace("__", "."): value for key, value in settings.items()})
        return create_run(home, config, preset=preset, command="workbench run", name=name)

    return make


def attempt(folder: RunFolder, events: Iterable[Event] | None = None, **header: object) -> list[Event]:
    """One attempt's events, recorded; by default a short training."""
    source = training() if events is None else (event for event in events)
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run", **header})
    return list(record(source, folder, log))


@pytest.fixture
def recorded(made) -> RunFolder:
    """A run that was trained to its end; nothing of it is in a database yet."""
    folder = made()
    attempt(folder)
    return folder


def pictures(folder: RunFolder) -> set[str]:
    """The names of a run's sheets."""
    return {path.name for path in (folder.path / "pictures").iterdir()}


def line(path: Path, text: str) -> None:
    """Append text to a file as it is."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


@pytest.fixture
def trained(monkeypatch):
    """Puts a training in the place of diffusion.train; collects what it was asked."""
    asked = []

    def install(make):
        def train(config, *, data_folder, checkpoint, judges, should_stop):
            asked.append((config, data_folder, checkpoint))
            return make(config, checkpoint, should_stop)

        monkeypatch.setitem(sys.modules, "diffusion.train", types.SimpleNamespace(train=train))
        return asked

    return install


@pytest.fixture
def real(home, tmp_path, monkeypatch) -> Iterator[Callable[[float], None]]:
    """Real dispatchers and workers, their training a stand-in with steps of so many seconds; none outlives the test."""
    monkeypatch.setenv("PYTHONPATH", stand_in.installed(tmp_path / "site"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def step_s(seconds: float) -> None:
        monkeypatch.setenv(stand_in.STEP_S, str(seconds))

    try:
        yield step_s
    finally:
        for process in processes_of(home):
            process.kill()
        until(lambda: not processes_of(home))


def processes_of(home: Home) -> list[psutil.Process]:
    """The dispatchers and workers of a home, which live."""
    return [one for one in psutil.process_iter() if _is_of(home, one)]


def _is_of(home: Home, process: psutil.Process) -> bool:
    try:
        words = process.cmdline()
        return process.status() != psutil.STATUS_ZOMBIE and "-m" in words and str(home.root) in words
    except psutil.Error:  # it ended just now
        return False


@pytest.fixture
def started(monkeypatch):
    """Homes for which a dispatcher was to be started; none is."""
    homes = []
    monkeypatch.setattr("runs.queue.start_dispatcher", homes.append)
    monkeypatch.setattr("runs.gpus.gpus", lambda: [])
    return homes
