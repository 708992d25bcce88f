"""Small questions over a screen: yes or no, one line of text, one of several, which of several."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from diffusion.errors import UserError
from workbench.format import safe_text
from workbench.widgets.options import Choices, Options

DIALOG_CSS = """
.dialog { width: 72; max-width: 96%; height: auto; max-height: 90%; border: round ansi_bright_black; padding: 0 1;
          background: ansi_default; }
.dialog Static { height: auto; }
.dialog .question { text-style: bold; margin-bottom: 1; }
.dialog .error { color: ansi_red; }
.dialog OptionList, .dialog OptionList:focus { height: auto; max-height: 20; border: none; padding: 0; }
.dialog SelectionList, .dialog SelectionList:focus { height: auto; max-height: 20; border: none; padding: 0; }
"""


class Confirm(ModalScreen[bool]):
    """A question that is answered with y or n."""

    DEFAULT_CSS = DIALOG_CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, details: Sequence[str] = ()) -> None:
        super().__init__()
        self.question, self.details = question, details

    def compose(self) -> ComposeResult:
        """The question, what it is about, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(Text(safe_text(self.question)), classes="question")
            for line in self.details[:8]:
                yield Static(Text("  " + safe_text(line)))
            if len(self.details) > 8:
                yield Static(Text(f"  and {len(self.details) - 8} more"))
            yield Static(Text.assemble(("y", "bold"), " yes   ", ("n", "bold"), " no"), classes="keys")

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


class Ask(ModalScreen[str | None]):
    """One line of text, checked as it is typed; None when it is given up."""

    DEFAULT_CSS = DIALOG_CSS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Give up")]

    def __init__(
        self,
        question: str,
        value: str = "",
        *,
        help: str = "",
        check: Callable[[str], object] | None = None,
        choices: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.question, self.value, self.help_text, self.check, self.choices = question, value, help, check, choices

    def compose(self) -> ComposeResult:
        """The question, the line, and what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(Text(safe_text(self.question)), classes="question")
            line = Input(self.value, suggester=SuggestFromList(self.choices) if self.choices else None)
            line.cursor_blink = False
            yield line
            yield Static(Text(self.help_text), classes="faint", id="help")
            yield Static(Text.assemble(("enter", "bold"), " done   ", ("esc", "bold"), " give up"), classes="keys")

    def _problem(self, value: str) -> str:
        try:
            if self.check is not None:
                self.check(value)
        except UserError as error:
            return str(error)
        return ""

    def _tell(self, problem: str) -> None:
        told = self.query_one("#help", Static)
        told.update(Text(safe_text(problem or self.help_text), style="red" if problem else "dim"))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._tell(self._problem(event.value) if event.value != self.value else "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        problem = self._problem(event.value)
        if problem:
            self._tell(problem)
        else:
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class Choose(ModalScreen[list[str] | None]):
    """Which of several; None when it is given up."""

    DEFAULT_CSS = DIALOG_CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Give up"),
        Binding("enter", "done", "Done", priority=True),
    ]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str]) -> None:
        super().__init__()
        self.question, self.choices, self.chosen = question, choices, chosen

    def compose(self) -> ComposeResult:
        """The question and the list: (key, what it is)."""
        with Vertical(classes="dialog"):
            yield Static(Text(self.question), classes="question")
            yield Choices(*(Selection(Text(about), key, key in self.chosen) for key, about in self.choices))
            yield Static(
                Text.assemble(
                    ("space", "bold"), " choose   ", ("enter", "bold"), " done   ", ("esc", "bold"), " give up"
                ),
                classes="keys",
            )

    def action_done(self) -> None:
        """Close with what is chosen, in the order of the list."""
        chosen = self.query_one(Choices).selected
        self.dismiss([key for key, _ in self.choices if key in chosen])

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class Pick(ModalScreen[str | None]):
    """One of several; None when it is given up."""

    DEFAULT_CSS = DIALOG_CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Give up"),
    ]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.question, self.choices = question, choices

    def compose(self) -> ComposeResult:
        """The question and the list: (key, what it is)."""
        with Vertical(classes="dialog"):
            yield Static(Text(self.question), classes="question")
            yield Options(*(Option(Text(about), id=str(at)) for at, (_, about) in enumerate(self.choices)))
            yield Static(Text.assemble(("enter", "bold"), " take   ", ("esc", "bold"), " give up"), classes="keys")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.choices[event.option_index][0])

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
