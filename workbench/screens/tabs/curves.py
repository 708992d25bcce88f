"""Every metric of a run as curves, live: some charts a page, all moving together, one of them enlarged on a key."""

import math
import re
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.widgets import Input, Static

from runs.curves import Curves, Stretch
from runs.lineage import Inherited
from runs.records import Run
from runs.store import Store
from workbench.metric_groups import grouped, is_system
from workbench.screens.tabs.tab import Tab
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Line
from workbench.widgets.curve import Curve

if TYPE_CHECKING:
    from workbench.reader import Watch

LEAST = (44, 9)  # cells of a chart, wide and high
SHAPE = 4.0  # cells wide over cells high: a cell is twice as high as wide
FIRST = ("train/loss", "val/loss", "train/bank_loss", "val/x0_loss")


class CurvesTab(Tab):
    """The charts of the metrics that `wanted` lets through."""

    DEFAULT_CSS = """
    CurvesTab { layout: vertical; }
    CurvesTab Grid { height: 1fr; grid-gutter: 0 1; }
    CurvesTab #line { height: 1; text-style: dim; }
    CurvesTab Input { display: none; }
    CurvesTab Input.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "chart(1)", "Chart", key_display="↑↓", tooltip="the next chart"),
        Binding("up,k", "chart(-1)", "Chart before", show=False, tooltip="the chart before"),
        Binding("pagedown,ctrl+d", "page(1)", "Next page", show=False, tooltip="the next charts"),
        Binding("pageup,ctrl+u", "page(-1)", "Page before", show=False, tooltip="the charts before"),
        Binding("enter", "enlarge", "Enlarge", tooltip="one chart alone, or all again"),
        Binding("slash", "filter", "Filter", tooltip="metrics whose name matches a regular expression"),
        Binding("escape", "clear", "All charts", show=False, tooltip="all charts again, without a filter"),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.lines: dict[str, Line] = {}
        self.view = CurveView(batch_size=float(run.config.train.batch_size), origin=run.started or run.created)
        self.chosen = 0
        self.enlarged = False
        self.pattern = re.compile("")
        self._watch: Watch[list[Stretch]] | None = None
        self._attempts: dict[str, int] = {}
        self._curves = Curves(run.number)
        self._inherited = Inherited(run)

    def wanted(self, name: str) -> bool:
        """Whether a metric belongs here."""
        return not is_system(name)

    def compose(self) -> ComposeResult:
        """Charts, and a line that says which."""
        yield Grid()
        line = Input(placeholder="regular expression, as loss or ^val/", id="pattern")
        line.cursor_blink = False
        yield line
        yield Static(id="line", markup=False)

    def on_mount(self) -> None:
        """Read the curves, a portion at a time, the loss first."""
        self.run_changed(self.run)
        self._watch = self.watch_store(self._read, self._grown, every_s=0.25)
        self._watch.again()  # also when the first portion was read before there was a watch

    def _read(self, store: Store) -> list[Stretch] | None:
        source = self._inherited if self._inherited.more else self._curves
        found = source.read(store, FIRST)
        if (source.more or source is self._inherited) and self._watch is not None:
            self._watch.again()
        return found or None

    def run_changed(self, run: Run) -> None:
        """The number of training pictures is known once the run has begun."""
        super().run_changed(run)
        pictures = run.facts.get("train_images")
        self.view.epoch_images = float(pictures) if isinstance(pictures, int) else 0.0
        self.view.origin = run.started or run.created

    async def _grown(self, stretches: list[Stretch]) -> None:
        every = dict.fromkeys([*self._inherited.names, *self._curves.names])
        names = [name for name in every if self.wanted(name) and name not in self.lines]
        self.lines |= {name: Line(name) for name in names}
        for one in stretches:
            if one.name not in self.lines:
                continue
            goes_on = one.attempt != self._attempts.get(one.name, one.attempt)
            self._attempts[one.name] = one.attempt
            self.lines[one.name].extend(one.steps, one.values, one.times, attempt_starts=goes_on)
        if names:
            await self._arrange()
        else:
            changed = {one.name for one in stretches}
            for curve in self.query(Curve):
                if any(line.name in changed for line in curve.lines):
                    curve.redraw()

    def charts(self) -> dict[str, list[str]]:
        """The metrics of each chart, as far as the filter lets them through."""
        return grouped(name for name in self.lines if self.pattern.search(name))

    def _page(self, charts: int) -> tuple[int, int]:
        """Charts beside and below each other."""
        return (1, 1) if self.enlarged else page(charts, self.size.width, max(1, self.size.height - 1))

    async def _arrange(self) -> None:
        """As many charts as fit, the page that has the chosen one."""
        charts = self.charts()
        self.chosen = max(0, min(self.chosen, len(charts) - 1))
        across, down = self._page(len(charts))
        grid = self.query_one(Grid)
        room = across * down
        first = self.chosen // room * room
        shown = list(charts.items())[first : first + room]
        await self._make(grid, max(1, len(shown)))
        grid.styles.grid_size_columns = across
        grid.styles.grid_size_rows = down
        curves = list(grid.query(Curve))
        for curve, (name, metrics) in zip(curves, shown, strict=False):
            curve.show_lines([self.lines[metric] for metric in metrics], name)
        if not shown:
            curves[0].show_lines([], "no metric matches" if self.lines else "")
        if self._has_keys():
            curves[min(self.chosen - first, len(curves) - 1)].focus()
        self._say(len(charts), first, len(shown))

    def _has_keys(self) -> bool:
        """Whether the keys are here, not in the filter and not in another part of the screen."""
        focused = self.screen.focused
        return self.display and (focused is None or isinstance(focused, Curve) or not focused.is_attached)

    async def _make(self, grid: Grid, wanted: int) -> None:
        curves = list(grid.query(Curve))
        for curve in curves[wanted:]:
            await curve.remove()
        if wanted > len(curves):
            await grid.mount(*(Curve(view=self.view) for _ in range(wanted - len(curves))))

    def _say(self, charts: int, first: int, shown: int) -> None:
        parts = [f"charts {first + 1} to {first + shown} of {charts}" if shown < charts else ""]
        parts.append(f"filter {self.pattern.pattern}" if self.pattern.pattern else "")
        parts.append(f"smoothing {self.view.smoothing:g}" if self.view.smoothing else "")
        parts += ["log x" if self.view.log_x else "", "" if self.view.log_y else "linear y"]
        parts += ["outliers left out" if self.view.clip else "", f"x: {self.view.x_kind}"]
        self.query_one("#line", Static).update("   ".join(part for part in parts if part))

    @on(Curve.Moved)
    def _moved(self, message: Curve.Moved) -> None:
        """The other charts go along."""
        message.stop()
        for curve in self.query(Curve):
            if curve is not message.curve:
                curve.redraw()
        self._say_again()

    def _say_again(self) -> None:
        charts = self.charts()
        across, down = self._page(len(charts))
        room = across * down
        first = self.chosen // room * room
        self._say(len(charts), first, min(room, len(charts) - first))

    async def on_resize(self) -> None:
        """Other numbers of charts fit."""
        await self._arrange()

    def on_descendant_focus(self) -> None:
        """The chart that has the keys is the chosen one."""
        curves = list(self.query(Curve))
        if self.screen.focused in curves:
            across, down = self._page(len(self.charts()))
            room = across * down
            self.chosen = self.chosen // room * room + curves.index(self.screen.focused)

    async def action_chart(self, by: int) -> None:
        """Another chart."""
        self.chosen = max(0, min(self.chosen + by, len(self.charts()) - 1))
        await self._arrange()

    async def action_page(self, by: int) -> None:
        """Other charts."""
        across, down = self._page(len(self.charts()))
        await self.action_chart(by * across * down)

    async def action_enlarge(self) -> None:
        """One chart, or all."""
        self.enlarged = not self.enlarged
        await self._arrange()

    def action_filter(self) -> None:
        """Type a regular expression."""
        line = self.query_one("#pattern", Input)
        line.add_class("shown")
        line.focus()

    @on(Input.Changed, "#pattern")
    async def _typed(self, message: Input.Changed) -> None:
        try:
            self.pattern = re.compile(message.value, re.IGNORECASE)
        except re.error:  # still being typed: the last good one counts
            return
        self.chosen = 0
        await self._arrange()

    @on(Input.Submitted, "#pattern")
    async def _submitted(self) -> None:
        self._close_filter()

    def _close_filter(self) -> None:
        line = self.query_one("#pattern", Input)
        line.remove_class("shown")
        self.focus_first()

    async def action_clear(self) -> None:
        """Step by step back to all charts; then the key is the screen's."""
        line = self.query_one("#pattern", Input)
        if line.has_class("shown") or line.value:
            line.value = ""
            self._close_filter()
        elif self.enlarged:
            await self.action_enlarge()
        else:
            raise SkipAction


def page(charts: int, wide: int, high: int) -> tuple[int, int]:
    """How many charts beside and below each other fit so many cells: all of them where they do, near a good shape."""
    most, deepest = max(1, wide // LEAST[0]), max(1, high // LEAST[1])
    whole = [(across, -(-charts // across)) for across in range(1, most + 1) if -(-charts // across) <= deepest]
    if charts < 2:
        return 1, 1
    if not whole:
        return most, deepest
    return min(whole, key=lambda many: abs(math.log(wide / many[0] / (high / many[1]) / SHAPE)))
