"""Several pictures as one: whole-number scaling, gaps, and the layout of a class grid that fits the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.format import clipped, width_of
from workbench.terminal.colours import Colours
from workbench.terminal.half_blocks import as_rgb, half_block_lines

Picture = NDArray[np.uint8]
MAX_SCALE = 16
COLUMN_GAP = 1  # between the pictures of a column, always: digits that touch read as a chain


def magnify(picture: Picture, factor: int) -> Picture:
    """Each pixel as a square of factor x factor pixels."""
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def shrink(picture: Picture, factor: int) -> Picture:
    """Each square of factor x factor pixels as its mean; what is left over at the right and lower edge is cut."""
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    blocks = picture[: height * factor, : width * factor].reshape(height, factor, width, factor, -1)
    means: NDArray[np.float64] = blocks.mean(axis=(1, 3))
    return (means + 0.5).astype(np.uint8)


def scaled(picture: Picture, scale: int) -> Picture:
    """picture magnified by scale, or shrunk by -scale when that is below 0."""
    return magnify(picture, scale) if scale > 0 else shrink(picture, -scale)


def scaled_side(side: int, scale: int) -> int:
    """What scaled() makes of a side of this many pixels."""
    return side * scale if scale > 0 else side // -scale


def largest_scale(height: int, width: int, cells_wide: int, cells_high: int) -> int:
    """The largest whole scale at which a picture fits; below 0 it is shrunk by that factor. Two pixels a cell high."""
    factor = min(cells_wide // width, 2 * cells_high // height, MAX_SCALE)
    if factor >= 1:
        return factor
    return -max(-(-width // cells_wide), -(-height // (2 * cells_high)))


def place(
    rows: Sequence[Sequence[Picture]], gap: int, gap_down: int | None = None
) -> tuple[Picture, NDArray[np.bool_]]:
    """Rows of pictures of one size as one picture [H, W, 3], and where it has pixels: the gaps and holes have none.

    gap is between pictures beside each other, gap_down between rows (gap when None).
    """
    height, width = rows[0][0].shape[:2]
    below = gap if gap_down is None else gap_down
    columns = max(len(row) for row in rows)
    whole = np.zeros((len(rows) * (height + below) - below, columns * (width + gap) - gap, 3), dtype=np.uint8)
    shown = np.zeros(whole.shape[:2], dtype=np.bool_)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            top, left = row * (height + below), column * (width + gap)
            whole[top : top + height, left : left + width] = as_rgb(picture)
            shown[top : top + height, left : left + width] = True
    return whole, shown


def grid_picture(rows: Sequence[Sequence[Picture]], scale: int = 1, gap: int = 2, fill: int = 255) -> Picture:
    """Rows of pictures as one picture [H, W, 3] for a file, with gaps and an edge in one grey."""
    whole, shown = place([[magnify(picture, scale) for picture in row] for row in rows], gap)
    whole[~shown] = fill
    return np.pad(whole, ((gap, gap), (gap, gap), (0, 0)), constant_values=fill)


@dataclass(frozen=True)
class Layout:
    """How a class grid is shown: a class is a column, a row, or one picture among others with its name above."""

    form: Literal["columns", "rows", "one each"]
    scale: int
    gap: int
    classes: int  # how many of the classes fit
    per_class: int  # how many pictures of each
    across: int  # pictures beside each other


def choose_layout(
    classes: int, per_class: int, side: tuple[int, int], cells: tuple[int, int], label_width: int
) -> Layout:
    """The layout that shows most of a class grid in (wide, high) cells.

    Whole pictures come before shrunk ones, all classes before several pictures of each, many before large, one line of
    names before a name at each picture, and gaps before none. A terminal too small for one picture of each class gets
    as many classes as fit.
    """
    smallest = -max(1, min(side) // 7)  # below 7 pixels a digit cannot be read
    for shrinking in range(1, -smallest + 1):
        if min(side) % shrinking and shrinking > 1:
            continue
        scales = range(MAX_SCALE, 0, -1) if shrinking == 1 else (-shrinking,)
        found = [
            layout
            for gap in (1, 0)
            for scale in scales
            for layout in _layouts(classes, per_class, side, cells, label_width, scale, gap)
        ]
        if found:
            return max(
                found, key=lambda layout: (layout.per_class, layout.scale, layout.form != "one each", layout.gap)
            )
    return _some_classes(classes, side, cells)


def _layouts(
    classes: int, per_class: int, side: tuple[int, int], cells: tuple[int, int], label_width: int, scale: int, gap: int
) -> list[Layout]:
    height, width = (scaled_side(length, scale) for length in side)
    wide, high = cells
    found = []
    down = min(per_class, (2 * (high - 1) + COLUMN_GAP) // (height + COLUMN_GAP))  # one line for the names
    if classes * (width + gap) - gap <= wide and down >= 1:
        found.append(Layout("columns", scale, gap, classes, down, classes))
    across = min(per_class, (wide - label_width - 1 + gap) // (width + gap))
    if -(-(classes * (height + gap) - gap) // 2) <= high and across >= 1:
        found.append(Layout("rows", scale, gap, classes, across, across))
    beside = min(classes, (wide + gap) // (width + gap))
    if beside and -(-classes // beside) * (-(-height // 2) + 1) <= high:
        found.append(Layout("one each", scale, gap, classes, 1, beside))
    return found


def _some_classes(classes: int, side: tuple[int, int], cells: tuple[int, int]) -> Layout:
    wide, high = cells
    scale = min(1, largest_scale(*side, wide, max(1, high - 1)))
    height, width = (max(1, scaled_side(length, scale)) for length in side)
    beside = max(1, (wide + 1) // (width + 1))
    bands = max(1, high // (-(-height // 2) + 1))
    return Layout("one each", scale, 1, min(classes, beside * bands), 1, min(beside, classes))


def class_grid_lines(
    pictures: Mapping[str, Sequence[Picture]], colours: Colours, cells: tuple[int, int]
) -> tuple[list[str], Layout]:
    """Pictures by class name as lines that fit (wide, high) cells, with the names above columns or beside rows."""
    first = next(iter(pictures.values()))[0]
    label_width = max(width_of(name) for name in pictures)
    per_class = max(len(members) for members in pictures.values())
    layout = choose_layout(len(pictures), per_class, (first.shape[0], first.shape[1]), cells, label_width)
    names = list(pictures)[: layout.classes]
    tiles = [[scaled(picture, layout.scale) for picture in pictures[name][: layout.per_class]] for name in names]
    if layout.form == "columns":
        down = [[members[row] for members in tiles if row < len(members)] for row in range(layout.per_class)]
        width = tiles[0][0].shape[1] + layout.gap
        return [_labels(names, width, layout.gap), *_lines(down, layout.gap, colours, COLUMN_GAP)], layout
    if layout.form == "rows":
        pitch = tiles[0][0].shape[0] + layout.gap
        return _beside(names, _lines(tiles, layout.gap, colours), pitch, label_width), layout
    lines = []
    for start in range(0, len(names), layout.across):
        band = [members[0] for members in tiles[start : start + layout.across]]
        lines.append(_labels(names[start : start + layout.across], band[0].shape[1] + layout.gap, layout.gap))
        lines += _lines([band], layout.gap, colours)
    return lines, layout


def _lines(rows: Sequence[Sequence[Picture]], gap: int, colours: Colours, gap_down: int | None = None) -> list[str]:
    picture, shown = place(rows, gap, gap_down)
    return half_block_lines(picture, colours, shown)


def _labels(names: Sequence[str], pitch: int, gap: int) -> str:
    """Names centred above columns that are pitch cells apart; long ones are cut so that a blank stays between."""
    room = max(1, pitch - max(gap, 1))
    parts = []
    for name in names:
        cut = clipped(name, room)
        left = (pitch - gap - width_of(cut)) // 2
        parts.append(" " * left + cut + " " * (pitch - left - width_of(cut)))
    return "".join(parts).rstrip()


def _beside(names: Sequence[str], lines: Sequence[str], pitch: int, label_width: int) -> list[str]:
    """Each name at the middle line of its row of pictures, pitch pixels apart."""
    at = {(row * pitch + pitch // 2) // 2: name for row, name in enumerate(names)}
    return [
        " " * (label_width - width_of(at.get(number, ""))) + at.get(number, "") + " " + line
        for number, line in enumerate(lines)
    ]
