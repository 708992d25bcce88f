"""What an app tells of the cells that it draws."""

from tests.workbench.tui import filled_home, run_with, screen_text, settled, until
from workbench.app import WorkbenchApp


def test_the_cells_that_were_drawn(tmp_path):
    """Of a line that changes, only that line."""

    async def test(app, pilot):
        spans = []
        app.drawn = lambda drawn: spans.extend(drawn)
        app.status = "something new"
        await until(pilot, lambda: spans)
        await settled(pilot)
        assert {y for y, _, _ in spans} == {38}
        assert all(0 <= start < end <= 120 for _, start, end in spans)

    run_with(filled_home(tmp_path / "home"), test)


def test_what_is_below_draws_nothing_of_the_screen_above(tmp_path, monkeypatch):
    """The state of the machine changes while a run is looked at: one line is drawn, not the whole screen."""
    monkeypatch.setattr(WorkbenchApp, "watch_machine", lambda app: None)  # its own line would take the test's place

    async def test(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "1 Curves" in screen_text(app))
        await settled(pilot)
        spans = []
        app.drawn = lambda drawn: spans.extend(drawn)
        app.status = "something new"
        await until(pilot, lambda: "something new" in screen_text(app))
        await settled(pilot)
        assert {y for y, _, _ in spans} == {38}
        await pilot.press("escape")
        await until(pilot, lambda: "LOSS" in screen_text(app))
        assert "something new" in screen_text(app)

    run_with(filled_home(tmp_path / "home"), test)
