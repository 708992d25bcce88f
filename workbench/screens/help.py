"""The keys of where the person is, made from the bindings."""

from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.widgets.foot import key_name, keys_of

KEYS, WORD = 15, 14  # cells


class HelpScreen(ModalScreen[None]):
    """Every key of the screen below, with what it does."""

    DEFAULT_CSS = """
    HelpScreen VerticalScroll { width: 92; max-width: 100%; height: auto; max-height: 100%;
        border: round ansi_bright_black; padding: 0 1; background: ansi_default; }
    HelpScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "Close"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self.keys = help_table(below)

    def compose(self) -> ComposeResult:
        """The list."""
        with VerticalScroll():
            yield Static(self.keys)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Move the list."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def help_table(screen: Screen[Any]) -> Table:
    """A row for each key: the focused widget's, then the screen's, then those that hold everywhere."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(style="bold", width=KEYS)
    table.add_column(width=WORD)
    table.add_column(style="dim", ratio=1)
    for binding, keys, more in keys_of(screen):
        about = more if more != binding.description else ""
        table.add_row(*(Text(part) for part in (" ".join(map(key_name, keys)), binding.description, about)))
    return table
