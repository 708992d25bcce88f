"""What differs between arms and what is decided: figures, figures of each class, losses at equal noise, main effects.

Data order, noise and the validation bank depend on the seed alone or on nothing, so that runs of one seed are pairs,
and so are pictures drawn from the same noise. A difference is always the second value minus the first, of the same
pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from diffusion.config import flat
from diffusion.fields import Plain
from runs.arms import Against, Arm
from runs.figures import Key, Measured, grain, measured
from runs.picture_scores import Noise, picture_scores
from runs.statistics import (
    Difference,
    Estimate,
    from_intervals,
    mean_interval,
    mean_of_intervals,
    paired_difference,
    paired_shares,
    unpaired_difference,
)
from runs.studies import value_text

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Over = Literal["seeds", "drawings", "pictures", "settings"]
Edge = tuple[float, float]


@dataclass(frozen=True)
class Compared:
    """One figure of one arm against another's, of all classes or of one. over: what the interval is over.

    unused: values of either side that have no partner. first and second are means over what the difference is of.
    """

    figure: str
    label: int | None
    against: int  # the number of the arm whose value is first
    arm: int
    first: Estimate
    second: Estimate
    difference: Difference
    over: Over
    unused: int = 0


@dataclass(frozen=True)
class Level:
    """The validation loss of every arm inside one bin of log-SNR, and how each differs from its reference."""

    log_snr_low: float
    log_snr_high: float
    estimates: tuple[Estimate | None, ...]
    differences: tuple[Difference | None, ...]


@dataclass(frozen=True)
class Effect:
    """What one value of an axis does in place of another to a figure, all else equal: over all other settings at once.

    over: seeds, each the mean over the settings, or where there is one seed the settings themselves.
    """

    figure: str
    axis: str
    value: str
    against: str
    settings: int
    difference: Difference
    over: Over


class Side:
    """The figures of one arm: by seed, and of each picture where its score is kept. An arm that diverged has none."""

    def __init__(self, store: "Store", arm: Arm) -> None:
        self.store, self.arm = store, arm
        runs = {} if arm.diverged else arm.by_seed
        self.taken = {seed: measured(store, run, arm.began) for seed, run in runs.items()}
        self._of: dict[Key, dict[int, Measured]] = {}

    def names(self) -> list[str]:
        """The figures that it has over all classes."""
        return list(dict.fromkeys(name for one in self.taken.values() for name, label in one if label is None))

    def labels(self, name: str) -> set[int]:
        """The classes of which it has a figure."""
        return {label for one in self.taken.values() for known, label in one if known == name and label is not None}

    def of(self, key: Key) -> dict[int, Measured]:
        """A figure by seed, at one step: the newest that all seeds which have it have reached."""
        if key not in self._of:
            self._of[key] = self._at_one_step(key)
        return self._of[key]

    def _at_one_step(self, key: Key) -> dict[int, Measured]:
        found = {seed: one[key] for seed, one in self.taken.items() if key in one}
        steps = {one.step for one in found.values()}
        if len(steps) < 2:
            return found
        runs, last = self.arm.by_seed, min(steps)
        earlier = {seed: measured(self.store, runs[seed], self.arm.began, until=last).get(key) for seed in found}
        return {seed: one for seed, one in earlier.items() if one is not None and one.step == last}

    def pictures(self, key: Key, seeds: Sequence[int]) -> dict[Noise, float]:
        """The scores of the pictures behind a figure."""
        found: dict[Noise, float] = {}
        for seed, one in self.of(key).items():
            if seed in seeds:
                found |= picture_scores(self.store, self.arm.by_seed[seed], key[0], one, key[1])
        return found


def beside(key: Key, a: Side, b: Side) -> Compared | None:
    """A figure of two arms: over seeds where trainings can be compared so, else over pictures; None where one has none.

    Over pictures it speaks of these networks alone. Seeds of arms that only drew are drawings of one network: over
    pictures, too, or over drawings where the judge gives no interval.
    """
    first, second = a.of(key), b.of(key)
    if not (first and second):
        return None
    shared = [seed for seed in first if seed in second]
    several = len(shared) > 1 or min(len(first), len(second)) > 1
    drawn = a.arm.drawn or b.arm.drawn
    over: Over = "drawings" if drawn else "seeds"
    told = None if several and not drawn else _over_pictures(key, a, b, shared)
    if told is None or (several and told[2].estimate.low is None):
        told = _told_over_seeds(first, second)
    elif all(one.n for one in (*first.values(), *second.values())):
        over = "pictures"
    unused = len(first) + len(second) - 2 * len(shared) if told[2].paired and over != "pictures" else 0
    one, other, apart = told
    return Compared(*key, a.arm.number, b.arm.number, one, other, apart, over, unused)


def over_seeds(a: Mapping[int, float], b: Mapping[int, float], fine: float = 0.0) -> Difference:
    """b - a by seed: paired where two seeds or more are shared, else as independent groups where both have several.

    With one value on a side nothing is known of the spread. fine: how fine the values are, see `figures.grain`.
    """
    if sum(seed in b for seed in a) > 1 or min(len(a), len(b)) < 2:
        return paired_difference(a, b, fine)
    return unpaired_difference([*a.values()], [*b.values()], fine)


def _told_over_seeds(
    first: Mapping[int, Measured], second: Mapping[int, Measured]
) -> tuple[Estimate, Estimate, Difference]:
    """The means of the values that the difference is of, and the difference."""
    fine = grain([*first.values(), *second.values()])
    a, b = ({seed: one.value for seed, one in side.items()} for side in (first, second))
    found = over_seeds(a, b, fine)
    sides = [[one[seed] for seed in a if seed in b] if found.paired else [*one.values()] for one in (a, b)]
    return mean_interval(sides[0], fine), mean_interval(sides[1], fine), found


def _over_pictures(key: Key, a: Side, b: Side, shared: Sequence[int]) -> tuple[Estimate, Estimate, Difference]:
    """Paired by noise where each picture's score is kept, else by the judge's intervals, as of independent pictures.

    shared: seeds; without one all that each side has.
    """
    used = [shared or [*side.of(key)] for side in (a, b)]
    scores = a.pictures(key, used[0]), b.pictures(key, used[1])
    pairs = [noise for noise in scores[0] if noise in scores[1]]
    if len(pairs) > 1:
        one, other = (mean_interval([side[noise] for noise in pairs]) for side in scores)
        binary = all(value in (0.0, 1.0) for side in scores for value in side.values())
        return one, other, paired_shares(*scores) if binary else paired_difference(*scores)
    one, other = (
        mean_of_intervals([side.of(key)[seed].estimate for seed in seeds])
        for side, seeds in zip((a, b), used, strict=True)
    )
    return one, other, from_intervals(one, other)


def losses_by_log_snr(store: "Store", arm: Arm, split: str = "val") -> dict[int, dict[Edge, float]]:
    """Each run's newest loss of predicted x0 by log-SNR, on the bank that all share; by seed. Not once diverged."""
    return {} if arm.diverged else {seed: _bins(store, run, split) for seed, run in arm.by_seed.items()}


def _bins(store: "Store", run: "Run", split: str) -> dict[Edge, float]:
    rows = [one for one in store.timestep_losses(run) if one.split == split]
    last = max((one.step for one in rows), default=0)
    return {
        (one.log_snr_low, one.log_snr_high): one.value for one in rows if one.step == last and one.value is not None
    }


def levels(found: Sequence[Arm], losses: Mapping[int, dict[int, dict[Edge, float]]], against: Against) -> list[Level]:
    """Arms that compare, at equal noise. losses: what `losses_by_log_snr` gave, by the arm's number."""
    edges = sorted({edge for arm in found for bins in losses[arm.number].values() for edge in bins})
    told = []
    for edge in edges:
        here = {arm.number: {s: bins[edge] for s, bins in losses[arm.number].items() if edge in bins} for arm in found}
        estimates = tuple(mean_interval([*here[arm.number].values()]) if here[arm.number] else None for arm in found)
        told.append(Level(*edge, estimates, tuple(_apart(here, arm, against) for arm in found)))
    return told


def _apart(here: Mapping[int, dict[int, float]], arm: Arm, against: Against) -> Difference | None:
    reference = against.references.get(arm.number)
    a, b = here.get(reference.number) if reference else None, here[arm.number]
    if not a or not b:
        return None
    return over_seeds(a, b)


def effects(sides: Mapping[int, Side], along: Against, name: str) -> list[Effect]:
    """The main effect of each value of an axis on a figure, against the value that `along` compares with.

    Each seed's differences are averaged over the other settings first: those of one seed may have something in common.
    """
    axis = along.axis
    assert axis is not None
    pairs: dict[tuple[Plain, Plain], list[tuple[dict[int, Measured], dict[int, Measured]]]] = {}
    for number, reference in along.pairs:
        first, second = sides[reference.number].of((name, None)), sides[number].of((name, None))
        values = flat(reference.config)[axis], flat(sides[number].arm.config)[axis]
        if first and second:
            pairs.setdefault(values, []).append((first, second))
    several: Over = "drawings" if any(sides[number].arm.drawn for number, _ in along.pairs) else "seeds"
    return [
        Effect(name, axis, value_text(value), value_text(reference), len(blocks), *_pooled(blocks, several))
        for (reference, value), blocks in pairs.items()
        if len(blocks) > 1
    ]


def _pooled(
    blocks: Sequence[tuple[dict[int, Measured], dict[int, Measured]]], several: Over
) -> tuple[Difference, Over]:
    """The mean difference over settings, with its interval over the seeds that all of them have, else over settings."""
    apart = [{seed: b[seed].value - a[seed].value for seed in a if seed in b} for a, b in blocks]
    fine = max(grain([*a.values(), *b.values()]) for a, b in blocks) / len(blocks)
    seeds = set.intersection(*(set(one) for one in apart))
    if len(seeds) > 1:
        means = {seed: sum(one[seed] for one in apart) / len(apart) for seed in sorted(seeds)}
        return paired_difference(dict.fromkeys(means, 0.0), means, fine), several
    means = {at: sum(one.values()) / len(one) for at, one in enumerate(apart) if one}
    if not means:  # no seed in common anywhere: the settings' means are what is left
        means = {at: _mean(b) - _mean(a) for at, (a, b) in enumerate(blocks)}
    return paired_difference(dict.fromkeys(means, 0.0), means, fine), "settings"


def _mean(found: Mapping[int, Measured]) -> float:
    return sum(one.value for one in found.values()) / len(found)
