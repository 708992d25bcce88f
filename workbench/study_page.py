"""Studies as tables: which there are, how far each is, and what came out along its axes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from diffusion.errors import unknown_name
from runs import figures, studies
from runs.statistics import Estimate
from workbench.format import age, number, safe_text
from workbench.study_plan import READY
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Figures = Mapping[str, float]


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
    """The ready studies and what each decides."""
    columns = [Column("STUDY"), Column("DECIDES", shrinks_to=20), Column("VARIES", shrinks_to=20)]
    rows = [
        [one.name, one.decides, " ".join(one.vary) + (", drawn from --run RUN" if one.draws else "")]
        for one in READY.values()
    ]
    return table_lines(columns, rows, screen.wide if screen.terminal else None)


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
    groups, taken, names = _read(store, runs, metrics)
    axes = studies.axes_of([run.config for run in runs])
    columns = [
        *(Column(key.rpartition(".")[2].upper()) for key in axes),
        Column("SEEDS", right=True),
        *(Column(safe_text(name), right=True) for name in names),
    ]
    rows = []
    for members in groups:
        values = studies.values_of(members[0].config, axes)
        done = [run for run in members if run.status in studies.DONE]
        estimates = [figures.folded([taken[run.id] for run in done], name) for name in names]
        seeds = str(len(members)) if len(done) == len(members) else f"{len(done)} of {len(members)}"
        rows.append([*map(safe_text, values.values()), seeds, *map(interval, estimates)])
    told = [f"{safe_text(str(runs[0].study))}: {statuses(runs)}", ""]
    told += table_lines(columns, rows, screen.wide if screen.terminal else None)
    told += ["", "mean over finished seeds ± half of the 95 % interval (Student's)"]
    configs = [members[0].config for members in groups]
    return told + [
        f"{safe_text(name)} does not compare: {why}" for name in names if (why := figures.why_not(name, configs))
    ]


def show_values(store: "Store", runs: "Sequence[Run]", metrics: Sequence[str]) -> dict[str, Any]:
    """What the page tells, as plain values, of all figures when none is named."""
    groups, taken, names = _read(store, runs, metrics, everything=True)
    axes = studies.axes_of([run.config for run in runs])
    configs = [members[0].config for members in groups]
    return {
        "study": runs[0].study,
        "axes": axes,
        "points": [
            {
                "values": dict(studies.values_of(members[0].config, axes)),
                "runs": [{"name": run.name, "id": run.id, "seed": run.seed, "status": run.status} for run in members],
                "figures": {
                    name: asdict(found)
                    for name in names
                    if (found := figures.folded([taken[run.id] for run in members if run.status in studies.DONE], name))
                },
            }
            for members in groups
        ],
        "not_comparable": {name: why for name in names if (why := figures.why_not(name, configs))},
    }


def _read(
    store: "Store", runs: "Sequence[Run]", metrics: Sequence[str], everything: bool = False
) -> "tuple[list[list[Run]], dict[str, Figures], list[str]]":
    """The runs of each point, each run's figures, and the names of the figures to show."""
    groups = list(studies.by_seed(runs).values())
    taken: dict[str, Figures] = {run.id: figures.figures(store, run) for run in runs}
    known = list(dict.fromkeys(name for one in taken.values() for name in one))
    if metrics:
        return groups, taken, figures.chosen(metrics, known)
    return groups, taken, known if everything else figures.headlines(known)


def interval(found: Estimate | None) -> str:
    """0.1013 ± 0.0004; without an interval the value alone."""
    if found is None:
        return "-"
    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} ± {number((found.high - found.low) / 2, 2)}"
