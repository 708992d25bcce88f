"""Pictures that were drawn together, as sheets: one PNG with a grid of them, and where each lies on it.

A sheet is a plain grid with a small gap. Of finished pictures each class has rows of its own; a trajectory has two rows
a picture, x_t above the x0 that was predicted from it, and a column for each sampling step, noise at the left.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffusion.events import Drawn
from runs.files import new_file

ACROSS = 40  # pictures in a row at most
LARGEST = 16_000_000  # pixels on one sheet: Pillow refuses to open far larger ones
GAP_COLOUR = 96  # between the black ground of digits and their white
Row = list[Drawn | None]  # None leaves its place empty


@dataclass(frozen=True)
class Placed:
    """One picture and its corner on the sheet, in pixels."""

    drawn: Drawn
    left: int
    top: int


@dataclass(frozen=True)
class Sheet:
    """Pixels [H, W, C] and what lies where on them."""

    pixels: NDArray[np.uint8]
    placed: tuple[Placed, ...]

    def write(self, path: Path) -> None:
        """The pixels as a PNG: gray for one channel, else RGB."""
        from PIL import Image

        pixels = self.pixels[..., 0] if self.pixels.shape[-1] == 1 else self.pixels
        with new_file(path) as stream:
            Image.fromarray(np.ascontiguousarray(pixels)).save(stream, format="PNG", compress_level=4)


def sheets(drawn: Sequence[Drawn], *, trajectory: bool) -> Iterator[Sheet]:
    """The pictures on as few sheets as hold them, rows kept whole."""
    rows = _trajectory_rows(drawn) if trajectory else _class_rows(drawn)
    if not rows:
        return
    height = max(one.picture.shape[0] for one in drawn)
    width = max(one.picture.shape[1] for one in drawn)
    gap = 1 if min(height, width) < 16 else 2
    across = max(map(len, rows))
    down = max(1, LARGEST // ((height + gap) * (across * (width + gap) + gap)))
    for start in range(0, len(rows), down):
        yield _sheet(rows[start : start + down], (height, width), gap)


def digest(drawn: Drawn) -> str:
    """SHA-256 of a picture's own bytes, [H, W, C] uint8, however it is kept."""
    return hashlib.sha256(drawn.picture.tobytes()).hexdigest()


def _sheet(rows: Sequence[Row], side: tuple[int, int], gap: int) -> Sheet:
    height, width = side
    channels = max(one.picture.shape[2] for row in rows for one in row if one is not None)
    shape = (len(rows) * (height + gap) + gap, max(map(len, rows)) * (width + gap) + gap, channels)
    pixels, placed = np.full(shape, GAP_COLOUR, dtype=np.uint8), []
    for down, row in enumerate(rows):
        for across, one in enumerate(row):
            if one is None:
                continue
            top, left = gap + down * (height + gap), gap + across * (width + gap)
            high, wide = one.picture.shape[:2]
            pixels[top : top + high, left : left + wide] = one.picture
            placed.append(Placed(one, left, top))
    return Sheet(pixels, tuple(placed))


def _class_rows(drawn: Sequence[Drawn]) -> list[Row]:
    groups: dict[int, list[Drawn]] = {}
    for one in drawn:
        groups.setdefault(one.label, []).append(one)
    rows: list[Row] = []
    across = ACROSS if len(groups) > 1 else max(1, min(ACROSS, round(len(drawn) ** 0.5)))  # one class: about a square
    for label in sorted(groups):
        group = groups[label]
        rows += [list(group[start : start + across]) for start in range(0, len(group), across)]
    return rows


def _trajectory_rows(drawn: Sequence[Drawn]) -> list[Row]:
    groups: dict[tuple[int, int, int], list[Drawn]] = {}
    for one in drawn:
        groups.setdefault((one.label, one.seed, one.index), []).append(one)
    moments = sorted({_moment(one) for one in drawn})
    rows: list[Row] = []
    for group in groups.values():
        for content in ("x_t", "x0"):
            at = {_moment(one): one for one in group if one.content == content}
            if at:
                rows.append([at.get(moment) for moment in moments])
    return rows


def _moment(drawn: Drawn) -> float:
    return float("inf") if drawn.sampling_step is None else drawn.sampling_step
