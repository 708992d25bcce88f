"""The schedule lab on a screen."""

import subprocess
import sys

import pytest

from runs.home import Home
from tests.workbench.tui import check_golden, run_with, screen_text, settled
from workbench.screens.schedules import VIEWS, SchedulesScreen
from workbench.widgets.curve import Curve


@pytest.fixture
def home(tmp_path):
    """An empty one: nothing has to be trained."""
    return Home(tmp_path / "home")


async def lab(app, pilot, *keys):
    """The schedule lab, after some keys."""
    await pilot.press("L")
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


def line_of(app, name):
    """The line of a schedule."""
    return next(line for line in screen_text(app).splitlines()[2:9] if f" {name} " in f"{line[3:]} ")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_each_view_looks(home, size):
    """Curves, the picture at equal time and at equal SNR, numbers with warnings."""

    async def test(app, pilot):
        await lab(app, pilot)
        for view in VIEWS:
            check_golden(app, f"schedules-{view.replace(' ', '-').lower()}-{size[0]}x{size[1]}")
            await pilot.press("v")
            await settled(pilot)
        await pilot.press("V")
        await settled(pilot)
        assert app.screen.view == "numbers"

    run_with(home, test, size)


def test_schedules_and_settings_by_keys(home):
    """Shown and hidden, changed a step or typed, added and removed; a warning comes with the setting that earns it."""

    async def test(app, pilot):
        await lab(app, pilot, "j", "space")
        assert [one.name for one in app.screen.seen] == ["linear", "linear-unscaled", "cosine"]
        await pilot.press("tab", "minus", "minus", "minus")
        await settled(pilot)
        assert "linear-unscaled,timesteps=100" in line_of(app, "linear-unscaled,timesteps=100")
        assert "2 !" in line_of(app, "linear-unscaled,timesteps=100")
        assert "T of the discrete schedules" in screen_text(app)
        await pilot.press("equals_sign", "enter", "ctrl+u", *"1000", "enter")
        await settled(pilot)
        assert "-" in line_of(app, "linear-unscaled")
        await pilot.press("shift+tab", "space", "n", *"cosine,cosine-offset=0.02", "enter")
        await settled(pilot)
        assert [one.name for one in app.screen.seen] == ["linear", "cosine", "cosine,cosine_offset=0.02"]
        await pilot.press("e", "ctrl+u", *"cosine,sigma_max=3", "enter")
        await settled(pilot)
        assert "cosine does not read sigma_max" in screen_text(app)
        await pilot.press("escape", "d")
        await settled(pilot)
        assert [one.name for one in app.screen.seen] == ["linear", "cosine"]
        await pilot.press("y")
        await settled(pilot)
        assert app.clipboard == "workbench schedules linear cosine"
        await pilot.press("escape")
        await settled(pilot)
        assert not isinstance(app.screen, SchedulesScreen)

    run_with(home, test, (80, 24))


def test_other_charts_where_not_all_fit(home):
    """One at 80x24, by the brackets around; all four at 120x40; none of it by colour alone."""

    async def test(app, pilot):
        await lab(app, pilot)
        seen = []
        for key in ("right_square_bracket", "right_square_bracket", "left_square_bracket", "left_square_bracket"):
            await pilot.press(key)
            await settled(pilot)
            seen.append([curve.title.partition(" by")[0] for curve in app.screen.query(Curve) if curve.display])
        assert seen == [["alpha-bar"], ["log-SNR"], ["alpha-bar"], ["beta"]]
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert all(curve.display for curve in app.screen.query(Curve))
        assert "▲  cosine" in screen_text(app)

    run_with(home, test, (80, 24))


def test_no_torch():
    """Like the rest of the screen."""
    code = "import sys, workbench.screens.schedules; raise SystemExit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
