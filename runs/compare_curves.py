"""Curves of arms, their seeds folded: where they are on an axis, where two part, what they took to the same quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

import numpy as np

from runs.arms import Arm
from runs.figures import HIGHER_IS_BETTER
from runs.statistics import Floats, band, differs_from, shared_steps

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Axis = Literal["step", "images", "seconds", "log-snr"]


@dataclass(frozen=True)
class Curve:
    """One figure of one arm along its steps, its seeds folded; float64 [N]. low and high are NaN for one seed."""

    arm: Arm
    figure: str
    steps: Floats
    mean: Floats
    low: Floats
    high: Floats
    seeds: dict[int, tuple[Floats, Floats]]  # seed -> its own steps and values


@dataclass(frozen=True)
class Reached:
    """What an arm took to the quality that all of them reach; images and seconds are of its own work alone."""

    arm: int  # its number
    step: float
    images: float
    seconds: float


def curve(store: "Store", arm: Arm, figure: str) -> Curve | None:
    """One figure of an arm at the steps that all of its seeds have; None where none has it."""
    tables = {seed: _points(store, run, figure, "value") for seed, run in arm.by_seed.items()}
    seeds = {seed: table for seed, table in tables.items() if len(table[0])}
    if not seeds:
        return None
    folded = band(list(seeds.values()))
    return Curve(arm, figure, *folded, seeds) if len(folded[0]) else None


def places(store: "Store", one: Curve, axis: Axis) -> Floats:
    """Where a curve's points are on an axis, float64 [N]; seconds are the mean of the seeds."""
    if axis == "seconds":
        return _seconds(store, one, one.steps)
    return one.steps * _scale(one, axis)


def _scale(one: Curve, axis: Axis) -> float:
    return float(one.arm.config.train.batch_size) if axis == "images" else 1.0


def _seconds(store: "Store", one: Curve, steps: Floats) -> Floats:
    """Seconds of work up to some steps, at which each seed has the figure; breaks between attempts are left out."""
    clocks = []
    for run in one.arm.by_seed.values():
        known, times = _points(store, run, one.figure, "time", float(steps[0]) if len(steps) == 1 else None)
        if len(known):
            clocks.append(_elapsed(store, run, times[np.searchsorted(known, steps)]))
    mean: Floats = np.mean(clocks, axis=0)
    return mean


def _points(
    store: "Store", run: "Run", figure: str, column: Literal["value", "time"], step: float | None = None
) -> tuple[Floats, Floats]:
    """Steps and values or times of one figure, by rising step, or at one step; where attempts overlap, the newer one's.

    NaN for a value that was none.
    """
    judge, _, name = figure.rpartition(" ")
    if judge:
        source, values = "evaluations as points", (run.number, figure, step)
        wanted = "points.run = ?1 and points.judge || ' ' || points.name = ?2 and points.label is null"
        order = "points.rowid"
    else:
        source, values = "points join series on series.id = points.series", (run.number, name, step)
        wanted, order = "series.run = ?1 and series.name = ?2", "points.attempt, points.step"
    rows = store.db.execute(
        f"select points.step, coalesce(points.{column}, 9e999) from {source} "  # noqa: S608 fixed names; 9e999: infinity
        f"where {wanted} and (?3 is null or points.step = ?3) order by {order}",
        values,
    )
    table = np.fromiter(chain.from_iterable(rows), dtype=np.float64).reshape(-1, 2)  # a third of the time of np.array
    table[:, 1][np.isinf(table[:, 1])] = np.nan
    if len(table) and (np.diff(table[:, 0]) <= 0).any():
        _, last = np.unique(table[::-1, 0], return_index=True)
        table = table[::-1][last]
    return table[:, 0], table[:, 1]


def _elapsed(store: "Store", run: "Run", times: Floats) -> Floats:
    """Seconds that a run had been worked on at each time, without the breaks between its attempts."""
    worked = np.zeros(len(times))
    for attempt in store.attempts(run):
        end = attempt.ended or attempt.heartbeat
        worked += np.clip(times, attempt.started, max(end, attempt.started)) - attempt.started
    return worked


def parts_at(first: Curve, second: Curve, axis: Axis = "step") -> float | None:
    """The place from which on two arms differ significantly to the end, over the seeds that both have; else None.

    At equal images where the axis says so, else at equal steps.
    """
    shared = shared_seeds(first, second)
    if len(shared) < 2:
        return None
    grids = [one.steps * _scale(one, axis) for one in (first, second)]
    xs = shared_steps(grids)

    def at(one: Curve, seed: int) -> Floats:
        x, y = one.seeds[seed]
        return y[np.searchsorted(x * _scale(one, axis), xs)]

    return differs_from(np.array([at(second, seed) - at(first, seed) for seed in shared]), xs)


def shared_seeds(first: Curve, second: Curve) -> list[int]:
    """The seeds that both curves have."""
    return sorted(first.seeds.keys() & second.seeds.keys())


def reached(store: "Store", curves: Sequence[Curve]) -> tuple[float, list[Reached]] | None:
    """The best value of a figure that every arm reaches, and what each took to get there; None for less than two.

    A run that went on from another one's checkpoint has reached what that one had there.
    """
    if len(curves) < 2 or not all(np.isfinite(one.mean).any() for one in curves):
        return None
    sign = -1.0 if is_better_higher(curves[0].figure) else 1.0
    ends = [float(np.nanmin(sign * one.mean)) for one in curves]
    goal = max(ends)
    return sign * goal, [_reached(store, one, goal, sign) for one in curves]


def is_better_higher(figure: str) -> bool:
    """Whether more of a figure is better; of losses and distances less is."""
    return figure.rpartition(" ")[2] in HIGHER_IS_BETTER


def _reached(store: "Store", one: Curve, goal: float, sign: float) -> Reached:
    began = one.arm.began
    start = _inherited(store, one)
    if start is not None and sign * start <= goal:
        return Reached(one.arm.number, float(began), 0.0, 0.0)
    step = one.steps[sign * one.mean <= goal][:1]
    (seconds,) = _seconds(store, one, step).tolist()
    images = (float(step[0]) - began) * one.arm.config.train.batch_size
    return Reached(one.arm.number, float(step[0]), images, seconds)


def _inherited(store: "Store", one: Curve) -> float | None:
    """What the run that an arm started from had at that step; None for an arm that was trained from its start."""
    parents = store.some([run.parent for run in one.arm.runs if run.parent])
    found = [_points(store, run, one.figure, "value", float(one.arm.began))[1] for run in parents]
    values = [float(value) for table in found for value in table]
    return float(np.mean(values)) if values and one.arm.began else None
