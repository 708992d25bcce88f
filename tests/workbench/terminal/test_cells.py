"""Half blocks as cells."""

import numpy as np

from workbench.terminal.cells import NO_COLOUR, Cells, half_block_cells, shade_cells

PIXELS = np.array([[[1, 2, 3], [1, 2, 3], [9, 9, 9]], [[1, 2, 3], [4, 5, 6], [9, 9, 9]]], dtype=np.uint8)


def test_two_pixels_a_cell():
    """The same colour twice is a blank; nothing above leaves the lower half."""
    shown = np.array([[True, True, False], [True, True, True]])
    assert half_block_cells(PIXELS, shown) == [
        [Cells(" ", NO_COLOUR, 0x010203), Cells("▀", 0x010203, 0x040506), Cells("▄", 0x090909, NO_COLOUR)]
    ]


def test_equal_cells_are_one_run():
    whole = np.full((2, 5, 3), 7, dtype=np.uint8)
    assert half_block_cells(whole, np.ones((2, 5), dtype=bool)) == [[Cells("     ", NO_COLOUR, 0x070707)]]
    assert half_block_cells(whole, np.zeros((2, 5), dtype=bool)) == [[Cells("     ", NO_COLOUR, NO_COLOUR)]]


def test_without_colour_cells_are_shades():
    light = np.array([[0, 255, 128], [0, 255, 0]], dtype=np.uint8)[..., None].repeat(3, axis=2)
    assert shade_cells(light, np.ones((2, 3), dtype=bool)) == [[Cells(" █░", NO_COLOUR, NO_COLOUR)]]
