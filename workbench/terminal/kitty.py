"""Kitty's graphics protocol with Unicode placeholders: a picture is sent once, then ordinary cells show it.

A placeholder is U+10EEEE with two combining marks that number its row and column; its foreground colour is the
number of the picture. So a program that knows nothing of pictures, as tmux, moves and clips them like text. Known to
kitty 0.28 and newer, and to terminals that follow it. Protocol: sw.kovidgoyal.net/kitty/graphics-protocol.
"""

import base64
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.half_blocks import as_rgb
from workbench.terminal.passthrough import wrapped_for_tmux

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096  # bytes of base64 in one escape sequence
LARGEST_ID = 0xFFFFFF  # what a foreground colour can say

# The marks that count: those of combining class 230 in Unicode 6.0 that take no part in a composition.
_RANGES = (
    *((0x305, 0x305), (0x30D, 0x30E), (0x310, 0x310), (0x312, 0x312), (0x33D, 0x33F), (0x346, 0x346), (0x34A, 0x34C)),
    *((0x350, 0x352), (0x357, 0x357), (0x35B, 0x35B), (0x363, 0x36F), (0x483, 0x487), (0x592, 0x595), (0x597, 0x599)),
    *((0x59C, 0x5A1), (0x5A8, 0x5A9), (0x5AB, 0x5AC), (0x5AF, 0x5AF), (0x5C4, 0x5C4), (0x610, 0x617), (0x657, 0x65B)),
    *((0x65D, 0x65E), (0x6D6, 0x6DC), (0x6DF, 0x6E2), (0x6E4, 0x6E4), (0x6E7, 0x6E8), (0x6EB, 0x6EC), (0x730, 0x730)),
    *((0x732, 0x733), (0x735, 0x736), (0x73A, 0x73A), (0x73D, 0x73D), (0x73F, 0x741), (0x743, 0x743), (0x745, 0x745)),
    *((0x747, 0x747), (0x749, 0x74A), (0x7EB, 0x7F1), (0x7F3, 0x7F3), (0x816, 0x819), (0x81B, 0x823), (0x825, 0x827)),
    *((0x829, 0x82D), (0x951, 0x951), (0x953, 0x954), (0xF82, 0xF83), (0xF86, 0xF87), (0x135D, 0x135F)),
    *((0x17DD, 0x17DD), (0x193A, 0x193A), (0x1A17, 0x1A17), (0x1A75, 0x1A7C), (0x1B6B, 0x1B6B), (0x1B6D, 0x1B73)),
    *((0x1CD0, 0x1CD2), (0x1CDA, 0x1CDB), (0x1CE0, 0x1CE0), (0x1DC0, 0x1DC1), (0x1DC3, 0x1DC9), (0x1DCB, 0x1DCC)),
    *((0x1DD1, 0x1DE6), (0x1DFE, 0x1DFE), (0x20D0, 0x20D1), (0x20D4, 0x20D7), (0x20DB, 0x20DC), (0x20E1, 0x20E1)),
    *((0x20E7, 0x20E7), (0x20E9, 0x20E9), (0x20F0, 0x20F0), (0x2CEF, 0x2CF1), (0x2DE0, 0x2DFF), (0xA66F, 0xA66F)),
    *((0xA67C, 0xA67D), (0xA6F0, 0xA6F1), (0xA8E0, 0xA8F1), (0xAAB0, 0xAAB0), (0xAAB2, 0xAAB3), (0xAAB7, 0xAAB8)),
    *((0xAABE, 0xAABF), (0xAAC1, 0xAAC1), (0xFE20, 0xFE26), (0x10A0F, 0x10A0F), (0x10A38, 0x10A38)),
    *((0x1D185, 0x1D189), (0x1D1AA, 0x1D1AD), (0x1D242, 0x1D244)),
)
MARKS = "".join(chr(code) for first, last in _RANGES for code in range(first, last + 1))
MOST_CELLS = len(MARKS)  # in each direction


def transmission(picture: NDArray[np.uint8], number: int, columns: int, rows: int, *, tmux: bool = False) -> list[str]:
    """The escape sequences that send a picture [H, W, 1, 3 or 4] and say how many cells its placeholders fill.

    number: in 1 .. 0xFFFFFF, what placeholders call it by; a picture sent again under it takes its place. The terminal
    stretches it to the cells, so the caller magnifies it to whole factors first. No answer is asked for. Text may come
    between the sequences, but no other graphics.
    """
    if not 1 <= number <= LARGEST_ID or not (1 <= columns <= MOST_CELLS and 1 <= rows <= MOST_CELLS):
        raise ValueError(f"picture {number} of {columns} x {rows} cells is beyond the protocol")
    pixels = np.ascontiguousarray(picture if picture.shape[-1] == 4 else as_rgb(picture))
    height, width, channels = pixels.shape
    data = base64.b64encode(zlib.compress(pixels.tobytes(), 6)).decode()
    keys = f"a=T,U=1,i={number},f={8 * channels},s={width},v={height},o=z,t=d,c={columns},r={rows},q=2"
    return [_sequence(text, tmux) for text in _chunks(keys, data)]


def _chunks(keys: str, data: str) -> Iterator[str]:
    for start in range(0, max(len(data), 1), CHUNK):
        more = int(start + CHUNK < len(data))
        head = f"{keys},m={more}" if start == 0 else f"m={more},q=2"
        yield f"{head};{data[start : start + CHUNK]}"


def removal(number: int | None = None, *, tmux: bool = False) -> str:
    """The escape sequence that frees a picture, or all of them."""
    return _sequence("a=d,d=A,q=2" if number is None else f"a=d,d=I,i={number},q=2", tmux)


def _sequence(body: str, tmux: bool) -> str:
    sequence = f"\x1b_G{body}\x1b\\"
    return wrapped_for_tmux(sequence) if tmux else sequence


def placeholder_rows(columns: int, rows: int) -> list[list[str]]:
    """The cells of a picture, each the placeholder with its row and its column."""
    return [[PLACEHOLDER + MARKS[row] + MARKS[column] for column in range(columns)] for row in range(rows)]


def colour_of(number: int) -> str:
    """The foreground colour, as hex, that says which picture a placeholder belongs to."""
    return f"#{number:06x}"
