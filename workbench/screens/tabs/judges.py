"""What judges said of a run's pictures, as `workbench show` has it: numbers with intervals, n and baselines."""

from collections.abc import Sequence

from textual.app import ComposeResult

from runs.store import Store
from workbench.judges_page import Section, of_run
from workbench.screens.tabs.tab import Tab
from workbench.terminal.screen import Screen
from workbench.widgets.page import Line, Page

LEAST_WIDE = 20


class JudgesTab(Tab):
    """A page of sections: CLIP scores, classes, fidelity and diversity, sharpness, emergence."""

    def compose(self) -> ComposeResult:
        """The page."""
        yield Page()

    def on_mount(self) -> None:
        """Follow the judges."""
        self.query_one(Page).show([("no judge has said anything yet", "faint")])
        self.watch_store(lambda store: self._read(store), self._show, every_s=2.0)

    def _read(self, store: Store) -> tuple[Section, ...] | None:
        wide = max(self.app.size.width, LEAST_WIDE)
        return tuple(of_run(store, self.run, Screen(wide, self.app.size.height, terminal=True))) or None

    def _show(self, sections: Sequence[Section]) -> None:
        self.query_one(Page).show(section_lines(sections))


def section_lines(sections: Sequence[Section]) -> list[Line]:
    """Each section's title above its lines, an empty line between two."""
    lines: list[Line] = []
    for title, body in sections:
        lines += [("", ""), (title, "bold"), *((line, "") for line in body)]
    return lines[1:]
