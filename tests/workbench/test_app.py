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
        await until(pilot, lambda: getattr(app.screen, "plan", None) and "123" in app.screen.plan.command)
        assert app.screen.plan.command == "workbench run --preset digits --set train.steps=123"
        for key in ["escape", "slash", *"blur=1", "enter", "j", "question_mark"]:
            app.simulate_key(key)
        await until(pilot, lambda: type(app.screen).__name__ == "HelpScreen")
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "RunsScreen")
        assert app.screen.query_one("#filter", Input).value == "blur=1"

    run_with(home, test)


@pytest.mark.parametrize(
    "keys", [[], ["v", "j"], ["colon", "down"], ["Q"], ["n"], ["enter"], ["d"], ["slash", "x"]], ids=" ".join
)
def test_no_colour(home, monkeypatch, keys):
    """NO_COLOR is heeded: all is in the terminal's own colours, and the cursor is still seen."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def test(app, pilot):
        await pilot.press(*keys)
        await settled(pilot)
        strips = [strip for strip in app.screen._compositor.render_strips() if strip.cell_length]
        for one in app._filters:
            if one.enabled:
                strips = [strip.apply_filter(one, app.screen.background_colors[1]) for strip in strips]
        styles = [segment.style for strip in strips for segment in strip if segment.style and segment.text]
        colours = [colour for style in styles for colour in (style.color, style.bgcolor) if colour]
        assert styles
        assert all(colour.is_default for colour in colours)
        assert any(style.reverse or (style.bold and style.underline) for style in styles) or keys == ["d"]

    run_with(home, test)


@pytest.mark.parametrize("key", ["colon", "v"])
def test_page_keys_in_a_list_that_is_not_seen(home, key):
    """Neither the palette nor a dialog ends the app where the terminal has no line for its list."""

    async def test(app, pilot):
        await pilot.press(key)
        await settled(pilot)
        await pilot.press("down", "pageup", "pagedown")
        await pilot.resize_terminal(20, 2)
        await pilot.press("down", "pageup", "pagedown")
        await pilot.resize_terminal(80, 24)
        await pilot.press("pagedown", "escape", "escape")
        await settled(pilot)
        assert "5 runs" in screen_text(app)

    run_with(home, test, (40, 4))


def test_what_is_told_goes_with_the_next_key(home, monkeypatch):
    """Once it can have been read; and it covers neither line at the foot."""

    async def test(app, pilot):
        app.tell("a word " * 30)
        await until(pilot, lambda: "a word" in screen_text(app))
        assert "? keys" in screen_text(app).splitlines()[-1]
        assert "a word" not in "".join(screen_text(app).splitlines()[-2:])
        await pilot.press("j")
        assert "a word" in screen_text(app)
        monkeypatch.setattr("workbench.app.READ_S", 0.0)
        await pilot.press("j")
        await until(pilot, lambda: "a word" not in screen_text(app))

    run_with(home, test, (80, 24))


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


@pytest.mark.parametrize("word", ["quit", "exit", "leave"])
def test_the_palette_finds_the_way_out_by_any_word(tmp_path, word):
    """Whatever another program calls it."""

    async def test(app, pilot):
        await pilot.press("ctrl+p", *word)
        await until(pilot, lambda: "runs go on" in screen_text(app))

    run_with(Home(tmp_path / "home"), test, (80, 24))
