"""One widget on a screen of its own, with sample data: what `python -m workbench.widgets.NAME` shows."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.widget import Widget

from workbench.terminal.driver import ThriftyDriver
from workbench.widgets.painted_app import PaintedApp

W = TypeVar("W", bound=Widget)


def show_alone(widget: W, fill: Callable[[W], None], images: str = "auto") -> None:
    """Show a widget until ctrl+q; fill gives it its data once it is there."""

    class Alone(PaintedApp[None]):
        ENABLE_COMMAND_PALETTE = False

        def compose(self) -> ComposeResult:
            yield widget

        def on_mount(self) -> None:
            self.theme = "ansi-dark"
            fill(widget)
            if widget.focusable:
                widget.focus()

    app = Alone(driver_class=ThriftyDriver)
    app.images = images  # type: ignore[attr-defined]
    app.run()
