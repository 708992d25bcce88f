"""What judges said of a run's pictures: drawn, and as `workbench show` has it, with intervals, n and baselines."""

from collections.abc import Iterator, Mapping, Sequence

from textual.app import ComposeResult

from runs.looks import look_of
from runs.store import Store
from workbench.drawing import class_names
from workbench.judge_graphs import graphs
from workbench.judges_page import Section, of_run
from workbench.looks_page import chosen
from workbench.screens.compare_tabs.tab import page_lines
from workbench.screens.tabs.tab import Tab
from workbench.terminal.screen import Screen
from workbench.widgets.page import Page

LEAST_WIDE = 20


class JudgesTab(Tab):
    """A page of sections: CLIP scores, classes, fidelity and diversity, sharpness, emergence; graphs before tables."""

    def compose(self) -> ComposeResult:
        """The page."""
        yield Page()

    def on_mount(self) -> None:
        """Follow the judges."""
        self.query_one(Page).show([("no judge has said anything yet", "faint")])
        self._watch = self.watch_store(self._read, self._show, every_s=2.0)

    def on_resize(self) -> None:
        """Tables and bars are made for a width."""
        self._watch.again()

    def _read(self, store: Store) -> tuple[Section, ...] | None:
        wide = max(self.app.size.width, LEAST_WIDE)
        found = of_run(store, self.run, Screen(wide, self.app.size.height, terminal=True))
        if not found:
            return None
        names = class_names(self.run)
        known, every = store.baselines(self.run), store.evaluations(self.run)
        shown = chosen(self.run, every, 0, every=False)  # as the tables
        said = [one for one in every if look_of(one) in shown]
        along = [one for one in store.curves(self.run) if look_of(one) in shown]
        drawn = graphs(said, known, along, names, wide - 2)
        return tuple(with_graphs(found, drawn))

    def _show(self, sections: Sequence[Section]) -> None:
        self.query_one(Page).show(page_lines(sections, max(self.app.size.width, LEAST_WIDE) - 2))


def with_graphs(sections: Sequence[Section], drawn: Mapping[str, list[str]]) -> Iterator[Section]:
    """Each section after what is drawn of it: the graph whose title its own begins with, once."""
    left = dict(drawn)
    for title, lines in sections:
        known = next((one for one in left if title.startswith(one)), "")
        yield title, [*left.pop(known, []), *lines]
