"""Output that costs fewer bytes and shows the same."""

import pyte
import pytest

from workbench.terminal.thrift import LONG, Thrift

BLANKS = " " * 40


def shown(*parts: str) -> list[list[tuple[str, str, bool]]]:
    """The cells of a terminal of 60 columns that had something on it before."""
    screen = pyte.Screen(60, 4)
    stream = pyte.Stream(screen)
    stream.feed("x" * 240 + "\x1b[H")
    for part in parts:
        stream.feed(part)
    return [
        [(cell.data, cell.bg, cell.reverse) for cell in (screen.buffer[row][column] for column in range(60))]
        for row in range(4)
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"one{BLANKS}two\r\n{BLANKS}three", id="plain"),
        pytest.param(f"\x1b[1;31mone{BLANKS}\x1b[0mtwo", id="bold red leaves no trace on blanks"),
        pytest.param(f"\x1b[7mone{BLANKS}\x1b[0m{BLANKS[:15]}two", id="reversed"),
        pytest.param(f"\x1b[44mone{BLANKS}\x1b[0mtwo", id="background"),
        pytest.param(f"\x1b[38;2;7;4;48mone{BLANKS}\x1b[49mtwo", id="a colour with the numbers of others"),
        pytest.param(f"\x1b[48;5;17mone{BLANKS}\x1b[39;49mtwo", id="background of the palette"),
        pytest.param(f"\x1b[4munder{BLANKS}\x1b[24mtwo", id="underlined"),
        pytest.param("a" + " " * (LONG - 1) + "b", id="short"),
    ],
)
def test_the_screen_is_the_same(text):
    """Cell by cell, with what was there before erased, and whatever the pieces."""
    half = len(text) // 2
    thrift = Thrift()
    assert shown(thrift.shortened(text[:half]), thrift.shortened(text[half:])) == shown(text)
    assert shown(Thrift().shortened(text)) == shown(text)


def test_it_costs_less():
    """Where there is no background; and not more where there is one."""
    assert len(Thrift().shortened(f"\x1b[1mone{BLANKS}")) < 20
    kept = f"\x1b[7mone{BLANKS}"
    assert Thrift().shortened(kept) == kept
