"""Pictures as half blocks, byte for byte, and read back by a small terminal of our own."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.terminal.colours import Colours
from workbench.terminal.half_blocks import half_block_lines
from workbench.terminal.palette import nearest_xterm

RED, BLUE, BLACK, WHITE = (255, 0, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)


def rgb(*rows):
    return np.array(rows, dtype=np.uint8)


@pytest.mark.parametrize(
    ("picture", "colours", "lines"),
    [
        pytest.param(
            rgb([RED], [BLUE]), Colours.TRUE, ["\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m"], id="upper over lower"
        ),
        pytest.param(rgb([RED], [RED]), Colours.TRUE, ["\x1b[48;2;255;0;0m \x1b[0m"], id="one colour is a blank"),
        pytest.param(
            rgb([RED, RED, BLUE], [BLUE, BLUE, BLUE]),
            Colours.TRUE,
            ["\x1b[38;2;255;0;0;48;2;0;0;255m▀▀ \x1b[0m"],
            id="a run shares one sequence",
        ),
        pytest.param(
            rgb([RED, WHITE], [BLUE, BLUE]),
            Colours.TRUE,
            ["\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;255;255;255m▀\x1b[0m"],
            id="only what changes is sent",
        ),
        pytest.param(rgb([RED]), Colours.TRUE, ["\x1b[38;2;255;0;0m▀\x1b[0m"], id="odd height"),
        pytest.param(rgb([RED], [BLUE]), Colours.PALETTE, ["\x1b[38;5;196;48;5;21m▀\x1b[0m"], id="256 colours"),
        pytest.param(
            np.array([[[0], [51], [102], [153], [204]]] * 2, dtype=np.uint8), Colours.PLAIN, [" ░▒▓█"], id="shades"
        ),
        pytest.param(np.array([[[255]], [[0]]], dtype=np.uint8), Colours.PLAIN, ["▒"], id="shade of two pixels"),
        pytest.param(np.array([[255]], dtype=np.uint8), Colours.PLAIN, ["█"], id="no channel axis, odd height"),
    ],
)
def test_exact_lines(picture, colours, lines):
    """The bytes that reach the terminal."""
    assert half_block_lines(picture, colours) == lines


def test_gaps_show_the_terminals_own_background():
    """Above, below, both: no black where there is no picture."""
    picture = rgb([RED, RED, RED, RED], [RED, RED, RED, RED])
    shown = np.array([[True, False, True, False], [True, True, False, False]])
    expected = ["\x1b[48;2;255;0;0m \x1b[38;2;255;0;0;49m▄▀ \x1b[0m"]
    assert half_block_lines(picture, Colours.TRUE, shown) == expected
    white = np.full((2, 4, 1), 255, dtype=np.uint8)
    assert half_block_lines(white, Colours.PLAIN, shown) == ["███ "]


@pytest.mark.parametrize("shape", [(2, 2, 2), (2,), (2, 2, 4)], ids=str)
def test_other_shapes_are_refused(shape):
    """A picture has one or three channels."""
    with pytest.raises(ValueError, match=re.escape("uint8 [H, W, 1 or 3]")):
        half_block_lines(np.zeros(shape, dtype=np.uint8), Colours.TRUE)


def read_back(lines, parse):
    """The two colours of each cell, as a terminal would show them."""
    front = back = None
    cells = []
    for line in lines:
        row = []
        for code, character in re.findall(r"\x1b\[([0-9;]*)m|(.)", line):
            if character:
                row.append({"▀": (front, back), "▄": (back, front), " ": (back, back)}[character])
                continue
            parts = code.split(";")
            while parts:
                if parts[0] in ("0", "49"):
                    front, back = (None, None) if parts.pop(0) == "0" else (front, None)
                    continue
                size = 5 if parts[1] == "2" else 3
                colour = parse([int(part) for part in parts[2:size]])
                front, back = (colour, back) if parts[0] == "38" else (front, colour)
                parts = parts[size:]
        cells.append(row)
    return cells


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 7), st.just(3)), elements=st.sampled_from([0, 128, 255])
    )
)
def test_a_terminal_shows_the_picture(picture):
    """Whatever is left out of the sequences, each pixel comes back in its colour, in both palettes."""
    height, width, _ = picture.shape
    true = read_back(half_block_lines(picture, Colours.TRUE), tuple)
    palette = read_back(half_block_lines(picture, Colours.PALETTE), lambda code: code[0])
    for row in range(height):
        for column in range(width):
            assert true[row // 2][column][row % 2] == tuple(picture[row, column].tolist())
            assert palette[row // 2][column][row % 2] == nearest_xterm(picture[row, column][None])[0]


def test_flat_pictures_are_small():
    """A white picture of 80 x 48 takes one sequence a line, under 120 bytes."""
    lines = half_block_lines(np.full((48, 80, 1), 255, dtype=np.uint8), Colours.TRUE)
    assert [len(line) for line in lines] == [len("\x1b[48;2;255;255;255m" + " " * 80 + "\x1b[0m")] * 24
