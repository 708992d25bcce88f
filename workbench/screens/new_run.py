"""The form of a new run, or of many: every setting with its help, and the command line that it amounts to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantBlur, DescendantFocus
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from diffusion.errors import UserError, nearest_name
from workbench.form_runs import queued
from workbench.format import safe_text
from workbench.run_form import NAME, PRESET, Field, Planned, RunForm, told_in_form, warnings
from workbench.study_plan import ASK_ABOVE_RUNS
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from runs.records import Run
    from workbench.app import WorkbenchApp

COLUMNS = (
    Column("setting", "SETTING", shrinks_to=20),
    Column("value", "VALUE", shrinks_to=14),
    Column("preset", "PRESET", shrinks_to=8, rank=1),
    Column("help", "", shrinks_to=20, rank=2),
)


class ValueLine(Input):
    """The line in which a value is typed: up and down go on to the next field, escape gives up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.accept(-1)", "Up", show=False),
        Binding("down", "screen.accept(1)", "Down", show=False),
        Binding("escape", "screen.give_up", "Give up"),
    ]


class NewRunScreen(Screen[None]):
    """A table of fields; below it the one under the cursor, with what is wrong with it, and the command line."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    NewRunScreen #about { height: 3; border-top: solid ansi_bright_black; }
    NewRunScreen #editor { height: 1; }
    NewRunScreen #label { width: auto; text-style: bold; }
    NewRunScreen #value { width: 1fr; }
    NewRunScreen #problem { height: auto; min-height: 1; max-height: 6; }
    NewRunScreen #command { height: auto; min-height: 1; max-height: 4; }
    NewRunScreen.-tiny #about { display: none; }
    NewRunScreen.-tiny #problem { display: none; }
    NewRunScreen.-tiny #command { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "start", "Start", tooltip="put it into the queue: it starts when a slot is free; a study makes all"
        ),
        Binding("S", "start(True)", "Start first", tooltip="the same, before all that wait in the queue", show=False),
        Binding("enter", "edit", "Edit", tooltip="type a value; several with commas between make a study", show=False),
        Binding("left,h", "choose(-1)", "Choice", tooltip="the choice before", show=False),
        Binding("right,l,space", "choose(1)", "Choice", tooltip="the next choice"),
        Binding("x,backspace,delete", "reset", "Reset", tooltip="the preset's own value again"),
        Binding("m", "changed", "Changed", tooltip="only what differs from the preset, or all"),
        Binding("slash", "find", "Find", tooltip="go to a setting by a part of its name, among all of them"),
        Binding("n", "again", "Next found", tooltip="go to the next one that was found", show=False),
        Binding("y", "copy", "Copy command", tooltip="copy the command line through the terminal"),
        Binding("escape", "app.pop_screen", "Back"),
    ]

    def __init__(self, like: "Run | None" = None) -> None:
        super().__init__()
        self.form = RunForm.like(like) if like else RunForm()
        self.heading = f"again: {safe_text(like.name)}, to change in one thing" if like else "new run"
        self.only_changed = False
        self.editing: str | None = None
        self.before = ""  # what the field that is edited had
        self.found = ""
        self.table = Table(id="fields")
        self.plan: Planned | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static(self.heading, classes="title", markup=False, id="heading")
        yield self.table
        yield Static(id="about", markup=False)
        line = ValueLine(id="value", select_on_focus=True)
        line.cursor_blink = False
        with Horizontal(id="editor"):
            yield Static(id="label", markup=False)
            yield line
        yield Static(id="problem", markup=False)
        yield Static(id="command", markup=False)
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin at the preset."""
        self.table.focus()
        self._show()

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by their keys."""
        return {field.key: field for field in self.form.fields()}

    @property
    def key(self) -> str:
        """The key of the field under the cursor."""
        return str(self.table.key)

    def _show(self) -> None:
        fields = self.fields
        keys = [key for key, one in fields.items() if not self.only_changed or one.changed or key in (PRESET, NAME)]
        rows = [Row(key, _cells(fields[key], self.form.problem(key, fields[key].text))) for key in keys]
        self.table.show(COLUMNS, rows, marked=frozenset(key for key, one in fields.items() if one.changed))
        self._about()
        self._plan()

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        self._about()

    def _about(self) -> None:
        field = self.fields.get(self.key)
        if field is None:
            return
        self.query_one("#about", Static).update(_about(field))
        self.query_one("#label", Static).update(f"{field.key} = ")
        if self.editing is None:
            line = self.query_one("#value", Input)
            line.suggester = SuggestFromList(field.choices, case_sensitive=True) if field.choices else None
            with line.prevent(Input.Changed):
                line.value = field.text

    def _plan(self) -> None:
        """What the form amounts to, or why it amounts to nothing."""
        try:
            plan = self.form.planned()
        except UserError as error:
            self._nothing(told_in_form(error))
            return
        self.plan = plan
        self.query_one("#problem", Static).update(Text(safe_text(" ".join(warnings(plan))), style="yellow"))
        runs = f"study {plan.name} of {len(plan.configs)}" if plan.study else "1 run"
        self.query_one("#command", Static).update(Text.assemble((f"{runs}:  ", "bold"), safe_text(plan.command)))

    def _nothing(self, problem: str) -> None:
        """No command line is shown beside what cannot be used: it would be one of other values."""
        self.plan = None
        self.query_one("#problem", Static).update(Text(safe_text(problem), style="red"))
        self.query_one("#command", Static).update(Text("no command: see above", "dim"))

    # -- typing -----------------------------------------------------------------------------------------------------

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        event.stop()
        self.action_edit()

    def action_edit(self) -> None:
        """Type a value for the field under the cursor."""
        self.query_one("#value", Input).focus()

    @on(DescendantFocus)
    def _begin(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, ValueLine) and self.editing is None:
            self.editing, self.before = self.key, self.fields[self.key].text

    @on(DescendantBlur)
    def _left(self, event: DescendantBlur) -> None:
        """A click elsewhere takes what was typed where it can be used."""
        if isinstance(event.widget, ValueLine) and self.editing is not None and self.is_current:
            if self.form.problem(self.editing, event.widget.value):
                self.form.put(self.editing, self.before)
            self.editing = None
            self._show()

    @on(Input.Changed, "#value")
    def _changed(self, event: Input.Changed) -> None:
        if self.editing is None:
            return
        wrong = self.form.problem(self.editing, event.value)
        if wrong:
            self._nothing(wrong)
        else:
            self.form.put(self.editing, event.value)
            self._plan()

    @on(Input.Submitted, "#value")
    def _submitted(self, event: Input.Submitted) -> None:
        self.action_accept(1)

    def action_accept(self, by: int = 1) -> None:
        """Take what was typed, unless it cannot be used, and go on to another field."""
        line = self.query_one("#value", Input)
        if self.editing is None or self.form.problem(self.editing, line.value):
            return
        self.form.put(self.editing, line.value)
        self._end_editing()
        self.table.action_move(by)

    def action_give_up(self) -> None:
        """Leave the field as it was before."""
        if self.editing is not None:
            self.form.put(self.editing, self.before)
        self._end_editing()

    def _end_editing(self) -> None:
        self.editing = None
        self.table.focus()
        self._show()

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_choose(self, by: int) -> None:
        """Another of the choices; a field without choices is typed."""
        field = self.fields[self.key]
        if not field.choices:
            self.action_edit()
            return
        at = field.choices.index(field.text) if field.text in field.choices else -1
        self.form.put(field.key, field.choices[(at + by) % len(field.choices)])
        self._show()

    def action_reset(self) -> None:
        """The preset's own value again."""
        field = self.fields[self.key]
        self.form.put(field.key, field.default)
        self._show()

    def action_changed(self) -> None:
        """Only what differs from the preset, or all."""
        self.only_changed = not self.only_changed
        self._show()

    def action_find(self) -> None:
        """Go to a setting, whether it is among those that are shown or not."""
        from workbench.screens.dialogs import Ask

        def go(text: str | None) -> None:
            if text:
                self.found = text.strip().casefold()
                if self.only_changed and not any(self.found in str(row.key) for row in self.table.rows):
                    self.action_changed()
                self.action_again(0)

        keys = list(self.fields)
        self.app.push_screen(
            Ask("find a setting", self.found, choices=keys, check=lambda text: _in_some(text, keys)), go
        )

    def action_again(self, from_: int = 1) -> None:
        """Go to the next setting that was found."""
        count = len(self.table.rows)
        for step in range(from_, count + from_):
            at = (self.table.cursor + step) % count
            if self.found and self.found in str(self.table.rows[at].key):
                self.table.move_to(at)
                return
        self.app.tell(f"no setting has '{self.found}' in its name" if self.found else "nothing to find yet: /")

    def action_copy(self) -> None:
        """Copy the command line."""
        if self.plan is not None:
            self.app.copy_to_clipboard(self.plan.command)
            self.app.tell("the command is copied")

    def action_start(self, first: bool = False) -> None:
        """Make the run or the study, put it into the queue, and go back."""
        if self.plan is None:
            self.app.tell("this cannot be started: see the line in red", error=True)
            return
        plan = self.plan
        if len(plan.configs) <= ASK_ABOVE_RUNS:
            self._start(plan, first)
            return
        from workbench.screens.dialogs import Confirm

        question = f"Make the {len(plan.configs)} runs of study {plan.name} and put them into the queue?"
        self.app.push_screen(Confirm(question), lambda yes: self._start(plan, first) if yes else None)

    def _start(self, plan: Planned, first: bool) -> None:
        home = self.app.home

        def told(done: "UserError | tuple[str, str]") -> None:
            if isinstance(done, UserError):
                self.app.tell(f"start: {told_in_form(done)}", error=True)
                return
            said, run_id = done
            self.app.tell(said)
            self.app.go_to(run_id)
            if self.is_current:
                self.app.pop_screen()

        self.app.do("start", lambda: queued(home, plan, first=first), told)


def _in_some(text: str, keys: Sequence[str]) -> None:
    """Raise UserError for a text that no setting's name has in it."""
    wanted = text.strip().casefold()
    if wanted and not any(wanted in key for key in keys):
        raise UserError(f"no setting has '{wanted}' in its name", nearest=nearest_name(wanted, keys))


def _cells(field: Field, problem: str) -> tuple[str | tuple[str, str], ...]:
    style = "red" if problem else "bold" if field.changed else ""
    default = field.default if field.changed else ""
    return field.key, (safe_text(field.text), style), default, field.help


def _about(field: Field) -> Text:
    text = Text(f"{field.help}\n")
    if not field.choices:
        return text.append(field.allowed, "dim")
    for choice in field.choices:
        text.append(f" {choice} ", "reverse" if choice == field.text else "")
        text.append(" ")
    return text
