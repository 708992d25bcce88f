"""1,000 points a second arriving from a writer's process, the screen on that run's curves and on the list of runs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.tui.program import ROOT, WORKBENCH, Program, environ, running
from benchmarks.tui.report import Report
from diffusion.config import with_settings
from diffusion.presets import preset
from runs.create import create_run
from runs.home import Home
from runs.store import Store

METRICS, HZ = 50, 20
WARM_S = 5.0
MOST_PERCENT = 10.0


def measure(report: Report, folder: Path, leet: bool, seconds: float) -> None:
    """Add the figures of so many seconds of each screen."""
    what = f"{METRICS * HZ:,} points/s"
    with writing("record", folder / "live") as home:
        for place, keys in (("the curves of that run", "\r"), ("the list of runs", "")):
            with running(WORKBENCH, environ(home.root)) as one:
                one.wait_for(lambda text: "live" in text and "running" in text)
                one.read(1.0)
                if keys:
                    one.type(keys)
                    one.wait_for(lambda text: "charts 1 to" in text)
                _usage(report, f"{what}, {place}", one, "workbench", seconds, lambda: _newest(home))
    if leet:
        with writing("wandb", folder / "live") as home:
            words = (sys.executable, "-m", "wandb", "leet", str(home.root))
            with running(words, environ()) as one:
                one.wait_for(lambda text: "part" in text)
                _usage(report, f"{what}, the curves of that run", one, "LEET", seconds)


def _usage(
    report: Report, what: str, one: Program, program: str, seconds: float, newest: Callable[[], float] | None = None
) -> None:
    """newest: the time of the newest point that the program can have read."""
    one.read(WARM_S)
    cpu_s, sent, begun, oldest = one.cpu_s(), one.sent, time.monotonic(), 0.0
    while (took := time.monotonic() - begun) < seconds:
        one.read(0.5)
        oldest = max(oldest, time.time() - newest()) if newest else 0.0
    most = MOST_PERCENT if program == "workbench" else None
    report.add(f"{what}: CPU", 100 * (one.cpu_s() - cpu_s) / took, "% of a core", most=most, program=program)
    report.add(f"{what}: sent", (one.sent - sent) / took, "bytes/s", program=program)
    if newest:
        report.add(f"{what}: age of the newest point in the database, at most", oldest, "s", program=program)
    report.add(f"{what}: resident memory", one.rss_mb(), "MB", program=program)


def _newest(home: Home) -> float:
    """When the newest point in the database was recorded, in seconds since 1970."""
    with Store.read(home) as store:
        (newest,) = store.db.execute(
            "select time from points join series on series = id where name = 'train/loss' order by step desc limit 1"
        ).fetchone()
    return float(newest)


@contextmanager
def writing(kind: str, folder: Path) -> Iterator[Home]:
    """A process that records a run, as the kind has it, until the block is left; the home that it is in."""
    home = Home(folder / kind)
    home.make()
    name = "run00000"
    if kind == "record":
        config = with_settings(preset("mnist").config, {"train.steps": 1_000_000})
        name = create_run(home, config, preset="mnist", command="workbench run --preset mnist", name="live").path.name
    words = [sys.executable, "-m", "benchmarks.tui.writer", kind, str(home.root), name, str(METRICS), str(HZ)]
    process = subprocess.Popen(words, env=environ(), cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline(), "the writer has not begun"
        time.sleep(2.0)  # some points are there
        yield home
        assert process.poll() is None, "the writer has ended"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
