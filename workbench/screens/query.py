"""SQL over everything that is recorded: an editor, and the answer as a table."""

import csv
import math
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, ClassVar, cast, overload

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from diffusion.errors import UserError
from runs.glance import tables
from runs.records import QueryResult, Run
from runs.store import Store
from workbench.format import clipped, duration, safe_text, width_of
from workbench.queries import EXAMPLES
from workbench.screens.dialogs import Ask, Pick
from workbench.sql_text import Tables
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.sql_area import SqlArea
from workbench.widgets.table import Cell, Column, Row, WideTable

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp

MOST_ROWS = 200_000
TIME_LIMIT_S = 30.0
LONGEST = 60  # cells of a value
MEASURED = 500  # rows by which it is seen which columns are of numbers, and how wide their texts are


class AnswerRows(Sequence[Row]):
    """The rows of an answer, made into texts when they are seen."""

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self.rows)))]
        return Row(at, tuple(map(value_cell, self.rows[at])))


def value_cell(value: object) -> Cell:
    """A value of the database as it is shown: short, harmless, NULL faint."""
    if value is None:
        return "NULL", "dim"
    if isinstance(value, float):
        return f"{value:.10g}" if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>", "dim"
    return clipped(safe_text(str(value)[:500]), LONGEST)


class QueryScreen(Screen[None]):
    """Editor above, answer below."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    QueryScreen #sql { height: 9; border: none; padding: 0 1; background: ansi_default; }
    QueryScreen.-low #sql { height: 6; }
    QueryScreen.-tiny #sql { height: 2; }
    QueryScreen.-tiny #words { display: none; }
    QueryScreen #words { height: 1; }
    QueryScreen #told { height: auto; max-height: 7; border-top: solid ansi_bright_black; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r,f5", "run_query", "Run", priority=True),
        Binding("ctrl+o", "examples", "Examples", tooltip="README's queries, about the newest runs", priority=True),
        Binding("ctrl+s", "save", "Save csv", tooltip="the whole answer as a CSV file", priority=True),
        Binding("escape", "leave", "Back", tooltip="cancel a query that is being answered, else go back"),
        Binding("e", "edit", "Edit", tooltip="back to the editor"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.result = QueryResult((), ())
        self.cancelled: Event | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("query  the database is open for reading only", classes="title", markup=False)
        yield SqlArea(self.app.query_text, id="sql")
        yield Static(classes="faint", id="words", markup=False)
        yield Static(id="told", markup=False)
        yield WideTable(id="answer", fit=False)
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin in the editor; what can be completed is asked for."""
        area = self.query_one(SqlArea)
        area.move_cursor(area.document.end)
        area.focus()
        self.app.reader.ask(self, tables, self._tables_read)

    def _tables_read(self, found: Tables) -> None:
        area = self.query_one(SqlArea)
        area.tables = found
        area.find_words()

    @on(SqlArea.Words)
    def _words(self, message: SqlArea.Words) -> None:
        first, rest = message.words[:1], message.words[1:]
        text = Text.assemble(("tab ", "bold"), (first[0], "reverse"), "  " + "  ".join(rest)) if first else Text("")
        self.query_one("#words", Static).update(text)

    # -- asking -----------------------------------------------------------------------------------------------------

    def action_run_query(self) -> None:
        """Ask what is in the editor, in a thread of its own."""
        if self.cancelled is not None:
            self.app.tell("a query is being answered: esc cancels it")
            return
        sql, cancelled = self.query_one(SqlArea).text.strip().rstrip(";"), Event()
        self.app.query_text = sql
        self.cancelled = cancelled
        self._tell("asking ...")
        started = time.monotonic()

        def ask() -> tuple[QueryResult | UserError, float, list[int]]:
            try:
                with Store.read(self.app.home) as store:
                    found = store.query(sql, TIME_LIMIT_S, most_rows=MOST_ROWS, cancelled=cancelled.is_set)
            except UserError as error:
                return error, time.monotonic() - started, []
            return found, time.monotonic() - started, widths(found)

        self.app.do("query", ask, lambda answer: self._answered(*answer))

    def _answered(self, found: QueryResult | UserError, seconds: float, widths: list[int]) -> None:
        self.cancelled = None
        if not self.is_attached:
            return
        if isinstance(found, UserError):
            self._tell(without_command(found), "red")
            return
        self.result = found
        rows = AnswerRows(found.rows)
        columns = [
            Column(name, clipped(safe_text(name), LONGEST), right=_numeric(found, at))
            for at, name in enumerate(found.columns)
        ]
        table = self.query_one(WideTable)
        table.show(columns, rows, widths=widths, keep=lambda rows, key: 0)  # a new answer begins with its first row
        table.scroll_to(0, 0, animate=False, force=True, immediate=True)
        more = f", the first {len(found.rows):,} are shown" if found.more else ""
        count = f"{'over ' if found.more else ''}{len(found.rows):,} row{'s' * (len(found.rows) != 1)}"
        self._tell(f"{count} in {duration(seconds)}{more}")
        if found.rows:
            table.focus()

    def _tell(self, text: str, style: str = "") -> None:
        self.query_one("#told", Static).update(Text(safe_text(text), style=style))

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Cancel, or go back."""
        if self.cancelled is not None:
            self.cancelled.set()
        else:
            self.app.query_text = self.query_one(SqlArea).text
            self.app.pop_screen()

    def action_edit(self) -> None:
        """Back to the editor."""
        self.query_one(SqlArea).focus()

    def action_examples(self) -> None:
        """Put one of the examples into the editor."""
        names = [run.name for run in reversed(self.app.runs)]
        named = sorted(names, key=lambda name: _status(self.app.runs, name) != "completed")

        def chosen(title: str | None) -> None:
            found = next((one for one in EXAMPLES if one.title == title), None)
            if found is not None:
                self.query_one(SqlArea).text = found.asked_of(named)
                self.action_run_query()

        self.app.push_screen(Pick("examples", [(one.title, one.title) for one in EXAMPLES]), chosen)

    @on(WideTable.Selected)
    def _selected(self, event: WideTable.Selected) -> None:
        event.stop()
        run = run_of_row(self.result.columns, self.result.rows[cast(int, event.key)], self.app.runs)
        if run is None:
            self.app.tell("no run in this row: name one in a column called run, name or id")
        else:
            self.app.open_run(run.id)

    def action_save(self) -> None:
        """Write the answer to a file."""
        if not self.result.columns:
            self.app.tell("no answer to save yet: ctrl+r runs the query")
            return
        result = self.result

        def write(text: str | None) -> None:
            if text:
                path = Path(text).expanduser().absolute()
                self.app.do("save", lambda: save_csv(result, path), self.app.tell)

        self.app.push_screen(Ask("save the answer as", "query.csv", help=f"in {Path.cwd()}", check=_new_file), write)


def run_of_row(columns: Sequence[str], row: Sequence[object], runs: Sequence[Run]) -> Run | None:
    """The run that a row of an answer is about, by its id, its name or its number."""
    values = dict(zip(columns, row, strict=True))
    by_id, by_number = {run.id: run for run in runs}, {run.number: run for run in runs}
    by_name = {run.name: run for run in runs}
    for column in ("id", "run", "name", "run_number", "number"):
        value = values.get(column)
        found = by_number.get(value) if isinstance(value, int) else None
        if isinstance(value, str):
            found = by_id.get(value) or by_name.get(value)
        if found is not None:
            return found
    return next((by_name[value] for value in row if isinstance(value, str) and value in by_name), None)


def without_command(error: UserError) -> str:
    """What is wrong, and what to do in the editor; a command for the shell is of no use there."""
    advice = "" if error.next_command.startswith("workbench") else error.next_command
    return "; ".join(part for part in (error.told, advice) if part)


def save_csv(result: QueryResult, path: Path) -> str:
    """Write an answer to a new file. Returns what was done. Raises UserError where there is a file already."""
    try:
        with path.open("x", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(result.columns)
            writer.writerows(
                [value.hex() if isinstance(value, bytes) else value for value in row] for row in result.rows
            )
    except FileExistsError:
        raise UserError(f"{path} exists", allowed="a new file") from None
    return f"{len(result.rows):,} rows written to {path}"


def _new_file(text: str) -> None:
    if not text.strip():
        raise UserError("a file needs a name")
    if Path(text).expanduser().exists():
        raise UserError(f"{text} exists", allowed="a new file")


def _numeric(result: QueryResult, at: int) -> bool:
    return all(isinstance(row[at], int | float | None) for row in result.rows[:MEASURED])


def widths(result: QueryResult) -> list[int]:
    """The cells that each column's widest text takes, its title included; a number is never cut.

    Of all rows, but with few made into texts: the first ones, each column's least and greatest whole number, the
    fractions, and the text with the most characters.
    """
    titles = [clipped(safe_text(name), LONGEST) for name in result.columns]
    every = zip(*result.rows, strict=True) if result.rows else [()] * len(titles)
    return [max(map(width_of, [title, *_longest(values)])) for title, values in zip(titles, every, strict=True)]


def _longest(values: Sequence[object]) -> list[str]:
    """Texts of one column, the widest among them."""
    whole = [value for value in values if isinstance(value, int)]
    texts = [value for value in values if isinstance(value, str)]
    fractions = [value for value in values if isinstance(value, float)]
    chosen = [
        *values[:MEASURED],
        *([min(whole), max(whole)] if whole else []),
        *([max(texts, key=len)] if texts else []),
    ]
    cells = map(value_cell, chosen + fractions)
    return [cell if isinstance(cell, str) else cell[0] for cell in cells]


def _status(runs: Sequence[Run], name: str) -> str:
    return next((run.status for run in runs if run.name == name), "")
