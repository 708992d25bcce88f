"""A tab with one chart above the table of the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult

from runs.comparison import Comparison
from workbench.screens.compare_tabs.tab import CompareTab, Section, arm_lines, page_lines
from workbench.terminal.lines import Floats
from workbench.widgets.curve import Curve
from workbench.widgets.page import Page


@dataclass(frozen=True, eq=False)
class Graph:
    """What such a tab shows: the title and points of its chart, by the arm's number, and the lines below."""

    title: str
    arms: int
    points: dict[int, tuple[Floats, Floats]]
    sections: Sequence[Section]
    log_y: bool = True
    x_unit: str = "log-SNR"

    @property
    def told(self) -> tuple[object, ...]:
        """All of it as plain values, to see whether it is another one."""
        points = tuple((number, xs.tobytes(), ys.tobytes()) for number, (xs, ys) in self.points.items())
        return self.title, self.arms, points, str(self.sections)


class GraphTab(CompareTab):
    """The chart of `graph`, and its page."""

    DEFAULT_CSS = """
    GraphTab { layout: vertical; }
    GraphTab Curve { height: 1fr; }
    GraphTab Page { height: 1fr; }
    """
    EMPTY = "nothing to compare yet"
    _told: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The chart and the page."""
        yield Curve()
        yield Page()

    def on_mount(self) -> None:
        """Follow the runs."""
        self.query_one(Page).show([(self.EMPTY, "faint")])
        self.follow(self._read, self._show)

    def on_resize(self) -> None:
        """Tables are made for a width."""
        self.ask_again()

    def graph(self, found: Comparison) -> Graph | None:
        """What to show, made in the reader's thread; None while there is nothing."""
        raise NotImplementedError

    def _read(self, found: Comparison) -> Graph | None:
        graph = self.graph(found)
        if graph is None or graph.told == self._told:
            return None
        self._told = graph.told
        return graph

    def _show(self, graph: Graph) -> None:
        curve = self.query_one(Curve)
        curve.view.x_unit = graph.x_unit
        if graph.title != curve.title:
            curve.view.log_y = graph.log_y
        curve.show_lines(arm_lines(graph.arms, graph.points), graph.title)
        self.query_one(Page).show(page_lines(graph.sections, self.paper().wide) or [(self.EMPTY, "faint")])
