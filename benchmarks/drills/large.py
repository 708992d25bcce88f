"""Drill `large`: a store of many runs, 20 metrics each, with millions of points: the list, a curve, a live view.

The runs' folders and logs are real (made and recorded as always, a few lines each); their points are put into the
tables directly, in the order in which workers that run side by side would have written them.
"""

import random
import resource
import subprocess
import sys
import time

from benchmarks.drills.homes import small, temporary_home
from benchmarks.drills.processes import environ, program
from benchmarks.drills.table import CHECKS, Table, spread
from diffusion.events import Finished, Metric, Progress, Started
from runs.create import create_run
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import _ingest_all, ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import Events, record
from runs.records import Run
from runs.store import Store
from runs.tail import Tail

METRICS, POINTS, CURVE, WATCHED = 20, 2000, 10_000, 50
LIST_S, CURVE_S = 0.3, 0.1
LOOKS, TRIES = 40, 10


def drill(times: int, quick: bool) -> list[str]:
    """A store of so many runs. Returns what did not hold."""
    table = Table(f"large: {times} runs x {METRICS} metrics x {POINTS} points, a curve of {CURVE}", CHECKS)
    with temporary_home() as home:
        start = time.monotonic()
        rows = _fill(home, times)
        size = home.database.stat().st_size / 1e9
        table.check(
            "points in the store", f"{rows:,} ({size:.2f} GB, made in {time.monotonic() - start:.0f} s)", "", True
        )
        _list(home, table, times)
        _curve(home, table)
        _live(home, table, min(WATCHED, times))
    return table.broken


def _fill(home: Home, runs: int) -> int:
    folders = []
    for number in range(runs):
        name = f"run-{number:03d}"
        folder = create_run(home, small(seed=number, train__steps=POINTS), preset="digits", command="", name=name)
        _record(folder, _training())
        folders.append(folder.path)
    with Store.write(home) as store:
        assert not _ingest_all(store, folders)
        with store.transaction() as db:
            db.execute("delete from points")
            db.execute("delete from series")
            series = [(number, f"metric/{metric:02d}") for number in range(1, runs + 1) for metric in range(METRICS)]
            db.executemany(
                "insert into series (run, name, last_step, last_value, last_attempt) values (?, ?, ?, 0.5, 1)",
                [(number, name, CURVE if count == 0 else POINTS) for count, (number, name) in enumerate(series)],
            )
            ids = [one for (one,) in db.execute("select id from series order by run, name")]
            chance = random.Random(0)
            values = [chance.random() for _ in range(CURVE)]
            for count, one in enumerate(ids):
                points = CURVE if count == 0 else POINTS
                db.executemany(
                    "insert into points (series, attempt, step, value, time) values (?, 1, ?, ?, ?)",
                    zip([one] * points, range(1, points + 1), values, values, strict=False),
                )
            (rows,) = db.execute("select count(*) from points").fetchone()
    return int(rows)


def _record(folder: RunFolder, events: Events) -> None:
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
    for _ in record(events, folder, log):
        pass


def _training() -> Events:
    """One step's events."""
    yield Started({"device": "cpu"}, ("0",))
    for metric in range(METRICS):
        yield Metric(1, f"metric/{metric:02d}", 0.5)
    yield Progress("train", 1, POINTS, 1)
    yield Finished("completed", POINTS, 1.0)


def _list(home: Home, table: Table, runs: int) -> None:
    env = environ(home.root)

    def seconds(words: list[str]) -> tuple[float, float]:
        """Wall and CPU time of a command, the best of a few."""
        walls, cpus = [], []
        for _ in range(TRIES):
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(words, env=env, cwd=home.root, capture_output=True, text=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            walls.append(time.perf_counter() - start)
            cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert words[-1] != "list" or done.stdout.count("\n") == runs + 1, done.stderr
        return min(walls), min(cpus)

    bare, start_up = seconds([sys.executable, "-c", "pass"]), seconds([*program(), "--version"])
    whole = seconds([*program(), "list"])
    wall, cpu = (mine - its for mine, its in zip(whole, bare, strict=True))
    told = (
        f"{wall:.3f} s, of it CPU {cpu:.3f} s; `workbench --version` {start_up[0]:.3f}, bare interpreter {bare[0]:.3f}"
    )
    what = f"`workbench list` of {runs} runs beyond the interpreter's start, best of {TRIES}"
    table.check(what, told, f"{LIST_S} s of CPU", cpu < LIST_S)  # other programs on the machine do not add to it


def _curve(home: Home, table: Table) -> None:
    found = []
    for _ in range(5):
        with Store.read(home) as store:  # opened each time, as the first look would
            run = store.find("run-000")
            start = time.perf_counter()
            points = store.points(run, "metric/00")
            found.append(time.perf_counter() - start)
    table.check(
        f"one metric's curve of {len(points):,} points",
        spread(found, "s", 4),
        f"{CURVE_S} s",
        len(points) == CURVE and max(found) < CURVE_S,
    )


def _live(home: Home, table: Table, watched: int) -> None:
    """Some of the watched runs grow by a few steps between looks, through their logs and ingest as always."""
    idle, busy, handed, new, twice = [], [], 0, 0, 0
    seen: set[tuple[int, str, int, int]] = set()
    with Store.read(home) as reader, Store.write(home) as store:
        runs = reader.runs()[:watched]
        growing = runs[: max(1, watched // 5)]
        logs = {run.id: _open_log(run) for run in growing}
        start = time.perf_counter()
        tail = Tail(reader, [run.number for run in runs])
        first = time.perf_counter() - start
        points = tail.read()
        handed += len(points)
        for look in range(LOOKS):
            start = time.perf_counter()
            handed += len(tail.read())
            idle.append(time.perf_counter() - start)
            for run in growing:
                step = POINTS * 10 + look
                for name in range(METRICS):
                    logs[run.id].add("metrics", {"step": step, "values": {f"metric/{name:02d}": 0.25}})
                logs[run.id].flush()
                ingest(store, run.folder)
                new += METRICS
            start = time.perf_counter()
            points = tail.read()
            busy.append(time.perf_counter() - start)
            handed += len(points)
            keys = {(p.run, p.name, p.attempt, p.step) for p in points}
            twice += len(keys & seen)
            seen |= keys
    for log in logs.values():
        log.close()
    told = f"{handed} handed out, {new} new, {twice} twice, over {LOOKS} looks"
    table.check(
        f"live view of {watched} runs ({watched * METRICS} curves)",
        told,
        "as many as are new",
        handed == new and not twice,
    )
    table.check(
        "its begin; an idle look; a busy one (10 runs, 200 points)",
        f"{first:.4f} s; {spread(idle, 's', 5)}; {spread(busy, 's', 4)}",
        "0.25 s",
        max(busy) < 0.25,
    )


def _open_log(run: Run) -> Log:
    log = Log.new(RunFolder(run.folder), "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench resume"})
    log.flush()
    return log
