"""Runs that are there without any training, and a queue whose dispatcher is only asked for."""

from contextlib import ExitStack
from typing import ClassVar

import pytest

from diffusion.config import RunConfig, with_settings
from runs.create import create_run
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import catch_up
from runs.log import Log
from runs.processes import this_process
from runs.store import Store

ODD = "a\x1b[2J\x07\u202e[red]b[/]\x9b1m"  # escapes, a bell, right to left, markup, CSI in one character
SHOWN = "a\\x1b[2J\\x07\\u202e[red]b[/]\\x9b1m"


@pytest.fixture
def home(tmp_path) -> Home:
    """The one that the commands find."""
    return Home(tmp_path / "home")


@pytest.fixture
def made(home):
    """Makes a run that has not been worked on."""

    def make(name="first", **settings) -> RunFolder:
        config = with_settings(RunConfig(), {key.replace("__", "."): value for key, value in settings.items()})
        return create_run(home, config, preset="digits", command="workbench run", name=name)

    return make


@pytest.fixture
def odd(home, made) -> RunFolder:
    """A run of another person, whose name is no name that one could type."""
    import json

    folder = made("odd")
    values = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps(values | {"name": ODD}))
    return RunFolder(folder.path)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """Homes for which a dispatcher was to be started; none is, and there is no GPU."""
    homes: list[Home] = []
    monkeypatch.setattr("runs.queue.start_dispatcher", homes.append)
    monkeypatch.setattr("runs.gpus.gpus", lambda: [])
    yield homes
    while Attempt.begun:
        Attempt.begun.pop().release()


class Attempt:
    """An attempt that goes on as the test says, of this process, which holds the run, or of another one."""

    begun: ClassVar[list["Attempt"]] = []  # until the test is over

    def __init__(self, folder: RunFolder, **process: object) -> None:
        self._held = ExitStack()
        if not process:
            self._held.enter_context(folder.held())
        self.begun.append(self)
        self.log = Log.new(folder, "attempt")
        self.add("attempt", format=1, command="x", **this_process() | process)

    def add(self, event: str, **values: object) -> "Attempt":
        """One line."""
        self.log.add(event, values)
        self.log.flush()
        return self

    def end(self, outcome: str = "completed", text: str = "") -> None:
        """The last line."""
        self.add("ended", outcome=outcome, text=text)
        self.release()

    def release(self) -> None:
        """Let go of the run."""
        self._held.close()


def find(home: Home, name: str = "first"):
    """A run as the database has it now."""
    catch_up(home)
    with Store.read(home) as store:
        return store.find(name)


@pytest.fixture
def meanwhile(monkeypatch):
    """What happens while a command waits: a story that goes on by one step each time it sleeps."""

    def install(story):
        def sleep(seconds):
            if next(story, "over") == "over":
                pytest.fail("the command waits although nothing more happens")

        monkeypatch.setattr("time.sleep", sleep)

    return install
