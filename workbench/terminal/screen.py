"""What the output goes to: its size, its colours, and whether pictures can be shown there."""

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from workbench.terminal.colours import Colours


@dataclass(frozen=True)
class Screen:
    """An output as wide and high as so many cells."""

    wide: int
    high: int
    terminal: bool  # a person reads it as it comes, so pictures and headings help
    blocks: bool = True  # its encoding has half blocks

    @property
    def colours(self) -> "Colours":
        """The colours that it shows."""
        from workbench.terminal.colours import Colours, colours_of

        return colours_of(os.environ) if self.terminal and self.blocks else Colours.PLAIN

    def styled(self, text: str, style: str) -> str:
        """text in an SGR style ("1" is bold, "2" faint, "31" red), left as it is where there is no colour."""
        plain = not self.terminal or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        return text if plain or not text else f"\x1b[{style}m{text}\x1b[0m"


def screen(stream: TextIO | None = None) -> Screen:
    """The screen behind stdout, or another stream. Something that is no terminal is 100 cells wide."""
    target = stream or sys.stdout
    if not target.isatty():
        return Screen(100, 40, terminal=False)
    found = shutil.get_terminal_size((80, 24))
    return Screen(max(20, found.columns), max(5, found.lines), terminal=True, blocks=_has_blocks(target))


def _has_blocks(stream: TextIO) -> bool:
    try:
        "▀".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
