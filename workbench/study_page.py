"""Studies as tables: which there are, how far each is, and what came out along its axes."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from diffusion.config import RunConfig
from diffusion.errors import unknown_name
from runs import figures, studies
from runs.arms import began_at, grouped, speaking
from runs.statistics import Estimate
from workbench.estimates import interval
from workbench.format import age, safe_text
from workbench.study_plan import READY
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, parted_lines, table_lines

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Figures = Mapping[figures.Key, figures.Measured]


def list_lines(found: "Mapping[str, Sequence[Run]]", screen: Screen) -> list[str]:
    """All studies, the newest first."""
    columns = [
        Column("STUDY", shrinks_to=16),
        Column("RUNS", right=True),
        Column("STATUS", shrinks_to=12),
        Column("AXES", shrinks_to=16),
        Column("SEEDS", right=True),
        Column("AGE", right=True),
    ]
    rows = []
    for name, runs in reversed(list(found.items())):
        axes = studies.axes_of([run.config for run in runs])
        seeds = {run.seed for run in runs}
        newest = max(run.created for run in runs)
        rows.append(
            [
                safe_text(name),
                str(len(runs)),
                statuses(runs),
                ", ".join(axes) or "-",
                str(len(seeds)),
                age(newest).removesuffix(" ago"),
            ]
        )
    return table_lines(columns, rows, screen.wide if screen.terminal else None)


def ready_lines(screen: Screen) -> list[str]:
    """The ready studies: what each decides, and below it what it varies."""
    wide = max(len(name) for name in READY)
    told = []
    for one in READY.values():
        varies = " ".join(one.vary) + (", drawn from --run RUN" if one.draws else "")
        for head, text in ((one.name, one.decides), ("", varies)):
            for at, part in enumerate(textwrap.wrap(text, max(20, screen.wide - wide - 2))):
                told.append(f"{head if not at else '':{wide}}  {part}")
    return told


def statuses(runs: "Sequence[Run]") -> str:
    """How many runs are where: 4 completed, 2 queued."""
    counts = Counter(run.status for run in runs)
    return ", ".join(f"{many} {status}" for status, many in counts.most_common())


def study_runs(store: "Store", name: str) -> "list[Run]":
    """The runs of a study. Raises UserError for one that is not there."""
    found = studies.named_studies(store.runs())
    if name not in found:
        raise unknown_name("study", name, found, "workbench study list")
    return found[name]


def show_lines(store: "Store", runs: "Sequence[Run]", metrics: Sequence[str], screen: Screen) -> list[str]:
    """One study: a line for each point on its axes, with mean and 95 % interval over its seeds."""
    points = _points(store, runs)
    names = _names(points, metrics)
    axes = studies.axes_of([point.config for point in points])
    keys = [*(Column(key.rpartition(".")[2].upper(), shrinks_to=8) for key in axes), Column("SEEDS", right=True)]
    rows = []
    for point in points:
        values = studies.values_of(point.config, axes)
        cells = [_cell(point, name) for name in names]
        rows.append([*map(safe_text, values.values()), point.seeds, *cells])
    columns = [Column(safe_text(name), right=True) for name in names]
    told = [f"{safe_text(str(runs[0].study))}: {statuses(runs)}", ""]
    told += parted_lines(keys, columns, rows, screen.wide if screen.terminal else None)
    drawn = any(point.drawn for point in points)
    over = (
        "drawings of one network ± half of the 95 % interval over pictures"
        if drawn
        else ("finished seeds ± half of the 95 % interval (Student's)")
    )
    told += ["", f"mean over {over}; [2]: two seeds alone have it"]
    told += ["of that network alone: other trainings of the same settings may differ"] if drawn else []
    told += [f"{safe_text(run.name)} does not count: {safe_text(why)}" for point in points for run, why in point.aside]
    return told + [f"{safe_text(name)} does not compare: {why}" for name, why in _not_comparable(points, names).items()]


def show_values(store: "Store", runs: "Sequence[Run]", metrics: Sequence[str]) -> dict[str, Any]:
    """What the page tells, as plain values, of all figures when none is named."""
    points = _points(store, runs)
    names = _names(points, metrics, everything=True)
    axes = studies.axes_of([point.config for point in points])
    return {
        "study": runs[0].study,
        "axes": axes,
        "points": [
            {
                "values": dict(studies.values_of(point.config, axes)),
                "runs": [
                    {"name": run.name, "id": run.id, "seed": run.seed, "status": run.status} for run in point.members
                ],
                "diverged": point.diverged,
                "aside": [{"name": run.name, "why": why} for run, why in point.aside],
                "figures": {name: asdict(found) for name in names if (found := point.folded(name))},
            }
            for point in points
        ],
        "not_comparable": _not_comparable(points, names),
    }


@dataclass(frozen=True)
class Point:
    """One point of a study: its config, all of its runs, and what those that speak for it measured."""

    config: RunConfig
    members: "Sequence[Run]"
    done: int
    aside: "Sequence[tuple[Run, str]]"
    diverged: bool
    drawn: bool
    taken: Sequence[Figures]

    @property
    def seeds(self) -> str:
        """2, or 2 of 3 where some are not done."""
        many = len({run.seed for run in self.members})
        return str(many) if self.done == many else f"{self.done} of {many}"

    def folded(self, name: str) -> Estimate | None:
        """A figure over the seeds that have it."""
        return figures.folded(self.taken, name, drawn=self.drawn)

    def having(self, name: str) -> int:
        """How many seeds have a figure."""
        return sum((name, None) in one for one in self.taken)


def _points(store: "Store", runs: "Sequence[Run]") -> list[Point]:
    points = []
    for (config, _), members in grouped(runs).items():
        speakers, aside = speaking(members)
        done = [run for run in speakers if run.status in studies.DONE]
        diverged = bool(done) and all(run.status == "diverged" for run in done)
        began = began_at(speakers[0])
        taken = [] if diverged else [figures.measured(store, run, began) for run in done]
        drawn = bool(speakers[0].parent) and 0 < speakers[0].step <= began
        told = [(run, why) for run, why in aside if run.status in studies.DONE]
        points.append(Point(config, members, len(done), told, diverged, drawn, taken))
    return points


def _names(points: Sequence[Point], metrics: Sequence[str], everything: bool = False) -> list[str]:
    """The figures to show."""
    keys = (key for point in points for one in point.taken for key in one)
    known = list(dict.fromkeys(name for name, label in keys if label is None))
    if metrics:
        return figures.chosen(metrics, known)
    return known if everything else figures.headlines(known)


def _cell(point: Point, name: str) -> str:
    """A figure of a point; with the number of its seeds where not all of them have it."""
    if point.diverged:
        return "diverged"
    found = point.folded(name)
    return interval(found) + (f" [{many}]" if 0 < (many := point.having(name)) < point.done else "")


def _not_comparable(points: Sequence[Point], names: Sequence[str]) -> dict[str, str]:
    """Figures that do not mean the same in all points, and why."""
    told = {}
    for name in names:
        counts = [one[name, None].n for point in points for one in point.taken if (name, None) in one]
        if why := figures.why_not(name, [point.config for point in points], counts):
            told[name] = why
    return told
