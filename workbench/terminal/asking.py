"""What a terminal can show: what its environment promises, what to ask it, and what its answers mean."""

import fcntl
import re
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from workbench.terminal.colours import Colours, colours_of
from workbench.terminal.passthrough import wrapped_for_tmux

WAYS = ("half", "kitty", "sixel", "off")  # to show pictures
OLDEST_KITTY = (0, 28)  # with Unicode placeholders; older ones say yes to the question and then show boxes
QUERY_ID = 31
LARGEST_ANSWER = 4096  # characters
TMUX_FORMAT = "\t".join(
    f"#{{{name}}}"
    for name in (
        "client_termtype",
        "allow-passthrough",
        "client_cell_height",
        "client_cell_width",
        "client_pid",
        "client_discarded",
    )
)

_KITTY_QUERY = f"\x1b_Gi={QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_REPORTS = re.compile(
    rf"\x1b_Gi={QUERY_ID}[^;\x1b]*;(?P<kitty>[^\x1b]*)\x1b\\"
    r"|\x1bP>\|(?P<version>[^\x1b\x07]*)(?:\x1b\\|\x07)"
    r"|\x1b\[\?(?P<attributes>[\d;]*)c"
    r"|\x1b\[6;(?P<cell>\d+;\d+)t"
)
_BEGINNING = re.compile(
    r"\x1b(?:_(?:G[^\x1b]*\x1b?)?|P(?:>(?:\|[^\x1b\x07]*\x1b?)?)?|\[(?:\?[\d;]*|6(?:;[\d;]*)?)?)?\Z"
)


@dataclass(frozen=True)
class Abilities:
    """What is known of a terminal. cell is the size of a cell in pixels (high, wide), when it has told it."""

    colours: Colours
    tmux: bool = False
    kitty: bool = False  # it has said yes to the graphics protocol
    placeholders: bool = False  # and it is known to have Unicode placeholders
    sixel: bool = False
    cell: tuple[int, int] | None = None
    program: str = ""
    client: str = ""  # of tmux: another one is another terminal
    lost: int = 0  # bytes that tmux has not passed on, as its client was slow
    answered: bool = False  # to the last of the questions, which all terminals know

    def way(self, wanted: str = "auto") -> str:
        """How to show pictures: as wanted, else the finest way that is known to work. One of WAYS."""
        if wanted in WAYS:
            return wanted
        if self.colours is Colours.PLAIN:
            return "half"
        if self.kitty and self.placeholders and self.colours is Colours.TRUE:
            return "kitty"
        if self.tmux:  # it says that it has sixels wherever it is, and crops them as if a cell had 16 x 32 pixels
            return "half"
        return "sixel" if self.sixel and self.cell is not None else "half"


def promised(environ: Mapping[str, str]) -> Abilities:
    """What the environment says, before the terminal has been asked."""
    tmux = bool(environ.get("TMUX")) or environ.get("TERM", "").startswith("tmux")
    return Abilities(colours_of(environ), tmux=tmux)


def questions(abilities: Abilities) -> str:
    """What to write to the terminal: for the graphics protocol, its name, a cell's size, and its attributes at last.

    In tmux the first two go through to the terminal around it, when passthrough is on, and the rest to tmux itself.
    """
    to_terminal = _KITTY_QUERY + "\x1b[>q"
    if abilities.tmux:
        to_terminal = wrapped_for_tmux(_KITTY_QUERY) + wrapped_for_tmux("\x1b[>q")
    return f"{to_terminal}\x1b[16t\x1b[c"


def told(abilities: Abilities, answer: re.Match[str]) -> Abilities:
    """What is known after one answer, a match that `Answers` has found."""
    if answer["kitty"] is not None:
        return replace(abilities, kitty=answer["kitty"].startswith("OK"))
    if answer["version"] is not None:
        return replace(abilities, program=answer["version"], placeholders=has_placeholders(answer["version"]))
    if answer["cell"] is not None:
        height, width = (int(number) for number in answer["cell"].split(";"))
        return replace(abilities, cell=(height, width) if height and width else None)
    attributes = answer["attributes"].split(";")
    return replace(abilities, sixel="4" in attributes[1:], answered=True)


def cell_of(terminal: int) -> tuple[int, int] | None:
    """The size of a cell in pixels (high, wide), as the terminal has told the kernel; None where it has not."""
    try:
        rows, columns, wide, high = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, b"\0" * 8))
    except OSError:  # no terminal
        return None
    return (high // rows, wide // columns) if rows and columns and high >= rows and wide >= columns else None


def from_tmux(abilities: Abilities) -> Abilities | None:
    """What tmux says of the terminal around it, and whether it lets pictures through. None where it says nothing."""
    answer = subprocess.run(["tmux", "display-message", "-p", TMUX_FORMAT], capture_output=True, text=True, check=False)
    name, through, high, wide, client, discarded = (answer.stdout.strip("\n").split("\t") + [""] * 6)[:6]
    if answer.returncode or not name:
        return None
    known = through not in ("", "0", "off") and has_placeholders(name)
    cell = (int(high), int(wide)) if high.isdigit() and wide.isdigit() and int(high) and int(wide) else abilities.cell
    lost = int(discarded) if discarded.isdigit() else 0
    return replace(abilities, program=name, kitty=known, placeholders=known, cell=cell, client=client, lost=lost)


def has_placeholders(program: str) -> bool:
    """Whether a terminal that calls itself so, by XTVERSION, has Unicode placeholders."""
    if match := re.match(r"kitty\(?\s?(\d+)\.(\d+)", program):
        return (int(match[1]), int(match[2])) >= OLDEST_KITTY
    return bool(re.match(r"ghostty", program, re.IGNORECASE))


class Answers:
    """Separates a terminal's answers from what a person types."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> tuple[str, list[re.Match[str]]]:
        """What of the input is not an answer, and the answers. What may be the beginning of one is kept until more
        comes, or until flush().
        """
        text, found = self._held + text, list[re.Match[str]]()
        self._held = ""
        rest = "".join(self._apart(text, found))
        beginning = _BEGINNING.search(rest)
        if beginning and len(beginning[0]) <= LARGEST_ANSWER:
            self._held = beginning[0]
            rest = rest[: beginning.start()]
        return rest, found

    @staticmethod
    def _apart(text: str, found: list[re.Match[str]]) -> Iterator[str]:
        end = 0
        for match in _REPORTS.finditer(text):
            yield text[end : match.start()]
            found.append(match)
            end = match.end()
        yield text[end:]

    def flush(self) -> str:
        """What was kept: nothing more has come, so it was typed."""
        held, self._held = self._held, ""
        return held
