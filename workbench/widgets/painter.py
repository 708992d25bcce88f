"""How pictures reach the terminal: which way it can show them, what it has been sent already, and how much a second.

One painter an app. Half blocks are ordinary cells and need none of this. A finer picture is encoded in a thread, waits
for its share of the bytes that may be sent in a second, is sent once, and then takes the place of the half blocks.
"""

import os
import sys
import time
from collections import OrderedDict
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.asking import Abilities, cell_of, from_tmux, promised, questions, told
from workbench.terminal.backlog import Backlog
from workbench.terminal.kitty import LARGEST_ID, removal, transmission
from workbench.terminal.sixel import sixels
from workbench.terminal.tiles import HALF, Size, Tile

if TYPE_CHECKING:
    import re

    from textual.app import App

    from workbench.widgets.tiles import Tiles

BYTES_PER_S = 200_000  # of finer pictures: a slow link stays usable
PUMP_S = 0.05
KITTY_KEPT = 2000  # pictures in the terminal, which has a quota of its own
SIXELS_KEPT = 400
SIXEL_START = "\x1bP"
USUAL_CELL = (20, 10)  # pixels, high and wide, where the terminal has not told


class Painter:
    """What one app's terminal can show and has been sent."""

    def __init__(self, app: "App[Any]", wanted: str) -> None:
        self._app = app
        self.wanted = wanted
        self.abilities: Abilities = promised(os.environ)
        self.sent_bytes = 0
        self._numbers: OrderedDict[bytes, int] = OrderedDict()  # pictures that a kitty has, oldest use first
        self._next = count((os.getpid() % 0xFF + 1) << 16)  # other programs number from 1
        self._has_asked = False
        self._sixels: OrderedDict[bytes, str] = OrderedDict()
        self._waiting: OrderedDict[bytes, str] = OrderedDict()
        self._to_encode: list[Tile] = []
        self._encoding = False
        self._asked: set[bytes] = set()
        self._showing: WeakSet[Tiles] = WeakSet()
        self._allowed, self._then = float(BYTES_PER_S), time.monotonic()

    @property
    def way(self) -> str:
        """How pictures are shown now: half, kitty, sixel or off."""
        return self.abilities.way(self.wanted)

    @property
    def unit(self) -> Size:
        """The pixels of a cell, wide and high, for laying pictures out."""
        if self.way not in ("kitty", "sixel"):
            return HALF
        high, wide = self.abilities.cell or USUAL_CELL
        return wide, high

    # -- asking the terminal ----------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask the terminal what it can show; its answers come to `answered`. Costs some 60 bytes and no waiting."""
        driver = self._app._driver
        if not getattr(driver, "takes_answers", False) or driver is None or self.wanted in ("half", "off"):
            return
        self.abilities = replace(promised(os.environ), cell=cell_of(sys.__stdin__.fileno()) if sys.__stdin__ else None)
        self._numbers.clear()  # another terminal may be attached now
        driver.write(questions(self.abilities))
        driver.flush()
        if self.abilities.tmux:
            self._app.run_worker(self._ask_tmux, thread=True, group="tmux")

    def _ask_tmux(self) -> None:
        found = from_tmux(promised(os.environ))
        if found is not None:
            self._app.call_from_thread(self._know, found)

    def answered(self, answer: "re.Match[str]") -> None:
        """An answer of the terminal."""
        self._know(told(self.abilities, answer))

    def _know(self, abilities: Abilities) -> None:
        before = (self.way, self.unit)
        self.abilities = abilities
        if (self.way, self.unit) != before:
            for tiles in list(self._showing):
                tiles.redraw()

    # -- pictures ---------------------------------------------------------------------------------------------------

    def shows(self, tiles: "Tiles") -> None:
        """A widget that is to be drawn again when its pictures have been sent, or another way is found."""
        self._showing.add(tiles)
        if not self._has_asked:  # the first pictures are half blocks: nothing waits for the answers
            self._has_asked = True
            self._app.call_later(self.ask)

    def number_of(self, tile: Tile) -> int | None:
        """The number under which a kitty has a picture; None until it has been sent, which this asks for."""
        number = self._numbers.get(tile.key)
        if number is not None:
            self._numbers.move_to_end(tile.key)
            return number
        self._encode(tile)
        return None

    def sixels_of(self, tile: Tile) -> str | None:
        """A picture as sixels; None until it has been encoded, which this asks for."""
        found = self._sixels.get(tile.key)
        if found is None:
            self._encode(tile)
        return found

    def _encode(self, tile: Tile) -> None:
        if tile.key in self._asked:
            return
        self._asked.add(tile.key)
        self._to_encode.append(tile)
        if not self._encoding:
            self._encoding = True
            self._app.call_later(self._start_encoding)

    def _start_encoding(self) -> None:
        batch, self._to_encode = self._to_encode, []
        encode = self._transmission if self.way == "kitty" else _as_sixels

        def work() -> None:
            done = [(tile.key, encode(tile)) for tile in batch]
            self._app.call_from_thread(self._encoded, done)

        self._app.run_worker(work, thread=True, group="pictures")

    def _transmission(self, tile: Tile) -> str:
        """In a thread: the picture's number, then what to send."""
        wide, high = self.unit
        pixels = _padded(tile.pixels, (tile.high * high, tile.wide * wide))
        number = next(self._next) & LARGEST_ID
        return f"{number};" + transmission(pixels, number, tile.wide, tile.high, tmux=self.abilities.tmux)

    def _encoded(self, done: list[tuple[bytes, str]]) -> None:
        self._waiting.update(done)
        self._encoding = bool(self._to_encode)
        if self._encoding:
            self._start_encoding()
        self._pump()

    def has_room(self) -> bool:
        """Whether anything may be sent now: not while the terminal does not take what it was sent."""
        backlog: Backlog | None = getattr(self._app._driver, "backlog", None)
        if backlog is not None and backlog.held:
            return False
        now = time.monotonic()
        self._allowed = min(self._allowed + (now - self._then) * BYTES_PER_S, BYTES_PER_S)
        self._then = now
        return self._allowed > 0

    def use(self, size: int) -> None:
        """Count what is about to be sent."""
        self._allowed -= size

    def write(self, text: str) -> None:
        """Send something beside what Textual draws, and count it."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(text)
            driver.flush()
        self.sent_bytes += len(text)

    def _pump(self) -> None:
        """Send what waits as far as the budget goes, then go on a little later."""
        new = False
        while self._waiting and self.has_room():
            key, text = self._waiting.popitem(last=False)
            self._asked.discard(key)
            self._take(key, text)
            new = True
        if new:
            for tiles in list(self._showing):
                tiles.pictures_came()
        if self._waiting:
            self._app.set_timer(PUMP_S, self._pump)

    def _take(self, key: bytes, text: str) -> None:
        if self.way == "kitty" and not text.startswith(SIXEL_START):
            number, _, sequence = text.partition(";")
            self.use(len(sequence))
            self.write(sequence)
            self._numbers[key] = int(number)
            if len(self._numbers) > KITTY_KEPT:
                _, oldest = self._numbers.popitem(last=False)
                self.write(removal(oldest, tmux=self.abilities.tmux))
        elif text.startswith(SIXEL_START):
            self._sixels[key] = text
            if len(self._sixels) > SIXELS_KEPT:
                self._sixels.popitem(last=False)


def _as_sixels(tile: Tile) -> str:
    return sixels(tile.pixels)


def _padded(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """pixels [H, W, 3] with a transparent edge at the right and below, so that nothing is stretched to the cells."""
    whole = np.zeros((*size, 4), dtype=np.uint8)
    height, width = min(size[0], pixels.shape[0]), min(size[1], pixels.shape[1])
    whole[:height, :width, :3] = pixels[:height, :width]
    whole[:height, :width, 3] = 255
    return whole


_PAINTERS: "WeakKeyDictionary[App[Any], Painter]" = WeakKeyDictionary()


def painter_of(app: "App[Any]") -> Painter:
    """The painter of an app, made on the first call. An attribute images of the app has the way that is wanted."""
    if app not in _PAINTERS:
        _PAINTERS[app] = Painter(app, str(getattr(app, "images", "half")))
    return _PAINTERS[app]


def ask(app: "App[Any]") -> None:
    """Ask an app's terminal what it can show."""
    painter_of(app).ask()
