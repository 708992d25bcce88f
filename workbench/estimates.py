"""Means, intervals and differences in words."""

from runs.statistics import MOST_NEEDED, Difference, Estimate
from workbench.format import count, number

CHANCE = 0.05  # of a comparison to read as decided where there is no difference


def interval(found: Estimate | None) -> str:
    """0.1013 ± 0.0004, or 0.95 (0.88 to 0.98) where it is longer on one side; without an interval the value alone."""
    if found is None:
        return "-"
    if found.low is None or found.high is None:
        return number(found.value)
    down, up = found.value - found.low, found.high - found.value
    if abs(up - down) > 0.05 * (up + down):
        return f"{number(found.value)} ({number(found.low, 2)} to {number(found.high, 2)})"
    return f"{number(found.value)} ± {number((found.high - found.low) / 2, 2)}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    return ("+" if value > 0 else "") + number(value, digits)


def span(found: Estimate) -> str:
    """-0.01 to +0.02; "-" without an interval."""
    if found.low is None or found.high is None:
        return "-"
    return f"{signed(found.low, 2)} to {signed(found.high, 2)}"


def mark(found: Difference | None) -> str:
    """ " -" for lower and " +" for higher beyond chance, else two blanks."""
    if found is None or not found.decided:
        return "  "
    return " -" if found.estimate.value < 0 else " +"


def verdict(found: Difference) -> str:
    """lower; higher; no: 14 more, of what it is over; no, where no number of them would decide a difference of 0."""
    if found.decided:
        return "lower" if found.estimate.value < 0 else "higher"
    if found.estimate.low is None:
        return "no: more seeds"
    if found.more and found.more + found.estimate.n >= MOST_NEEDED:
        return f"no: {count(MOST_NEEDED)}+"
    return f"no: {count(found.more)} more" if found.more else "no"


def basis(found: Difference, over: str) -> str:
    """What a difference is over: 3 seeds that are pairs; 3+3 seeds in independent groups."""
    n = count(found.estimate.n)
    if found.estimate.low is None and over != "pictures":
        return f"1 {over.removesuffix('s')} each"
    return f"{n} {over}" if found.paired else f"{n}+{n} {over}"


def by_chance(comparisons: int) -> str:
    """How many comparisons would read as decided were there no difference anywhere."""
    return f"{comparisons} comparisons: by chance alone about {comparisons * CHANCE:.1g} of them would read as decided"
