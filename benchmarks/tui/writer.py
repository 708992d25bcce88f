"""A process that records so many metrics so often, until it is ended.

`python -m benchmarks.tui.writer KIND FOLDER NAME METRICS HZ`, KIND: record, as a worker does it (log, then database),
FOLDER a home and NAME a run's folder in it; or wandb, as W&B keeps it, which its viewer follows.
"""

import itertools
import random
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from diffusion.events import Event, Metric, Progress, Started


def ticks(hz: float) -> Iterator[int]:
    """Steps from 1 on, so many a second."""
    begun = time.monotonic()
    for step in itertools.count(1):
        time.sleep(max(0.0, begun + step / hz - time.monotonic()))
        yield step


def values(metrics: int, step: int, chance: random.Random) -> dict[str, float]:
    """What is measured at a step."""
    names = ["train/loss", *(f"train/part{number:02d}" for number in range(1, metrics))]
    return {name: 0.05 + step**-0.4 * chance.uniform(0.9, 1.1) for name in names}


def training(metrics: int, hz: float) -> Generator[Event, None, None]:
    """The events of a training that measures a lot."""
    chance = random.Random(0)
    yield Started({"device": "cpu", "device_name": "CPU", "dtype": "float32"}, tuple("0123456789"))
    for step in ticks(hz):
        for name, value in values(metrics, step, chance).items():
            yield Metric(step, name, value)
        yield Progress("train", step, 1_000_000, step)


def record_run(home_folder: Path, name: str, metrics: int, hz: float) -> None:
    """Record it as a worker does."""
    from runs.attempt import kept, new_log
    from runs.folder import RunFolder
    from runs.home import Home
    from runs.record import record

    home = Home(home_folder)
    folder = RunFolder(home.runs / name)
    for number, _ in enumerate(kept(record(training(metrics, hz), folder, new_log(folder, "attempt")), folder, home)):
        if number == 1:
            print("begun", flush=True)


def write_wandb(folder: Path, name: str, metrics: int, hz: float) -> None:
    """Write it as W&B does."""
    from benchmarks.leet import RunLog

    chance = random.Random(0)
    with RunLog(folder, name, "live") as log:
        for step in ticks(hz):
            log.add(step, values(metrics, step, chance))
            log.flush()
            if step == 1:
                print("begun", flush=True)


def main() -> None:
    """Write until SIGTERM."""
    kind, folder, name, metrics, hz = sys.argv[1:]
    write = {"record": record_run, "wandb": write_wandb}[kind]
    write(Path(folder), name, int(metrics), float(hz))


if __name__ == "__main__":
    main()
