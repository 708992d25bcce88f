"""Kitty's protocol, decoded again."""

import re
import unicodedata

import numpy as np
import pytest

from tests.workbench.terminal.screens import KITTY, kitty_pictures
from workbench.terminal.kitty import (
    LARGEST_ID,
    MARKS,
    PLACEHOLDER,
    colour_of,
    placeholder_rows,
    removal,
    transmission,
)

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)


def test_what_arrives_is_what_was_sent():
    """In pieces of at most 4096 bytes."""
    stream = "".join(transmission(PICTURE, 7, 6, 4))
    assert len(KITTY.findall(stream)) > 1
    np.testing.assert_array_equal(kitty_pictures(stream)[7], PICTURE)


def test_grey_and_transparent_pictures():
    grey = PICTURE[:, :, :1]
    np.testing.assert_array_equal(kitty_pictures("".join(transmission(grey, 1, 1, 1)))[1], grey.repeat(3, axis=2))
    clear = np.dstack([PICTURE, PICTURE[:, :, 0]])
    np.testing.assert_array_equal(kitty_pictures("".join(transmission(clear, 1, 1, 1)))[1], clear)


def test_it_asks_for_a_virtual_placement_and_for_no_answer():
    """Cells show it where placeholders are; an answer would be taken for keys."""
    first = KITTY.findall("".join(transmission(PICTURE, 0x123456, 6, 4)))[0][0].split(",")
    assert {"a=T", "U=1", "i=1193046", "c=6", "r=4", "q=2", "s=48", "v=64", "f=24", "o=z"} <= set(first)


@pytest.mark.parametrize(("number", "columns", "rows"), [(0, 1, 1), (LARGEST_ID + 1, 1, 1), (1, 298, 1), (1, 1, 0)])
def test_what_the_protocol_cannot_say_is_refused(number, columns, rows):
    with pytest.raises(ValueError, match="beyond the protocol"):
        "".join(transmission(PICTURE, number, columns, rows))


def test_through_tmux():
    """Each sequence in an envelope of its own, its escapes doubled; taken out again it is the same."""
    stream = "".join(transmission(PICTURE, 7, 6, 4, tmux=True))
    parts = re.findall(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", stream)
    assert "".join(parts).replace("\x1b\x1b", "\x1b") == "".join(transmission(PICTURE, 7, 6, 4))


def test_placeholders_number_their_rows_and_columns():
    """The first marks are those of the protocol's table."""
    rows = placeholder_rows(3, 2)
    assert rows[0] == [PLACEHOLDER + "\u0305\u0305", PLACEHOLDER + "\u0305\u030d", PLACEHOLDER + "\u0305\u030e"]
    assert rows[1][0] == PLACEHOLDER + "\u030d\u0305"


def test_the_marks():
    """297 of them, all different, all marks above; the last is the last of the protocol's table."""
    assert len(MARKS) == len(set(MARKS)) == 297
    assert all(unicodedata.combining(mark) == 230 for mark in MARKS)
    assert MARKS[-1] == "\U0001d244"


def test_colours_say_the_number():
    assert colour_of(0x0102FF) == "#0102ff"


def test_removal():
    assert removal(9) == "\x1b_Ga=d,d=I,i=9,q=2\x1b\\"
