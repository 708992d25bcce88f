"""Drill `kill`: workers are killed with SIGKILL at random moments, their runs resumed, and the results compared.

Of ten kills eight are of workers forked from a process that has torch already (as `python -m runs.worker` from its
main on), half of those aimed at what is rare; two are of real `python -m runs.worker` processes that a real `workbench
resume --detach` and its dispatcher started.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.drills.homes import look, new_run, seconds_until, temporary_home
from benchmarks.drills.processes import Forked, command, kill, wait_for, workbench
from benchmarks.drills.results import broken_pictures, differences, missing
from benchmarks.drills.table import CHECKS, Table, spread
from benchmarks.drills.witness import Marker, witnessed, witnessed_worker
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import ingest
from runs.records import Run
from runs.store import Store

KILLS_A_RUN = 10
REAL_AMONG = (4, 9)  # which of ten kills are of real processes
SHOWN_S = 10.0
RARE = ("writing a checkpoint", "writing pictures", "sampling", "validating")


@dataclass
class Found:
    """What all kills together have shown."""

    shown_s: list[float] = field(default_factory=list)
    doing: Counter[str] = field(default_factory=Counter)
    processes: Counter[str] = field(default_factory=Counter)
    completed: int = 0
    problems: dict[str, list[str]] = field(default_factory=lambda: {"died": [], "rows": [], "pictures": [], "end": []})


def drill(times: int, quick: bool) -> list[str]:
    """Kill that many workers. Returns what did not hold."""
    table, found, seed = Table(f"kill: {times} workers killed", CHECKS), Found(), 0
    with temporary_home() as home:
        while sum(found.processes.values()) < times:
            _one_run(home, seed, min(KILLS_A_RUN, times - sum(found.processes.values())), found)
            seed += 1
    kinds = ", ".join(f"{number} {name}" for name, number in found.processes.most_common())
    table.check("workers killed, seeds 0 to " + str(seed - 1), kinds, f"{times} in all", True)
    doing = ", ".join(f"{name} {number}" for name, number in found.doing.most_common())
    table.check("what they did just then", doing, "all kinds", quick or len(found.doing) > len(RARE))
    shown = spread(found.shown_s, "s", 3)
    table.check("shown as died after somebody began to look", shown, f"{SHOWN_S:g} s each", not found.problems["died"])
    counted = f"{len(found.problems['rows'])} of {found.completed} numbers"
    table.check("numbers of completed steps without their row", counted, "0", not found.problems["rows"])
    pictures = found.problems["pictures"]
    table.check("picture rows without their whole file", len(pictures), "0", not pictures)
    ends = found.problems["end"]
    told = f"{seed - len(ends)} of {seed} runs"
    table.check("resumed to the end, tensors, metrics and pictures equal an unbroken run's", told, "all", not ends)
    for name, problems in found.problems.items():
        for problem in problems[:5]:
            table.row(name, problem, "", held=False)
    return table.broken


def _one_run(home: Home, seed: int, kills: int, found: Found) -> None:
    chance = random.Random(seed)
    plain = new_run(home, f"plain-{seed}", seed=seed)
    reference = Forked(witnessed_worker, *_words(home, plain), output=home.root / f"plain-{seed}.out")
    assert reference.end() == 0, reference.text
    folder = new_run(home, f"killed-{seed}", seed=seed)
    seen: set[str] = set()
    for number in range(kills):
        if number % KILLS_A_RUN in REAL_AMONG:
            killed = _kill_real(home, folder, chance)
        else:
            killed = _kill_forked(home, folder, chance, aimed=number % 2 == 1)
        if killed is None:  # it was faster: its run is completed
            break
        kind, doing = killed
        found.processes[kind] += 1
        found.doing[doing] += 1
        _look_at(home, folder, found, seen)
    last = Forked(command, "resume", folder.name, output=home.root / f"killed-{seed}.out")
    code = last.end()
    one, other = look(home, plain.id), look(home, folder.id)
    if code not in (0, 2) or other.status != "completed":  # 2: it had completed before
        found.problems["end"].append(f"seed {seed}: exit code {code}, {other.status}: {last.text[-300:]}")
    elif told := differences(home, one, other):
        found.problems["end"].append(f"seed {seed}: {'; '.join(told)}")
    found.problems["pictures"] += broken_pictures(home, other, seen)


def _words(home: Home, folder: RunFolder) -> tuple[str, str, str, str]:
    name = folder.path.name
    return name, str(home.root), str(home.root / f"{name}.marker"), str(home.root / f"{name}.witness")


def _kill_forked(home: Home, folder: RunFolder, chance: random.Random, *, aimed: bool) -> tuple[str, str] | None:
    """Kill a forked worker at a random moment after its attempt has begun; aimed: then the next time it does something
    rare, a random moment into it.
    """
    attempts, marker = len(folder.logs()), Marker(Path(_words(home, folder)[2]))
    marker.set("starting")
    process = Forked(witnessed_worker, *_words(home, folder), output=home.root / f"{folder.name}.out")
    wait_for(lambda: len(folder.logs()) > attempts or not process.lives, "the attempt's log", poll_s=0.002)
    if not aimed:
        time.sleep(chance.uniform(0, 1.2))
    else:
        wanted, ends = chance.choice(RARE), time.monotonic() + chance.uniform(0.2, 1.0)
        while process.lives and (time.monotonic() < ends or marker.get() != wanted):
            time.sleep(0.0002)
        time.sleep(chance.uniform(0, 0.015))
    doing = marker.get()
    return ("forked", doing) if process.kill() else None


def _kill_real(home: Home, folder: RunFolder, chance: random.Random) -> tuple[str, str] | None:
    """Resume with the real command, and kill the worker that the dispatcher starts, from its first line on."""
    attempts = len(folder.logs())
    done = workbench(home.root, "resume", folder.name, "--detach")
    if done.returncode:
        return None
    wait_for(lambda: len(folder.logs()) > attempts, "the attempt of a real worker", poll_s=0.002)
    time.sleep(chance.uniform(0, 2.5))
    with Store.write(home) as store:
        ingest(store, folder.path)
        process = store.process_of(store.find(folder.id))
    if process is None or not kill(process.pid, process.started):
        return None
    return "real (resume --detach)", "any, not watched"


def _look_at(home: Home, folder: RunFolder, found: Found, seen: set[str]) -> None:
    """What somebody sees who looks after a kill."""
    found.shown_s.append(seconds_until(home, folder.id, "died"))
    run: Run = look(home, folder.id)
    if run.status != "died" or found.shown_s[-1] > SHOWN_S:
        found.problems["died"].append(f"{run.name} attempt {len(folder.logs())}: shown as {run.status}")
    told = witnessed(Path(_words(home, folder)[3]))
    found.completed += sum(attempt == len(folder.logs()) for attempt, *_ in told)
    found.problems["rows"] += missing(home, run, told) + _log_not_in_rows(home, run)
    found.problems["pictures"] += broken_pictures(home, run, seen)


def _log_not_in_rows(home: Home, run: Run) -> list[str]:
    """Logs of which whole lines are not in the database yet, though somebody has looked."""
    with Store.read(home) as store:
        rows = dict(store.db.execute("select file, offset from logs where run = ?", (run.number,)))
    told = []
    for path in RunFolder(run.folder).logs():
        whole = path.read_bytes().rfind(b"\n") + 1
        if rows.get(path.name, 0) != whole:
            told.append(f"{path.name}: {rows.get(path.name)} of {whole} bytes")
    return told
