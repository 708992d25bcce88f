"""Several runs beside each other: what differs, their curves, their losses at equal noise, and what is decided.

Runs that are equal but for their seed are one arm; the first arm is what the others are compared with. Data order,
noise and the validation bank depend on the seed alone or on nothing, so that runs of one seed are pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    xs: Floats
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
    """What an arm took to the quality that all of them reach; None where its curve never tells so."""

    arm: str
    step: float | None
    images: float | None
    seconds: float | None


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


def curve(store: "Store", arm: Arm, metric: str, axis: Axis = "step") -> Curve | None:
    """One metric of an arm at the steps that all of its seeds have; None where none has it."""
    seeds, clocks = {}, []
    for seed, run in arm.by_seed.items():
        points = store.points(run, metric)
        if points:
            table = np.array(points, dtype=np.float64)  # None becomes NaN
            seeds[seed] = (table[:, 0], table[:, 1])
            clocks.append((table[:, 0], _elapsed(store, run, table[:, 2]) if axis == "seconds" else table[:, 0]))
    if not seeds:
        return None
    steps, mean, low, high = band(list(seeds.values()))
    xs = steps
    if axis == "images":
        xs = steps * arm.config.train.batch_size
    elif axis == "seconds":
        xs = np.mean([times[np.searchsorted(at, steps)] for at, times in clocks], axis=0)
    return Curve(arm.name, xs, steps, mean, low, high, seeds)


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
    steps = np.intersect1d(first.steps, second.steps)

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


def reached(store: "Store", found: Sequence[Arm], metric: str = X0_LOSS) -> tuple[float, list[Reached]] | None:
    """The loss that every arm reaches, and what each took to get there; None where the metric does not compare."""
    if why_not(metric, [arm.config for arm in found]):
        return None
    curves = [curve(store, arm, metric, "seconds") for arm in found]
    ends = [float(np.nanmin(one.mean)) for one in curves if one is not None and np.isfinite(one.mean).any()]
    if len(ends) < len(found):
        return None
    goal = max(ends)
    return goal, [_reached(arm, one, goal) for arm, one in zip(found, curves, strict=True) if one is not None]


def _reached(arm: Arm, one: Curve, goal: float) -> Reached:
    there = np.flatnonzero(one.mean <= goal)
    if not len(there):
        return Reached(arm.name, None, None, None)
    first = int(there[0])
    step = float(one.steps[first])
    return Reached(arm.name, step, step * arm.config.train.batch_size, float(one.xs[first]))
