"""Pictures that several runs have drawn from the same noise: by class, training step and moment of the sampling.

A moment is a sampling step of a preview's trajectory; two runs are locked on equal sampling steps or on equal log-SNR.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from diffusion.events import Picture
from runs.arms import Arm
from runs.drawn import read_sheet
from runs.gallery import newer_images

if TYPE_CHECKING:
    from pathlib import Path

    from runs.records import Image, Run
    from runs.store import Store

Lock = Literal["step", "log-snr"]
Columns = Literal["class", "sampling step", "training step"]
Content = Literal["x0", "x_t"]
KINDS = ("trajectory", "preview", "sample")
SHEETS_KEPT = 48
FINISHED = math.inf  # the moment of a picture that was drawn without its way
CLEAN = 60.0  # log-SNR beyond which nothing is noise: where sigma is 0


@dataclass(frozen=True)
class Moment:
    """A sampling step, and how noisy x_t is there."""

    step: float
    log_snr: float

    @classmethod
    def of(cls, image: "Image") -> "Moment":
        """Where on its way a recorded picture is."""
        if image.sampling_step is None:
            return cls(FINISHED, CLEAN)
        if image.sigma is None:
            return cls(float(image.sampling_step), math.nan)
        return cls(float(image.sampling_step), min(CLEAN, -2 * math.log(image.sigma)) if image.sigma > 0 else CLEAN)


@dataclass(frozen=True)
class Place:
    """What is looked at: columns are one of class, sampling step and training step; of the other two one each.

    label, step: None is the first class, the newest training step.
    """

    columns: Columns = "class"
    label: int | None = None
    step: int | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """The pictures of one run that a place needs: by class, training step and moment, x0 and x_t."""

    cells: dict[int, dict[int, dict[Moment, dict[str, Picture]]]]

    def at(self, label: int, step: int, moment: Moment, lock: Lock, content: Content) -> Picture | None:
        """The picture that stands beside another run's of this class, at or before this step, at this moment."""
        moments = self._moments(label, step)
        if not moments:
            return None
        found = moments[nearest(list(moments), moment, lock)]
        return found.get(content) if content in found else next(iter(found.values()))

    def moment(self, label: int, step: int, wanted: Moment, lock: Lock) -> Moment:
        """The moment of that picture, which is the nearest to the wanted one that there is."""
        moments = self._moments(label, step)
        return nearest(list(moments), wanted, lock) if moments else wanted

    def _moments(self, label: int, step: int) -> dict[Moment, dict[str, Picture]]:
        steps = self.cells.get(label, {})
        reached = [one for one in steps if one <= step]
        return steps[max(reached)] if reached else {}


def nearest(moments: Sequence[Moment], wanted: Moment, lock: Lock) -> Moment:
    """The moment at the same sampling step or the last one before it; or the one that is nearest in log-SNR."""
    known = [one for one in moments if not math.isnan(one.log_snr)]
    if lock == "log-snr" and known and not math.isnan(wanted.log_snr):
        return min(known, key=lambda one: abs(one.log_snr - wanted.log_snr))
    before = [one for one in moments if one.step <= wanted.step]
    return max(before, key=lambda one: one.step) if before else min(moments, key=lambda one: one.step)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the tab shows: a table for each arm that has pictures, and what can be chosen."""

    place: Place
    arms: tuple[int, ...]  # numbers, in the order of the rows
    tables: dict[int, Table]
    references: dict[int, int]  # what each arm is compared with
    names: dict[int, str]
    labels: tuple[int, ...]
    steps: tuple[int, ...]
    moments: tuple[Moment, ...]  # of the arm with most of them
    label: int
    step: int
    paired: bool  # all drawn from the same noise
    others: tuple[int, ...]  # arms whose pictures are of another size, and left out


class RunImages:
    """The rows of one run's pictures: newest of each class, step and moment; lives in the reader's thread."""

    def __init__(self, run: "Run") -> None:
        self.number, self.folder = run.number, run.folder
        self.images: dict[int, dict[int, dict[Moment, dict[str, Image]]]] = {}
        self.noise: dict[int, tuple[int, int]] = {}  # of each class, seed and index
        self.side: tuple[int, ...] = ()  # height and width of the pictures
        self._newest = 0

    def read(self, store: "Store") -> bool:
        """Take in what has been recorded since the last look; whether there was anything."""
        new = newer_images(store, self.number, self._newest, KINDS)
        for image in new:
            self._newest = image.number
            self._take(image)
        return bool(new)

    def _take(self, image: "Image") -> None:
        label = -1 if image.label is None else image.label
        if image.kind != "sample" and image.weights != "ema":
            return
        noise = self.noise.setdefault(label, (image.seed, image.index))
        if noise != (image.seed, image.index):
            return
        moments = self.images.setdefault(label, {}).setdefault(image.step, {})
        if image.kind != "trajectory" and any(one.step != FINISHED for one in moments):
            return  # the end of its way is there
        moments.setdefault(Moment.of(image), {})[image.content] = image
        self.side = (image.height, image.width)


class TwinPictures:
    """What is known of the pictures of several arms; lives in the reader's thread."""

    def __init__(self) -> None:
        self._runs: dict[int, RunImages] = {}
        self._sheets: OrderedDict[Path, Picture] = OrderedDict()
        self._told: tuple[object, ...] = ()

    def shown(
        self, store: "Store", arms: Sequence[Arm], references: dict[int, int], place: Place, *, again: bool
    ) -> Shown | None:
        """The pictures of a place; None where nothing is new since the last look, unless they are wanted again."""
        rows = {arm.number: self._of(twin_run(arm, arms)) for arm in arms if not arm.diverged}
        new = [one.read(store) for one in rows.values()]
        rows = {number: one for number, one in rows.items() if one.images}
        sides = {number: one.side for number, one in rows.items()}
        rows = {number: one for number, one in rows.items() if one.side == next(iter(sides.values()))}
        others = tuple(number for number in sides if number not in rows)
        told = (tuple(rows), tuple(one.number for one in rows.values()), tuple(references.items()), place)
        if not rows or (not any(new) and told == self._told and not again):
            return None
        self._told = told
        labels = _all(one.images for one in rows.values())
        steps = _all(by_step for one in rows.values() for by_step in one.images.values())
        label = place.label if place.label in labels else labels[0]
        step = place.step if place.step in steps else steps[-1]
        tables = {number: self._table(one, place.columns, label, step) for number, one in rows.items()}
        names = {arm.number: arm.name for arm in arms}
        paired = len({tuple(sorted(one.noise.items())) for one in rows.values()}) == 1
        moments = max((_moments(one) for one in rows.values()), key=len)
        there = replace(place, label=label, step=place.step if place.step in steps else None)
        return Shown(there, tuple(rows), tables, references, names, labels, steps, moments, label, step, paired, others)

    def _of(self, run: "Run") -> RunImages:
        return self._runs.setdefault(run.number, RunImages(run))

    def _table(self, one: RunImages, columns: Columns, label: int, step: int) -> Table:
        """Of all classes at one training step, or of one class at all of them."""
        cells: dict[int, dict[int, dict[Moment, dict[str, Picture]]]] = {}
        for known, steps in one.images.items():
            if columns == "training step" and known != label:
                continue
            reached = [at for at in steps if at <= step]
            for at in steps if columns == "training step" else reached and [max(reached)]:
                cells.setdefault(known, {})[at] = {
                    moment: {content: self._cut(one, image) for content, image in here.items()}
                    for moment, here in steps[at].items()
                }
        return Table(cells)

    def _cut(self, one: RunImages, image: "Image") -> Picture:
        path = one.folder / image.path
        if path not in self._sheets:
            self._sheets[path] = read_sheet(path)
            if len(self._sheets) > SHEETS_KEPT:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(path)
        part = self._sheets[path][image.top : image.top + image.height, image.left : image.left + image.width]
        return part.copy()


def twin_run(arm: Arm, arms: Sequence[Arm]) -> "Run":
    """The run of an arm whose pictures are shown: of the first seed that all arms have, else its first."""
    shared = [seed for seed in arms[0].by_seed if all(seed in one.by_seed for one in arms if not one.diverged)]
    return arm.by_seed[shared[0]] if shared else arm.runs[0]


def _all(found: Iterable[Iterable[int]]) -> tuple[int, ...]:
    return tuple(sorted({key for one in found for key in one}))


def _moments(one: RunImages) -> tuple[Moment, ...]:
    """Those of the newest preview of its first class, noise first."""
    steps = one.images[min(one.images)]
    return tuple(sorted(steps[max(steps)], key=lambda moment: moment.step))


def apart(picture: Picture, other: Picture) -> Picture | None:
    """The absolute difference of two pictures uint8 [H, W, C], pixel by pixel; None where their sizes differ."""
    if picture.shape != other.shape:
        return None
    found: Picture = np.abs(picture.astype(np.int16) - other).astype(np.uint8)
    return found
