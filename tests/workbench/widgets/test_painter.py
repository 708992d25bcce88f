"""Pictures on their way to terminals that answer as kitty or as sixel terminals do, and decode what they are sent."""

import asyncio

import numpy as np
import pytest
from textual.app import App

from runs.home import Home
from tests.workbench.pty_screen import START
from tests.workbench.terminal.screens import SIXEL, FakeTerminal, covered, environ, kitty_pictures, sixel_picture
from tests.workbench.tui import recorded
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
    shown.read(lambda stream: len(SIXEL.findall(stream)) >= TILES)
    found = SIXEL.findall(shown.stream)
    assert len({place[:2] for place in found}) == len(found)
    scale = sixel_picture(found[0][2]).shape[0] // 8
    small = sixel_picture(found[0][2])[::scale, ::scale, :1]
    assert any(np.abs(small - picture.astype(int)).max() <= 2 for picture in known())


def test_sixels_come_back_after_a_dialog(terminal, tmp_path):
    """A dialog over the pictures wipes them out; when it is gone they are painted again, then nothing more is sent."""
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
    seen = len(SIXEL.findall(shown.stream))
    shown.type("]")  # another tab has no pictures
    shown.read(lambda stream: not covered(stream))
    assert len(SIXEL.findall(shown.stream)) == seen


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

    came = 0

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


def test_the_budget_of_a_second(monkeypatch):
    """What is beyond it waits, nothing is lost."""
    monkeypatch.setattr(painters, "BYTES_PER_S", 400)

    async def test(painter: Painter, sent, pilot):
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
