"""A home full of recorded runs that trained nothing: python -m benchmarks.filled FOLDER [--runs 500] [--points 2000]

Losses fall as a power of the step with noise; schedules, blurs and seeds vary; some runs diverged or were stopped.
"""

import argparse
import itertools
import math
import random
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from diffusion.config import with_settings
from diffusion.events import Drawn, Event, Finished, Metric, Preview, Progress, Sample, Started, TimestepLoss
from diffusion.presets import preset
from runs.create import create_run
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store

VARIED = itertools.product(
    ("mnist", "digits", "fashion-mnist", "cifar10-small"),
    ("flow", "cosine", "linear", "sigmoid", "edm"),
    (0.0, 1.0, 2.0),
    range(3),
)


def fill(home: Home, runs: int, points: int) -> None:
    """Make and ingest so many runs with so many points in each of their curves."""
    home.make()
    with mock.patch("os.fsync"), Store.write(home) as store:
        for number, (name, schedule, blur, seed) in zip(range(runs), itertools.cycle(list(VARIED)), strict=False):
            changes = {"process.schedule": schedule, "data.blur": blur, "seed": seed, "train.steps": points}
            config = with_settings(preset(name).config, changes)
            folder = create_run(home, config, preset=name, command=f"workbench run --preset {name}")
            log = Log.new(folder, "attempt")
            log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
            for _ in record(training(number, points), folder, log):
                pass
            ingest(store, folder.path)


def training(number: int, points: int) -> Iterator[Event]:
    """The events of one run; every ninth ends otherwise than completed."""
    chance = random.Random(number)
    outcome = ("diverged", "stopped")[number // 9 % 2] if number % 9 == 8 else "completed"
    last = points if outcome == "completed" else points // 2
    exponent, floor, pace = chance.uniform(0.3, 0.6), chance.uniform(0.02, 0.2), chance.uniform(500, 5000)
    yield Started({"device": "cpu", "device_name": "CPU, 2 threads", "dtype": "float32"}, tuple("0123456789"))
    for step in range(1, last + 1):
        loss = floor + step**-exponent * math.exp(chance.gauss(0, 0.08))
        yield Metric(step, "train/loss", math.nan if outcome == "diverged" and step == last else loss)
        if step % 20 == 0:
            yield Metric(step, "images_per_s", pace * chance.uniform(0.95, 1.05))
        if step % max(1, points // 4) == 0:
            yield Metric(step, "val/loss", floor + step**-exponent)
            yield Metric(step, "val/x0_loss", (floor + step**-exponent) / 4)
            yield from (TimestepLoss(step, "val", low, low + 1, math.exp(-low / 4) / 9, 64) for low in range(-6, 7))
            yield Preview(step, "grid", "ema", pictures(number, step / points))
        if step % 200 == 0 or step == last:
            yield Progress("train", step, points, step)
    if outcome == "completed":
        yield Sample(last, "ema", pictures(number, 1.0), {"sampler": "heun", "sampling_steps": 20, "guidance": 1.5})
    yield Finished(outcome, last, 60.0, "the loss is NaN" if outcome == "diverged" else "", {})  # type: ignore[arg-type]


def pictures(number: int, share: float, side: int = 8) -> tuple[Drawn, ...]:
    """One picture a class: a disc that comes out of the noise as share goes from 0 to 1."""
    noise = np.random.default_rng(number).uniform(0, 255, (10, side, side))
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    discs = [255.0 * (np.hypot(rows, columns + label / 4 - 1) < side / 3) for label in range(10)]
    mixed = (share * np.stack(discs) + (1 - share) * noise).astype(np.uint8)
    return tuple(Drawn(mixed[label][..., None], label, seed=0, index=label) for label in range(10))


def main() -> None:
    """Fill the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--points", type=int, default=2000)
    given = parser.parse_args()
    fill(Home(given.folder.absolute()), given.runs, given.points)


if __name__ == "__main__":
    main()
