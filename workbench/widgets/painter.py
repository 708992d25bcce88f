"""How pictures reach the terminal: which way it can show them, what it has been sent already, and how much a second.

One painter an app. Half blocks are ordinary cells and need none of this. A finer picture is encoded in a thread, waits
for its share of the bytes that may be sent in a second, is sent once, and then takes the place of the half blocks.
"""

import os
import sys
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from workbench.widgets.painted_app import PaintedApp, Span

if TYPE_CHECKING:
    import re

    from textual.app import App

    from workbench.widgets.tiles import Tiles

BUDGETS = (20_000, 50_000, 200_000, 1_000_000, 5_000_000)  # bytes a second of finer pictures
USUAL_BUDGET = 200_000  # a slow link stays usable
LOOK_S = 5.0  # between two questions to tmux whether it is still the same terminal
SURE_S = 1.0  # after a picture, until tmux is asked whether it passed it on
RESIZED_S = 0.5  # from a new size until all that was sent before it has come
KNOWN_S = 0.5  # until it knows: it counts what it has dropped ten times a second
PUMP_S = 0.05
KITTY_KEPT = 2000  # pictures in the terminal, which has a quota of its own
SIXELS_KEPT = 400
TMUX_BURST = 8_000  # bytes: beyond some 8 a cell of its terminal that wait there, tmux drops what is to go through it
USUAL_CELL = (20, 10)  # pixels, high and wide, where the terminal has not told


class Painter:
    """What one app's terminal can show and has been sent."""

    def __init__(self, app: "App[Any]", wanted: str) -> None:
        self._app = app
        if isinstance(app, PaintedApp):
            app.drawn, app.looked = self.drawn, self.looked
        self.wanted = wanted
        self.abilities: Abilities = promised(os.environ)
        self.sent_bytes = 0
        self._numbers: OrderedDict[bytes, int] = OrderedDict()  # pictures that a kitty has, oldest use first
        self._next = count((os.getpid() % 0xFF + 1) << 16)  # other programs number from 1
        self._has_asked = False
        self._sixels: OrderedDict[bytes, str] = OrderedDict()
        self._waiting: OrderedDict[bytes, _Encoded] = OrderedDict()
        self._unsure: dict[bytes, _Encoded] = {}  # sent through tmux since it was asked
        self._to_encode: list[Tile] = []
        self._encoding = False
        self._will_pump = self._will_ask = self._will_redraw = False
        self._asked: set[bytes] = set()
        self._showing: WeakSet[Tiles] = WeakSet()
        self.budget = USUAL_BUDGET
        self._allowed, self._then = float(self.budget), time.monotonic()
        self._looked = 0.0

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
        self._numbers.clear()  # another terminal may be attached now
        self._know(replace(promised(os.environ), cell=_kernel_cell()))
        driver.write(questions(self.abilities))
        driver.flush()
        if self.abilities.tmux:
            self._ask_tmux()

    def looked(self) -> None:
        """A key, another size, the focus: cells may be larger now, and in tmux it may be another terminal."""
        if not self._has_asked:
            return
        cell = _kernel_cell()
        if cell is not None and not self.abilities.tmux:
            self._know(replace(self.abilities, cell=cell))
        now = time.monotonic()
        if self.abilities.tmux and now > self._looked + LOOK_S:
            self._looked = now
            self._ask_tmux()

    def knows_size(self) -> bool:
        """Whether the terminal is as large as the app has it: a sixel picture below its last line would scroll it."""
        try:
            return sys.__stdin__ is None or tuple(os.get_terminal_size(sys.__stdin__.fileno())) == tuple(self._app.size)
        except OSError:  # no terminal
            return True

    def resized(self) -> None:
        """Pictures that were on their way to a terminal that has just become smaller have scrolled it: draw all."""
        if self.way == "sixel" and not self._will_redraw:
            self._will_redraw = True
            self._app.set_timer(RESIZED_S, self._redraw)

    def _redraw(self) -> None:
        self._will_redraw = False
        self._app.screen.refresh()

    def _ask_tmux(self) -> None:
        self._will_ask = False

        def work() -> None:
            asked = time.monotonic()
            found = from_tmux(promised(os.environ))
            if found is not None:
                self._app.call_from_thread(self._told_by_tmux, found, asked)

        self._app.run_worker(work, thread=True, group="tmux")

    def _told_by_tmux(self, found: Abilities, asked: float) -> None:
        if found.client != self.abilities.client:
            self._numbers.clear()  # this terminal has no pictures yet
            self._unsure.clear()
        elif found.lost > self.abilities.lost and self._unsure:  # some did not arrive: all again, and slower
            self.budget = max((one for one in BUDGETS if one < self.budget), default=BUDGETS[0])
            self._tell()
            self._waiting.update(self._unsure)
            self._unsure.clear()
        self._unsure = {key: one for key, one in self._unsure.items() if one.sent_at > asked - KNOWN_S}
        self._know(replace(found, sixel=self.abilities.sixel, answered=self.abilities.answered))
        self._make_sure()
        self._pump()

    def _make_sure(self) -> None:
        """Ask tmux in a while whether it has passed on what was sent."""
        if self._unsure and not self._will_ask:
            self._will_ask = True
            self._app.set_timer(SURE_S, self._ask_tmux)

    def answered(self, answer: "re.Match[str]") -> None:
        """An answer of the terminal."""
        self._know(told(self.abilities, answer))

    def _know(self, abilities: Abilities) -> None:
        before = (self.way, self.unit, self.abilities.client)
        self.abilities = abilities
        if self.unit != before[1]:
            self._numbers.clear()  # they are padded to cells of another size
        if (self.way, self.unit, self.abilities.client) != before:
            self._tell()
            for tiles in list(self._showing):
                tiles.redraw()

    # -- pictures ---------------------------------------------------------------------------------------------------

    def shows(self, tiles: "Tiles") -> None:
        """A widget that is to be drawn again when its pictures have been sent, or another way is found."""
        self._showing.add(tiles)
        if not self._has_asked:  # the first pictures are half blocks: nothing waits for the answers
            self._has_asked = True
            self._app.call_later(self.ask)

    def drawn(self, spans: Iterable[Span]) -> None:
        """Textual has drawn these cells of the screen that is seen."""
        if self.way != "sixel":
            return
        cells = list(spans)
        for tiles in list(self._showing):
            if tiles.is_attached and tiles.screen is self._app.screen:
                tiles.drawn_over(cells)

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

    def _transmission(self, tile: Tile) -> "_Encoded":
        """In a thread: the picture as it is sent to a kitty."""
        wide, high = self.unit
        pixels = _padded(tile.pixels, (tile.high * high, tile.wide * wide))
        number = next(self._next) & LARGEST_ID
        return _Encoded(number, transmission(pixels, number, tile.wide, tile.high, tmux=self.abilities.tmux))

    def _encoded(self, done: "list[tuple[bytes, _Encoded]]") -> None:
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
        burst = TMUX_BURST if self.abilities.tmux else self.budget
        self._allowed = min(self._allowed + (now - self._then) * self.budget, burst)
        self._then = now
        return self._allowed > 0

    def next_budget(self) -> str:
        """Another number of bytes a second, after the largest the smallest. Returns what is to be told."""
        self.budget = next((one for one in BUDGETS if one > self.budget), BUDGETS[0])
        self._tell()
        return self._told() or f"pictures are {self.way}: {self.budget // 1000:,} kB/s are for finer ones"

    def _told(self) -> str:
        return f"{self.way} pictures {self.budget // 1000:,} kB/s" if self.way in ("kitty", "sixel") else ""

    def _tell(self) -> None:
        if isinstance(self._app, PaintedApp):
            self._app.pictures = self._told()

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
            key, found = next(iter(self._waiting.items()))
            if found.number and self.way == "kitty":
                self._send(found.parts[found.sent])
                found.sent += 1
                if found.sent < len(found.parts):
                    continue
                self._remember(key, found)
            elif not found.number:
                self._sixels[key] = found.parts[0]
                if len(self._sixels) > SIXELS_KEPT:
                    self._sixels.popitem(last=False)
            del self._waiting[key]
            self._asked.discard(key)
            new = True
        if new:
            for tiles in list(self._showing):
                tiles.pictures_came()
        if self._waiting and not self._will_pump:
            self._will_pump = True
            self._app.set_timer(PUMP_S, self._pump_again)

    def _pump_again(self) -> None:
        self._will_pump = False
        self._pump()

    def _send(self, text: str) -> None:
        self.use(len(text))
        self.write(text)

    def _remember(self, key: bytes, found: "_Encoded") -> None:
        self._numbers[key] = found.number
        if len(self._numbers) > KITTY_KEPT:
            _, oldest = self._numbers.popitem(last=False)
            self.write(removal(oldest, tmux=self.abilities.tmux))
        if self.abilities.tmux:
            found.sent, found.sent_at = 0, time.monotonic()
            self._unsure[key] = found
            self._make_sure()


@dataclass
class _Encoded:
    """A picture on its way. number: what a kitty will know it by, 0 for sixels. sent: how many parts; sent_at: all."""

    number: int
    parts: list[str]
    sent: int = 0
    sent_at: float = 0.0


def _as_sixels(tile: Tile) -> _Encoded:
    return _Encoded(0, [sixels(tile.pixels)])


def _padded(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """pixels [H, W, 3] with a transparent edge at the right and below, so that nothing is stretched to the cells."""
    whole = np.zeros((*size, 4), dtype=np.uint8)
    height, width = min(size[0], pixels.shape[0]), min(size[1], pixels.shape[1])
    whole[:height, :width, :3] = pixels[:height, :width]
    whole[:height, :width, 3] = 255
    return whole


def _kernel_cell() -> tuple[int, int] | None:
    return cell_of(sys.__stdin__.fileno()) if sys.__stdin__ else None


_PAINTERS: "WeakKeyDictionary[App[Any], Painter]" = WeakKeyDictionary()


def painter_of(app: "App[Any]") -> Painter:
    """The painter of an app, made on the first call. An attribute images of the app has the way that is wanted."""
    if app not in _PAINTERS:
        _PAINTERS[app] = Painter(app, str(getattr(app, "images", "half")))
    return _PAINTERS[app]
