"""Drill `writers`: many workers write into one store at once while one reader lists and another tails.

Each is the whole worker (`runs.worker` from its main on: log, pictures, system metrics, heartbeat, database), with a
stand-in for the training that computes nothing and tells four numbers a step, as the training does.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from benchmarks.drills.homes import look_all, new_run, temporary_home
from benchmarks.drills.processes import Forked, wait_for
from benchmarks.drills.table import CHECKS, Table, spread
from diffusion.events import Event, Finished, Metric, Progress, Started
from runs.home import Home
from runs.ingest import ingest
from runs.narrate import OUTPUT
from runs.store import Store

METRICS = 1000  # of each writer
A_STEP = ("train/loss", "train/gradient_norm", "train/learning_rate", "images_per_s")
MOST_US = 10.0
PACED_S = 10.0


def drill(times: int, quick: bool) -> list[str]:
    """So many writers, paced and as fast as they can. Returns what did not hold."""
    table = Table(f"writers: {times} processes, {METRICS} metrics each, {len(A_STEP)} a step", CHECKS)
    for name, seconds in (("in 10 s", PACED_S), ("as fast as possible", 0.0)):
        with temporary_home() as home:
            _write(home, table, times, seconds, name)
    return table.broken


def _write(home: Home, table: Table, writers: int, seconds: float, name: str) -> None:
    folders = [new_run(home, f"writer-{number}", seed=number) for number in range(writers)]
    with Store.write(home) as store:
        for folder in folders:
            ingest(store, folder.path)
    stop = home.root / "stop"
    readers = [Forked(main, str(home.root), str(stop), output=home.root / main.__name__) for main in (lists, tails)]
    wait_for(lambda: all(reader.text for reader in readers), "both readers")
    begun = time.monotonic()
    processes = [
        Forked(writer, folder.path.name, str(home.root), seconds, output=home.root / f"{folder.name}.out")
        for folder in folders
    ]
    codes = Counter(process.end() for process in processes)
    took = time.monotonic() - begun
    runs = look_all(home)
    stop.touch()
    codes.update(reader.end() for reader in readers)
    told = [json.loads(process.text.splitlines()[-1]) for process in processes if process.text]
    with Store.read(home) as store:
        count = "select count(*) from points join series on series.id = points.series where name not like 'system/%'"
        rows = store.db.execute(count).fetchone()[0]
        alerts = [alert.text for run in runs for alert in store.alerts(run)]
    words = [process.text for process in processes + readers] + alerts
    words += [(run.folder / OUTPUT).read_text() for run in runs]
    locked = sum("locked" in text or "Traceback" in text for text in words)
    table.check(f"{name}: rows ({took:.1f} s)", rows, str(writers * METRICS), rows == writers * METRICS)
    table.check(f"{name}: 'database is locked' or a traceback anywhere", locked, "0", not locked)
    table.check(f"{name}: exit codes", dict(codes), "all 0", set(codes) == {0})
    listed, tailed = (json.loads(reader.text.splitlines()[-1]) for reader in readers)
    table.check(f"{name}: lists read meanwhile", f"{listed['looks']}; {spread(listed['seconds'])}", "no error", True)
    got = f"{tailed['points']} in {tailed['looks']} looks, {tailed['twice']} twice; {spread(tailed['seconds'], 's', 3)}"
    whole = tailed["points"] == writers * METRICS and not tailed["twice"]
    table.check(f"{name}: points that the tail was handed", got, f"{writers * METRICS}, none twice", whole)
    for key, label in (("record_us", "recording, CPU a metric"), ("record_wall_us", "recording, wall a metric"),
                       ("all_us", "log, system metrics and database, CPU a metric")):  # fmt: skip
        values = [one[key] for one in told]
        asked = key == "record_us" and not seconds  # with pauses between the steps it is the caches that are measured
        allowed = f"{MOST_US:g} us" if asked else "told"
        held = not asked or sorted(values)[len(values) // 2] < MOST_US
        table.check(f"{name}: {label}", spread(values, "us", 1), allowed, held)


def writer(folder: str, home: str, seconds: float) -> int:
    """A worker whose training is a stand-in. Says what recording has cost it."""
    import diffusion.train
    from runs import record, worker

    spent = {"record": 0.0, "wall": 0.0, "all": 0.0}
    record._Recorder.take = _timed(record._Recorder.take, spent)  # type: ignore[method-assign]
    diffusion.train.train = lambda *words, **named: _stand_in(seconds, spent)
    code = worker.main([folder, "--home", home])
    us = {"record_us": spent["record"], "record_wall_us": spent["wall"], "all_us": spent["all"]}
    print(json.dumps({name: round(1e6 * value / METRICS, 2) for name, value in us.items()}))
    return code


def _timed(take: Callable[..., None], spent: dict[str, float]) -> Callable[..., None]:
    """The recording of one event, with its CPU time and wall time added up; asking the clocks is part of it."""

    def timed(self: Any, event: Event) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        take(self, event)
        spent["record"] += time.thread_time() - cpu
        spent["wall"] += time.perf_counter() - wall

    return timed


def _stand_in(seconds: float, spent: dict[str, float]) -> Generator[Event, None, None]:
    """A training's events; the CPU time that all the stages behind it take for them is added up."""
    steps = METRICS // len(A_STEP)

    def events() -> Generator[Event, None, None]:
        yield Started({"device": "cpu"}, ("0",))
        for step in range(1, steps + 1):
            for name in A_STEP:
                yield Metric(step, name, 1 / step)
            yield Progress("train", step, steps, step)
            if seconds:
                time.sleep(seconds / steps)
        yield Finished("completed", steps, seconds)

    for event in events():
        cpu = time.thread_time()
        yield event
        spent["all"] += time.thread_time() - cpu


def lists(home: str, stop: str) -> int:
    """`workbench list` again and again, until there is a file that says stop."""
    from workbench.commands.look import newest_first, run_lines
    from workbench.commands.options import record
    from workbench.terminal.screen import screen

    print("ready", flush=True)
    seconds: list[float] = []
    while not Path(stop).exists():
        start = time.perf_counter()
        with record(home) as store:
            assert run_lines(newest_first(store.runs()), screen())
        seconds.append(time.perf_counter() - start)
        time.sleep(0.2)
    print(json.dumps({"looks": len(seconds), "seconds": seconds}))
    return 0


def tails(home: str, stop: str) -> int:
    """The live view's reading of all runs, until there is a file that says stop, and once more."""
    from runs.tail import Tail

    print("ready", flush=True)
    seconds: list[float] = []
    seen: Counter[tuple[int, str, int, int]] = Counter()
    with Store.read(Home(Path(home))) as store:
        tail, last = Tail(store, [run.number for run in store.runs()], from_start=True), False
        while True:
            start = time.perf_counter()
            points = tail.read()
            seconds.append(time.perf_counter() - start)
            seen.update((p.run, p.name, p.attempt, p.step) for p in points if not p.name.startswith("system/"))
            if last:
                break
            last = Path(stop).exists()
            time.sleep(0.05)
    told = {"looks": len(seconds), "seconds": seconds, "points": len(seen), "twice": sum(n > 1 for n in seen.values())}
    print(json.dumps(told))
    return 0
