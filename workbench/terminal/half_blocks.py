"""A picture as lines of text: each cell is two pixels, the upper half block's colour over the background's."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.colours import Colours
from workbench.terminal.palette import nearest_xterm

SHADES = " ░▒▓█"
RESET = "\x1b[0m"


def half_block_lines(picture: NDArray[np.uint8], colours: Colours, shown: NDArray[np.bool_] | None = None) -> list[str]:
    """picture [H, W, C] with C 1 or 3 as (H + 1) // 2 lines of W cells.

    shown [H, W] is False where the terminal's own background shall show. Each line stands alone: it ends with a reset
    when it has set a colour. A colour is sent only where it changes.
    """
    rgb = as_rgb(picture)
    mask = np.ones(rgb.shape[:2], dtype=np.bool_) if shown is None else shown
    if rgb.shape[0] % 2:
        rgb = np.concatenate([rgb, np.zeros_like(rgb[:1])])
        mask = np.concatenate([mask, np.zeros_like(mask[:1])])
    if colours is Colours.PLAIN:
        return _shade_lines(rgb, mask)
    codes = _codes(rgb, mask, colours)
    return [_line(list(zip(codes[row], codes[row + 1], strict=True))) for row in range(0, len(codes), 2)]


def as_rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """picture [H, W] or [H, W, 1 or 3] as [H, W, 3]."""
    full = picture[..., None] if picture.ndim == 2 else picture
    if full.ndim != 3 or full.shape[2] not in (1, 3) or full.dtype != np.uint8:
        raise ValueError(f"a picture is uint8 [H, W, 1 or 3], got {picture.dtype} {list(picture.shape)}")
    return np.repeat(full, 3, axis=2) if full.shape[2] == 1 else full


def _shade_lines(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> list[str]:
    light = (rgb.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])) * mask  # Rec. 709 luma
    cells = (light[0::2] + light[1::2]) / np.maximum(mask[0::2].astype(int) + mask[1::2], 1)
    levels = np.minimum((cells * len(SHADES) / 255.0 + 1e-9).astype(int), len(SHADES) - 1)
    return ["".join(SHADES[level] for level in row) for row in levels]


def _codes(rgb: NDArray[np.uint8], mask: NDArray[np.bool_], colours: Colours) -> list[list[str | None]]:
    """Each pixel's colour as the parameters of an SGR sequence, without the leading 3 or 4 that tells its place."""
    height, width = mask.shape
    if colours is Colours.PALETTE:
        flat = [f"8;5;{number}" for number in nearest_xterm(rgb.reshape(-1, 3)).tolist()]
    else:
        flat = [f"8;2;{red};{green};{blue}" for red, green, blue in rgb.reshape(-1, 3).tolist()]
    shown = mask.reshape(-1).tolist()
    cells = [code if seen else None for code, seen in zip(flat, shown, strict=True)]
    return [cells[row * width : (row + 1) * width] for row in range(height)]


def _line(cells: list[tuple[str | None, str | None]]) -> str:
    return "".join(_pieces(cells))


def _pieces(cells: list[tuple[str | None, str | None]]) -> Iterator[str]:
    front: str | None = None
    back: str | None = None
    touched = False
    for upper, lower in cells:
        character, want_front, want_back = _cell(upper, lower)
        changes = []
        if want_front is not None and want_front != front:
            changes.append(f"3{want_front}")
            front = want_front
        if want_back != back:
            changes.append("49" if want_back is None else f"4{want_back}")
            back = want_back
        if changes:
            touched = True
            yield f"\x1b[{';'.join(changes)}m"
        yield character
    if touched:
        yield RESET


def _cell(upper: str | None, lower: str | None) -> tuple[str, str | None, str | None]:
    """A cell's character, its front colour (None: any will do) and its background."""
    if upper == lower:  # a blank needs no front colour, and no terminal raises its contrast
        return " ", None, upper
    if upper is None:
        return "▄", lower, None
    return "▀", upper, lower
