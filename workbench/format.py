"""Numbers, durations, ages and foreign text, as they are shown."""

import math
import shlex
import time
import unicodedata

NONE = "-"


def number(value: float | None, digits: int = 4) -> str:
    """A measured number to so many significant digits; "-" when there is none, "NaN" when it is not one."""
    if value is None:
        return NONE
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.{digits - 1}e}"
    return f"{value:#.{digits}g}".rstrip(".")


def count(value: float | None) -> str:
    """A whole number with commas between thousands."""
    return NONE if value is None or not math.isfinite(value) else f"{round(value):,}"


def compact(value: float) -> str:
    """A large count in four characters or so: 950, 448k, 35.7M."""
    for limit, unit in ((1e3, ""), (1e6, "k"), (1e9, "M"), (1e12, "G")):
        if abs(value) < limit * 0.9995:
            scaled = value / (limit / 1e3)
            return f"{scaled:.0f}{unit}" if not unit or scaled >= 99.95 else f"{scaled:.3g}{unit}"
    return f"{value:.3g}"


def size(byte_count: float) -> str:
    """A size in bytes, in units of 1000."""
    amount = float(byte_count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units: 0.4 s, 12 s, 3 min 05 s, 2 h 07 min, 3 d 4 h."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"


def age(then: float | None, now: float | None = None) -> str:
    """How long ago a moment was; its date when that is over 60 days. A moment that is to come reads as now."""
    if then is None:
        return NONE
    passed = (time.time() if now is None else now) - then
    if passed < 5:
        return "now"
    for unit, seconds, below in (("s", 1, 60), ("min", 60, 60), ("h", 3600, 24), ("d", 86400, 60)):
        if int(passed / seconds) < below:
            return f"{int(passed / seconds)} {unit} ago"
    return time.strftime("%Y-%m-%d", time.localtime(then))


def safe_text(text: str, lines: bool = False) -> str:
    """text with everything that could move a cursor, turn the writing direction or hide itself shown as \\x1b, \\u202e.

    lines: line breaks stay as they are. Tabs become blanks.
    """
    if text.isprintable():  # most text is, and is not looked at letter by letter
        return text
    kept = {"\t": " ", "\n": "\n"} if lines else {"\t": " "}
    return "".join(kept.get(character) or _shown(character) for character in text)


def _shown(character: str) -> str:
    # Cc control, Cf format (bidi marks, zero width), Cs lone surrogates of undecodable file names, Zl Zp line breaks
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width_of(text: str) -> int:
    """The cells that text takes in a terminal: wide East Asian characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clipped(text: str, width: int) -> str:
    """text cut to so many cells, the cut marked with an ellipsis."""
    if width_of(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        if used + _cells(character) > width - 1:
            break
        kept += character
        used += _cells(character)
    return kept + "…" if width > 0 else ""


def padded(text: str, width: int, right: bool = False) -> str:
    """text cut or filled with blanks to exactly so many cells, at the right end of them when right is set."""
    cut = clipped(text, width)
    blanks = " " * (width - width_of(cut))
    return blanks + cut if right else cut + blanks


def quoted(name: str) -> str:
    """A run's name as it can be pasted into a shell, without anything that a terminal would act on."""
    return shlex.quote(safe_text(name))
