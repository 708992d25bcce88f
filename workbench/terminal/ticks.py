"""Where an axis has its ticks, and what they are called."""

import math
from functools import lru_cache


def ticks(low: float, high: float, most: int, log: bool = False) -> list[float]:
    """At most so many round values between low and high, both included, rising.

    Linear: multiples of 1, 2 or 5 times a power of ten. log: powers of ten, with 2 and 5 between when there is room;
    within less than a decade as on a linear axis. low and high must be finite, and above 0 with log.
    """
    if most < 1 or not (math.isfinite(low) and math.isfinite(high)) or high < low:
        return []
    if high == low:
        return [low]
    if log:
        found = _log_ticks(low, high, most)
        if len(found) >= 2:
            return found
    return _linear_ticks(low, high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    exponent = math.floor(math.log10((high - low) / most)) - 1
    for power in range(exponent, exponent + 4):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first + 1 <= most and abs(first) < 1e15:
                return [float(f"{at * step:.12g}") for at in range(first, last + 1)]
    return []


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        found = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(found) <= most:
            return found
    apart = -(-len(found) // most)
    return found[::apart]


def tick_names(values: list[float]) -> list[str]:
    """The values with as many digits as tell them apart, and no more: 0.1, 0.25; 1e-5; 5k, 10k, 15k; 1.5M."""
    return list(_tick_names(tuple(values)))


@lru_cache(maxsize=200)
def _tick_names(values: tuple[float, ...]) -> list[str]:
    """tick_names, which charts beside each other ask for again and again."""
    kilo = 1e3 if max(map(abs, values), default=0.0) >= 1e4 else 1e4
    for digits in range(1, 15):
        names = [tick_name(value, digits, kilo) for value in values]
        exact = all(math.isclose(_rounded(value, digits), value, rel_tol=1e-6) for value in values)
        if exact and len(set(names)) == len(set(values)):
            return names
    return [f"{value:.15g}" for value in values]


def tick_name(value: float, digits: int = 4, kilo: float = 1e4) -> str:
    """One value to at most so many digits, as short as it can be said; in thousands from kilo on."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent)}"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (kilo, "k")):
        if size >= limit:
            return f"{_plain(value / (1e3 if unit == 'k' else limit), digits)}{unit}"
    return _plain(value, digits)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _plain(value: float, digits: int) -> str:
    rounded = _rounded(value, digits)
    text = f"{rounded:.12f}".rstrip("0").rstrip(".")
    return text or "0"


def time_ticks(low: float, high: float, most: int) -> list[float]:
    """Ticks in seconds that fall on whole seconds, minutes, hours or days."""
    steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800]
    if high - low < 2:
        return ticks(low, high, most)
    for step in steps:
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first + 1 <= most:
            return [float(at * step) for at in range(first, last + 1)]
    return ticks(low, high, most)


def time_name(seconds: float) -> str:
    """Seconds as an axis says them: 45s, 2m, 1m30, 2h, 1h30, 3d."""
    if seconds < 60:
        return f"{_plain(seconds, 3)}s"
    for size, unit, rest_size in ((86400, "d", 3600), (3600, "h", 60), (60, "m", 1)):
        if seconds >= size:
            rest = round(seconds % size / rest_size)
            return f"{int(seconds // size)}{unit}" + (f"{rest:02d}" if rest else "")
    return ""
