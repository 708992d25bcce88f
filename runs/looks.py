"""A look: what judges said of pictures that were drawn together. Which looks a run has, and which one is its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runs.records import Curve, Evaluation

GAIN = "gain"  # what CLIP's help was worth: told of how pictures were drawn, not of what they are


@dataclass(frozen=True)
class Look:
    """Pictures that were judged: a sample set's, or without one those that a run drew on its way for that alone."""

    step: int
    sample_set: int | None


def look_of(one: "Evaluation | Curve") -> Look:
    """The pictures that a number is of."""
    return Look(one.step, one.sample_set)


def looks(evaluations: "Iterable[Evaluation]") -> list[Look]:
    """All looks, by step, then in the order in which they were first told."""
    found = dict.fromkeys(look_of(one) for one in evaluations if one.name != GAIN)
    return sorted(found, key=lambda look: look.step)


def own_look(evaluations: "Sequence[Evaluation]") -> Look | None:
    """The run's newest look of its own: at its final samples, before its end at what it drew on the way.

    What a person had drawn and judged beside the run takes its place only where the run itself has looked at nothing.
    """
    mine = looks(one for one in evaluations if one.attempt is not None)
    if mine:
        return mine[-1]
    told = [one for one in evaluations if one.name != GAIN]
    return look_of(told[-1]) if told else None
