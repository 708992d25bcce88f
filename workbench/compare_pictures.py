"""Pictures of several runs beside each other: a row a run, a column a class, the same noise in each column."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from runs.arms import Arm
from runs.comparison import Comparison
from runs.drawn import cut, newest
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


def picture_lines(found: Comparison, screen: Screen, difference: bool = False) -> list[str]:
    """The first run of each arm, one picture of each class that all of them have drawn from the same noise.

    difference: below each how far its pixels are from those of the arm that it is compared with. Where they share no
    noise, a line that says so.
    """
    shown = [(arm, _by_noise(found.store, arm)) for arm in found.arms if not arm.diverged]
    shown = [(arm, images) for arm, images in shown if images]
    if not shown:
        return []
    shared = set.intersection(*({(label, key) for label in images for key in images[label]} for _, images in shown))
    chosen: dict[int, Key] = {}
    for label, key in sorted(shared):
        chosen.setdefault(label, key)
    if not chosen:
        return ["the runs have drawn no picture of one class from the same noise"]
    if len({_side(images) for _, images in shown}) > 1:
        return ["the runs' pictures differ in size"]
    rows = {arm.number: _cut(arm, [images[label][key] for label, key in chosen.items()]) for arm, images in shown}
    strips: list[tuple[str, list[Picture]]] = []
    for arm, _ in shown:
        strips.append((safe_text(f"{arm.number}: {arm.name}, {arm.runs[0].name}"), rows[arm.number]))
        reference = found.against.references.get(arm.number)
        if difference and reference is not None and reference.number in rows:
            apart = _apart(rows[arm.number], rows[reference.number])
            strips.append((f"|{arm.number} - {reference.number}|, white where they are farthest apart", apart))
    return _lines(strips, list(chosen), class_names(shown[0][0].runs[0]), screen)


def _apart(pictures: Sequence[Picture], others: Sequence[Picture]) -> list[Picture]:
    """The absolute difference of pictures uint8 [H, W, C], pixel by pixel."""
    return [np.abs(a.astype(np.int16) - b).astype(np.uint8) for a, b in zip(pictures, others, strict=True)]


def _by_noise(store: "Store", arm: Arm) -> "dict[int, dict[Key, Image]]":
    """The newest samples of an arm's first run, by class and noise."""
    found: dict[int, dict[Key, Image]] = {}
    for one in newest(store.images(arm.runs[0], kind="sample")):
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
