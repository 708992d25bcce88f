"""Pictures laid out in cells: which stands where and how large, whatever way they are shown in the end.

A unit is the pixels of one cell, (wide, high): (1, 2) for half blocks, a cell's real pixels where the terminal draws
pictures itself. Scales are whole: a pixel becomes scale x scale pixels, or with scale below 0, -scale x -scale pixels
become one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from workbench.format import clipped, width_of
from workbench.terminal.grid import MAX_SCALE, scaled, scaled_side
from workbench.terminal.half_blocks import as_rgb

Picture = NDArray[np.uint8]
Size = tuple[int, int]
HALF: Size = (1, 2)
WHOLE_STRIP_CELLS = 14  # of a picture, beyond which all of a filmstrip is worth more than a larger picture
SMALLEST = 7  # pixels: below, a digit cannot be read
LARGEST_SIDE = 1000  # pixels: xterm cuts larger sixel pictures
FINE_CELLS = 6  # a picture that the terminal draws itself is at least so many cells wide where that can be had


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture and the cells that it is shown in."""

    picture: Picture
    scale: int
    left: int
    top: int
    wide: int
    high: int

    @cached_property
    def pixels(self) -> Picture:
        """The picture at its scale, [H, W, 3]."""
        return as_rgb(scaled(self.picture if self.picture.ndim == 3 else self.picture[..., None], self.scale))

    @cached_property
    def key(self) -> bytes:
        """The same for the same picture at the same size."""
        shape = repr((self.picture.shape, self.scale, self.wide, self.high)).encode()
        return blake2b(self.picture.tobytes() + shape, digest_size=16).digest()


@dataclass(frozen=True)
class Label:
    """Text at a place. style: "" plain, "faint", "bold", "chosen"."""

    text: str
    left: int
    top: int
    style: str = ""


@dataclass(frozen=True)
class Arrangement:
    """Tiles and labels in (wide, high) cells, and how many of the pictures found room."""

    tiles: tuple[Tile, ...]
    labels: tuple[Label, ...]
    size: Size
    shown: int
    total: int


def fitting_scale(side: Size, cells: Size, unit: Size) -> int:
    """The largest whole scale at which a picture of (high, wide) pixels fits into (wide, high) cells."""
    height, width = side
    room_wide, room_high = max(1, cells[0] * unit[0]), max(1, cells[1] * unit[1])
    largest = MAX_SCALE if unit == HALF else max(1, LARGEST_SIDE // max(side))
    factor = min(room_wide // width, room_high // height, largest)
    return factor if factor >= 1 else -max(-(-width // room_wide), -(-height // room_high))


def tile_cells(side: Size, scale: int, unit: Size) -> Size:
    """The cells (wide, high) of a picture of (high, wide) pixels at a scale."""
    height, width = (max(1, scaled_side(length, scale)) for length in side)
    return -(-width // unit[0]), -(-height // unit[1])


def one(picture: Picture, size: Size, unit: Size = HALF, caption: str = "") -> Arrangement:
    """One picture as large as it can be, in the middle, its caption below."""
    wide, high = size
    room = (wide, max(1, high - bool(caption)))
    scale = fitting_scale(picture.shape[:2], room, unit)
    across, down = tile_cells(picture.shape[:2], scale, unit)
    left, top = max(0, (wide - across) // 2), max(0, (room[1] - down) // 2)
    labels = (Label(clipped(caption, wide), max(0, (wide - width_of(caption)) // 2), top + down),) if caption else ()
    return Arrangement((Tile(picture, scale, left, top, across, down),), labels, size, 1, 1)


@dataclass(frozen=True)
class _Plan:
    scale: int
    gap: int  # cells between pictures beside each other
    pitch: Size  # cells from one picture to the next
    across: int  # classes beside each other, or pictures of one class
    per_class: int
    classes: int
    band: int  # cells from one band of classes to the next

    @property
    def worth(self) -> tuple[int, int, int, int, int]:
        return self.classes, min(self.scale, 1), self.gap, self.per_class, self.scale


def class_grid(
    groups: Mapping[str, Sequence[Picture]], size: Size, unit: Size = HALF, chosen: str | None = None
) -> Arrangement:
    """Pictures by class: a class is a column under its name, in as many bands as it takes.

    All classes come before whole pictures, those before a gap between them, then come many, then large ones. One class
    alone fills rows instead.
    """
    total = sum(map(len, groups.values()))
    if not total or size[0] < 1 or size[1] < 1:
        return Arrangement((), (), size, 0, total)
    if len(groups) == 1:
        return _one_class(next(iter(groups.values())), size, unit)
    side = next(iter(groups.values()))[0].shape[:2]
    most = max(map(len, groups.values()))
    plans = [_plan(len(groups), most, side, size, unit, scale, gap) for gap in (1, 0) for scale in _scales(side, unit)]
    best = max(plans, key=lambda plan: plan.worth)
    tiles, labels = [], []
    across, down = tile_cells(side, best.scale, unit)
    for index, (name, members) in enumerate(list(groups.items())[: best.classes]):
        band, column = divmod(index, best.across)
        left, top = column * best.pitch[0], band * best.band
        text = clipped(name, max(1, across + best.gap - 1))
        indent = max(0, (across - width_of(text)) // 2)
        labels.append(Label(text, left + indent, top, "chosen" if name == chosen else "bold"))
        for row, picture in enumerate(members[: best.per_class]):
            tiles.append(Tile(picture, best.scale, left, top + 1 + row * best.pitch[1], across, down))
    return Arrangement(tuple(tiles), tuple(labels), size, len(tiles), total)


def _scales(side: Size, unit: Size) -> Iterator[int]:
    """The scales to try, falling, down to where a picture can hardly be read."""
    least = max(1, -(-FINE_CELLS * unit[0] // side[1])) if unit != HALF else 1
    yield from range(MAX_SCALE * unit[0], least - 1, -1)
    for shrinking in range(2, min(side) // SMALLEST + 1):
        if min(side) % shrinking == 0:
            yield -shrinking


def _pitch(side: Size, scale: int, unit: Size, gap: int = 1) -> Size:
    """Cells from one picture to the next, downwards with a gap of at least a pixel of a half block."""
    across, _ = tile_cells(side, scale, unit)
    height = max(1, scaled_side(side[0], scale))
    return across + gap, -(-(height + max(1, unit[1] // 4)) // unit[1])


def _plan(classes: int, most: int, side: Size, size: Size, unit: Size, scale: int, gap: int) -> _Plan:
    pitch = _pitch(side, scale, unit, gap)
    across = min(classes, (size[0] + gap) // pitch[0])
    if across < 1:
        return _Plan(scale, gap, pitch, 1, 0, 0, 0)
    bands = -(-classes // across)
    slack = pitch[1] - tile_cells(side, scale, unit)[1]  # below a band its neighbour's names are the gap
    per_class = min(most, (size[1] // bands - 1 + slack) // pitch[1])
    if per_class >= 1:
        across = -(-classes // bands)  # bands of the same length
        return _Plan(scale, gap, pitch, across, per_class, classes, 1 + per_class * pitch[1] - slack)
    band = 1 + pitch[1] - slack
    bands = size[1] // band
    return _Plan(scale, gap, pitch, across, 1 if bands else 0, min(classes, bands * across), band)


def _one_class(pictures: Sequence[Picture], size: Size, unit: Size) -> Arrangement:
    side = pictures[0].shape[:2]
    best = (0, 0, (1, 1), 1)
    for scale in _scales(side, unit):
        pitch = _pitch(side, scale, unit)
        across, down = (size[0] + 1) // pitch[0], size[1] // pitch[1]
        fits = min(across * down, len(pictures))
        if fits > best[0]:
            best = (fits, scale, pitch, across)
    shown, scale, pitch, across = best
    wide, high = tile_cells(side, scale or 1, unit)
    tiles = tuple(
        Tile(picture, scale, at % across * pitch[0], at // across * pitch[1], wide, high)
        for at, picture in enumerate(pictures[:shown])
    )
    return Arrangement(tiles, (), size, shown, len(pictures))


@dataclass(frozen=True)
class Moment:
    """One column of a filmstrip: what stands above it, and its pictures from top to bottom (None leaves a hole)."""

    name: str
    pictures: tuple[Picture | None, ...]


def filmstrip(
    moments: Sequence[Moment],
    chosen: int,
    size: Size,
    unit: Size = HALF,
    names: Sequence[str] = (),
    whole_cells: int = WHOLE_STRIP_CELLS,
) -> Arrangement:
    """Moments from left to right, the chosen one always among them; all where they are large enough, else five or more.

    chosen: -1 for none. names: of the rows, at the left. whole_cells: the width from which on pictures are large
    enough; 0 shows all of them wherever they fit.
    """
    side = next((one.shape[:2] for moment in moments for one in moment.pictures if one is not None), None)
    if side is None:
        return Arrangement((), (), size, 0, len(moments))
    margin = max(map(width_of, names), default=-1) + 1
    rows = max(len(moment.pictures) for moment in moments)
    room = (size[0] - margin, size[1] - 1)
    scale = (
        _strip_scale(side, room, unit, rows, len(moments), whole_cells)
        or _strip_scale(side, room, unit, rows, min(5, len(moments)))
        or fitting_scale(side, (max(1, room[0]), max(1, room[1] // rows)), unit)
    )
    pitch, (wide, high) = _pitch(side, scale, unit), tile_cells(side, scale, unit)
    across = max(1, (room[0] + 1) // pitch[0])
    start = min(max(0, chosen - across // 2), max(0, len(moments) - across))
    seen = range(start, min(len(moments), start + across))
    labels = [Label(name, 0, 1 + row * pitch[1] + high // 2, "faint") for row, name in enumerate(names)]
    tiles = []
    for column, at in enumerate(seen):
        left = margin + column * pitch[0]
        text = clipped(f"▸{moments[at].name}" if at == chosen else moments[at].name, wide)
        labels.append(Label(text, left + (wide - width_of(text)) // 2, 0, "chosen" if at == chosen else "faint"))
        for row, picture in enumerate(moments[at].pictures):
            if picture is not None:
                tiles.append(Tile(picture, scale, left, 1 + row * pitch[1], wide, high))
    return Arrangement(tuple(tiles), tuple(labels), size, len(seen), len(moments))


def _strip_scale(side: Size, room: Size, unit: Size, rows: int, columns: int, least_wide: int = 0) -> int | None:
    """The largest scale at which so many pictures fit, at least so many cells wide each; one of those is not shrunk."""
    for scale in _scales(side, unit):
        pitch = _pitch(side, scale, unit)
        large = not least_wide or (scale > 0 and tile_cells(side, scale, unit)[0] >= least_wide)
        if large and rows * pitch[1] <= room[1] and columns * pitch[0] - 1 <= room[0]:
            return scale
    return None


def canvas(arrangement: Arrangement, unit: Size = HALF) -> tuple[Picture, NDArray[np.bool_]]:
    """All tiles of an arrangement for half blocks as one picture [2 * high, wide, 3], and where it has pixels.

    Tiles that were laid out for another unit are sampled to where they will be, until the terminal has the finer ones.
    """
    wide, high = arrangement.size
    pixels = np.zeros((2 * high, wide, 3), dtype=np.uint8)
    shown = np.zeros((2 * high, wide), dtype=np.bool_)
    for tile in arrangement.tiles:
        whole = tile.pixels if unit == HALF else _sampled(tile, unit)
        part = whole[: max(0, 2 * (high - tile.top)), : max(0, wide - tile.left)]
        rows = slice(2 * tile.top, 2 * tile.top + part.shape[0])
        columns = slice(tile.left, tile.left + part.shape[1])
        pixels[rows, columns] = part
        shown[rows, columns] = True
    return pixels, shown


def _sampled(tile: Tile, unit: Size) -> Picture:
    """About what a tile looks like in half blocks: the pixel in the middle of each."""
    height, width = tile.pixels.shape[:2]
    rows = ((np.arange(2 * tile.high) + 0.5) * unit[1] / 2).astype(np.intp)
    columns = ((np.arange(tile.wide) + 0.5) * unit[0]).astype(np.intp)
    found: Picture = tile.pixels[rows[rows < height]][:, columns[columns < width]]
    return found
