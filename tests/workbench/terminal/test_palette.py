"""Colours of xterm's palette."""

import numpy as np
import pytest

from workbench.terminal.palette import XTERM, nearest_xterm


@pytest.mark.parametrize(
    ("colour", "number"),
    [
        pytest.param((0, 0, 0), 16, id="black"),
        pytest.param((255, 255, 255), 231, id="white"),
        pytest.param((255, 0, 0), 196, id="red"),
        pytest.param((95, 135, 175), 67, id="a cube colour itself"),
        pytest.param((8, 8, 8), 232, id="darkest grey"),
        pytest.param((238, 238, 238), 255, id="lightest grey"),
        pytest.param((128, 128, 128), 244, id="middle grey"),
        pytest.param((250, 250, 10), 226, id="near yellow"),
    ],
)
def test_nearest_colour_of_the_palette(colour, number):
    """Numbers as in xterm's 256colres.h: 16 + 36 r + 6 g + b, then 232 + grey."""
    assert nearest_xterm(np.array([colour], dtype=np.uint8)).tolist() == [number]


def test_every_palette_colour_is_its_own_nearest():
    """Two numbers may share a colour, so the colours are compared."""
    numbers = nearest_xterm(XTERM.astype(np.uint8))
    assert (XTERM[numbers - 16] == XTERM).all()


def test_nearest_is_nearest():
    """Against the definition, on random colours."""
    colours = np.random.default_rng(0).integers(0, 256, (200, 3)).astype(np.uint8)
    for colour, number in zip(colours.astype(int), nearest_xterm(colours), strict=True):
        distances = ((XTERM - colour) ** 2).sum(axis=1)
        assert distances[number - 16] == distances.min()
