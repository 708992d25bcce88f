"""What of the runs is listed and in which order: filter, folds, sorting and columns, without a screen."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runs import glance
from workbench.fold import folded
from workbench.run_columns import BY_KEY, SHOWN_AT_FIRST, SPARK, Glance, Line, RunColumn, cells, in_order, worth_showing
from workbench.run_filter import Term, matches
from workbench.widgets.table import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runs.records import Run
    from runs.store import Store

HIGHEST_FIRST = ("age", "clip", "pace", "step")


@dataclass
class RunList:
    """The runs and how they are listed. arrange makes the lines."""

    runs: "tuple[Run, ...]" = ()
    known: Glance = field(default_factory=Glance)
    terms: tuple[Term, ...] = ()
    columns: tuple[str, ...] = SHOWN_AT_FIRST
    sorted_by: str = "age"
    reverse: bool = True
    folding: bool = False
    opened: frozenset[str] = frozenset()
    lines: dict[str, Line] = field(default_factory=dict)
    kept: int = 0  # runs that the filter lets through

    def arrange(self) -> None:
        """Make the lines: the runs that the filter lets through, folded and sorted."""
        measures = {"smooth": self.known.smoothed, "clip": self.known.clip, "x0": self.known.x0}
        kept = [run for run in self.runs if matches(run, self.terms, measures)]
        lines = folded(kept) if self.folding else [Line((run,)) for run in kept]
        ordered = in_order(lines, BY_KEY[self.sorted_by], self.known, self.reverse)
        self.lines = {one.key: one for line in ordered for one in self._opened(line)}
        self.kept = len(kept)

    def _opened(self, line: Line) -> list[Line]:
        if not line.folded or line.key not in self.opened:
            return [line]
        return [line, *(Line((run,), inner=True) for run in line.runs)]

    def table(self, now: float) -> tuple[list[Column], list[Row]]:
        """The headings, the one that is sorted by marked, and a row for each line."""
        columns = worth_showing([BY_KEY[key] for key in self.columns], list(self.lines.values()), self.known)
        rows = [Row(line.key, cells(line, columns, self.known, now)) for line in self.lines.values()]
        return [self._heading(column) for column in columns], rows

    def _heading(self, column: RunColumn) -> Column:
        if column.column.key != self.sorted_by:
            return column.column
        return replace(
            column.column, title=column.column.title + ("↓" if self.reverse else "↑"), rank=min(0, column.column.rank)
        )

    def sort_by(self, key: str) -> None:
        """Sort by a column, in the order that puts first what is looked for; by the same one again: turned around."""
        self.reverse = not self.reverse if key == self.sorted_by else key in HIGHEST_FIRST
        self.sorted_by = key

    def choose(self, columns: list[str]) -> None:
        """Show these columns."""
        self.columns = tuple(columns)
        if self.sorted_by not in columns:
            self.sorted_by = columns[0]

    def fold_around(self, key: str) -> str:
        """The key of the fold that a line belongs to, its own key where it belongs to none."""
        line = self.lines.get(key)
        if line is None or not line.inner:
            return key
        return next(one.key for one in self.lines.values() if one.folded and line.run in one.runs)

    def open(self, key: str, wanted: bool) -> None:
        """Open or close a fold."""
        self.opened = self.opened | {key} if wanted else self.opened - {key}

    def runs_of(self, keys: "list[str]") -> "list[Run]":
        """The runs of some lines, each once."""
        found = [run for key in keys if key in self.lines for run in self.lines[key].runs]
        return list({run.id: run for run in found}.values())

    def title(self, marked: int) -> str:
        """How many runs there are, how many of them are listed, go on, and are marked."""
        statuses = [run.status for run in self.runs]
        all_of_them = f"{len(self.runs)} run{'s' * (len(self.runs) != 1)}"
        parts = [all_of_them if self.kept == len(self.runs) else f"{self.kept} of {all_of_them}"]
        parts += [f"{statuses.count(status)} {status}" for status in ("running", "queued") if status in statuses]
        parts += [f"{marked} marked"] if marked else []
        return "workbench  " + "  ".join(parts)


def read_glance(store: "Store") -> Glance:
    """What the columns need beside the rows, without the curves."""
    return Glance(
        smoothed=glance.smoothed(store),
        clip=glance.clip_scores(store),
        x0={run: found["val/x0_loss"] for run, found in glance.last_values(store, ("val/x0_loss",)).items()},
    )


class Sparklines:
    """Small curves by the run's number, each made again when its run has gone on."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[int, str]] = {}  # of which step, and the curve

    def of(self, store: "Store", runs: "Iterable[Run]") -> dict[int, str]:
        """The curves of some runs."""
        return {run.number: self._one(store, run) for run in runs}

    def _one(self, store: "Store", run: "Run") -> str:
        from workbench.terminal.sparkline import sparkline

        step, text = self._made.get(run.number, (-1, ""))
        if step != run.step:
            text = sparkline(glance.sparkline_values(store, run.number, SPARK), SPARK)
            self._made[run.number] = (run.step, text)
        return text
