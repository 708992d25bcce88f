"""The list of studies."""

import pytest

from runs.home import Home
from tests.workbench.screens.compare_home import add_run, compare_home
from tests.workbench.tui import check_golden, run_with, screen_text, settled, until
from workbench.screens.compare import CompareScreen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_is_done_and_what_came_out(tmp_path, size):
    """A table below the list; Enter compares; escape leads back."""

    async def test(app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: "0.2119" in screen_text(app))
        await settled(pilot)
        check_golden(app, f"studies-{size[0]}x{size[1]}")
        await pilot.press("tab", "j", "shift+tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.told)
        assert "study two  2 settings, 4 runs" in screen_text(app)
        await pilot.press("escape", "m")
        await until(pilot, lambda: "not decided" in screen_text(app).splitlines()[0])
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert screen_text(app).startswith("workbench  4 runs")

    run_with(compare_home(tmp_path / "home"), test, size)


def test_a_study_under_way(tmp_path):
    """It grows, another comes; the table is of the one under the cursor."""
    home = compare_home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: "0.2119" in screen_text(app))
        add_run(home, "late", "sigmoid", ends=False, steps=10)
        await until(pilot, lambda: "80 %" in screen_text(app))
        add_run(home, "alone", "sigmoid", study="other")
        await until(pilot, lambda: " other " in screen_text(app))
        await pilot.press("g")
        await until(pilot, lambda: "other: 1 completed" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "a comparison needs two runs" in screen_text(app))

    run_with(home, test, (80, 24))


def test_no_studies(tmp_path):
    async def test(app, pilot):
        await pilot.press("S", "enter", "j")
        await settled(pilot)
        assert "no studies yet" in screen_text(app)

    run_with(Home(tmp_path / "home"), test, (80, 24))
