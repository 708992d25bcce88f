"""Pictures of several runs beside each other: a row a run, a column a class, the same noise in each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runs.arms import Arm
from runs.comparison import Comparison
from runs.drawn import cut, own
from workbench.drawing import class_names
from workbench.format import clipped, safe_text
from workbench.pictures import Picture, class_name
from workbench.terminal.grid import largest_scale, place, scaled, scaled_side
from workbench.terminal.half_blocks import half_block_lines
from workbench.terminal.screen import Screen

if TYPE_CHECKING:
    from runs.records import Image
    from runs.store import Store

SMALLEST = 7  # pixels below which a digit cannot be read
Key = tuple[int, int]  # the noise that a picture was drawn from: seed and index


@dataclass(frozen=True, eq=False)
class Twins:
    """Pictures that several arms have drawn from the same noise: of each arm's first run one a class."""

    labels: tuple[int, ...]
    rows: dict[int, list[Picture]]  # by the arm's number


def twins(found: Comparison) -> Twins | str | None:
    """The newest samples that all arms share; a sentence where they share none, None where there are none."""
    shown = [(arm, _by_noise(found.store, arm)) for arm in found.arms if not arm.diverged]
    shown = [(arm, images) for arm, images in shown if images]
    if not shown:
        return None
    shared = set.intersection(*({(label, key) for label in images for key in images[label]} for _, images in shown))
    chosen: dict[int, Key] = {}
    for label, key in sorted(shared):
        chosen.setdefault(label, key)
    if not chosen:
        return "the runs have drawn no picture of one class from the same noise"
    if len({_side(images) for _, images in shown}) > 1:
        return "the runs' pictures differ in size"
    rows = {arm.number: _cut(arm, [images[label][key] for label, key in chosen.items()]) for arm, images in shown}
    return Twins(tuple(chosen), rows)


def picture_lines(found: Comparison, screen: Screen, difference: bool = False) -> list[str]:
    """A row for each arm with the pictures that all have drawn from the same noise, or a line that says why not.

    difference: below each how far its pixels are from those of the arm that it is compared with.
    """
    together = twins(found)
    if not isinstance(together, Twins):
        return [together] if together else []
    strips: list[tuple[str, list[Picture]]] = []
    for number, pictures in together.rows.items():
        arm, reference = found.arm(number), found.against.references.get(number)
        strips.append((safe_text(f"{number}: {arm.name}, {arm.runs[0].name}"), pictures))
        if difference and reference is not None and reference.number in together.rows:
            apart = _apart(pictures, together.rows[reference.number])
            strips.append((f"|{number} - {reference.number}|, white where they are farthest apart", apart))
    names = class_names(found.arm(next(iter(together.rows))).runs[0])
    return _lines(strips, together.labels, names, screen)


def _apart(pictures: Sequence[Picture], others: Sequence[Picture]) -> list[Picture]:
    """The absolute difference of pictures uint8 [H, W, C], pixel by pixel."""
    return [np.abs(a.astype(np.int16) - b).astype(np.uint8) for a, b in zip(pictures, others, strict=True)]


def _by_noise(store: "Store", arm: Arm) -> "dict[int, dict[Key, Image]]":
    """The newest samples of an arm's first run, by class and noise."""
    found: dict[int, dict[Key, Image]] = {}
    for one in own(store.images(arm.runs[0], kind="sample")):
        label = -1 if one.label is None else one.label
        found.setdefault(label, {})[one.seed, one.index] = one
    return found


def _side(found: "dict[int, dict[Key, Image]]") -> tuple[int, int]:
    first = next(iter(next(iter(found.values())).values()))
    return first.height, first.width


def _cut(arm: Arm, images: "Sequence[Image]") -> list[Picture]:
    return [one.picture for one in cut(arm.runs[0].folder, images)]


def _lines(
    strips: Sequence[tuple[str, Sequence[Picture]]], labels: Sequence[int], names: Sequence[str], screen: Screen
) -> list[str]:
    height, width = strips[0][1][0].shape[:2]
    least = scaled_side(width, -max(1, width // SMALLEST))
    across = max(1, min(len(labels), (screen.wide + 1) // (least + 1)))
    scale = min(2, largest_scale(height, width, max(1, (screen.wide + 1) // across - 1), screen.high))
    pitch = scaled_side(width, scale) + 1
    heads = [clipped(class_name(label, names), pitch - 1) for label in labels[:across]]
    told = ["".join(f"{head:^{pitch}}" for head in heads).rstrip()]
    for title, pictures in strips:
        whole, seen = place([[scaled(one, scale) for one in pictures[:across]]], 1)
        told += [clipped(title, screen.wide), *half_block_lines(whole, screen.colours, seen)]
    if across < len(labels):
        told.append(f"{across} of {len(labels)} classes shown")
    return told
