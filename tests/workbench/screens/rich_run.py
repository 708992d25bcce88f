"""A run that has recorded all that a run can record, without computing anything."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from diffusion.events import (
    Drawn,
    Evaluation,
    Event,
    Finished,
    Metric,
    Preview,
    Progress,
    Sample,
    Started,
    TimestepLoss,
)
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store
from tests.workbench.streams import NAMES, picture
from tests.workbench.tui import BEGAN, recorded

MOMENTS = (0, 5, 10, 15, 20)  # sampling steps of a trajectory
STEPS = (0, 20, 40)  # at which there is a preview and a validation


def trajectory(step: int) -> tuple[Drawn, ...]:
    """Two classes: a picture that comes out of grey, sooner the longer the training was."""
    found = []
    for label in (0, 1):
        for at in MOMENTS:
            share = at / 20
            seen = (picture(label) * share + 128 * (1 - share)).astype(np.uint8)
            guess = (picture(label) * (0.5 + step / 80)).astype(np.uint8)
            sigma = 10.0 * (1 - share) + 0.01
            found.append(Drawn(seen, label, 0, label, sampling_step=at, sigma=sigma, content="x_t"))
            found.append(Drawn(guess, label, 0, label, sampling_step=at, sigma=sigma, content="x0"))
    return tuple(found)


def grid(per_class: int, brightness: float = 1.0) -> tuple[Drawn, ...]:
    """Finished pictures of ten classes."""
    return tuple(
        Drawn((picture(label) * brightness).astype(np.uint8), label, seed=0, index=label * per_class + copy)
        for label in range(10)
        for copy in range(per_class)
    )


def preview(step: int) -> Iterator[Event]:
    """What is drawn at one step of the training."""
    yield Preview(step, "trajectory", "ema", trajectory(step))
    yield Preview(step, "grid", "ema", grid(1))
    yield Preview(step, "grid", "raw", grid(1, 0.5))


def validation(step: int) -> Iterator[Event]:
    """The losses by noise level, of both splits."""
    for split, worse in (("val", 1.1), ("train", 1.0)):
        for low in (-4.0, -2.0, 0.0, 2.0):
            yield TimestepLoss(step, split, low, low + 2, worse * 10 ** (-low / 4) / (1 + step / 10), 64)
    yield Metric(step, "val/loss", 2.2 / (1 + step / 10))
    yield Metric(step, "val/x0_loss", 1.1 / (1 + step / 10))


def training() -> Iterator[Event]:
    """40 steps with a NaN at step 13."""
    yield Started({"device": "cpu", "dtype": "float32", "parameters": 448_000, "train_images": 640}, NAMES)
    for step in range(41):
        if step:
            yield Metric(step, "train/loss", float("nan") if step == 13 else 2 / (1 + step / 10))
            yield Metric(step, "images_per_s", 1000.0 + step)
            yield Metric(step, "system/cpu_percent", 50.0 + step % 7)
        if step in STEPS:
            yield from validation(step)
            yield from preview(step)
        yield Progress("train", step, 40, step)
    yield Sample(40, "ema", grid(3), {"sampler": "heun", "sampling_steps": 20, "guidance": 1.5})
    yield Evaluation(40, "classifier-digits", "entropy", 0.2, 30)
    yield Evaluation(40, "classifier-digits", "accuracy", 0.9, 30, low=0.75, high=0.97)
    for label in range(10):
        yield Evaluation(40, "classifier-digits", "accuracy", label / 10, 3, label=label, low=0.0, high=1.0)
    yield Evaluation(40, "pixels", "sharpness", 1.5, 30)
    yield Finished("completed", 40, 2.5)


def bare() -> Iterator[Event]:
    """A run that records nothing but its end."""
    yield Started({}, NAMES)
    yield Progress("train", 1, 1, 1)
    yield Finished("completed", 1, 1.0)


def rich_home(path: Path) -> Home:
    """One run called rich, made at a fixed time, with a log."""
    home = Home(path)
    with mock.patch("time.time", return_value=BEGAN):
        folder = recorded(home, "rich", events=training(), train__steps=40, train__batch_size=32)
    lines = [f"step {step}  loss {2 / (1 + step / 10):.3f}" for step in range(1, 41)]
    (folder.path / "output.log").write_text("\n".join(lines) + "\n")
    return home


def more(home: Home, events: Callable[[], Iterator[Event]]) -> None:
    """A second attempt of the run."""
    with Store.read(home) as store:
        folder = store.find("rich").folder
    from runs.folder import RunFolder

    log = Log.new(RunFolder(folder), "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench resume"})
    for _ in record(events(), RunFolder(folder), log):
        pass
    with Store.write(home) as store:
        ingest(store, folder)
