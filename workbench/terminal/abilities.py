"""What the terminal can do, as far as the environment and the stream tell, and what would make it better."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from workbench.terminal.colours import Colours, colours_of
from workbench.terminal.screen import screen


@dataclass(frozen=True)
class Abilities:
    """cells: columns and lines, None for a pipe or a file. inside: which of ssh, tmux and screen it runs in."""

    cells: tuple[int, int] | None
    term: str
    colours: Colours
    no_color: bool
    encoding: str
    blocks: bool  # half blocks and braille can be shown
    inside: tuple[str, ...]
    pictures: str  # what pictures are shown with, in words
    hints: tuple[str, ...]


def abilities(environ: Mapping[str, str], images: str, stream: TextIO | None = None) -> Abilities:
    """The terminal behind stdout, or another stream. images: the person's setting of that name."""
    target = stream or sys.stdout
    found = screen(target)
    colours = colours_of(environ)
    inside = _inside(environ)
    return Abilities(
        cells=(found.wide, found.high) if found.terminal else None,
        term=environ.get("TERM", ""),
        colours=colours,
        no_color=bool(environ.get("NO_COLOR")),
        encoding=target.encoding or "ascii",
        blocks=found.blocks,
        inside=inside,
        pictures=_pictures(found.terminal, found.blocks, colours, images),
        hints=tuple(_hints(environ, found.blocks, colours, inside)) if found.terminal else (),
    )


def _inside(environ: Mapping[str, str]) -> tuple[str, ...]:
    ssh = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    tmux = bool(environ.get("TMUX"))
    gnu_screen = bool(environ.get("STY"))
    found = (("ssh", ssh), ("tmux", tmux), ("screen", gnu_screen))
    return tuple(name for name, there in found if there)


def _pictures(terminal: bool, blocks: bool, colours: Colours, images: str) -> str:
    if images == "off":
        return "off, as settings.toml says"
    if not terminal:
        return "left out: the output is no terminal"
    if not blocks:
        return "ASCII characters, since this encoding has no half blocks"
    return f"half blocks in {colours.value}" if colours is not Colours.PLAIN else "shades of characters, without colour"


def _hints(environ: Mapping[str, str], blocks: bool, colours: Colours, inside: tuple[str, ...]) -> list[str]:
    """What a person can set for better pictures."""
    hints = []
    if not blocks:
        hints.append("export LANG=C.UTF-8 PYTHONUTF8=1 shows half blocks and braille, where the terminal has them")
    if colours is Colours.PALETTE:
        hints.append("export COLORTERM=truecolor shows 24-bit colour, where the terminal has it")
        if "tmux" in inside:
            hints.append("in ~/.tmux.conf: set -as terminal-features ',*:RGB' lets tmux pass 24-bit colour on")
    if colours is Colours.PLAIN and not environ.get("NO_COLOR"):
        hints.append(f"TERM is '{environ.get('TERM', '')}': export TERM=xterm-256color shows colours")
    return hints
