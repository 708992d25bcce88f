"""What a judge is given: drawn pictures, the real ones, and the folder where judges are kept."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures, Split
from diffusion.errors import UserError
from diffusion.events import Drawn, Event

Judging = Generator[Event, None, None]  # all its Progress first: work that is given up has told nothing


class UnfitPicturesError(UserError):
    """Pictures that one judge can say nothing of, as too few of them; others can."""


@dataclass(frozen=True)
class Judged:
    """What is judged, and with what at hand.

    pictures: the real ones, all splits sharp, in the run's size. drawn: finished pictures, all of one shape, put in the
    order of (seed, index), since a resampled interval depends on it. judges: the folder where judges are kept.
    recorded: the pictures have rows of their own, as final samples have; others were drawn for this look only.
    trajectory: snapshots on the way to some of the drawn pictures.
    """

    config: RunConfig
    pictures: Pictures
    drawn: tuple[Drawn, ...]
    step: int
    device: torch.device
    judges: Path
    recorded: bool = True
    trajectory: tuple[Drawn, ...] = ()

    def __post_init__(self) -> None:
        if not self.drawn:
            raise UserError("there are no pictures to judge", next_command="workbench score RUN --per-class 64")
        object.__setattr__(self, "drawn", tuple(sorted(self.drawn, key=lambda one: (one.seed, one.index, one.label))))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes of the data set."""
        return self.pictures.class_names

    @property
    def unseen(self) -> Split:
        """The test pictures of the classes that were drawn; all of them where that is none, or no class is known."""
        return self._of_drawn(self.pictures.test)

    @property
    def others(self) -> Split:
        """Test pictures that are each taken for the class after their own, as many of the drawn classes as there are:
        what a picture of another class gets.
        """
        test = self.pictures.test
        return self._of_drawn(Split(test.pictures, (test.labels + 1) % len(self.class_names)))

    def _of_drawn(self, split: Split) -> Split:
        mine = torch.isin(split.labels, torch.unique(self.labels))
        if (self.labels < 0).any() or not bool(mine.any()) or bool(mine.all()):
            return split
        return Split(split.pictures[mine], split.labels[mine])

    @cached_property
    def pixels(self) -> Tensor:
        """The drawn pictures, uint8 [N, C, H, W] on the CPU."""
        return pixels_of(self.drawn)

    @cached_property
    def labels(self) -> Tensor:
        """The classes that they were drawn as, int64 [N]; -1 where one was drawn without a class."""
        return torch.tensor([one.label for one in self.drawn])


def pixels_of(drawn: tuple[Drawn, ...]) -> Tensor:
    """Pictures [H, W, C] as uint8 [N, C, H, W]. Raises UserError when they differ in shape."""
    shapes = {one.picture.shape for one in drawn}
    if len(shapes) > 1:
        told = " and ".join(f"{high} x {wide} x {deep}" for high, wide, deep in sorted(shapes)[:2])
        raise UserError(f"the pictures differ in shape: {told}", allowed="pictures of one shape")
    return torch.from_numpy(np.stack([one.picture for one in drawn])).permute(0, 3, 1, 2).contiguous()


def check_unseen(pictures: Pictures) -> None:
    """Raise UnfitPicturesError where none was held out of training: there is nothing to judge against."""
    if not len(pictures.test) or not len(pictures.val):
        raise UnfitPicturesError(
            "there are no test pictures to judge against: no class has enough pictures for some to be held out",
            allowed="data sets with a class of 3 pictures or more",
        )
