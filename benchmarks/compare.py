"""The comparison of large runs on the screen, without a terminal: python -m benchmarks.compare [--home FOLDER]

Eight runs of 20 metrics with 50,000 points each (8 million) are compared: milliseconds from the key to the first screen
and to the first curves, and from a move of the pictures' slider to all pictures drawn anew; medians of several times.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from textual import events
from textual.pilot import Pilot

from benchmarks.filled import pictures
from diffusion.config import with_settings
from diffusion.events import Drawn, Event, Finished, Metric, Preview, Progress, Started
from diffusion.presets import preset
from runs.create import create_run
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store
from workbench.app import WorkbenchApp
from workbench.screens.compare import CompareScreen
from workbench.widgets.curve import Curve

RUNS, METRICS, POINTS = 8, 20, 50_000
MOMENTS = (0, 5, 10, 15, 20)
SIDE = 32
TIMES = 7
WAIT_S = 60.0


def fill(home: Home, points: int) -> None:
    """Runs of eight learning rates. Their points are written beside the log, which would take minutes to read."""
    home.make()
    for number in range(RUNS):
        changes = {"train.learning_rate": 1e-4 * (number + 1), "train.steps": points}
        config = with_settings(preset("digits").config, changes)
        folder = create_run(home, config, preset="digits", command="workbench run")
        log = Log.new(folder, "attempt")
        log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
        for _ in record(training(number, points), folder, log):
            pass
        with Store.write(home) as store:
            ingest(store, folder.path)
            add_points(store, number, points)


def names() -> list[str]:
    """Of the metrics."""
    return ["val/x0_loss", "train/loss", *(f"train/metric_{at:02}" for at in range(METRICS - 2))]


def training(number: int, points: int) -> Iterator[Event]:
    """One point of each metric at the end, and a trajectory of ten classes."""
    yield Started({"device": "cpu", "dtype": "float32"}, tuple("0123456789"))
    yield Preview(0, "trajectory", "ema", trajectory(number))
    for name in names():
        yield Metric(points, name, 0.1)
    yield Progress("train", points, points, points)
    yield Finished("completed", points, 60.0)


def trajectory(number: int) -> tuple[Drawn, ...]:
    """Pictures of 32 x 32 out of the noise."""
    found = []
    for moment in MOMENTS:
        for one in pictures(number, moment / MOMENTS[-1], SIDE):
            sigma = 10.0 * (1 - moment / 20)
            kinds = ("x_t", "x0")
            found += [
                Drawn(one.picture, one.label, 0, one.index, sampling_step=moment, sigma=sigma, content=kind)
                for kind in kinds
            ]
    return tuple(found)


def add_points(store: Store, number: int, points: int) -> None:
    """All but the last point of each metric of the newest run."""
    chance = np.random.default_rng(number)
    steps = np.arange(1, points)
    with store.transaction() as db:
        rows = db.execute("select id, run from series order by id desc limit ?", (METRICS,)).fetchall()
        for series, _ in rows:
            values = 0.1 + steps**-0.5 * np.exp(chance.normal(0, 0.08, len(steps)))
            table = zip([series] * len(steps), [1] * len(steps), steps.tolist(), values.tolist(), strict=False)
            db.executemany("insert into points (series, attempt, step, value, time) values (?, ?, ?, ?, 0)", table)


async def measured(home: Home) -> dict[str, list[float]]:
    """Milliseconds of each thing, some times."""
    found: dict[str, list[float]] = {"first screen": [], "first curves": [], "slider": []}
    app = WorkbenchApp(home)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.runs) == RUNS)
        for _ in range(TIMES):
            began = time.perf_counter()
            app.compare(app.runs)
            await until(pilot, lambda: isinstance(app.screen, CompareScreen) and bool(app.screen._tabs))
            await until(pilot, lambda: "what differs" in text_of(app))
            found["first screen"].append(1000 * (time.perf_counter() - began))
            began = time.perf_counter()
            press(app, "2")
            await until(pilot, lambda: most_points(app) >= RUNS * POINTS)
            found["first curves"].append(1000 * (time.perf_counter() - began))
            press(app, "4")
            await until(pilot, lambda: "locked on" in text_of(app))
            for key in ("comma", "full_stop"):
                before = text_of(app)
                began = time.perf_counter()
                press(app, key)
                await until(pilot, lambda before=before: text_of(app) != before)
                found["slider"].append(1000 * (time.perf_counter() - began))
            app.screen.dismiss()
            await until(pilot, lambda: not isinstance(app.screen, CompareScreen))
    return found


def most_points(app: WorkbenchApp) -> int:
    """Of the charts, once drawn."""
    return max((sum(map(len, curve.lines)) for curve in app.screen.query(Curve) if curve._rows), default=0)


def text_of(app: WorkbenchApp) -> str:
    """What the screen shows."""
    return "\n".join("".join(one.text for one in strip) for strip in app.screen._compositor.render_strips())


def press(app: WorkbenchApp, key: str) -> None:
    """A key, without the pilot's waiting until all is idle."""
    app.post_message(events.Key(key, key if len(key) == 1 else None))


async def until(pilot: Pilot[str], there: Callable[[], bool]) -> None:
    """Wait for something to be so. Raises TimeoutError."""
    ends = time.perf_counter() + WAIT_S
    while not there():
        if time.perf_counter() > ends:
            raise TimeoutError(text_of(pilot.app))  # type: ignore[arg-type]
        await asyncio.sleep(0.002)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="one that was filled before, or is to be")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home((given.home or Path(folder) / "home").absolute())
        if not home.database.exists():
            fill(home, POINTS)
        found = asyncio.run(measured(home))
    print("| what | median ms | highest |\n|---|---|---|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")


if __name__ == "__main__":
    main()
