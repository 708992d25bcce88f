"""Sixels, decoded again."""

import re

import numpy as np
import pytest

from tests.workbench.terminal.screens import sixel_picture
from workbench.terminal.sixel import sixels


def decoded(picture):
    text = sixels(picture)
    match = re.fullmatch(r"\x1bP0;1;0q([^\x1b]*)\x1b\\", text)
    return sixel_picture(match[1])


@pytest.mark.parametrize("shape", [(1, 1), (6, 5), (7, 5), (28, 28), (13, 40)])
def test_grey_pictures_arrive(shape):
    """To the nearest percent, whatever the height is modulo six."""
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 1), dtype=np.uint8)
    assert np.abs(decoded(picture) - picture.astype(int)).max() <= 2


def test_coloured_pictures_arrive():
    """As exactly as grey ones while 256 registers are enough for their colours."""
    picture = np.random.default_rng(2).integers(0, 256, (14, 9, 3), dtype=np.uint8)
    assert np.abs(decoded(picture) - picture.astype(int)).max() <= 2


def test_many_colours_are_told_by_few():
    """A photograph's are near enough not to be seen; xterm's fixed palette is 20 levels off here."""
    across, down = np.meshgrid(np.linspace(0, 1, 64), np.linspace(0, 1, 64))
    picture = (np.stack([across, down, (across + down) / 2], axis=2) * 255).astype(np.uint8)
    found = decoded(picture)
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(found - picture.astype(int)).mean() < 6


def test_exactly():
    """Registers are defined, then selected; repeats are counted from four on."""
    picture = np.array([[[0], [255], [255], [255], [255]]], dtype=np.uint8)
    assert sixels(picture) == '\x1bP0;1;0q"1;1;5;1#0;2;0;0;0#1;2;100;100;100#0@!4?$#1?!4@\x1b\\'
