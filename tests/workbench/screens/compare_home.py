"""Runs to compare, recorded without computing anything: two schedules of two seeds each in a study, and one alone."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from diffusion.config import with_settings
from diffusion.events import Curve, Drawn, Evaluation, Event, Finished, Metric, Preview, Progress, Started, TimestepLoss
from diffusion.presets import preset as named_preset
from runs.create import create_run
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store
from tests.workbench.streams import NAMES, picture
from tests.workbench.tui import BEGAN, settled, until

STEPS = (0, 20, 40)  # at which there is a preview and a validation
MOMENTS = {"linear": (0, 5, 10, 15, 20), "cosine": (0, 10, 20)}  # sampling steps that a trajectory shows


def sigma_of(schedule: str, at: int) -> float:
    """The noise of a sampling step; that of cosine is lower at the same one."""
    return (1 - at / 20) * (10.0 if schedule == "linear" else 3.0)


def trajectory(schedule: str, step: int, seed: int, side: int) -> tuple[Drawn, ...]:
    """Three classes on their way out of grey."""
    found = []
    for label in range(3):
        for at in MOMENTS.get(schedule, (0, 20)):
            share = at / 20
            seen = (picture(label, side) * share + 128 * (1 - share)).astype(np.uint8)
            guess = (picture(label, side) * (0.5 + step / 80)).astype(np.uint8)
            for content, pixels in (("x_t", seen), ("x0", guess)):
                sigma = sigma_of(schedule, at)
                found.append(Drawn(pixels, label, seed, label, sampling_step=at, sigma=sigma, content=content))
    return tuple(found)


def training(schedule: str, seed: int, steps: int = 40, *, ends: bool = True, side: int = 8) -> Iterator[Event]:
    """Losses that fall, faster with cosine, previews, and what judges say."""
    pace = (1.0 if schedule == "linear" else 2.0) + 0.1 * seed
    yield Started({"device": "cpu", "dtype": "float32", "parameters": 448_000, "train_images": 640}, NAMES)
    for step in range(steps + 1):
        if step:
            yield Metric(step, "train/loss", 2 / (1 + pace * step / 10))
            yield Metric(step, "images_per_s", 1000.0 + step)
        if step in STEPS:
            for low in (-2.0, 0.0):
                loss = 10 ** (-low / 4) / (1 + pace * step / 10)
                yield TimestepLoss(step, "val", low, low + 2, loss, 64)
            yield Metric(step, "val/x0_loss", 1.1 / (1 + pace * step / 10))
            yield Preview(step, "trajectory", "ema", trajectory(schedule, step, seed, side))
        yield Progress("train", step, 40, step)
    if not ends:
        return
    yield Evaluation(40, "classifier-digits", "accuracy", 0.8 + 0.05 * pace, 40, low=0.75, high=0.99)
    yield Evaluation(40, "pixels", "sharpness", 1.5, 30)
    yield Evaluation(40, "pixels", "blur_sigma", 0.1 * pace, 30, low=0.05, high=0.4)
    yield Curve(40, "pixels", "power", "frequency", ((0.1, 5.0 * pace), (0.2, 2.0), (0.4, 0.3)))
    yield Finished("completed", 40, 2.5)


def add_run(
    home: Home,
    name: str,
    schedule: str,
    seed: int = 0,
    *,
    blur: float = 0.0,
    side: int = 8,
    study: str | None = "two",
    ends: bool = True,
    steps: int = 40,
) -> None:
    """One recorded run; ends: it is completed, else its process is gone in the midst of it."""
    changes = {"process.schedule": schedule, "seed": seed, "train.steps": 40, "train.batch_size": 32, "data.blur": blur}
    config = with_settings(named_preset("digits").config, changes)
    folder = create_run(home, config, preset="digits", command="workbench run", name=name, study=study)
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
    for _ in record(training(schedule, seed, steps, ends=ends, side=side), folder, log):
        pass
    with Store.write(home) as store:
        ingest(store, folder.path)


def compare_home(path: Path) -> Home:
    """A study of two schedules by two seeds, made at a fixed time."""
    home = Home(path)
    with mock.patch("time.time", return_value=BEGAN):
        for schedule in ("linear", "cosine"):
            for seed in (0, 1):
                add_run(home, f"{schedule}-{seed}", schedule, seed)
    return home


async def compared(app, pilot, *keys: str) -> None:
    """The comparison of all runs, as marks and a key open it, after some keys."""
    await pilot.press("a", "c")
    await until(pilot, lambda: getattr(app.screen, "told", None) and app.screen._tabs)
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)
