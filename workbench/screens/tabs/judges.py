"""What judges said of a run's pictures: each number with its interval and its n, over all classes and by class."""

from collections.abc import Sequence

from textual.app import ComposeResult

from runs.records import Evaluation, Run
from runs.store import Store
from workbench.drawing import class_names
from workbench.format import count, number, safe_text
from workbench.pictures import class_name
from workbench.screens.tabs.tab import Tab
from workbench.terminal.sparkline import bar
from workbench.terminal.table import Column, table_lines
from workbench.widgets.page import Line, Page

BAR = 16
COLUMNS = (Column("class", shrinks_to=6), Column("value", right=True), Column("95 % interval", right=True))


class JudgesTab(Tab):
    """A page of tables, one a judge and a number, the newest step's."""

    def compose(self) -> ComposeResult:
        """The page."""
        yield Page()

    def on_mount(self) -> None:
        """Follow the judges."""
        self.query_one(Page).show([("no judge has said anything yet", "faint")])
        self.watch_store(lambda store: self._read(store), self._show, every_s=2.0)

    def _read(self, store: Store) -> tuple[Evaluation, ...] | None:
        return tuple(store.evaluations(self.run)) or None

    def _show(self, evaluations: Sequence[Evaluation]) -> None:
        self.query_one(Page).show(judge_lines(evaluations, self.run))


def judge_lines(evaluations: Sequence[Evaluation], run: Run) -> list[Line]:
    """The newest numbers, judge by judge."""
    newest: dict[tuple[str, str], dict[int | None, Evaluation]] = {}
    for one in evaluations:
        known = newest.setdefault((one.judge, one.name), {})
        if known and next(iter(known.values())).step < one.step:
            known.clear()
        known[one.label] = one
    lines: list[Line] = []
    for (judge, name), by_label in sorted(newest.items()):
        step = next(iter(by_label.values())).step
        lines += [("", ""), (f"{safe_text(judge)}  {safe_text(name)}  at step {count(step)}", "bold")]
        lines += [(line, "") for line in _table(by_label, run)]
    return lines[1:]


def _table(by_label: dict[int | None, Evaluation], run: Run) -> list[str]:
    names = class_names(run)
    columns = (*COLUMNS, Column("n", right=True), Column(""))
    highest = max((one.value for one in by_label.values() if one.value is not None), default=0.0)
    rows = []
    for label in sorted(by_label, key=lambda label: (label is not None, label or 0)):
        one = by_label[label]
        interval = "" if one.low is None or one.high is None else f"{number(one.low)} to {number(one.high)}"
        share = (one.value or 0.0) / highest if highest > 0 else 0.0
        who = "all" if label is None else class_name(label, names)
        rows.append((who, number(one.value), interval, count(one.n), bar(share, BAR)))
    return table_lines(columns, rows)
