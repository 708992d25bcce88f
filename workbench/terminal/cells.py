"""Half blocks as cells with two colours each, for a screen that keeps cells rather than lines of escape sequences."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.half_blocks import SHADES

NO_COLOUR = -1


class Cells(NamedTuple):
    """A run of the same character in the same colours: 0xRRGGBB, or NO_COLOUR for the terminal's own."""

    text: str
    front: int
    back: int


def half_block_cells(pixels: NDArray[np.uint8], shown: NDArray[np.bool_]) -> list[list[Cells]]:
    """A picture [2 * rows, W, 3] as rows of runs; where shown [2 * rows, W] is False the terminal's ground is seen."""
    packed = pixels.astype(np.int32)
    colours = np.where(shown, (packed[..., 0] << 16) | (packed[..., 1] << 8) | packed[..., 2], NO_COLOUR)
    upper, lower = colours[0::2], colours[1::2]
    same = upper == lower
    only_lower = (upper == NO_COLOUR) & ~same
    characters = np.where(same, ord(" "), np.where(only_lower, ord("▄"), ord("▀"))).astype(np.uint32)
    front = np.where(same, NO_COLOUR, np.where(only_lower, lower, upper))
    back = np.where(only_lower, NO_COLOUR, lower)
    return [_runs(*row) for row in zip(characters, front, back, strict=True)]


def shade_cells(pixels: NDArray[np.uint8], shown: NDArray[np.bool_]) -> list[list[Cells]]:
    """The same without colour: each cell by how light it is, as half_blocks has it."""
    light = (pixels.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])) * shown  # Rec. 709 luma
    cells = (light[0::2] + light[1::2]) / np.maximum(shown[0::2].astype(int) + shown[1::2], 1)
    levels = np.minimum((cells * len(SHADES) / 255.0 + 1e-9).astype(int), len(SHADES) - 1)
    return [[Cells("".join(SHADES[level] for level in row), NO_COLOUR, NO_COLOUR)] for row in levels]


def _runs(characters: NDArray[np.uint32], front: NDArray[np.int32], back: NDArray[np.int32]) -> list[Cells]:
    if not len(characters):
        return []
    changes = (np.diff(characters) != 0) | (np.diff(front) != 0) | (np.diff(back) != 0)
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    ends = [*starts[1:], len(characters)]
    text = characters.astype("<u4").tobytes().decode("utf-32-le")
    return [
        Cells(text[start:end], int(front[start]), int(back[start])) for start, end in zip(starts, ends, strict=True)
    ]
