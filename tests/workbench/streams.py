"""A run that computes nothing: the events of a small training, for everything that shows or records events."""

import math
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np

from diffusion.events import (
    Alert,
    Checkpoint,
    Drawn,
    Event,
    Finished,
    Metric,
    Preview,
    Progress,
    Sample,
    Started,
    TimestepLoss,
)

NAMES = tuple(str(digit) for digit in range(10))


def picture(label: int, side: int = 8) -> np.ndarray:
    """A bright diagonal that moves with the class."""
    pixels = np.zeros((side, side, 1), dtype=np.uint8)
    for row in range(side):
        pixels[row, (row + label) % side] = 255
    return pixels


def drawn(classes: int = 10, per_class: int = 2, side: int = 8) -> tuple[Drawn, ...]:
    """Finished pictures, class by class."""
    return tuple(
        Drawn(picture(label, side), label, seed=0, index=label * per_class + copy)
        for label in range(classes)
        for copy in range(per_class)
    )


def _write(path: Path) -> None:
    path.write_bytes((2).to_bytes(8, "little") + b"{}")  # the least that is a whole safetensors file


def training(
    steps: int = 20, *, nan_at: int | None = None, should_stop: Callable[[], bool] = lambda: False
) -> Generator[Event, None, None]:
    """Started, a loss and a Progress each step, a validation and a preview half-way, samples, Finished."""
    yield Started({"device": "cpu", "dtype": "float32", "parameters": 448_000}, NAMES)
    yield Alert("warning", 0, "alpha-bar at T is 0.36")
    for step in range(1, steps + 1):
        loss = math.nan if step == nan_at else 1 / step
        yield Metric(step, "train/loss", loss)
        yield Metric(step, "images_per_s", 5000.0)
        yield Progress("train", step, steps, step)
        if step == nan_at:
            yield Finished("diverged", step, 1.5, "loss is NaN")
            return
        if step == steps // 2:
            yield Progress("validate", 1, 2, step)
            yield TimestepLoss(step, "val", -2.0, 0.0, 0.25, 64)
            yield Metric(step, "val/loss", 0.5)
            yield Metric(step, "val/x0_loss", 0.25)
            yield Preview(step, "grid", "ema", drawn(per_class=1))
        if should_stop():
            yield Checkpoint(step, _write)
            yield Finished("stopped", step, 0.5)
            return
    yield Checkpoint(steps, _write)
    yield Progress("sample", 1, 2, steps)
    yield Progress("sample", 2, 2, steps)
    yield Sample(steps, "ema", drawn(), {"sampler": "heun", "sampling_steps": 20, "guidance": 1.5})
    yield Finished("completed", steps, 2.5, figures={"loss": 1 / steps})
