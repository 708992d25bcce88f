"""When structure and class come out of the noise, as lines of text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workbench.format import number
from workbench.pictures import class_name
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.records import Curve, Evaluation

ROWS = 11  # moments that are shown, evenly spaced
KINDS = ("x0_accuracy", "x0_decided", "x0_entropy", "x0_similarity", "x_t_accuracy", "x_t_similarity")
COLUMNS = (
    Column("STEPS DONE", right=True),
    Column("TIMESTEP", right=True, hides=1),
    Column("LOG-SNR", right=True, hides=2),
    Column("X0 ACCURACY", right=True),
    Column("SETTLED", right=True),
    Column("ENTROPY", right=True, hides=4),
    Column("X0 LIKENESS", right=True),
    Column("X_T ACCURACY", right=True, hides=3),
    Column("X_T LIKENESS", right=True, hides=3),
)

Points = tuple[tuple[float, float | None], ...]


def emergence_lines(
    evaluations: "Sequence[Evaluation]", curves: "Sequence[Curve]", names: Sequence[str], width: int | None
) -> list[str]:
    """A table along the way out of the noise, then when decisions settle, over all and for the slowest classes."""
    return [*_table(_last_curves(curves), width), *moment_lines(evaluations, names)]


def moment_lines(evaluations: "Sequence[Evaluation]", names: Sequence[str]) -> list[str]:
    """When decisions settle, over all and for the slowest classes."""
    return list(_moments(_last_look(evaluations), names))


def _last_look(evaluations: "Sequence[Evaluation]") -> "dict[tuple[str, int | None], Evaluation]":
    mine = [one for one in evaluations if "_decided_at" in one.name or "_similar_at" in one.name]
    return {(one.name, one.label): one for one in mine if one.step == mine[-1].step}


def _last_curves(curves: "Sequence[Curve]") -> dict[tuple[str, str], Points]:
    """Points by name and axis, over all classes."""
    mine = [one for one in curves if one.name in KINDS and one.label is None]
    return {(one.name, one.axis): one.points for one in mine if one.step == mine[-1].step}


def _table(curves: dict[tuple[str, str], Points], width: int | None) -> list[str]:
    steps = next((points for (_, axis), points in curves.items() if axis == "fraction"), ())
    if not steps:
        return []
    last = len(steps) - 1
    rows = [
        [
            f"{100 * steps[moment][0]:.0f} %",
            *(_place(curves, axis, moment) for axis in ("timestep", "log_snr")),
            *(_cell(curves, name, moment) for name in KINDS),
        ]
        for moment in sorted({round(row * last / (ROWS - 1)) for row in range(ROWS)})
    ]
    return table_lines(COLUMNS, rows, width)


def _place(curves: dict[tuple[str, str], Points], axis: str, moment: int) -> str:
    """Where a moment stands on another axis, which may end before the last one."""
    points = next((points for (_, of), points in curves.items() if of == axis), ())
    return number(points[moment][0], 3) if moment < len(points) else "-"


def _cell(curves: dict[tuple[str, str], Points], name: str, moment: int) -> str:
    points = curves.get((name, "fraction"), ())
    value = points[moment][1] if moment < len(points) else None
    if value is None or name.endswith(("entropy", "similarity")):
        return number(value, 2)
    return f"{100 * value:.0f} %"


def _moments(said: "dict[tuple[str, int | None], Evaluation]", names: Sequence[str]) -> Iterator[str]:
    for name, told in (
        ("x0_similar_at", "predicted x0 is like the final picture (correlation 0.5)"),
        ("x0_decided_at", "the class read in predicted x0 no longer changes"),
        ("x_t_decided_at", "the class read in x_t no longer changes"),
    ):
        one = said.get((name, None))
        if one is None or one.value is None:
            continue
        reach = "" if one.low is None or one.high is None else f" ({100 * one.low:.0f} to {100 * one.high:.0f} %)"
        also = [
            f"{word} {number(found.value, 3)}"
            for axis, word in (("timestep", "timestep"), ("log_snr", "log-SNR"))
            if (found := said.get((f"{name}_{axis}", None))) is not None
        ]
        yield f"{told} after {100 * one.value:.0f} %{reach} of the steps, n {one.n}" + "".join(f", {a}" for a in also)
    for name, content in (("x0_decided_at", "predicted x0"), ("x_t_decided_at", "x_t")):
        by_class = [(one.value, label) for (of, label), one in said.items() if of == name and label is not None]
        slowest = sorted(((value, label) for value, label in by_class if value), reverse=True)[:3]
        if slowest:  # none where each class is read from the first step on, as guided pictures often are
            told = ", ".join(f"{class_name(label, names)} {100 * value:.0f} %" for value, label in slowest)
            yield f"the slowest classes settle in {content} after: {told}"
