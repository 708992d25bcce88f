"""What the tabs of a comparison have in common."""

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType

from runs.comparison import Comparison
from runs.records import Run
from workbench.comparing import Comparing
from workbench.format import width_of
from workbench.screens.tabs.tab import Tab
from workbench.terminal.lines import Floats, Line
from workbench.terminal.screen import Screen
from workbench.terminal.series import SERIES
from workbench.widgets.page import Line as PageLine
from workbench.widgets.page import Page

if TYPE_CHECKING:
    from runs.store import Store
    from workbench.reader import Watch

T = TypeVar("T")
EVERY_S = 2.0
LEAST_WIDE = 20
MOST_DRAWN = len(SERIES)  # arms: more lines than there are looks are told apart by nobody
Section = tuple[str, Sequence[str]]


class CompareTab(Tab):
    """One tab. run: the first one of the first arm."""

    def __init__(self, run: Run, comparing: Comparing) -> None:
        super().__init__(run)
        self.comparing = comparing

    def follow(self, of: Callable[[Comparison], T | None], then: Callable[[T], object]) -> "Watch[T]":
        """Tell what is made of the comparison, in the reader's thread, whenever that is something else."""

        def question(store: "Store") -> T | None:
            found = self.comparing.now(store)
            return None if found is None else of(found)

        return self.watch_store(question, then, every_s=EVERY_S)

    def paper(self) -> Screen:
        """What tables are made for."""
        return Screen(max(self.app.size.width, LEAST_WIDE), self.app.size.height, terminal=True)


class TextTab(CompareTab):
    """A page of sections."""

    BINDINGS: ClassVar[list[BindingType]] = []
    EMPTY = "nothing to compare yet"

    def compose(self) -> ComposeResult:
        """The page."""
        yield Page()

    def on_mount(self) -> None:
        """Follow the runs."""
        self.query_one(Page).show([(self.EMPTY, "faint")])
        self.follow(lambda found: tuple((title, tuple(lines)) for title, lines in self.sections(found)), self._show)

    def on_resize(self) -> None:
        """Tables are made for a width."""
        self.ask_again()

    def sections(self, found: Comparison) -> Sequence[Section]:
        """Titles and lines, made in the reader's thread; those without lines are left out."""
        raise NotImplementedError

    def _show(self, sections: Sequence[Section]) -> None:
        self.query_one(Page).show(page_lines(sections, self.paper().wide) or [(self.EMPTY, "faint")])


def page_lines(sections: Sequence[Section], wide: int) -> list[PageLine]:
    """Each section's title above its lines, an empty line between two; sentences that are too long go on below."""
    lines: list[PageLine] = []
    for title, body in sections:
        if body:
            heading: list[PageLine] = [("", ""), (title, "bold")] if title else [("", "")]
            parts = [part for line in body for part in (wrap(line, wide) if width_of(line) > wide else [line])]
            lines += [*heading, *((part, "") for part in parts)]
    return lines[1:]


def arm_lines(arms: int, points: dict[int, tuple[Floats, Floats]]) -> list[Line]:
    """A line for each arm, called by its number; without points where it has none, so that looks stay theirs."""
    lines = []
    for number in range(1, min(arms, MOST_DRAWN) + 1):
        line = Line(str(number))
        if number in points:
            line.extend(*points[number])
        lines.append(line)
    return lines
