"""Which looks of the judges are shown of a run, in words, and how to see the others."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.looks import GAIN, Look, look_of, looks, own_look
from workbench.format import count, number, quoted, safe_text

if TYPE_CHECKING:
    from runs.records import Baseline, Evaluation, Run

MOST_TOLD = 8


def chosen(run: "Run", evaluations: "Sequence[Evaluation]", sample_set: int, *, every: bool) -> list[Look]:
    """The looks to show: the run's own one, all of them, or those at a sample set; of one that was drawn with CLIP's
    help and not judged since, what that was worth. Raises UserError for a set that no judge has looked at.
    """
    found = looks(evaluations)
    if every:
        return found
    if sample_set:
        mine = [look for look in found if look.sample_set == sample_set]
        mine = mine or list(dict.fromkeys(look_of(one) for one in _helped(evaluations) if one.sample_set == sample_set))
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
    lines += [line for look in shown for line in _help_lines(look, evaluations)]
    return lines + list(_others(run, [look for look in looks(evaluations) if look not in shown], drawn))


def _helped(evaluations: "Sequence[Evaluation]") -> "list[Evaluation]":
    """What CLIP's help in drawing was worth; of what it was worth in training the pictures have no set of their own."""
    return [one for one in evaluations if one.name == GAIN and one.attempt is None and one.sample_set is not None]


def _help_lines(look: Look, evaluations: "Sequence[Evaluation]") -> Iterator[str]:
    """That a judge had a hand in how pictures were drawn, and what that changed for it and for one that had none."""
    said = {one.judge: one for one in _helped(evaluations) if look_of(one) == look}
    if not said:
        return
    told = [f"{safe_text(one.judge)} {_gain(one)}" for one in said.values()]
    yield f"drawn with CLIP's help, which the first of these gave: gain over the same noise without: {'; '.join(told)}"


def _gain(one: "Evaluation") -> str:
    known = one.low is not None and one.high is not None
    return f"{number(one.value, 3)}" + (f" ({number(one.low, 3)} to {number(one.high, 3)})" if known else "")


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
