"""What a forked run went through before it began: its parents' curves, as far as they lead to it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runs.curves import Curves, Stretch
from runs.files import found_file
from runs.folder import step_of

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

LONGEST_LINE = 1 << 20  # bytes
MOST_PARENTS = 100
APART = 1_000_000  # attempts of one run: those of its parent have smaller numbers


@dataclass(frozen=True)
class Part:
    """A run on the way, the last step that it brought along, and the seconds from its clock to the forked run's."""

    curves: Curves
    last_step: int
    attempts_from: int
    later_s: float


class Inherited:
    """The curves of a forked run's parents, the oldest first, each up to the step at which the next one went on."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.names: tuple[str, ...] = ()
        self._parts: list[Part] | None = None if run.parent else []

    @property
    def more(self) -> bool:
        """Whether there is something still to read; what the parents record from now on is not inherited."""
        return self._parts is None or bool(self._parts)

    def read(self, store: "Store", first: tuple[str, ...] = ()) -> list[Stretch]:
        """The next portion, as `Curves.read` gives it, with times as if no time had passed before each fork."""
        if self._parts is None:
            self._parts = _parts(store, self.run)
        if not self._parts:
            return []
        part = self._parts[0]
        found = [cut for one in part.curves.read(store, first) if len((cut := _cut(one, part)).steps)]
        self.names = tuple(dict.fromkeys([*self.names, *(one.name for one in found)]))
        if not part.curves.more:
            del self._parts[0]
        return found


def forked_at(folder: Path) -> int | None:
    """The step of the checkpoint from which a run's first attempt started; None where it started from nothing."""
    try:
        with found_file(folder / "attempt-0001.jsonl") as stream:
            values = json.loads(stream.readline(LONGEST_LINE))
        return step_of(Path(values["checkpoint"])) if values["checkpoint"] else None
    except (OSError, ValueError, KeyError, TypeError):  # not begun, or a log that was made by hand
        return None


def _parts(store: "Store", run: "Run") -> list[Part]:
    parts: list[Part] = []
    last_step, later_s = None, 0.0
    for depth in range(1, MOST_PARENTS):
        step = forked_at(run.folder)
        parents = store.some([run.parent]) if run.parent and step is not None else []
        if not parents or step is None:
            break
        last_step = step if last_step is None else min(step, last_step)
        child, run = run, parents[0]
        later_s += _gap_s(store, run, step, child)
        parts.insert(0, Part(Curves(run.number), last_step, -depth * APART, later_s))
    return parts


def _gap_s(store: "Store", parent: "Run", step: int, child: "Run") -> float:
    """The seconds between the parent's last point before the fork and the child's beginning."""
    (left,) = store.db.execute(
        "select max(points.time) from points join series on series.id = points.series "
        "where series.run = ? and points.step <= ?",
        (parent.number, step),
    ).fetchone()
    return (child.started or child.created) - left if left is not None else 0.0


def _cut(one: Stretch, part: Part) -> Stretch:
    kept = int(np.searchsorted(one.steps, part.last_step, side="right"))
    return replace(
        one,
        attempt=part.attempts_from + one.attempt,
        steps=one.steps[:kept],
        values=one.values[:kept],
        times=one.times[:kept] + part.later_s,
    )
