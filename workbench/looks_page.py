"""Which looks of the judges are shown of a run, in words, and how to see the others."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.looks import Look, look_of, looks, own_look
from workbench.format import count, quoted, safe_text

if TYPE_CHECKING:
    from runs.records import Baseline, Evaluation, Run

MOST_TOLD = 8


def chosen(run: "Run", evaluations: "Sequence[Evaluation]", sample_set: int, *, every: bool) -> list[Look]:
    """The looks to show: the run's own one, all of them, or those at a sample set. Raises UserError for a set that no
    judge has looked at.
    """
    found = looks(evaluations)
    if every:
        return found
    if sample_set:
        mine = [look for look in found if look.sample_set == sample_set]
        if not mine:
            sets = sorted({look.sample_set for look in found if look.sample_set is not None})
            raise UserError(
                f"no judge has looked at sample set {sample_set} of run {run.name}",
                allowed=", ".join(map(str, sets)) or "none yet",
                next_command=f"workbench score {quoted(run.name)} --sample-set {sample_set}",
            )
        return mine
    own = own_look(evaluations)
    return [] if own is None else [own]


def titled(title: str, look: Look) -> str:
    """A section's title, with the pictures that it is about."""
    return f"{title} of {_pictures(look)}"


def looks_lines(
    run: "Run", evaluations: "Sequence[Evaluation]", baselines: "Sequence[Baseline]", shown: Sequence[Look]
) -> list[str]:
    """What the tables below are about; then which other pictures were judged, and the command that shows them."""
    of_set = {one.baseline_set: one.classes for one in baselines}
    drawn = {look_of(one): safe_text(of_set[one.baseline_set]) for one in evaluations if one.baseline_set in of_set}
    lines = [f"{_pictures(look)}: {drawn.get(look, 'pictures')}, at step {count(look.step)}" for look in shown]
    return lines + list(_others(run, [look for look in looks(evaluations) if look not in shown], drawn))


def _others(run: "Run", others: Sequence[Look], drawn: dict[Look, str]) -> Iterator[str]:
    command = f"workbench show {quoted(run.name)}"
    for look in [one for one in others if one.sample_set is not None][:MOST_TOLD]:
        told = f"{_pictures(look)} ({drawn.get(look, 'pictures')})"
        yield f"also judged: {told}; see: {command} --sample-set {look.sample_set}"
    steps = [count(one.step) for one in others if one.sample_set is None]
    if steps:
        told = ", ".join(steps[-MOST_TOLD:])
        yield f"also judged on the way, at step{'s' * (len(steps) > 1)} {told}; see: {command} --all"


def _pictures(look: Look) -> str:
    return f"pictures drawn at step {count(look.step)}" if look.sample_set is None else f"sample set {look.sample_set}"
