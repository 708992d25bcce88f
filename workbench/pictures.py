"""Drawn pictures as lines for the terminal, and as one picture file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diffusion.events import Drawn
from workbench.format import count, safe_text
from workbench.terminal.grid import class_grid_lines, grid_picture, place, scaled, scaled_side
from workbench.terminal.half_blocks import half_block_lines
from workbench.terminal.screen import Screen

if TYPE_CHECKING:
    from runs.records import Image, Run

Picture = NDArray[np.uint8]
TALL_ENOUGH = 15  # lines of a trajectory's two rows


def class_name(label: int, names: Sequence[str]) -> str:
    """A class by its name; its number where it has none, and "any" for pictures drawn without a class."""
    if label < 0:
        return "any"
    return safe_text(names[label]) if label < len(names) else str(label)


def by_class(drawn: Iterable[Drawn], names: Sequence[str]) -> dict[str, list[Picture]]:
    """Finished pictures by their class's name, classes in their order."""
    groups: dict[int, list[Picture]] = {}
    for one in drawn:
        if one.sampling_step is None:
            groups.setdefault(one.label, []).append(one.picture)
    return {class_name(label, names): groups[label] for label in sorted(groups)}


def sample_lines(drawn: Iterable[Drawn], names: Sequence[str], screen: Screen) -> list[str]:
    """The class grid as it fits the screen, and a line that says what did not fit."""
    groups = by_class(drawn, names)
    if len(groups) == 1:
        return _one_class(*next(iter(groups.items())), screen)
    lines, layout = class_grid_lines(groups, screen.colours, (screen.wide, screen.high - 2))
    shown = sum(min(layout.per_class, len(members)) for members in list(groups.values())[: layout.classes])
    return [*lines, *_left_out(shown, sum(map(len, groups.values())))]


def _left_out(shown: int, total: int) -> list[str]:
    return [f"{count(shown)} of {count(total)} pictures shown"] if shown < total else []


def _one_class(name: str, pictures: Sequence[Picture], screen: Screen) -> list[str]:
    """Pictures of one class, as many to a row as are nearest to filling the screen at the largest scale."""
    rows, scale = wrapped(pictures, (screen.wide, screen.high - 3))
    picture, shown = place([[scaled(one, scale) for one in row] for row in rows], 1)
    lines = half_block_lines(picture, screen.colours, shown)
    return [f"class {name}", *lines, *_left_out(sum(map(len, rows)), len(pictures))]


def wrapped(pictures: Sequence[Picture], cells: tuple[int, int]) -> tuple[list[list[Picture]], int]:
    """Rows of as many pictures as fit (wide, high) cells, and the scale: the largest at which all of them do."""
    height, width = pictures[0].shape[:2]
    for scale in (8, 6, 4, 3, 2, 1, -2, -4):
        high, wide = scaled_side(height, scale), scaled_side(width, scale)
        across = (cells[0] + 1) // (wide + 1) if wide else 0
        down = (2 * cells[1] + 1) // (high + 1) if high else 0
        if across * down >= len(pictures) or (scale == 1 and across * down and min(height, width) < 14):
            break
    kept = pictures[: max(1, across * down)]
    across = max(1, across)
    return [list(kept[start : start + across]) for start in range(0, len(kept), across)], scale


def trajectory_lines(drawn: Sequence[Drawn], screen: Screen) -> list[str]:
    """One picture's way out of the noise: x_t above, the x0 that was predicted from it below, noise at the left."""
    first = drawn[0]
    chosen = [one for one in drawn if (one.seed, one.index, one.label) == (first.seed, first.index, first.label)]
    rows = [sorted((one for one in chosen if one.content == content), key=_moment) for content in ("x_t", "x0")]
    rows = [row for row in rows if row]
    longest = max(map(len, rows))
    height, width = first.picture.shape[:2]
    label = 4
    scale = 2 if longest * (2 * width + 1) <= screen.wide - label and 2 * height <= TALL_ENOUGH else 1
    if scale == 1 and width >= 28 and longest * (width + 1) > screen.wide - label:
        scale = -2
    fits = max(1, (screen.wide - label + 1) // (scaled_side(width, scale) + 1))
    kept = [[row[at] for at in _spread(len(row), fits)] for row in rows]
    lines: list[str] = []
    for row in kept:
        picture, shown = place([[scaled(one.picture, scale) for one in row]], 1)
        strip = half_block_lines(picture, screen.colours, shown)
        lines += [f"{row[0].content if at == len(strip) // 2 else '':<{label}}{line}" for at, line in enumerate(strip)]
    return lines


def _moment(drawn: Drawn) -> float:
    return float("inf") if drawn.sampling_step is None else drawn.sampling_step


def _spread(length: int, most: int) -> list[int]:
    """At most so many indices, evenly spread, the first and the last among them."""
    if length <= most:
        return list(range(length))
    if most == 1:
        return [length - 1]
    return [round(at * (length - 1) / (most - 1)) for at in range(most)]


def write_grid(drawn: Sequence[Drawn], path: Path, most_across: int = 8) -> None:
    """All pictures in one PNG, small ones magnified: a row for each class of several, else rows of eight."""
    from PIL import Image

    groups = by_class(drawn, ())
    if len(groups) == 1:
        only = next(iter(groups.values()))
        rows = [only[start : start + most_across] for start in range(0, len(only), most_across)]
    else:
        rows = list(groups.values())
    scale = max(1, 64 // min(rows[0][0].shape[:2]))
    image = Image.fromarray(grid_picture(rows, scale=scale, gap=2 * scale if scale < 3 else 6))
    image.save(path, format="PNG")


def picture_file(path: Path) -> Picture:
    """The pixels [H, W, C] of a picture that a run has kept."""
    from PIL import Image

    with Image.open(path) as image:
        pixels = np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"), dtype=np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def newest(images: "Sequence[Image]") -> "list[Image]":
    """The pictures that were drawn together last."""
    if not images:
        return []
    last = max(images, key=_when)
    return [one for one in images if _when(one) == _when(last)]


def _when(image: "Image") -> tuple[int, int, int, bool]:
    return (image.sample_set or 0, image.attempt or 0, image.step, image.weights == "ema")


def drawn_from(run: "Run", images: "Iterable[Image]") -> list[Drawn]:
    """Pictures of a run cut from their sheets, each sheet read once."""
    images = list(images)
    sheets = {path: picture_file(run.folder / path) for path in dict.fromkeys(one.path for one in images)}
    return [
        Drawn(
            picture=sheets[one.path][one.top : one.top + one.height, one.left : one.left + one.width],
            label=-1 if one.label is None else one.label,
            seed=one.seed,
            index=one.index,
            sampling_step=one.sampling_step if one.kind == "trajectory" else None,
            sigma=one.sigma,
            content="x_t" if one.content == "x_t" else "x0",
        )
        for one in images
    ]


def shows_pictures(screen: Screen, images: str) -> bool:
    """Whether pictures belong on this screen: a person reads it and has not turned them off."""
    return screen.terminal and images != "off"
