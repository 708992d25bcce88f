"""The list of runs: the first screen, live."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from diffusion.errors import UserError
from runs.records import Run
from runs.store import Store
from workbench.format import clipped
from workbench.kept_list import PLACES, Look, read_look, write_look
from workbench.reader import Watch
from workbench.run_columns import COLUMNS, Glance
from workbench.run_filter import completed, parse_filter
from workbench.run_list import RunList, Sparklines, read_glance
from workbench.screens.dialogs import Choose
from workbench.screens.filter_line import FilterLine
from workbench.screens.run_actions import RunActions
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.table import Table

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp

WIDE, HIGH = 150, 20  # cells from which on the preview is beside the table, and lines from which on it is there at all
FIRST_S = 1.0  # without an answer of the database, after which an empty list is drawn
EMPTY = "no runs yet: n makes one"


class RunsScreen(RunActions, Screen[None]):
    """All runs in a table, and the one under the cursor beside or below it."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    RunsScreen #body { height: 1fr; layout: vertical; }
    RunsScreen #filter-line { height: 1; layout: horizontal; display: none; }
    RunsScreen #filter-line.shown { display: block; }
    RunsScreen #filter-line Static { width: 8; }
    RunsScreen #filter-line Input { width: 1fr; }
    RunsScreen #body.beside { layout: horizontal; }
    RunsScreen #preview { display: none; }
    RunsScreen .below #preview { display: block; height: 45%; min-height: 8; width: 1fr;
        border-top: solid ansi_bright_black; }
    RunsScreen .beside #preview { display: block; height: 1fr; width: 40%; border-left: solid ansi_bright_black; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.new_run", "New", tooltip="the form of a new run"),
        Binding(
            "slash", "filter", "Filter", tooltip="schedule=cosine loss<0.05 tag:blur is:running word; esc takes it away"
        ),
        Binding("space", "mark", "Mark", tooltip="mark the run; keys then act on all that are marked"),
        *RunActions.BINDINGS,
        Binding(
            "c", "compare", "Compare", tooltip="the marked runs, or those of a fold, beside each other", show=False
        ),
        Binding("S", "app.studies", "Studies", tooltip="all studies and what came out", show=False),
        Binding("C", "app.claims", "Claims", tooltip="claims about runs, checked against these", show=False),
        Binding("L", "app.schedules", "Schedules", tooltip="the schedule lab: before anything is trained", show=False),
        Binding("a", "mark_all", "Mark all", tooltip="mark all that are shown, or none", show=False),
        Binding("less_than_sign,comma", "sort(-1)", "Sort left", tooltip="by the column left of this one", show=False),
        Binding(
            "greater_than_sign,full_stop",
            "sort(1)",
            "Sort right",
            tooltip="by the column right of this one",
            show=False,
        ),
        Binding("i", "invert", "Invert", tooltip="turn the order around", show=False),
        Binding("v", "columns", "Columns", tooltip="which columns are shown", show=False),
        Binding(
            "z", "fold", "Fold seeds", tooltip="runs equal but for their seed as one line: mean ± spread", show=False
        ),
        Binding("right,l", "open_fold(True)", "Open fold", tooltip="show the runs of a fold", show=False),
        Binding("left,h", "open_fold(False)", "Close fold", show=False),
        Binding("w", "place", "Preview", tooltip="preview beside, below or off", show=False),
        Binding("escape", "clear", "Clear", tooltip="take marks away, then the filter", show=False),
    ]

    _drawn = False

    def __init__(self) -> None:
        super().__init__()
        kept = read_look()
        self.list = RunList(columns=kept.columns, sorted_by=kept.sorted_by, reverse=kept.reverse, folding=kept.folding)
        self.marked: frozenset[object] = frozenset()
        self.place = kept.place
        self._wanted = ""
        self.table = Table(id="runs", empty="reading ...")
        self.title_line = Static("workbench", classes="title", id="title", markup=False)
        self._watches: list[Watch[object]] = []
        self._sparklines = Sparklines()
        self._gone: frozenset[str] = frozenset()  # deleted here, while an older answer may still be on its way

    def _parts(self) -> Iterator[Widget]:
        """Title, filter, table, foot; the preview has its place, so that the table is drawn once, and comes after."""
        yield self.title_line
        line = FilterLine(lambda text: completed(text, self.list.runs), id="filter")
        yield Container(Static("filter"), line, id="filter-line")
        yield Container(self.table, Container(id="preview"), id="body", classes=self._place_now())
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Ask for the runs, and keep asking. Nothing is drawn before the answer, so that all is drawn once."""
        self.set_timer(FIRST_S, self._show_first)
        reader = self.app.reader
        self._watches = [cast("Watch[object]", reader.watch(self, lambda store: tuple(store.runs()), self._runs_read))]
        self.set_interval(10.0, self._older)

    async def _show_first(self) -> None:
        if not self.table.is_attached:
            await self.mount_all(self._parts())
            self.set_focus(self.table)
            self.call_after_refresh(self._first_drawn)

    def _first_drawn(self) -> None:
        self._drawn = True

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw again. Before the first screen there is nothing to repaint, which would send all of it twice."""
        super().refresh(*regions, repaint=repaint and self._drawn, layout=layout, recompose=recompose)
        return self

    # -- what is read -----------------------------------------------------------------------------------------------

    async def _runs_read(self, runs: tuple[Run, ...]) -> None:
        runs = tuple(run for run in runs if run.id not in self._gone)
        before, self.list.runs, self.app.runs = self.list.runs, runs, runs
        self.table.empty = EMPTY
        self.show_runs()
        await self._show_first()
        if len(self._watches) == 1:
            self.call_after_refresh(self._go_on)
        elif [run.id for run in before] != [run.id for run in runs]:
            self._ask_again()

    async def _go_on(self) -> None:
        """What can wait until the first screen is drawn."""
        reader = self.app.reader
        if len(self._watches) > 1:
            return
        self._watches += [
            cast("Watch[object]", reader.watch(self, read_glance, self._glance_read, every_s=2.0)),
            cast("Watch[object]", reader.watch(self, self._sparks, self._sparks_read, every_s=2.0)),
        ]
        self.watch(self.table, "scroll_y", self._ask_again, init=False)
        await self._add_preview()
        self.app.watch_machine()

    def _sparks(self, store: Store) -> dict[int, str]:
        """In the reader's thread: the curves of the lines that are seen."""
        return self._sparklines.of(store, self.seen_runs())

    def seen_runs(self) -> list[Run]:
        """The runs of the lines that are scrolled to, and of a screen below and above."""
        table = self.table
        height = max(20, table.size.height)
        top = max(0, table.scroll_offset.y - height)
        return [
            self.list.lines[str(row.key)].run
            for row in table.rows[top : top + 3 * height]
            if str(row.key) in self.list.lines
        ]

    def _glance_read(self, glance: Glance) -> None:
        self.list.known = replace(glance, sparks=self.list.known.sparks)
        self.show_runs()

    def _sparks_read(self, sparks: dict[int, str]) -> None:
        self.list.known = replace(self.list.known, sparks={**self.list.known.sparks, **sparks})
        self.show_runs()

    def _ask_again(self) -> None:
        """Other lines may be seen: their curves are wanted now, not when the database changes."""
        for watch in self._watches[2:]:
            watch.again()

    def _older(self) -> None:
        self.show_runs()

    # -- what is shown ----------------------------------------------------------------------------------------------

    def show_runs(self) -> None:
        """The runs as they are to be listed now."""
        self.list.arrange()
        self.marked = self.marked & frozenset(self.list.lines)
        if self.list.runs and not self.list.lines:
            self.table.empty = "no run matches the filter"
        self.table.show(*self.list.table(self.app.now()), marked=self.marked)
        self._go()
        title = self.list.title(len(self.marked))
        if str(self.title_line.content) != title:
            self.title_line.update(title)

    def _rearranged(self) -> None:
        """Other lines, or in another order, as a key asked: the run under the cursor is still seen."""
        self.show_runs()
        self.table.follow()
        self._ask_again()

    def forget(self, ids: frozenset[str]) -> None:
        """Deleted runs are listed no more."""
        self._gone |= ids
        self.list.runs = self.app.runs = tuple(run for run in self.list.runs if run.id not in ids)
        self._rearranged()

    def go_to(self, run_id: str) -> None:
        """Put the cursor on a run, as soon as it is listed."""
        self._wanted = run_id
        self._go()

    def _go(self) -> None:
        at = next((at for at, row in enumerate(self.table.rows) if row.key == self._wanted), None)
        if at is not None:
            self._wanted = ""
            self.table.move_to(at)

    def on_resize(self, event: events.Resize) -> None:
        """The preview is where there is room for it."""
        if self.table.is_attached:
            self._put_preview()

    def _put_preview(self) -> None:
        body, place = self.query_one("#body"), self._place_now()
        if not body.has_class(place):  # what is set again is drawn again
            body.set_classes(place)

    def _place_now(self) -> str:
        wide, high = self.size
        if high < HIGH or wide < 40:
            return "off"
        return ("beside" if wide >= WIDE else "below") if self.place == "auto" else self.place

    async def _add_preview(self) -> None:
        from workbench.widgets.preview import Preview

        if not self.query(Preview):
            await self.query_one("#preview").mount(Preview())
            self._preview()

    def _preview(self) -> None:
        from workbench.widgets.preview import Preview

        line = self.list.lines.get(str(self.table.key))
        for preview in self.query(Preview):
            preview.show_runs(line.runs if line else ())

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        if self.query("Preview"):
            self._preview()

    def on_screen_suspend(self) -> None:
        """What is not seen is not asked."""
        for watch in self._watches[1:]:
            watch.pause(True)

    def on_screen_resume(self) -> None:
        """Ask again."""
        for watch in self._watches[1:]:
            watch.pause(False)

    # -- keys -------------------------------------------------------------------------------------------------------

    def chosen_runs(self) -> list[Run]:
        """The marked runs, else the one under the cursor, or all of a fold."""
        return self.list.runs_of([key for key in self.list.lines if key in self.marked] or [str(self.table.key)])

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        line = self.list.lines.get(str(event.key))
        if line is not None and line.folded:
            self.action_open_fold(line.key not in self.list.opened)
        elif line is not None:
            self.app.open_run(line.run.id)

    @on(Table.HeadingClicked)
    def _heading_clicked(self, event: Table.HeadingClicked) -> None:
        self._sort_by(event.column)

    def action_mark(self) -> None:
        """Mark the line under the cursor, or take its mark away, and go on to the next."""
        key = self.table.key
        if key is not None:
            self.marked = self.marked ^ {key}
            self.show_runs()
            self.table.action_move(1)

    def action_compare(self) -> None:
        """The marked runs, or those of a fold, beside each other; the one that is listed first is the reference."""
        self.app.compare(self.chosen_runs())

    def action_mark_all(self) -> None:
        """Mark all lines, or none where all are."""
        every = frozenset[object](self.list.lines)
        self.marked = frozenset() if self.marked == every else every
        self.show_runs()

    def action_sort(self, by: int) -> None:
        """Sort by the next column of those that there is room for."""
        keys = self.table.shown_columns
        at = keys.index(self.list.sorted_by) if self.list.sorted_by in keys else 0
        self._sort_by(keys[(at + by) % len(keys)])

    def _sort_by(self, key: str) -> None:
        self.list.sort_by(key)
        self._rearranged()
        self._keep()

    def _keep(self) -> None:
        """For the next session; what is kept is how the list is when the thread comes to it."""
        self.app.do("keep the columns", lambda: write_look(self._look()))

    def _look(self) -> Look:
        of = self.list
        return Look(of.columns, of.sorted_by, of.reverse, of.folding, self.place)

    def action_invert(self) -> None:
        """Turn the order around."""
        self._sort_by(self.list.sorted_by)

    def action_columns(self) -> None:
        """Choose the columns."""
        choices = [(one.column.key, f"{one.column.title:<9} {clipped(one.about, 56)}") for one in COLUMNS]

        def chosen(keys: list[str] | None) -> None:
            if keys:
                self.list.choose(keys)
                self._rearranged()
                self._keep()

        self.app.push_screen(Choose("columns", choices, self.list.columns), chosen)

    def action_fold(self) -> None:
        """Fold runs that are equal but for their seed, or show each."""
        self.list.folding = not self.list.folding
        self._rearranged()
        self._keep()

    def action_open_fold(self, wanted: bool) -> None:
        """Show or hide the runs of the fold under the cursor."""
        key = self.list.fold_around(str(self.table.key))
        if not wanted:
            self.table.move_to(next((at for at, row in enumerate(self.table.rows) if row.key == key), 0))
        self.list.open(key, wanted)
        self._rearranged()

    def action_place(self) -> None:
        """Put the preview elsewhere, or away."""
        self.place = PLACES[(PLACES.index(self.place) + 1) % len(PLACES)]
        self._put_preview()
        self._keep()
        self.app.tell(f"preview: {self.place}")

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#filter-line").add_class("shown")
        self.query_one(FilterLine).focus()

    def action_clear(self) -> None:
        """Leave the filter's line; then take marks away, then the filter."""
        line = self.query_one(FilterLine)
        if line.has_focus and line.value:
            self.table.focus()
        elif self.marked and not line.has_focus:
            self.marked = frozenset()
            self.show_runs()
        else:
            line.value = ""
            self.query_one("#filter-line").remove_class("shown")
            self.table.focus()

    @on(FilterLine.Changed, "#filter")
    def _filter_changed(self, event: FilterLine.Changed) -> None:
        if self.app.keys.letter_follows():
            return  # half a filter lists other runs, and all of them would be arranged for each letter
        try:
            self.list.terms = parse_filter(event.value)
        except UserError as error:
            self.title_line.update(Text(str(error), style="red"))
            return
        self._rearranged()

    @on(FilterLine.Submitted, "#filter")
    def _filter_submitted(self, event: FilterLine.Submitted) -> None:
        if not event.value:
            self.query_one("#filter-line").remove_class("shown")
        self.table.focus()
