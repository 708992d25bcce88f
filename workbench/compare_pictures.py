"""Pictures of several runs beside each other: a row a run, a column a class, the same noise in each column."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runs.compare import Arm
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


def picture_lines(arms: Sequence[Arm], store: "Store", screen: Screen) -> list[str]:
    """The first run of each arm, one picture of each class that all of them have drawn from the same noise.

    Where they share none, a line that says so.
    """
    shown = [(arm, _by_noise(store, arm)) for arm in arms]
    shown = [(arm, found) for arm, found in shown if found]
    if not shown:
        return []
    shared = set.intersection(*({(label, key) for label in found for key in found[label]} for _, found in shown))
    chosen: dict[int, Key] = {}
    for label, key in sorted(shared):
        chosen.setdefault(label, key)
    if not chosen:
        return ["the runs have drawn no picture of one class from the same noise"]
    sizes = {_side(found) for _, found in shown}
    if len(sizes) > 1:
        return ["the runs' pictures differ in size"]
    rows = [_cut(arm, [found[label][key] for label, key in chosen.items()]) for arm, found in shown]
    return _lines([arm for arm, _ in shown], rows, list(chosen), screen)


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


def _lines(arms: Sequence[Arm], rows: Sequence[Sequence[Picture]], labels: Sequence[int], screen: Screen) -> list[str]:
    height, width = rows[0][0].shape[:2]
    least = scaled_side(width, -max(1, width // SMALLEST))
    across = max(1, min(len(labels), (screen.wide + 1) // (least + 1)))
    scale = min(2, largest_scale(height, width, max(1, (screen.wide + 1) // across - 1), screen.high))
    pitch = scaled_side(width, scale) + 1
    names = class_names(arms[0].runs[0])
    heads = [clipped(class_name(label, names), pitch - 1) for label in labels[:across]]
    told = ["".join(f"{head:^{pitch}}" for head in heads).rstrip()]
    for arm, pictures in zip(arms, rows, strict=True):
        whole, seen = place([[scaled(one, scale) for one in pictures[:across]]], 1)
        told += [safe_text(f"{arm.name}, {arm.runs[0].name}"), *half_block_lines(whole, screen.colours, seen)]
    if across < len(labels):
        told.append(f"{across} of {len(labels)} classes shown")
    return told
