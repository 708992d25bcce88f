"""Drill `dispatcher`: dispatchers are killed at random moments while runs wait and work; then eight start at once."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.drills.homes import look_all, new_run, temporary_home
from benchmarks.drills.processes import environ, kill, wait_for, workbench
from benchmarks.drills.table import CHECKS, Table, spread
from runs.actions import enqueue
from runs.home import Home
from runs.ingest import ingest
from runs.processes import start_mark
from runs.queue import dispatcher_process, set_slots
from runs.queue import enqueue as put_behind
from runs.records import Run
from runs.store import Store

SLOTS = 2
WAITING = 4  # runs that wait or work at any time while dispatchers are killed
STEPS = 40
AT_ONCE = 8
AGAIN_S = 10.0  # in which the queue goes on after the next command


def drill(times: int, quick: bool) -> list[str]:
    """Kill that many dispatchers, then start eight. Returns what did not hold."""
    table = Table(f"dispatcher: {times} dispatchers killed, {SLOTS} slots", CHECKS)
    with temporary_home() as home:
        _killed(home, table, times)
    with temporary_home() as home:
        _at_once(home, table)
    return table.broken


def _killed(home: Home, table: Table, times: int) -> None:
    chance, again_s, workers_died, most, killed = random.Random(0), [], 0, 0, 0
    set_slots(home, SLOTS)
    while killed < times:
        runs = look_all(home)  # the next command: it starts a dispatcher where runs wait and none works
        for number in range(len(runs), len(runs) + WAITING - _going(runs)):
            enqueue(home, new_run(home, f"run-{number}", train__steps=STEPS, seed=number))
        pid = wait_for(lambda: dispatcher_process(home), "a dispatcher")
        mark = start_mark(pid)
        time.sleep(chance.uniform(0, 1.5))
        before = _at_work(home)
        most = max(most, len(before))
        if not kill(pid, mark):
            continue
        killed += 1
        if dispatcher_process(home) is not None:
            table.row("the dispatcher is known to be gone", f"kill {killed}", "at once", held=False)
        start = time.monotonic()
        runs = look_all(home)
        workers_died += sum(run.status == "died" for run in runs if run.id in before)
        if any(run.status == "queued" for run in runs):
            wait_for(lambda: dispatcher_process(home), "a dispatcher after the next command", AGAIN_S, poll_s=0.005)
            again_s.append(time.monotonic() - start)
    wait_for(lambda: not _going(look_all(home)), "the end of all runs", 300, poll_s=0.3)
    runs = look_all(home)
    with Store.read(home) as store:
        attempts = {run.name: len(store.attempts(run)) for run in runs}
        double = store.db.execute("select count(*) from runs where step <> total_steps").fetchone()[0]
    statuses = Counter(run.status for run in runs)
    table.check("a dispatcher works again after the next command", spread(again_s), f"{AGAIN_S:g} s", True)
    table.check("workers that went with their dispatcher", workers_died, "0", not workers_died)
    told = ", ".join(f"{number} {status}" for status, number in statuses.items())
    table.check("runs queued meanwhile", told, "all completed", set(statuses) == {"completed"} and not double)
    twice = [name for name, number in attempts.items() if number != 1]
    table.check("runs with more or less than one attempt", ", ".join(twice) or "none", "none", not twice)
    table.check("most runs in work at once", most, f"{SLOTS}", most <= SLOTS)


def _going(runs: Sequence[Run]) -> int:
    return sum(run.status in ("queued", "running") for run in runs)


def _at_work(home: Home) -> set[str]:
    """The ids of the runs that a living worker is known to work on."""
    with Store.read(home) as store:
        return set(store.working_here())


def _at_once(home: Home, table: Table) -> None:
    """Eight dispatchers at the same moment, with runs in the queue: one stays, and each run is started once."""
    set_slots(home, SLOTS)
    folders = [new_run(home, f"run-{number}", train__steps=STEPS, seed=number) for number in range(3)]
    put_behind(home, folders)
    with Store.write(home) as store:
        for folder in folders:
            ingest(store, folder.path)
    words = [sys.executable, "-P", "-m", "runs.dispatcher", "--home", str(home.root)]
    started = [
        subprocess.Popen(
            words, env=environ(home.root), cwd=home.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(AT_ONCE)
    ]
    wait_for(lambda: sum(one.poll() is None for one in started) <= 1, "all but one to end", 30)
    left = [one for one in started if one.poll() is None]
    codes = Counter(one.returncode for one in started if one not in left)
    table.check(f"of {AT_ONCE} started at once go on", len(left), "1", len(left) == 1 and set(codes) == {0})
    table.check(
        "it is the one that is announced",
        dispatcher_process(home),
        "its id",
        [one.pid for one in left] == [dispatcher_process(home)],
    )
    wait_for(lambda: not _going(look_all(home)), "the end of all runs", 120, poll_s=0.3)
    with Store.read(home) as store:
        attempts = [len(store.attempts(run)) for run in store.runs()]
        statuses = {run.status for run in store.runs()}
    table.check("attempts of each queued run", attempts, "1 each", attempts == [1, 1, 1] and statuses == {"completed"})
    ends = [one.wait(30) for one in left]
    table.check("it ends with the last run", ends, "[0]", ends == [0])
    done = workbench(home.root, "list")
    table.check(
        "the list afterwards",
        f"exit code {done.returncode}",
        "0",
        done.returncode == 0 and home.database.exists(),
    )
