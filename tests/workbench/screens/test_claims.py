"""The shipped claims on a screen."""

import pytest

from runs.claims import Claim
from tests.workbench.screens.compare_home import compare_home
from tests.workbench.tui import check_golden, run_with, screen_text, settled, until
from workbench.screens.compare import CompareScreen

MINE = [
    Claim("Cosine learns more than linear", "val/x0_loss", than={"process.schedule": "linear"}, below=0.0),
    Claim("Both are above nine tenths", "classifier-digits accuracy", above=0.9, made_by="workbench study"),
    Claim(
        "There is a sigmoid", "val/x0_loss", where={"process.schedule": "sigmoid"}, below=1.0, made_by="workbench run"
    ),
]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_marks_numbers_and_runs(tmp_path, monkeypatch, size):
    """What holds, what fails, what is not decided; below, what it rests on; Enter goes to its runs."""
    monkeypatch.setattr("workbench.screens.claims.read_claims", lambda path: MINE)

    async def test(app, pilot):
        await pilot.press("C")
        await until(pilot, lambda: "1 holds" in screen_text(app))
        await settled(pilot)
        check_golden(app, f"claims-{size[0]}x{size[1]}")
        await pilot.press("end", "enter", "y")
        await settled(pilot)
        assert "this claim rests on 0 runs; next: workbench run" in screen_text(app)
        assert app.clipboard == "workbench run"
        await pilot.press("tab", "j", "shift+tab", "home", "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.told)
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert screen_text(app).startswith("workbench  4 runs")

    run_with(compare_home(tmp_path / "home"), test, size)


def test_the_shipped_ones(tmp_path):
    """Each with its sentence, none decided where nothing was run."""

    async def test(app, pilot):
        await pilot.press("C")
        await until(pilot, lambda: "15 not decided" in screen_text(app))
        assert "workbench study --ready schedules" in screen_text(app)

    run_with(compare_home(tmp_path / "home"), test, (80, 24))
