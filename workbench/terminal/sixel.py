"""A picture as sixels: bands of six rows of pixels, each colour of a band drawn over the others.

Sixel counts a channel in percent, so a grey picture keeps 101 greys. A picture of more than 256 colours gets the 256
that stand for it best: with the fixed ones of xterm's palette a photograph has bands. Terminals keep them by picture.
Format: DEC STD 070, chapter 9; xterm's ctlseqs.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.terminal.half_blocks import as_rgb

BAND = 6
REGISTERS = 256  # as many as every terminal with sixels has, but the hardware
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


def _indexed(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each pixel's register [H, W], and the registers' colours [N, 3] in percent."""
    percent = np.rint(rgb / 2.55).astype(np.intp)
    used, indices = np.unique(percent.reshape(-1, 3), axis=0, return_inverse=True)
    if len(used) > REGISTERS:
        fewer = Image.fromarray(rgb).quantize(REGISTERS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette = np.asarray(fewer.getpalette(), dtype=np.float64).reshape(-1, 3)
        numbers, indices = np.unique(np.asarray(fewer), return_inverse=True)
        used = np.rint(palette[numbers] / 2.55).astype(np.intp)
    return indices.reshape(rgb.shape[:2]), used


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
