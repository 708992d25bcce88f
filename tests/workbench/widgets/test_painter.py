"""Pictures on their way to terminals that answer as kitty or as sixel terminals do, and decode what they are sent."""

import asyncio
import time
from dataclasses import replace

import numpy as np
import pytest
from textual.app import App

from runs.home import Home
from tests.workbench.pty_screen import START
from tests.workbench.terminal.screens import SIXEL, FakeTerminal, covered, environ, kitty_pictures, sixel_picture
from tests.workbench.tui import recorded
from workbench.terminal.colours import Colours
from workbench.terminal.kitty import PLACEHOLDER
from workbench.terminal.tiles import HALF, Tile
from workbench.widgets import painter as painters
from workbench.widgets.painter import Painter, painter_of
from workbench.widgets.pictures import sample_groups

WORKBENCH = ("-c", START)
TILES = 50  # pictures that the sample shows in 80 x 24 cells of 9 x 18 pixels


@pytest.fixture
def terminal(tmp_path):
    """Starts the sample of the pictures widget in a fake terminal; closes it."""
    opened = []

    def start(kind, words=("-m", "workbench.widgets.pictures"), **more):
        opened.append(FakeTerminal(kind, *words, environ=environ(tmp_path) | more))
        return opened[-1]

    yield start
    for one in opened:
        assert one.close() == 0


def known():
    return [picture for members in sample_groups().values() for picture in members]


def test_kitty(terminal):
    """Each picture is sent once, then shown by placeholders in the colour of its number."""
    shown = terminal("kitty")
    shown.read(lambda stream: PLACEHOLDER in stream and len(kitty_pictures(stream)) == TILES)
    pictures = kitty_pictures(shown.stream)
    scale = pictures[min(pictures)].shape[1] // 9 * 9 // 8
    first = pictures[min(pictures)]
    small = first[: 8 * scale : scale, : 8 * scale : scale, :1]
    assert any((small == picture).all() for picture in known())
    assert set(first[..., 3].ravel().tolist()) <= {0, 255}
    number = min(pictures)
    assert f"38;2;{number >> 16};{number >> 8 & 255};{number & 255}" in shown.stream


def test_sixel(terminal):
    """Each picture is drawn once at its place over the half blocks."""
    shown = terminal("sixel")
    shown.read(lambda stream: stream.count("\x1bP") >= TILES and len(SIXEL.findall(stream)) >= TILES)
    found = SIXEL.findall(shown.stream)
    assert len({place[:2] for place in found}) == len(found)
    scale = sixel_picture(found[0][2]).shape[0] // 8
    small = sixel_picture(found[0][2])[::scale, ::scale, :1]
    assert any(np.abs(small - picture.astype(int)).max() <= 2 for picture in known())


def test_sixels_come_back_after_a_dialog(terminal, tmp_path):
    """A dialog over the pictures wipes them out; when it is gone they are painted again."""
    recorded(Home(tmp_path / "home"), "one")
    shown = terminal("sixel", words=WORKBENCH, WORKBENCH_HOME=str(tmp_path / "home"))
    shown.read(lambda stream: SIXEL.search(stream))  # the preview's
    shown.type("\r3")
    shown.read(lambda stream: "sample set 1" in stream)
    shown.read(lambda stream: len(covered(stream)) == 20)
    pictures = covered(shown.stream)
    shown.type("?")
    shown.read(lambda stream: "earlier pictures" in stream and len(covered(stream)) < 20)
    shown.type("\x1b")
    shown.read(lambda stream: covered(stream) == pictures)
    shown.type("]")  # another tab has no pictures
    shown.read(lambda stream: not covered(stream))


@pytest.mark.parametrize(
    ("kind", "more"),
    [("old kitty", {}), ("plain", {}), ("kitty", {"COLORTERM": ""})],
    ids=["kitty without placeholders", "no answer", "256 colours"],
)
def test_others_see_half_blocks(terminal, kind, more):
    """And nothing that they would show as rubbish; their answers are no keys."""
    shown = terminal(kind, **more)
    shown.read(lambda stream: "▀" in stream and "\x1b[c" in stream)
    assert not kitty_pictures(shown.stream)
    assert PLACEHOLDER not in shown.stream
    assert not SIXEL.findall(shown.stream)


class Showing:
    """A widget's place with the painter."""

    came = redrawn = 0

    def redraw(self):
        """Told by the painter."""
        self.redrawn += 1

    def pictures_came(self):
        """Told by the painter."""
        self.came += 1


def painted(test):
    """Run a test's coroutine with a painter whose terminal is a list."""

    class Sample(App[None]):
        images = "kitty"

    async def go():
        app = Sample()
        async with app.run_test() as pilot:
            painter = painter_of(app)
            sent = []
            painter.write = sent.append
            await test(painter, sent, pilot)

    asyncio.run(go())


def tile(value):
    return Tile(np.full((4, 4, 1), value, dtype=np.uint8), 1, 0, 0, 1, 1)


async def until(pilot, there):
    for _ in range(500):
        if there():
            return
        await pilot.pause(0.01)
    raise AssertionError


def test_a_picture_that_was_sent_is_not_sent_again():
    async def test(painter: Painter, sent, pilot):
        showing = Showing()
        painter.shows(showing)
        assert painter.number_of(tile(1)) is None
        assert painter.number_of(tile(1)) is None
        await until(pilot, lambda: showing.came)
        assert painter.number_of(tile(1)) == painter.number_of(tile(1))
        assert len(sent) == 1

    painted(test)


def test_the_budget_of_a_second():
    """What is beyond it waits, nothing is lost."""

    async def test(painter: Painter, sent, pilot):
        painter.budget = 400
        painter._allowed = 100.0
        showing = Showing()
        painter.shows(showing)
        for value in range(6):
            painter.number_of(tile(value))
        await until(pilot, lambda: showing.came)
        assert 0 < len(sent) < 6
        painter._allowed = 1e6
        await until(pilot, lambda: len(sent) == 6)

    painted(test)


def test_in_tmux_a_large_picture_is_sent_in_portions():
    """tmux drops what it cannot pass on at once, and never says so."""

    async def test(painter: Painter, sent, pilot):
        painter.abilities = replace(painter.abilities, tmux=True)
        painter.budget, painter._allowed = 1, float(painters.TMUX_BURST)
        noise = np.random.default_rng(0).integers(0, 256, (180, 90, 3), dtype=np.uint8)
        assert painter.number_of(Tile(noise, 1, 0, 0, 9, 9)) is None
        await until(pilot, lambda: sent)
        await pilot.pause(0.2)
        assert sum(map(len, sent)) < painters.TMUX_BURST + 5_000
        painter.budget = 10_000_000
        await until(pilot, lambda: painter._numbers)
        assert len(sent) > 4
        assert all(part.startswith("\x1bPtmux;") for part in sent)

    painted(test)


def test_what_tmux_did_not_pass_on_is_sent_again():
    """Under the same number, and slower."""

    async def test(painter: Painter, sent, pilot):
        painter._ask_tmux = lambda: None
        painter.abilities = replace(painter.abilities, tmux=True)
        painter.number_of(tile(1))
        await until(pilot, lambda: painter._numbers)
        first, number = list(sent), painter.number_of(tile(1))
        painter._told_by_tmux(replace(painter.abilities, kitty=True, lost=5000), time.monotonic())
        await until(pilot, lambda: sent == first * 2)
        assert painter.number_of(tile(1)) == number
        assert painter.budget < painters.USUAL_BUDGET
        painter._told_by_tmux(painter.abilities, time.monotonic() + 1)
        await pilot.pause(0.1)
        assert sent == first * 2

    painted(test)


def test_another_terminal_gets_the_pictures_again():
    """Attached to the same tmux; one that cannot show them gets half blocks."""

    async def test(painter: Painter, sent, pilot):
        painter.wanted = "auto"
        showing = Showing()
        painter.shows(showing)
        known = replace(painter.abilities, tmux=True, kitty=True, placeholders=True, colours=Colours.TRUE, client="1")
        painter._told_by_tmux(known, time.monotonic())
        painter.number_of(tile(1))
        await until(pilot, lambda: painter._numbers)
        painter._told_by_tmux(replace(known, client="2"), time.monotonic())
        assert painter.number_of(tile(1)) is None
        painter._told_by_tmux(replace(known, client="3", kitty=False, placeholders=False), time.monotonic())
        assert painter.way == "half"
        assert showing.redrawn == 3

    painted(test)


def test_the_budget_is_the_persons_to_choose():
    """One step more at each key, after the largest the smallest; it stands at the foot where it counts."""

    async def test(painter: Painter, sent, pilot):
        told = [painter.next_budget() for _ in painters.BUDGETS]
        assert painter.budget == painters.USUAL_BUDGET
        assert told[0] == "kitty pictures 1,000 kB/s"
        painter.wanted = "half"
        assert "half" in painter.next_budget()

    painted(test)


def test_the_oldest_picture_makes_room(monkeypatch):
    """A terminal keeps so many; the one that was used last of all goes."""
    monkeypatch.setattr(painters, "KITTY_KEPT", 2)

    async def test(painter: Painter, sent, pilot):
        numbers = []
        for value in range(3):
            while (number := painter.number_of(tile(value))) is None:
                await pilot.pause(0.01)
            numbers.append(number)
        assert sent[-1] == f"\x1b_Ga=d,d=I,i={numbers[0]},q=2\x1b\\"
        assert painter.number_of(tile(1)) == numbers[1]

    painted(test)


def test_half_blocks_need_nothing_of_it():
    async def test(painter: Painter, sent, pilot):
        painter.wanted = "half"
        assert painter.unit == HALF
        painter.ask()
        assert not sent

    painted(test)
