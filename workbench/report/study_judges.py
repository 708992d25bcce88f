"""What judges say of a study's arms beside real pictures and noise, and how pictures emerge in each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runs import figures
from runs.looks import look_of, own_look
from workbench import estimates
from workbench.format import number
from workbench.judges_page import Known
from workbench.report import run_results
from workbench.report.document import Block, Line, Plot, Section, Table, Text
from workbench.report.judged import line_of
from workbench.terminal.table import Column

if TYPE_CHECKING:
    from runs.arms import Arm
    from runs.compare import Side
    from runs.store import Store

MOST_STRIPS = 6  # arms whose way out of the noise is shown
COLUMNS = (
    Column("arm"),
    Column("figure"),
    Column("mean over seeds", right=True),
    Column("real", right=True),
    Column("noise", right=True),
)


def called(arm: "Arm") -> str:
    """1: schedule linear."""
    return f"{arm.number}: {arm.name}"


def denoising(store: "Store", arms: "Sequence[Arm]") -> Section | None:
    """The way out of the noise of the first run of each arm."""
    blocks: list[Block] = []
    for arm in arms[:MOST_STRIPS]:
        found = None if arm.diverged else run_results.denoising(store, arm.runs[0])
        if found is not None:
            blocks += [Text(f"{called(arm)}, {arm.runs[0].name}"), *found.blocks]
    return Section("Denoising", tuple(blocks)) if blocks else None


def judges(store: "Store", sides: "Sequence[Side]") -> Section | None:
    """The judges' main figures of each arm; real and noise as they stood beside its first run."""
    rows = []
    for side in sides:
        names = [name for name in side.names() if " " in name and name.rpartition(" ")[2] in figures.HEADLINES]
        known = _beside(store, side.arm)
        for name in names:
            found = figures.folded([*side.taken.values()], name, drawn=side.arm.drawn)
            real, noise = known.get(name, (None, None))
            rows.append([called(side.arm), name, estimates.interval(found), number(real), number(noise)])
    if not rows:
        return None
    note = "real: as many real test pictures; noise: pure noise; both by the same judge, beside the arm's first run"
    return Section("Judges", (Table(COLUMNS, rows, note),))


def _beside(store: "Store", arm: "Arm") -> dict[str, tuple[float | None, float | None]]:
    """What real pictures and noise get, by figure, in the own look of an arm's first run."""
    run = arm.runs[0]
    said, known = store.evaluations(run), Known(store.baselines(run))
    mine = [one for one in said if one.label is None and look_of(one) == own_look(said)]
    return {f"{one.judge} {one.name}": (known.value(one, "real"), known.value(one, "noise")) for one in mine}


def emergence(store: "Store", arms: "Sequence[Arm]") -> Section | None:
    """When the class can be read in x_t, in the first run of each arm."""
    blocks: list[Block] = []
    for name, told in (("x_t_accuracy", "class read in x_t"), ("x0_similarity", "predicted x0 like the final picture")):
        lines = [line for arm in arms if (line := _along(store, arm, name)) is not None]
        if lines:
            caption = f"{told}, along the sampling steps, noise at the left; each arm's first run"
            blocks.append(Plot(caption, "share of the sampling steps done", "share", tuple(lines)))
    return Section("Emergence", tuple(blocks)) if blocks else None


def _along(store: "Store", arm: "Arm", name: str) -> Line | None:
    run = arm.runs[0]
    own = own_look(store.evaluations(run))
    wanted = (name, "fraction", None)
    found = [one for one in store.curves(run) if (one.name, one.axis, one.label) == wanted and look_of(one) == own]
    return line_of(called(arm), found[-1], look=arm.number - 1) if found and not arm.diverged else None
