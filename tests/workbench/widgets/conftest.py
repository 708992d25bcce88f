"""Widgets on a screen of their own, in a terminal with colours."""

import asyncio

import pytest
from textual.app import App


@pytest.fixture(autouse=True)
def _colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def alone():
    """Runs a test's coroutine with a widget that is alone on a screen of this size."""

    def run(widget, test, size=(60, 12)):
        class Alone(App[None]):
            ENABLE_COMMAND_PALETTE = False

            def compose(self):
                yield widget

        async def go():
            app = Alone()
            async with app.run_test(size=size) as pilot:
                if widget.focusable:
                    widget.focus()
                await pilot.pause()
                await test(pilot)

        asyncio.run(go())

    return run


def lines(app):
    """The screen as text."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()]
