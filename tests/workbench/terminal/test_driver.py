"""After a terminal has taken all: what has changed is drawn, and all of the screen only where a frame was lost."""

import asyncio

import pytest
from textual.widgets import Static

from workbench.terminal.driver import ThriftyDriver
from workbench.widgets.painted_app import PaintedApp


class App(PaintedApp[None]):
    """One line of text."""

    def compose(self):
        """The line."""
        yield Static("first")


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_drawn_when_all_has_been_taken(lost, monkeypatch):
    """A frame that is displayed while drawing is put off is lost; an update that waits is not."""

    async def run():
        app = App()
        async with app.run_test() as pilot:
            app._begin_batch()
            app.query_one(Static).update("second")
            if lost:
                app._display(app.screen, app.screen._compositor.render_update(full=True))
            assert app.lost is lost
            refreshed = []
            monkeypatch.setattr(app.screen, "refresh", lambda: refreshed.append(True))
            driver = ThriftyDriver.__new__(ThriftyDriver)
            driver._app = app
            driver._draw_again()
            await pilot.pause()
            assert bool(refreshed) is lost
            assert app._batch_count == 0
            assert "second" in str(app.query_one(Static).render())

    asyncio.run(run())
