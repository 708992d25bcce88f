"""The studies of a home: how far each is, and what came out along its axes; Enter compares its arms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from runs import studies
from runs.records import Run
from runs.store import Store
from workbench import study_page
from workbench.format import safe_text
from workbench.run_columns import short_age
from workbench.terminal import screen as terminal
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.page import Page
from workbench.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.reader import Watch

COLUMNS = (
    Column("study", "STUDY", shrinks_to=16),
    Column("runs", "RUNS", right=True),
    Column("done", "DONE", right=True),
    Column("status", "STATUS", shrinks_to=12, rank=1),
    Column("axes", "AXES", shrinks_to=10),
    Column("seeds", "SEEDS", right=True, rank=2),
    Column("age", "AGE", right=True, rank=3),
)
EMPTY = "no studies yet: in the form of a new run (n) several values make one, or `workbench study`"


@dataclass(frozen=True)
class Listed:
    """One study, and the table of what came out."""

    name: str
    runs: tuple[Run, ...]


class StudiesScreen(Screen[None]):
    """All studies, the newest first; below, the table of the one under the cursor."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    StudiesScreen Table { height: 2fr; }
    StudiesScreen Page { height: 3fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "claims", "Claims", tooltip="which claims the runs bear out"),
        Binding("tab", "other", "Table", tooltip="scroll the table below, or back to the studies"),
        Binding("escape", "app.pop_screen", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.listed: tuple[Listed, ...] = ()
        self._table: Watch[tuple[str, tuple[str, ...]]] | None = None
        self._watches: list[Watch[object]] = []

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("studies", classes="title", markup=False)
        yield Table(id="studies", empty="reading ...")
        yield Page()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the studies, and what came out in the chosen one."""
        self.query_one(Table).focus()
        self._list = self.app.reader.watch(self, self._read, self._show, every_s=1.0)
        self._table = self.app.reader.watch(self, self._read_table, self._show_table, every_s=2.0)

    def on_screen_suspend(self) -> None:
        """What is not seen is not asked."""
        self._pause(True)

    def on_screen_resume(self) -> None:
        """Ask again."""
        self._pause(False)

    def _pause(self, paused: bool) -> None:
        self._list.pause(paused)
        if self._table is not None:
            self._table.pause(paused)

    def on_resize(self) -> None:
        """The table is made for a width."""
        if self._table is not None:
            self._table.again()

    @property
    def chosen(self) -> str:
        """The name of the study under the cursor."""
        return str(self.query_one(Table).key or "")

    def _read(self, store: Store) -> tuple[Listed, ...]:
        found = studies.named_studies(store.runs())
        return tuple(Listed(name, tuple(runs)) for name, runs in reversed(list(found.items())))

    def _read_table(self, store: Store) -> tuple[str, tuple[str, ...]] | None:
        """In the reader's thread: what came out in the study that is chosen now."""
        name = next((one.name for one in self.listed if one.name == self.chosen), None)
        runs = studies.named_studies(store.runs()).get(name or "")
        if name is None or not runs:
            return None
        paper = terminal.Screen(self.app.size.width, self.app.size.height, terminal=True)
        return name, tuple(study_page.show_lines(store, runs, (), paper))

    def _show(self, listed: tuple[Listed, ...]) -> None:
        self.listed = listed
        table = self.query_one(Table)
        table.empty = EMPTY
        table.show(COLUMNS, [Row(one.name, _cells(one.name, one.runs, self.app.now())) for one in listed])

    def _show_table(self, found: tuple[str, tuple[str, ...]]) -> None:
        name, lines = found
        if name == self.chosen:
            self.query_one(Page).show([(line, "") for line in lines])

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        self.query_one(Page).show([])
        if self._table is not None:
            self._table.again()

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        event.stop()
        for one in self.listed:
            if one.name == event.key:
                self.app.compare(one.runs, one.name)

    def action_claims(self) -> None:
        """The claims that come with workbench."""
        self.app.action_claims()

    def action_other(self) -> None:
        """The keys to the table below, or back."""
        self.focus_next()


def _cells(name: str, runs: Sequence[Run], now: float) -> tuple[str, ...]:
    axes = studies.axes_of([run.config for run in runs])
    done = sum(run.status in studies.DONE for run in runs)
    return (
        safe_text(name),
        str(len(runs)),
        f"{100 * done // len(runs)} %",
        study_page.statuses(runs),
        ", ".join(axis.rpartition(".")[2] for axis in axes) or "-",
        str(len({run.seed for run in runs})),
        short_age(max(run.created for run in runs), now),
    )
