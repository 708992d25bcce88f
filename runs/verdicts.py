"""Whether claims hold: each number with its interval, the runs that it rests on, and what is missing where it is not
decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from diffusion.config import flat
from diffusion.errors import nearest_name
from diffusion.fields import Plain
from runs import figures
from runs.arms import Arm, arms_of
from runs.claims import Claim
from runs.compare import Side, beside
from runs.derived import derived, is_derived, is_exact
from runs.figures import Measured
from runs.statistics import (
    CERTAIN,
    Estimate,
    from_intervals,
    mean_interval,
    mean_of_intervals,
    paired_difference,
)
from runs.studies import ELSEWHERE

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Answer = Literal["holds", "fails", "not decided"]


@dataclass(frozen=True)
class Finding:
    """What one arm says of a claim. estimate: the figure, or the difference; None where it was not measured."""

    arm: str
    answer: Answer
    estimate: Estimate | None
    over: str  # what n counts: seeds, pictures; settings for what follows from them alone
    runs: tuple[str, ...]  # names
    why: str = ""  # why it is not decided


@dataclass(frozen=True)
class Verdict:
    """A claim and what the database says: it holds where it does for every arm, and fails where it does for one."""

    claim: Claim
    answer: Answer
    findings: tuple[Finding, ...]
    why: str = ""


def check(store: "Store", claims: Sequence[Claim]) -> list[Verdict]:
    """Each claim against the runs that are there."""
    runs = store.runs()
    return [_verdict(store, claim, runs) for claim in claims]


def _verdict(store: "Store", claim: Claim, runs: "Sequence[Run]") -> Verdict:
    mine = [run for run in runs if _belongs(run, claim.study)]
    found = arms_of(mine)
    about = [arm for arm in found if _has(arm, claim.where) and not (claim.than and _has(arm, claim.than))]
    if not about:
        of = f" of the study {claim.study}" if claim.study else ""
        return Verdict(claim, "not decided", (), f"there is no run{of} with these settings")
    sides = {arm.number: Side(store, arm) for arm in found}
    findings = tuple(_finding(store, claim, arm, found, sides) for arm in about)
    answers = {one.answer for one in findings}
    answer: Answer = "fails" if "fails" in answers else "not decided" if "not decided" in answers else "holds"
    return Verdict(claim, answer, findings)


def _belongs(run: "Run", study: str) -> bool:
    """Whether a run is of a study, or of one that is called after it: skips-mnist is a study of skips."""
    return not study or run.study == study or (run.study or "").startswith(f"{study}-")


def _has(arm: Arm, settings: Mapping[str, Plain]) -> bool:
    values = flat(arm.config)
    return all(values[key] == value for key, value in settings.items())


def _finding(store: "Store", claim: Claim, arm: Arm, found: Sequence[Arm], sides: Mapping[int, Side]) -> Finding:
    if arm.diverged:
        return _open(arm, f"{arm.name} diverged")
    if not arm.finished and not is_exact(claim.figure):
        return _open(arm, f"{arm.name} is {arm.standing}")
    if not claim.than:
        return _of_one(store, claim, arm, sides[arm.number])
    other = _partner(arm, claim.than, found)
    exact = is_exact(claim.figure)
    if other is None or other.diverged or not (other.finished or exact):
        lacking = "is not there" if other is None else "diverged" if other.diverged else f"is {other.standing}"
        return _open(arm, f"the run to compare {arm.name} with {lacking}")
    return _of_two(store, claim, sides[arm.number], sides[other.number])


def _partner(arm: Arm, than: Mapping[str, Plain], found: Sequence[Arm]) -> Arm | None:
    """The arm that has the settings of than and is equal otherwise."""
    wanted = _apart_from_place(flat(arm.config) | dict(than))
    return next((one for one in found if _apart_from_place(flat(one.config)) == wanted), None)


def _apart_from_place(values: Mapping[str, Plain]) -> dict[str, Plain]:
    return {key: value for key, value in values.items() if key not in ("seed", *ELSEWHERE)}


def _of_one(store: "Store", claim: Claim, arm: Arm, side: Side) -> Finding:
    """The figure of an arm, or of some classes, or how far these are above others."""
    values = _values(store, claim.figure, side, claim.classes)
    if claim.than_classes:
        return _of_classes(store, claim, side, values)
    if not values:
        return _open(arm, f"{arm.name} {_lacks(claim, side)}")
    if is_exact(claim.figure):
        value = next(iter(values.values())).value
        return _told(claim, arm, Estimate(value, value, value, 1), "settings")
    if len(values) > 1 and not arm.drawn:
        return _told(claim, arm, mean_interval([one.value for one in values.values()]), "seeds")
    over = "pictures" if all(one.n for one in values.values()) else "seeds"
    return _told(claim, arm, mean_of_intervals([one.estimate for one in values.values()]), over)


def _lacks(claim: Claim, side: Side) -> str:
    """Why there is no number: a class that is unknown, or a figure that was not measured, with the nearest name."""
    names = _class_names(side)
    unknown = [one for one in (*claim.classes, *claim.than_classes) if one not in names]
    if unknown:
        return f"has no class {unknown[0]}; allowed: {', '.join(names) or 'none'}"
    near = nearest_name(claim.figure, side.names())
    return f"has no {claim.figure}" + (f"; did you mean {near}?" if near and near != claim.figure else "")


def _class_names(side: Side) -> list[str]:
    found = side.arm.runs[0].facts.get("class_names")
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


def _of_classes(store: "Store", claim: Claim, side: Side, values: Mapping[int, Measured]) -> Finding:
    others = _values(store, claim.figure, side, claim.than_classes)
    shared = [seed for seed in values if seed in others]
    if not shared:
        return _open(side.arm, f"{side.arm.name} {_lacks(claim, side)}")
    if len(shared) > 1 and not side.arm.drawn:
        apart = [values[seed].value - others[seed].value for seed in shared]
        return _told(claim, side.arm, mean_interval(apart), "seeds")
    a, b = (mean_of_intervals([one[seed].estimate for seed in shared]) for one in (others, values))
    return _told(claim, side.arm, from_intervals(a, b).estimate, "pictures")


def _of_two(store: "Store", claim: Claim, side: Side, other: Side) -> Finding:
    """How far an arm's figure is above another's."""
    arm, name = side.arm, claim.figure
    if not is_derived(name):
        counts = [one.n for each in (side, other) for one in each.of((name, None)).values()]
        if problem := figures.why_not(name, [arm.config, other.arm.config], counts):
            return _open(arm, problem)
    if not is_derived(name) and not claim.classes:
        compared = beside((name, None), other, side)
        if compared is None:
            return _open(arm, f"{arm.name} and {other.arm.name} have no {name} both")
        return _told(claim, arm, compared.difference.estimate, compared.over, other.arm)
    a, b = _values(store, name, other, claim.classes), _values(store, name, side, claim.classes)
    if not (a and b):
        return _open(arm, f"{arm.name} and {other.arm.name} have no {name} both")
    if is_exact(name):
        apart = next(iter(b.values())).value - next(iter(a.values())).value
        return _told(claim, arm, Estimate(apart, apart, apart, 1), "settings", other.arm)
    first, second = ({seed: one.value for seed, one in values.items()} for values in (a, b))
    return _told(claim, arm, paired_difference(first, second).estimate, "seeds", other.arm)


def _values(store: "Store", figure: str, side: Side, classes: Sequence[str]) -> dict[int, Measured]:
    """A figure by seed; of several classes their mean."""
    if is_derived(figure):
        found = {seed: derived(store, run, figure) for seed, run in side.arm.by_seed.items()}
        return {seed: one for seed, one in found.items() if one is not None}
    if not classes:
        return side.of((figure, None))
    names = _class_names(side)
    labels = [names.index(one) for one in classes if one in names]
    each = [side.of((figure, label)) for label in labels]
    if len(each) < len(classes):
        return {}
    shared = [seed for seed in each[0] if all(seed in one for one in each)]
    return {seed: _mean([one[seed] for one in each]) for seed in shared}


def _mean(found: Sequence[Measured]) -> Measured:
    together = mean_of_intervals([one.estimate for one in found])
    return Measured(together.value, found[0].step, together.n, together.low, together.high)


def _open(arm: Arm, why: str) -> Finding:
    return Finding(arm.name, "not decided", None, "", tuple(run.name for run in arm.runs), why)


def _told(claim: Claim, arm: Arm, estimate: Estimate, over: str, other: Arm | None = None) -> Finding:
    names = tuple(run.name for one in (arm, other) if one is not None for run in one.runs)
    answer, why = _answer(claim, estimate, over)
    return Finding(arm.name, answer, estimate, over, names, why)


def _answer(claim: Claim, estimate: Estimate, over: str) -> tuple[Answer, str]:
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        return "not decided", "one value, which says nothing of its spread: more seeds are needed"
    if over != "settings" and high - low <= CERTAIN * max(abs(low), abs(high)):
        return "not decided", "all values are equal, which says that their spread was not seen: more are needed"
    above, below = claim.above, claim.below
    if (above is None or low > above) and (below is None or high < below):
        return "holds", ""
    if (above is not None and high <= above) or (below is not None and low >= below):
        return "fails", ""
    limit = above if above is not None and low <= above < high else below
    return "not decided", f"the interval holds the limit {limit:g}"
