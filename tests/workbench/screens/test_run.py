"""One run's screen: its tabs, its keys, what happens while it goes on."""

from dataclasses import replace

import pytest

from diffusion.events import Finished, Metric, Progress, Started
from runs import actions
from runs.store import Store
from tests.workbench.screens.rich_run import more, rich_home
from tests.workbench.streams import NAMES
from tests.workbench.tui import check_golden, run_with, screen_text, settled, until
from workbench.run_labels import seconds_left
from workbench.screens.run import TABS, title

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def home(tmp_path):
    """One run with everything."""
    return rich_home(tmp_path / "home")


async def opened(app, pilot, *keys):
    """The run's screen, after some keys."""
    await pilot.press("enter")
    await until(pilot, lambda: getattr(app.screen, "run", None) and app.screen._tabs)
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@SIZES
@pytest.mark.parametrize("index", range(len(TABS)), ids=[name for name, _, _ in TABS])
def test_how_each_tab_looks(home, index, size):
    """At two sizes. Times and folders of this machine are left out of the last one."""

    async def test(app, pilot):
        await opened(app, pilot, str(index + 1))
        if TABS[index][0] != "Config":
            check_golden(app, f"run-{TABS[index][1]}-{size[0]}x{size[1]}")
        else:
            assert "settings, those that differ from preset digits first" in screen_text(app)

    run_with(home, test, size)


def test_the_title(home):
    """The most important first; nothing of a run moves the cursor."""
    with Store.read(home) as store:
        run = replace(
            store.find("rich"),
            name="\x1b[2J[red]x[/]",
            status="running",
            step=100,
            total_steps=300,
            images_per_s=64.0,
        )
    told = title(run)
    assert told.startswith("\\x1b[2J[red]x[/]  running  step 100/300")
    assert seconds_left(run) == 200 * run.config.train.batch_size / 64


def test_tabs_by_key_and_mouse(home):
    """Numbers, brackets all around, a click."""

    async def test(app, pilot):
        await opened(app, pilot)
        seen = []
        for key in ("3", "right_square_bracket", "left_square_bracket", "8", "right_square_bracket"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(app.screen.chosen)
        assert seen == [2, 3, 2, 7, 0]
        await pilot.click("TabLine", offset=(12, 0))
        await pilot.pause()
        assert app.screen.chosen == 1

    run_with(home, test)


@pytest.mark.parametrize("key", ["escape", "backspace"])
def test_back(home, key):
    async def test(app, pilot):
        await opened(app, pilot)
        await pilot.press(key)
        await settled(pilot)
        assert "RunScreen" not in type(app.screen).__name__

    run_with(home, test)


def test_a_run_that_is_deleted_closes_its_screen(home):
    async def test(app, pilot):
        await opened(app, pilot)
        with Store.read(home) as store:
            actions.delete(home, store.find("rich"))
        await until(pilot, lambda: type(app.screen).__name__ == "RunsScreen")

    run_with(home, test)


def test_a_hidden_screen_asks_nothing(home):
    """Its watches are paused while another screen is above, and go on after."""

    async def test(app, pilot):
        await opened(app, pilot)
        screen = app.screen
        watches = [screen._watch, *screen._tabs[0]._watches]
        await pilot.press("question_mark")
        await settled(pilot)
        assert all(watch.paused for watch in watches)
        await pilot.press("escape")
        await settled(pilot)
        assert not any(watch.paused for watch in watches)

    run_with(home, test)


def test_a_tab_that_is_not_seen_asks_nothing(home):
    async def test(app, pilot):
        await opened(app, pilot, "2")
        curves, denoising = app.screen._tabs[0], app.screen._tabs[1]
        assert all(watch.paused for watch in curves._watches)
        assert not any(watch.paused for watch in denoising._watches)

    run_with(home, test)


def goes_on():
    """An attempt from step 30 on."""
    yield Started({"device": "cpu", "train_images": 640}, NAMES)
    for step in range(31, 61):
        yield Metric(step, "train/loss", 0.1)
        yield Progress("train", step, 60, step)
    yield Finished("completed", 60, 1.0)


def test_it_follows_what_is_recorded(home):
    """A second attempt takes the place of what the first had beyond its start, and is joined with a mark."""

    async def test(app, pilot):
        await opened(app, pilot)
        more(home, goes_on)
        line = app.screen._tabs[0].lines["train/loss"]
        await until(pilot, lambda: len(line) and line.steps.values[-1] == 60)
        assert line.joins == [30]
        assert line.values.values[-30:].tolist() == [0.1] * 30
        await until(pilot, lambda: "step 60" in screen_text(app).splitlines()[0])
        assert "┆" in screen_text(app)

    run_with(home, test)


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (1, 1)])
def test_small_terminals(home, size):
    """Each tab, and some of its keys."""

    async def test(app, pilot):
        await opened(app, pilot)
        for index in range(len(TABS)):
            await pilot.press(str(index + 1), "left", "down", "enter", "plus", "c", "escape")
            await pilot.pause()
            if type(app.screen).__name__ != "RunScreen":
                await opened(app, pilot)
        await pilot.resize_terminal(100, 30)
        await settled(pilot)
        assert "rich" in screen_text(app)

    run_with(home, test, size)


def test_without_colour(home, monkeypatch):
    """Every tab, with NO_COLOR."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def test(app, pilot):
        await opened(app, pilot)
        for index in range(len(TABS)):
            await pilot.press(str(index + 1))
            await settled(pilot)
            assert app.screen.chosen == index

    run_with(home, test)
