"""A picture as sixels: bands of six rows of pixels, each colour of a band drawn over the others.

Grey pictures keep 101 greys (sixel counts a channel in percent), coloured ones the nearest colours of xterm's palette.
Format: DEC STD 070, chapter 9; xterm's ctlseqs.
"""

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.half_blocks import as_rgb
from workbench.terminal.palette import FIRST, XTERM, nearest_xterm

BAND = 6
OFFSET = 63  # of the character for no pixel, "?"
SHORTEST_REPEAT = 4  # "!4@" is no longer than "@@@@"


def sixels(picture: NDArray[np.uint8]) -> str:
    """picture [H, W, 1 or 3] as one device control string; its pixels are the terminal's pixels.

    Each colour register is selected again after it is defined: xterm 379 and foot 1.13 do not select on definition.
    """
    rgb = as_rgb(picture)
    height, width = rgb.shape[:2]
    indices, colours = _indexed(rgb)
    registers = "".join(f"#{at};2;{red};{green};{blue}" for at, (red, green, blue) in enumerate(colours))
    bands = [_band(indices[top : top + BAND]) for top in range(0, height, BAND)]
    return f'\x1bP0;1;0q"1;1;{width};{height}{registers}' + "-".join(bands) + "\x1b\\"


def _indexed(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.intp], list[tuple[int, int, int]]]:
    """Each pixel's register [H, W], and the registers' colours in percent."""
    if (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all():
        percent = np.rint(rgb[..., 0] / 2.55).astype(np.intp)
        used, indices = np.unique(percent, return_inverse=True)
        return indices.reshape(percent.shape), [(int(grey),) * 3 for grey in used]
    numbers = nearest_xterm(rgb.reshape(-1, 3)) - FIRST
    used, indices = np.unique(numbers, return_inverse=True)
    percents = np.rint(XTERM[used] / 2.55).astype(int)
    return indices.reshape(rgb.shape[:2]), [(int(red), int(green), int(blue)) for red, green, blue in percents]


def _band(indices: NDArray[np.intp]) -> str:
    """Six rows, or fewer at the foot, as one line of characters a colour."""
    weights = 1 << np.arange(len(indices))
    lines = []
    for register in np.unique(indices):
        bits = ((indices == register) * weights[:, None]).sum(axis=0)
        lines.append(f"#{register}{_repeated(bits + OFFSET)}")
    return "$".join(lines)


def _repeated(codes: NDArray[np.intp]) -> str:
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    lengths = np.diff(np.concatenate([starts, [len(codes)]]))
    parts = []
    for code, length in zip(codes[starts].tolist(), lengths.tolist(), strict=True):
        parts.append(f"!{length}{chr(code)}" if length >= SHORTEST_REPEAT else chr(code) * length)
    return "".join(parts)
