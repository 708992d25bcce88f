"""Several runs beside each other: what differs, their curves, their losses at equal noise, and what is decided.

Runs that are equal but for their seed are one arm; the first arm is what the others are compared with. Data order,
noise and the validation bank depend on the seed alone or on nothing, so that runs of one seed are pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

import numpy as np

from diffusion.config import RunConfig, flat
from diffusion.errors import UserError
from diffusion.fields import Plain
from runs.figures import X0_LOSS, why_not
from runs.statistics import (
    Difference,
    Estimate,
    Floats,
    band,
    differs_from,
    mean_interval,
    paired_difference,
    shared_steps,
)
from runs.studies import ELSEWHERE, axes_of, by_seed, value_text

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Axis = Literal["step", "images", "seconds"]


@dataclass(frozen=True)
class Arm:
    """Runs that are equal but for their seed, or one run."""

    name: str
    config: RunConfig
    runs: "tuple[Run, ...]"

    @property
    def by_seed(self) -> "dict[int, Run]":
        """The runs by their seed; of two with the same seed the newer one."""
        return {run.seed: run for run in self.runs}


@dataclass(frozen=True)
class Curve:
    """One metric of one arm, its seeds folded; float64 [N]. low and high are NaN for one seed."""

    arm: str
    metric: str
    steps: Floats
    mean: Floats
    low: Floats
    high: Floats
    seeds: dict[int, tuple[Floats, Floats]]  # seed -> its own steps and values


@dataclass(frozen=True)
class Level:
    """The validation loss of every arm inside one bin of log-SNR, and how each other arm differs from the first."""

    log_snr_low: float
    log_snr_high: float
    estimates: tuple[Estimate | None, ...]
    differences: tuple[Difference | None, ...]


@dataclass(frozen=True)
class Compared:
    """One figure of one arm against the first arm's. over: what the interval is over."""

    figure: str
    arm: str
    first: Estimate
    second: Estimate
    difference: Difference
    over: Literal["seeds", "pictures"]


@dataclass(frozen=True)
class Reached:
    """What an arm took to the quality that all of them reach."""

    arm: str
    step: float
    images: float
    seconds: float


def arms(runs: "Sequence[Run]") -> list[Arm]:
    """Runs as arms, in their order; named by the settings in which they differ, else by their runs.

    Runs that all have one config are an arm each: somebody wants to see how far seeds differ. Raises UserError for less
    than two runs.
    """
    if len(runs) < 2:
        raise UserError("a comparison needs two runs or more", next_command="workbench compare RUN RUN")
    groups = list(by_seed(runs).values())
    if len(groups) == 1:
        return [Arm(run.name, run.config, (run,)) for run in runs]
    axes = axes_of([members[0].config for members in groups])
    return [Arm(_named(members[0].config, axes), members[0].config, tuple(members)) for members in groups]


def _named(config: RunConfig, axes: Sequence[str]) -> str:
    values = flat(config)
    return ", ".join(f"{key.rpartition('.')[2].replace('_', ' ')} {value_text(values[key])}" for key in axes)


def config_differences(found: Sequence[Arm]) -> dict[str, list[Plain]]:
    """The settings in which arms differ, the place of work left out: key -> the value of each arm."""
    values = [flat(arm.config) for arm in found]
    differing = [key for key in values[0] if len({one[key] for one in values}) > 1]
    return {key: [one[key] for one in values] for key in differing if key not in ELSEWHERE}


def curve(store: "Store", arm: Arm, metric: str) -> Curve | None:
    """One metric of an arm at the steps that all of its seeds have; None where none has it."""
    tables = {seed: _points(store, run, metric, "value") for seed, run in arm.by_seed.items()}
    seeds = {seed: table for seed, table in tables.items() if len(table[0])}
    if not seeds:
        return None
    return Curve(arm.name, metric, *band(list(seeds.values())), seeds)


def places(store: "Store", arm: Arm, one: Curve, axis: Axis) -> Floats:
    """Where a curve's points are on an axis, float64 [N]; seconds are the mean of the seeds."""
    if axis == "seconds":
        return _seconds(store, arm, one.metric, one.steps)
    return one.steps * (arm.config.train.batch_size if axis == "images" else 1.0)


def _seconds(store: "Store", arm: Arm, metric: str, steps: Floats) -> Floats:
    """Seconds of work up to some steps, at which each seed has the metric; breaks between attempts are left out."""
    clocks = []
    for run in arm.by_seed.values():
        known, times = _points(store, run, metric, "time", float(steps[0]) if len(steps) == 1 else None)
        if len(known):
            clocks.append(_elapsed(store, run, times[np.searchsorted(known, steps)]))
    mean: Floats = np.mean(clocks, axis=0)
    return mean


def _points(
    store: "Store", run: "Run", metric: str, column: Literal["value", "time"], step: float | None = None
) -> tuple[Floats, Floats]:
    """Steps and values or times of one metric, by rising step, or at one step; where attempts overlap, the newer one's.

    NaN for a value that was none.
    """
    rows = store.db.execute(
        f"select points.step, coalesce(points.{column}, 9e999) "  # noqa: S608 fixed names; 9e999 is infinity
        "from points join series on series.id = points.series "
        "where series.run = ?1 and series.name = ?2 and (?3 is null or points.step = ?3) "
        "order by points.attempt, points.step",
        (run.number, metric, step),
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


def parts_at(first: Curve, second: Curve) -> float | None:
    """The step from which on two arms differ significantly to the end, over the seeds that both have; else None."""
    shared = sorted(first.seeds.keys() & second.seeds.keys())
    if len(shared) < 2:
        return None
    steps = shared_steps([first.steps, second.steps])

    def at(one: Curve, seed: int) -> Floats:
        x, y = one.seeds[seed]
        return y[np.searchsorted(x, steps)]

    return differs_from(np.array([at(second, seed) - at(first, seed) for seed in shared]), steps)


def by_log_snr(store: "Store", found: Sequence[Arm], split: str = "val") -> list[Level]:
    """Each run's newest loss of predicted x0 by log-SNR, on the bank that all of them share.

    Raises UserError for runs whose banks hold other pictures: their losses do not compare.
    """
    if why := why_not(X0_LOSS, [arm.config for arm in found]):
        raise UserError(f"the losses by log-SNR do not compare: {why}")
    values = [{seed: _bins(store, run, split) for seed, run in arm.by_seed.items()} for arm in found]
    edges = sorted({edge for seeds in values for bins in seeds.values() for edge in bins})
    return [_level(edge, values) for edge in edges]


def _bins(store: "Store", run: "Run", split: str) -> dict[tuple[float, float], float]:
    rows = [one for one in store.timestep_losses(run) if one.split == split]
    last = max((one.step for one in rows), default=0)
    return {
        (one.log_snr_low, one.log_snr_high): one.value for one in rows if one.step == last and one.value is not None
    }


def _level(edge: tuple[float, float], values: Sequence[dict[int, dict[tuple[float, float], float]]]) -> Level:
    here = [{seed: bins[edge] for seed, bins in seeds.items() if edge in bins} for seeds in values]
    estimates = tuple(mean_interval([*one.values()]) if one else None for one in here)
    differences = tuple(paired_difference(here[0], one) if here[0] and one else None for one in here[1:])
    return Level(*edge, estimates, differences)


def differences(found: Sequence[Arm], taken: "dict[str, dict[str, float]]", names: Sequence[str]) -> list[Compared]:
    """Each figure of each other arm against the first arm's, over the seeds that both have; what compares alone.

    taken: each run's figures by its id (`figures.figures`).
    """
    compared = []
    for name in names:
        for arm in found[1:]:
            a, b = (_values(one, taken, name) for one in (found[0], arm))
            if a and b and not why_not(name, [found[0].config, arm.config]):
                compared.append(over_seeds(name, arm.name, a, b))
    return compared


def over_seeds(figure: str, arm: str, a: dict[int, float], b: dict[int, float]) -> Compared:
    """A figure of the first arm (a) and of another (b), by seed, compared."""
    first, second = mean_interval([*a.values()]), mean_interval([*b.values()])
    return Compared(figure, arm, first, second, paired_difference(a, b), "seeds")


def _values(arm: Arm, taken: "dict[str, dict[str, float]]", name: str) -> dict[int, float]:
    return {seed: taken[run.id][name] for seed, run in arm.by_seed.items() if name in taken[run.id]}


def reached(store: "Store", found: Sequence[Arm], curves: Sequence[Curve | None]) -> tuple[float, list[Reached]] | None:
    """The lowest loss that every arm reaches, and what each took to get there; None where one has no curve."""
    pairs = [(arm, one) for arm, one in zip(found, curves, strict=True) if one is not None]
    ends = [float(np.nanmin(one.mean)) for _, one in pairs if np.isfinite(one.mean).any()]
    if not ends or len(ends) < len(found):
        return None
    return max(ends), [_reached(store, arm, one, max(ends)) for arm, one in pairs]


def _reached(store: "Store", arm: Arm, one: Curve, goal: float) -> Reached:
    step = one.steps[one.mean <= goal][:1]
    (seconds,) = _seconds(store, arm, one.metric, step).tolist()
    return Reached(arm.name, float(step[0]), float(step[0]) * arm.config.train.batch_size, seconds)
