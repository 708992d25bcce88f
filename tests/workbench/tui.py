"""The terminal workbench in a test: homes full of recorded runs, and the screen as text."""

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from textual.pilot import Pilot

from diffusion.config import with_settings
from diffusion.events import Event
from diffusion.presets import preset as named_preset
from runs.create import create_run
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store
from tests.workbench.streams import training
from workbench.app import WorkbenchApp
from workbench.reader import Reader

GOLDEN = Path(__file__).parent / "golden"
BEGAN = 1_780_000_000.0  # when the runs of a filled home were made; times are not the test's subject
PATIENCE_S = 10.0
WATCH = Reader.watch


def recorded(
    home: Home, name: str, *, preset: str = "digits", events: Iterable[Event] | None = None, **settings: object
) -> RunFolder:
    """One run that has been trained, in a database already; settings with __ for the dot."""
    changes = {key.replace("__", "."): value for key, value in settings.items()}
    config = with_settings(named_preset(preset).config, changes)
    folder = create_run(home, config, preset=preset, command="workbench run", name=name)
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
    source = training() if events is None else (event for event in events)
    for _ in record(source, folder, log):
        pass
    with Store.write(home) as store:
        ingest(store, folder.path)
    return folder


def filled_home(path: Path) -> Home:
    """Five runs: two schedules, two seeds of one of them, one diverged, one with a blur; made at a fixed time."""
    home = Home(path)
    with mock.patch("time.time", return_value=BEGAN):
        recorded(home, "flow-one")
        recorded(home, "cosine-a", process__schedule="cosine")
        recorded(home, "cosine-b", process__schedule="cosine", seed=1)
        recorded(home, "blurred", data__blur=1.0)
        recorded(home, "spoiled", process__schedule="linear", events=training(nan_at=7))
    return home


def app_of(home: Home) -> WorkbenchApp:
    """The app on a home, half a day after its runs were made."""
    return WorkbenchApp(home, now=lambda: BEGAN + 12 * 3600)


def run_with(
    home: Home,
    test: Callable[[WorkbenchApp, Pilot[str]], object],
    size: tuple[int, int] = (120, 40),
) -> None:
    """Start the app without a terminal, wait for its first screen, and run a test's coroutine."""

    async def run() -> None:
        app = app_of(home)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: bool(app.screen.query("KeyLine")))
            await settled(pilot)
            await test(app, pilot)  # type: ignore[misc]

    with mock.patch.object(Reader, "watch", _impatient), mock.patch("workbench.reader.POLL_S", 0.02):
        asyncio.run(run())


def _impatient(self: Reader, owner: Any, question: Any, then: Any, every_s: float = 0.5, while_: Any = None) -> object:
    """A watch that asks ten times as often: half a second between two answers would be most of the tests' time."""
    return WATCH(self, owner, question, then, every_s if every_s > 1e6 else every_s / 10, while_)


async def until(pilot: Pilot[str], there: Callable[[], object]) -> None:
    """Wait until something is true of the app."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + PATIENCE_S
    while not there():
        assert loop.time() < ends, screen_text(pilot.app)
        await pilot.pause(0.01)


async def settled(pilot: Pilot[str]) -> None:
    """Wait until all that was asked of the database is answered, no action works, and the screen stays as it is."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + PATIENCE_S
    before, quiet = None, 0
    while quiet < 3:
        assert loop.time() < ends, before
        await pilot.pause(0.006)  # longer than a frame, see TEXTUAL_FPS in tests/conftest.py
        now = screen_text(pilot.app)
        quiet = quiet + 1 if now == before and not busy(pilot.app) else 0
        before = now


def busy(app: "object") -> bool:
    """Whether answers or actions are still to come."""
    assert isinstance(app, WorkbenchApp)
    asked = any(watch.due and not watch.paused for watch in list(app.reader._watches))
    return asked or any(worker.is_running for worker in app.workers)


def screen_text(app: "object") -> str:
    """What the screen shows, line by line, without trailing blanks."""
    assert isinstance(app, WorkbenchApp)
    screen = app.screen
    lines = ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def check_golden(app: "object", name: str) -> None:
    """Compare the screen with its golden text; WORKBENCH_GOLDEN=write writes it. The machine's line is left out."""
    text = re.sub(r"(?m)^.*\bdisk \S+ \S+ free.*$", "(machine)", screen_text(app))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("WORKBENCH_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
