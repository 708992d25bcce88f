"""Classes that drawn pictures do not reach, and sets that reach hardly any class."""

from collections.abc import Sequence
from statistics import median

from diffusion.judges.estimate import Estimate

LOST = 0.5  # of what as many real pictures reach, and of what the set reaches in its other classes
REACHING = (
    "recall",
    "coverage",
)  # recall alone is kind to strays, whose balls are wide; coverage to a few good pictures

Figures = dict[tuple[str, int | None], Estimate]  # by name and class; None: over all


def is_apart(drawn: Figures, real: Figures) -> bool:
    """Whether most classes are surely reached less than half as well as by as many real pictures."""
    labels = _known(drawn, real)
    return 2 * sum(_is_low(drawn, real, label, 1.0) for label in labels) > len(labels)


def lost_classes(drawn: Figures, real: Figures) -> list[int]:
    """Classes that are reached less than half as well as by as many real pictures, and as the set's other classes are.

    By recall and by coverage, and surely: the upper ends of both intervals are below the limit, which takes about 16
    pictures of a class. A class of which nothing was drawn is lost where of others enough were.
    """
    labels = _known(drawn, real)
    if not labels or is_apart(drawn, real):
        return []
    usual = min(
        1.0, median(drawn[name, label].value / real[name, label].value for name in REACHING for label in labels)
    )
    return [label for label in labels if _is_low(drawn, real, label, usual)]


def told_lost(drawn: Figures, real: Figures, names: Sequence[str], space: str) -> str | None:
    """The words of an alert, or None where nothing is lost."""
    if is_apart(drawn, real):
        found, known = drawn["precision", None], real["precision", None]
        far = found.high is not None and found.high < LOST * known.value
        what = "lie apart from real ones" if far else "reach few real ones"
        told = f"precision {found.value:.2f}, real {known.value:.2f}; {_reach(drawn, real, None)}"
        return f"drawn pictures {what} in most classes, in {space}: {told}"
    lost = lost_classes(drawn, real)
    if not lost:
        return None
    worst = min(lost, key=lambda label: (drawn["coverage", label].value, drawn["recall", label].value))
    count, several = drawn["recall", worst].n, len(lost) > 1
    told = f"{names[worst]}: {_reach(drawn, real, worst)}; {count or 'no'} pictures were drawn as it"
    return f"lost {'classes' if several else 'class'} {', '.join(names[label] for label in lost)} in {space}; " + told


def _known(drawn: Figures, real: Figures) -> list[int]:
    """Classes with both figures of both sides, above 0 where real."""
    labels = {label for name, label in drawn if name in REACHING and label is not None}
    return sorted(
        label
        for label in labels
        if all((name, label) in drawn and (name, label) in real and real[name, label].value > 0 for name in REACHING)
    )


def _is_low(drawn: Figures, real: Figures, label: int, usual: float) -> bool:
    for name in REACHING:
        found = drawn[name, label]
        high = found.value if found.n == 0 else found.high
        if high is None or high >= LOST * usual * real[name, label].value:
            return False
    return True


def _reach(drawn: Figures, real: Figures, label: int | None) -> str:
    return "; ".join(f"{name} {drawn[name, label].value:.2f}, real {real[name, label].value:.2f}" for name in REACHING)
