"""The report of a study, in the order in which a scientist writes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from diffusion.config import RunConfig
from runs.arms import arms_of
from runs.comparison import Comparison, usual_against
from runs.learning import gap, learned, share_of_gain
from runs.statistics import mean_interval
from workbench import claims_page, estimates
from workbench.report import comparing, run_setup, study_judges
from workbench.report.document import Block, Code, Document, Points, Section, Table, Text
from workbench.report.one_run import made
from workbench.report.run_results import LOSSES
from workbench.run_page import fact_lines
from workbench.study_plan import READY
from workbench.terminal.table import Column

if TYPE_CHECKING:
    from runs.arms import Arm
    from runs.records import Run
    from runs.store import Store
    from runs.verdicts import Verdict

LEARNED = (
    Column("arm"),
    Column("loss"),
    Column("at start", right=True),
    Column("final", right=True),
    Column("best", right=True),
    Column("improvement", right=True),
    Column("above the best", right=True),
    Column("of the gain in 70 % of the steps", right=True),
    Column("validation above training", right=True),
)
MOST_SCHEDULES = 6  # forward processes that are drawn


def of_study(store: "Store", name: str, runs: "Sequence[Run]", when: str, verdicts: "Sequence[Verdict]") -> Document:
    """All there is to say of a study's runs. verdicts: the claims that rest on it."""
    arms = arms_of(runs)
    found = Comparison(store, arms, against=usual_against(arms))
    sides = [found.sides[arm.number] for arm in arms]
    sections: list[Section | None] = [
        _question(name, runs),
        _setup(runs),
        comparing.arms(found),
        _schedules(store, arms),
        _training(store, arms),
        study_judges.denoising(store, arms),
        comparing.pictures(found),
        study_judges.judges(store, sides),
        study_judges.emergence(store, arms),
    ]
    if len(arms) > 1:
        sections += [
            comparing.curves(found),
            comparing.differences(found),
            comparing.by_class(found),
            comparing.blur(found),
        ]
    sections.append(comparing.cost(found))
    sections += [claims(verdicts), _limits(store, arms), _reproduce(name, runs)]
    return Document(f"Study {name}", made(when), tuple(one for one in sections if one is not None))


def _question(name: str, runs: "Sequence[Run]") -> Section:
    decides = READY[name].decides if name in READY else f"What do the settings of the study {name} do?"
    seeds = len({run.seed for run in runs})
    told = f"{len(runs)} runs on {', '.join(dict.fromkeys(run.dataset for run in runs))}, {seeds} seeds."
    return Section("Question", (Text(decides), Text(told)))


def _setup(runs: "Sequence[Run]") -> Section:
    """What the first run was made with, and the settings that all have."""
    first = runs[0]
    blocks: list[Block] = [Points(tuple(fact_lines(first)))]
    changed = run_setup.changed_settings(first)
    if changed:
        columns = (Column("setting"), Column("value"))
        blocks.append(Table(columns, changed, f"settings of {first.name} that differ from preset {first.preset}"))
    return Section("Setup and provenance", (Text(f"As of the first run, {first.name}:"), *blocks))


def _schedules(store: "Store", arms: "Sequence[Arm]") -> Section:
    """Each forward process that occurs, once."""
    named: dict[str, RunConfig] = {}
    for arm in arms:
        process = arm.config.process
        title = process.schedule
        if any(one.process == process for one in named.values()):
            continue
        named[title if title not in named else f"{title}, arm {arm.number}"] = arm.config
    shown = list(named.items())[:MOST_SCHEDULES]
    return run_setup.forward_process(shown, run_setup.example_of(store, arms[0].runs[0]))


def _training(store: "Store", arms: "Sequence[Arm]") -> Section:
    """The statistics of each arm, means over its seeds."""
    rows = [row for arm in arms for row in _learned(store, arm)]
    note = "means over the seeds with 95 % intervals; each loss on a fixed set of pictures and noise, averaged weights"
    return Section("Training", (Table(LEARNED, rows, note),) if rows else (Text("Nothing was measured."),))


def _learned(store: "Store", arm: "Arm") -> Iterator[list[str]]:
    gaps = [above for run in arm.runs if (above := gap(store, run)) is not None]
    for name, told in LOSSES.items():
        found = [one for run in arm.runs if (one := learned(store.points(run, name), name)) is not None]
        if not found:
            continue
        early = [share for run in arm.runs if (share := share_of_gain(store.points(run, name), 0.7)) is not None]
        yield [
            study_judges.called(arm),
            told,
            *(_mean([getattr(one, what) for one in found]) for what in ("start", "final", "best")),
            *(_mean([100 * getattr(one, what) for one in found], " %") for what in ("improvement", "rise")),
            _mean([100 * one for one in early], " %"),
            _mean([100 * one for one in gaps], " %") if name == "val/loss" else "",
        ]


def _mean(values: "Sequence[float]", unit: str = "") -> str:
    return estimates.interval(mean_interval(values)) + unit if values else "-"


def claims(verdicts: "Sequence[Verdict]") -> Section | None:
    """Claims that rest on these runs: whether they hold, and the numbers."""
    if not verdicts:
        return None
    blocks: list[Block] = [Text(claims_page.summary(verdicts) + ".")]
    for one in verdicts:
        blocks += [Text(f"{one.answer.upper()}: {one.claim.text}."), Points(tuple(claims_page.details(one)))]
    return Section("Claims", tuple(blocks))


def _limits(store: "Store", arms: "Sequence[Arm]") -> Section:
    seeds = " to ".join(dict.fromkeys(str(end(len(arm.runs) for arm in arms)) for end in (min, max)))
    told = [f"{seeds} seeds an arm: intervals of so few are wide, and none is of another data set."]
    told += [f"{study_judges.called(arm)} diverged: its figures are left out." for arm in arms if arm.diverged]
    alerts: dict[str, list[str]] = {}
    for run in [run for arm in arms for run in arm.runs]:
        for one in store.alerts(run):
            alerts.setdefault(one.text, []).append(run.name)
    told += [f"{text} ({', '.join(names[:3])}{' and others' * (len(names) > 3)})" for text, names in alerts.items()]
    return Section("Limits", (Points(tuple(told)),))


def _reproduce(name: str, runs: "Sequence[Run]") -> Section:
    commands = dict.fromkeys(run.command for run in runs if run.command)
    told = "The same settings, seeds and code give the same numbers on a CPU, bit for bit."
    typed = "\n".join(commands) or f"workbench study --name {name}"
    return Section("How to make it again", (Text(told), Code(run_setup.checkout(runs[0]) + typed)))
