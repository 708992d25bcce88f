"""Curves of several runs overlaid, a chart a figure: seeds folded to their mean, with its 95 % interval around it."""

import time
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

EVERY_S, SHARE = 2.0, 10  # between two rounds of reading: at least, and so many times what the last one took
Made = tuple[tuple[ArmCurve, ...], bool]  # of which curves the lines of a chart are, and whether with seconds
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
    """The charts that there are now, and what has been read of one of them."""

    charts: tuple[Chart, ...]
    arms: int
    of: Chart | None
    lines: tuple[Line, ...] = ()
    left_out: int = 0  # figures that do not compare


class CompareCurvesTab(CurvesTab):
    """The run screen's charts, with a line for each arm. Only what is seen is read."""

    def __init__(self, run: Run, comparing: Comparing) -> None:
        super().__init__(run)
        self.comparing = comparing
        self.view = CurveView()
        self.known: dict[str, Chart] = {}
        self._drawn: dict[str, tuple[Line, ...]] = {}  # what has been read, the newest last
        self._made: dict[str, Made] = {}
        self._seen: tuple[str, ...] = ()  # titles of the charts that are seen
        self._told: tuple[Chart, ...] | None = None
        self._round: Comparison | None = None  # whose charts are read now
        self._last: Comparison | None = None
        self._done: set[tuple[str, bool]] = set()  # in this round
        self._took = 0.0
        self._left_out = 0

    def run_changed(self, run: Run) -> None:
        """Each line knows its own run: the view needs none."""

    def _read(self, store: Store) -> Read | None:  # type: ignore[override]
        """In the reader's thread: the charts, and the first seen one that is not up to date.

        A round reads all that are seen, of one comparison; the next one waits so long that reading takes a tenth of
        the time, however much there is to read.
        """
        found = self._round_of(store)
        if found is None:
            return None
        charts, seconds = charts_of(found), self.view.x_kind == "time"
        for chart in [chart for chart in charts if chart.title in self._seen] or charts[:1]:
            if (chart.title, seconds) in self._done:
                continue
            self._done.add((chart.title, seconds))
            began = time.monotonic()
            curves = tuple(found.curves([found.arm(number) for number in chart.arms], chart.figure))
            if _same(self._made.get(chart.title), (curves, seconds)):
                continue
            lines = lines_of(found, curves, seconds)
            self._made[chart.title] = curves, seconds
            self._took += time.monotonic() - began
            if self._watch is not None:
                self._watch.again()
            return Read(charts, len(found.arms), chart, lines, left_out(found))
        self._end_round()
        return None if charts == self._told else Read(charts, len(found.arms), None, left_out=left_out(found))

    def _round_of(self, store: Store) -> Comparison | None:
        """The comparison of the round that is under way, or a new one's, with what the last one has read."""
        if self._round is None or self._round.store is not store:
            before, self._round = self._last, self.comparing.now(store)
            if self._round is not None and before is not None and self._round is not before:
                self._round.keep(before)
            if self._round is not None:
                self._round.forget_curves([one.figure for title, one in self.known.items() if title not in self._drawn])
        return self._round

    def _end_round(self) -> None:
        if self._watch is not None:
            self._watch.every_s = max(EVERY_S, SHARE * self._took)
        self._took, self._last, self._round = 0.0, self._round, None
        self._done.clear()

    async def _grown(self, read: Read) -> None:  # type: ignore[override]
        new, self._told = read.charts != self._told, read.charts
        self._left_out = read.left_out
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
        left = self._left_out
        more += f"   {left} do{'es' * (left == 1)} not compare: see tab 1" if left else ""
        line.update(f"{line.content}   faint: 95 % interval over seeds{more}")

    def _arms(self) -> int:
        return max((number for chart in self.known.values() for number in chart.arms), default=0)


def _same(one: Made | None, other: Made) -> bool:
    """Whether nothing was read anew."""
    if one is None or one[1] != other[1] or len(one[0]) != len(other[0]):
        return False
    return all(a is b for a, b in zip(one[0], other[0], strict=True))


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


def left_out(found: Comparison) -> int:
    """How many metrics two arms have that compare in no two of them."""
    every = {name for side in found.sides.values() for name in side.names() if "/" in name}
    return sum(not found.classes(name) and sum(name in s.names() for s in found.sides.values()) > 1 for name in every)


def lines_of(found: Comparison, curves: Sequence[ArmCurve], seconds: bool) -> tuple[Line, ...]:
    """A line for each arm that is drawn, without points where the figure does not compare: looks stay theirs."""
    known = {one.arm.number: one for one in curves}
    return tuple(_line(found, number, known.get(number), seconds) for number in _numbers(found))


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
