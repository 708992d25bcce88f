"""Curves of several runs overlaid, a chart a figure: seeds folded to their mean, with its 95 % interval around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.widgets import Static

from runs import compare_curves, figures
from runs.compare_curves import Curve as ArmCurve
from runs.comparison import Comparison
from runs.records import Run
from runs.store import Store
from workbench.comparing import Comparing
from workbench.screens.compare_tabs.tab import MOST_DRAWN
from workbench.screens.tabs.curves import FIRST, CurvesTab
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Line
from workbench.widgets.curve import Curve

KEPT = 12  # charts whose points are kept: those of hundreds of figures would be gigabytes


@dataclass(frozen=True)
class Chart:
    """One figure, and the numbers of the arms among which it compares."""

    figure: str
    arms: tuple[int, ...]
    all_of_them: bool

    @property
    def title(self) -> str:
        """As it stands above the chart."""
        return self.figure if self.all_of_them else f"{self.figure}: {', '.join(map(str, self.arms))}"


@dataclass(frozen=True, eq=False)
class Read:
    """The charts that there are now, and what has been read of one of them. seconds: the lines know their times."""

    charts: tuple[Chart, ...]
    arms: int
    of: Chart | None
    lines: tuple[Line, ...] = ()
    seconds: bool = False


class CompareCurvesTab(CurvesTab):
    """The run screen's charts, with a line for each arm. Only what is seen is read."""

    def __init__(self, run: Run, comparing: Comparing) -> None:
        super().__init__(run)
        self.comparing = comparing
        self.view = CurveView()
        self.known: dict[str, Chart] = {}
        self._drawn: dict[str, tuple[Line, ...]] = {}  # what has been read, the newest last
        self._made: dict[str, tuple[Comparison, bool]] = {}  # of which comparison, and whether with seconds
        self._seen: tuple[str, ...] = ()  # titles of the charts that are seen
        self._told: tuple[Chart, ...] | None = None

    def run_changed(self, run: Run) -> None:
        """Each line knows its own run: the view needs none."""

    def _read(self, store: Store) -> Read | None:  # type: ignore[override]
        """In the reader's thread: the charts, and the first seen one that is not up to date."""
        found = self.comparing.now(store)
        if found is None:
            return None
        charts = charts_of(found)
        seconds = self.view.x_kind == "time"
        seen = [chart for chart in charts if chart.title in self._seen] or list(charts[:1])
        for chart in seen:
            if self._made.get(chart.title) != (found, seconds):
                self._made[chart.title] = found, seconds
                lines = lines_of(found, chart, seconds)
                if self._watch is not None:
                    self._watch.again()
                return Read(charts, len(found.arms), chart, lines, seconds)
        if charts == self._told:
            return None
        return Read(charts, len(found.arms), None)

    async def _grown(self, read: Read) -> None:  # type: ignore[override]
        new, self._told = read.charts != self._told, read.charts
        self.known = {chart.title: chart for chart in read.charts}
        if read.of is not None:
            self._drawn.pop(read.of.title, None)
            self._drawn[read.of.title] = read.lines
            self._forget()
            self.lines |= {_key(read.of.title, at): line for at, line in enumerate(read.lines)}
        for chart in read.charts:
            for at in range(min(read.arms, MOST_DRAWN)):
                self.lines.setdefault(_key(chart.title, at), Line(str(at + 1)))
        if new:
            await self._arrange()
        elif read.of is not None:
            for curve in self.query(Curve):
                if curve.title == read.of.title:
                    curve.show_lines(list(read.lines), curve.title)
        self._want()

    def _forget(self) -> None:
        for title in list(self._drawn)[:-KEPT]:
            if title not in self._seen:
                lines = self._drawn.pop(title)
                self._made.pop(title, None)
                self.lines |= {_key(title, at): Line(line.name) for at, line in enumerate(lines)}

    def charts(self) -> dict[str, list[str]]:
        """The lines of each chart, as far as the filter lets its figure through."""
        return {
            title: [key for at in range(MOST_DRAWN) if (key := _key(title, at)) in self.lines]
            for title, chart in self.known.items()
            if self.pattern.search(chart.figure)
        }

    async def _arrange(self) -> None:
        await super()._arrange()
        self._want()

    def _want(self) -> None:
        """Ask for the charts that are seen now."""
        seen = tuple(curve.title for curve in self.query(Curve))
        if seen != self._seen:
            self._seen = seen
            if self._watch is not None:
                self._watch.again()

    @on(Curve.Moved)
    def _turned(self) -> None:
        """Seconds are read when they are asked for: the clock of each point is as much to read as the point."""
        if self.view.x_kind == "time" and self._watch is not None:
            self._watch.again()

    def _say(self, charts: int, first: int, shown: int) -> None:
        super()._say(charts, first, shown)
        line = self.query_one("#line", Static)
        more = f"   the first {MOST_DRAWN} alone" if len(self.known) and self._arms() > MOST_DRAWN else ""
        line.update(f"{line.content}   faint: 95 % interval over seeds{more}")

    def _arms(self) -> int:
        return max((number for chart in self.known.values() for number in chart.arms), default=0)


def _key(title: str, at: int) -> str:
    return f"{title}\0{at}"


def charts_of(found: Comparison) -> tuple[Chart, ...]:
    """A chart for each figure and each group of arms among which it compares, those that decide most first."""
    every = dict.fromkeys(name for side in found.sides.values() for name in side.names())
    metrics = sorted(name for name in every if " " not in name and name not in (figures.SECONDS, figures.IMAGES))
    judged = [name for name in found.names if " " in name and any(found.drawable(g, name) for g in found.classes(name))]
    first = [name for name in (figures.X0_LOSS, *FIRST) if name in metrics]
    return tuple(
        Chart(name, tuple(arm.number for arm in group), len(group) == len(found.arms))
        for name in dict.fromkeys([*first, *judged, *metrics])
        for group in found.classes(name)
    )


def lines_of(found: Comparison, chart: Chart, seconds: bool) -> tuple[Line, ...]:
    """A line for each arm that is drawn, without points where the figure does not compare: looks stay theirs."""
    curves = {one.arm.number: one for one in found.curves([found.arm(number) for number in chart.arms], chart.figure)}
    return tuple(_line(found, number, curves.get(number), seconds) for number in _numbers(found))


def _numbers(found: Comparison) -> Sequence[int]:
    return range(1, min(len(found.arms), MOST_DRAWN) + 1)


def _line(found: Comparison, number: int, curve: ArmCurve | None, seconds: bool) -> Line:
    images = float(found.arm(number).config.train.batch_size)
    line = Line(str(number), step_images=images)
    if curve is None:
        return line
    times = compare_curves.places(found.store, curve, "seconds") if seconds else None
    line.extend(curve.steps, curve.mean, times)
    if len(curve.seeds) > 1:
        line.band = (Line("low", step_images=images), Line("high", step_images=images))
        for edge, values in zip(line.band, (curve.low, curve.high), strict=True):
            edge.extend(curve.steps, values, times)
    return line
