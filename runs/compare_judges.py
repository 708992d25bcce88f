"""What judges say of several runs beside each other, over all classes and of each.

Over seeds where an arm has several; else over the pictures, by the intervals that the judge gave: that speaks of these
networks, and of their settings only as far as other seeds would do the same.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runs.compare import Arm, Compared, over_seeds
from runs.figures import why_not
from runs.statistics import Difference, Estimate, more_needed

if TYPE_CHECKING:
    from runs.records import Evaluation
    from runs.store import Store

Z = 1.959964  # a 95 % interval reaches so many standard errors


def judged_by_class(store: "Store", found: Sequence[Arm], names: Sequence[str]) -> list[tuple[int, Compared]]:
    """The judges' figures of each class against the first arm's: class and comparison."""
    values = [_judgements(store, arm) for arm in found]
    compared = []
    for name in names:
        labels = sorted({label for one in values for known, label in one if known == name and label is not None})
        for label in labels:
            for arm, mine in zip(found[1:], values[1:], strict=True):
                pair = values[0].get((name, label)), mine.get((name, label))
                if pair[0] and pair[1] and not why_not(name, [found[0].config, arm.config]):
                    compared.append((label, _judged(name, arm.name, pair[0], pair[1])))
    return compared


def judged(store: "Store", found: Sequence[Arm], names: Sequence[str]) -> list[Compared]:
    """The judges' figures over all classes where both arms have one seed alone: over their pictures."""
    values = [_judgements(store, arm) for arm in found]
    pairs = [
        (name, arm, values[0].get((name, None)), mine.get((name, None)))
        for name in names
        for arm, mine in zip(found[1:], values[1:], strict=True)
    ]
    return [
        _judged(name, arm.name, a, b)
        for name, arm, a, b in pairs
        if a and b and len(a) == len(b) == 1 and not why_not(name, [found[0].config, arm.config])
    ]


def _judgements(store: "Store", arm: Arm) -> "dict[tuple[str, int | None], dict[int, Evaluation]]":
    """The newest judgement of each figure and class, by seed."""
    found: dict[tuple[str, int | None], dict[int, Evaluation]] = {}
    for seed, run in arm.by_seed.items():
        for one in store.evaluations(run):
            if one.value is not None:
                found.setdefault((f"{one.judge} {one.name}", one.label), {})[seed] = one
    return found


def _judged(name: str, arm: str, a: "dict[int, Evaluation]", b: "dict[int, Evaluation]") -> Compared:
    if len(a) == len(b) == 1:
        first, second = (_as_estimate(one) for side in (a, b) for one in side.values())
        return Compared(name, arm, first, second, over_pictures(first, second), "pictures")
    values = [{seed: one.value for seed, one in side.items() if one.value is not None} for side in (a, b)]
    return over_seeds(name, arm, *values)


def _as_estimate(one: "Evaluation") -> Estimate:
    assert one.value is not None
    return Estimate(one.value, one.low, one.high, one.n)


def over_pictures(a: Estimate, b: Estimate) -> Difference:
    """b - a of two judged numbers from their own intervals, as of independent pictures."""
    apart, n = b.value - a.value, min(a.n, b.n)
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Difference(Estimate(apart, None, None, n), False, None)
    half = math.hypot((a.high - a.low) / 2, (b.high - b.low) / 2)
    found = Difference(Estimate(apart, apart - half, apart + half, n), False, 0)
    if found.decided:
        return found
    return Difference(found.estimate, False, more_needed(apart, half / Z * math.sqrt(n), n))
