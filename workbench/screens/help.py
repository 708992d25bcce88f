"""The keys of where the person is, made from the bindings."""

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.format import padded
from workbench.widgets.foot import key_name, keys_of

KEYS, WORD = 16, 14  # cells


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
        self.lines = help_lines(below)

    def compose(self) -> ComposeResult:
        """The list."""
        with VerticalScroll():
            yield Static(Text("\n").join(self.lines))

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Move the list."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def help_lines(screen: Screen[Any]) -> list[Text]:
    """A line for each key: the focused widget's, then the screen's, then those that hold everywhere."""
    lines = []
    for binding, keys, more in keys_of(screen):
        line = Text(padded(" ".join(map(key_name, keys)), KEYS), style="bold", end="")
        line.append(padded(binding.description, WORD) + " ", "not bold")
        line.append(more if more != binding.description else "", "not bold dim")
        lines.append(line)
    return lines
