"""Which colours a terminal can show. No numpy: the first screen needs it."""

from collections.abc import Mapping
from enum import Enum


class Colours(Enum):
    """What the terminal can show."""

    TRUE = "24-bit colour"
    PALETTE = "the 256 colours of xterm"
    PLAIN = "no colour"


def colours_of(environ: Mapping[str, str]) -> Colours:
    """The colours that the environment promises. NO_COLOR (not empty) and a dumb or unknown terminal mean none."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term in ("", "dumb"):
        return Colours.PLAIN
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Colours.TRUE
    return Colours.PALETTE
