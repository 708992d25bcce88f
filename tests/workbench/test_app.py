"""The app itself: leaving, help, alerts, the palette, keys in a burst, and what it does without colour."""

import asyncio
from dataclasses import replace

import pytest
from textual.widgets import Input

from diffusion.events import Alert
from runs.home import Home
from runs.store import Store
from tests.workbench.streams import training
from tests.workbench.tui import app_of, check_golden, filled_home, recorded, run_with, screen_text, settled, until
from workbench.app import going_on


@pytest.fixture
def home(tmp_path):
    """Five runs."""
    return filled_home(tmp_path / "home")


def test_leaving_says_what_goes_on(home):
    """Which runs, how far they are, and what to type next."""
    with Store.read(home) as store:
        runs = store.runs()
    running = [replace(run, status="running", step=5, total_steps=2000) for run in runs]
    assert going_on([]) == []
    assert going_on(running[:1]) == [
        "1 run goes on without the screen:",
        "  flow-one  running  step 5 of 2,000",
        "next: workbench, or workbench stop flow-one",
    ]
    assert "  and 1 more" in going_on([*running, running[0]])


def test_q_leaves(home):
    """From the list; in a line that is typed it is a letter."""

    async def run():
        app = app_of(home)
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.runs)
            await pilot.press("slash", "q", "enter")
            assert app.is_running
            app.runs = tuple(replace(run, status="queued") for run in app.runs[:1])
            await pilot.press("q")
            await until(pilot, lambda: app.return_value is not None)
        assert app.return_value.startswith("1 run goes on without the screen:\n  flow-one  queued")

    asyncio.run(run())


def test_the_help_is_of_where_the_person_is(home):
    """Made from the bindings: every key of the list, with what it does."""

    async def test(app, pilot):
        await pilot.press("question_mark")
        await settled(pilot)
        check_golden(app, "help-runs-120x60")
        await pilot.press("escape")
        await pilot.press("Q")
        await until(pilot, lambda: app.screen.query("SqlArea"))
        await pilot.press("f1")
        await settled(pilot)
        assert "take the first of the words" in screen_text(app)

    run_with(home, test, (120, 60))


def test_alerts(tmp_path):
    """The newest first, with their runs; Enter opens the run."""
    home = Home(tmp_path / "home")
    recorded(home, "calm")
    recorded(home, "loud", events=[*training(4), Alert("error", 3, "[b]the disk\x1b[2J is full")])

    async def test(app, pilot):
        opened = []
        app.open_run = opened.append
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "[b]the disk\\x1b[2J is full" in screen_text(app))
        await pilot.press("g", "enter")
        await until(pilot, lambda: opened)
        with Store.read(home) as store:
            assert opened == [store.find("loud").id]
        await pilot.press("escape")
        await until(pilot, lambda: "2 runs" in screen_text(app))

    run_with(home, test)


def test_the_palette_finds_every_action_by_its_name(home):
    """And runs it."""

    async def test(app, pilot):
        await pilot.press("colon", *"fold seeds")
        await until(pilot, lambda: "Fold seeds" in screen_text(app))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "▸ 2 seeds" in screen_text(app))

    run_with(home, test)


def test_a_burst_of_keys_does_what_was_typed(home):
    """However fast it comes: a letter never overtakes a key, and a new screen gets the keys that follow."""

    async def test(app, pilot):
        for key in ["n", "slash", *"train.steps", "enter", "enter", "ctrl+u", *"123", "enter"]:
            app.simulate_key(key)
        await until(pilot, lambda: getattr(app.screen, "plan", None) and "123" in app.screen.plan[0].command)
        assert app.screen.plan[0].command == "workbench run --preset digits --set train.steps=123"
        for key in ["escape", "slash", *"blur=1", "enter", "j", "question_mark"]:
            app.simulate_key(key)
        await until(pilot, lambda: type(app.screen).__name__ == "HelpScreen")
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "RunsScreen")
        assert app.screen.query_one("#filter", Input).value == "blur=1"

    run_with(home, test)


def test_no_colour(home, monkeypatch):
    """NO_COLOR is heeded: nothing on the screen has a colour, and everything is still told."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def test(app, pilot):
        strips = app.screen._compositor.render_strips()
        colours = {
            segment.style.color
            for strip in strips
            for segment in strip.apply_filter(app._filters[0], app.screen.background_colors[1])
            if segment.style and segment.style.color and not segment.style.color.is_default
        }
        assert all(colour.triplet is None or len(set(colour.triplet)) == 1 for colour in colours)
        assert "diverged" in screen_text(app)

    run_with(home, test)


def test_what_the_database_cannot_give_is_told(home):
    """Once, and the list stays."""

    async def test(app, pilot):
        app._store_failed("the file [x] is damaged")
        await until(pilot, lambda: "the file [x] is damaged" in screen_text(app))

    run_with(home, test)


@pytest.mark.parametrize("seed", range(2))
def test_any_keys_at_any_size(home, seed, monkeypatch):
    """A monkey: random keys and sizes; no error, and at last the list is there."""
    import random

    from runs import queue

    monkeypatch.setattr(queue, "start_dispatcher", lambda home: None)
    chance = random.Random(seed)
    keys = [
        *"jkhlgGsprfNtzviwaxmey?!Q:n/<>,.*u123[]+-=LnbB",
        *("enter", "escape", "escape", "tab", "up", "down", "left", "right", "space", "pagedown", "backspace"),
        *("ctrl+r", "ctrl+o", "ctrl+s", "ctrl+l", "ctrl+u", "f1"),
    ]

    async def test(app, pilot):
        for step in range(100):
            await pilot.press(chance.choice(keys))
            if step % 10 == 0:
                await pilot.resize_terminal(chance.randint(1, 200), chance.randint(1, 60))
        await pilot.resize_terminal(120, 40)
        for _ in range(12):
            await pilot.press("escape")
        await settled(pilot)
        assert app.is_running
        assert "runs" in screen_text(app).splitlines()[0]

    run_with(home, test)
