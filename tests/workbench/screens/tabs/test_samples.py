"""The finished pictures of a run."""

import pytest

from diffusion.events import Finished, Started
from runs.home import Home
from tests.workbench.screens.rich_run import bare, more, preview, rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.streams import NAMES
from tests.workbench.tui import recorded, run_with, screen_text, settled, until


@pytest.fixture
def home(tmp_path):
    return rich_home(tmp_path / "home")


def another():
    yield Started({}, NAMES)
    yield from preview(60)
    yield Finished("completed", 60, 1.0)


def told(app):
    return screen_text(app).splitlines()[2]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "step 40   sample set 1   ema weights"),
        (["up"], "step 40   preview   ema weights"),
        (["k", "w"], "step 40   preview   raw weights"),
        (["up", "w", "w"], "step 40   preview   ema weights"),
        (["w"], "step 40   sample set 1   ema weights"),
        (["up", "up", "up", "up", "up"], "step 0   preview   ema weights"),
        (["up", "up", "j"], "step 40   preview   ema weights"),
        (["enter"], "step 40   sample set 1   ema weights   class 0"),
        (["right", "l", "left", "enter"], "step 40   sample set 1   ema weights   class 1"),
        (["h", "enter"], "step 40   sample set 1   ema weights   class 9"),
        (["enter", "right"], "step 40   sample set 1   ema weights   class 1"),
        (["enter", "enter"], "step 40   sample set 1   ema weights   class 0   picture 1 of 3   seed 0, index 0"),
        (
            ["enter", "enter", "right", "enter"],
            "step 40   sample set 1   ema weights   class 0   picture 2 of 3   seed 0, index 1",
        ),
        (["enter", "enter", "left", "escape"], "step 40   sample set 1   ema weights   class 0"),
        (["enter", "enter", "escape", "escape"], "step 40   sample set 1   ema weights"),
        (["enter", "up"], "step 40   preview   ema weights   class 0"),
    ],
)
def test_keys(home, keys, words):
    """Through training, from class to class, closer and farther, averaged and raw."""

    async def test(app, pilot):
        await opened(app, pilot, "3", *keys)
        assert told(app) == words

    run_with(home, test, (100, 24))


def test_new_pictures_are_followed_from_the_newest(home):
    async def test(app, pilot):
        await opened(app, pilot, "3")
        more(home, another)
        await until(pilot, lambda: told(app).startswith("step 60"))

    run_with(home, test, (80, 24))


def test_new_pictures_never_steal_the_place(home):
    async def test(app, pilot):
        await opened(app, pilot, "3", "enter")
        before = told(app)
        more(home, another)
        await until(pilot, lambda: "newest at step 60" in screen_text(app))
        assert told(app) == before
        await pilot.press("down", "down")
        await settled(pilot)
        assert told(app).startswith("step 60")

    run_with(home, test, (80, 24))


def test_no_pictures(tmp_path):
    home = Home(tmp_path / "home")
    recorded(home, "bare", events=bare())

    async def test(app, pilot):
        await opened(app, pilot, "3", "left", "up", "enter", "w")
        assert "no pictures yet" in screen_text(app)

    run_with(home, test, (80, 24))


def test_a_sheet_that_is_gone(home):
    """Said once; the screen stays."""
    for sheet in (home.runs / "rich" / "pictures").iterdir():
        sheet.unlink()

    async def test(app, pilot):
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        assert app.is_running
        assert "rich" in screen_text(app)

    run_with(home, test, (80, 24))
