"""Faults of the database: of a newer version, cut short, locked by another program."""

import sqlite3
import time
from typing import Any

from benchmarks.drills.faults_checkpoints import STEPS, last_words, unbroken
from benchmarks.drills.homes import look, look_all, new_run, temporary_home, words_for
from benchmarks.drills.processes import Forked, timed, wait_for, workbench, worker
from benchmarks.drills.table import Table
from runs.home import Home
from runs.ingest import reindex
from runs.store import Store

HELD_S, QUICK_HELD_S = 20.0, 4.0


def newer_version(table: Table, quick: bool) -> None:
    """The database is of a version that does not exist yet; a worker goes on all the same."""
    with temporary_home() as home:
        folder, other = unbroken(home), new_run(home, "meanwhile", train__steps=STEPS)
        version = _set_version(home, 99)
        shown = {words: _said(home, *words) for words in (("list",), ("run", "--detach", *words_for({})), ("doctor",))}
        code = Forked(worker, other.path.name, "--home", str(home.root), output=home.root / "worker.out").end()
        _set_version(home, version)
        statuses = [look(home, one.id).status for one in (folder, other)]
        listed = shown["list",]
        held = listed[0] == 2 and "Traceback" not in listed[1] and code == 0 and statuses == ["completed"] * 2
        told = f"{listed[1]} (exit code {listed[0]}; a worker meanwhile: {code})"
        table.row("store of a newer version", told, f"nothing: {', '.join(statuses)}", held=held)


def truncated_store(table: Table, quick: bool) -> None:
    """The database has lost its second half."""
    with temporary_home() as home:
        unbroken(home)
        before = _counts(home)
        for suffix in ("-wal", "-shm"):
            home.database.with_name(home.database.name + suffix).unlink(missing_ok=True)
        data = home.database.read_bytes()
        home.database.write_bytes(data[: len(data) // 2])
        code, shown = _said(home, "list")
        doctor = _said(home, "doctor")[0]
        mended = workbench(home.root, "reindex")
        after = _counts(home)
        held = code in (0, 2) and doctor == 1 and mended.returncode == 0 and after == before
        lost = "nothing after `workbench reindex`" if after == before else f"{before} became {after}"
        table.row("truncated store", f"{shown[:200]} (exit code {code}; doctor's {doctor})", lost, held=held)


def write_lock_held(table: Table, quick: bool) -> None:
    """Another program holds the write lock while a worker trains and while commands are used."""
    seconds = QUICK_HELD_S if quick else HELD_S
    name = f"write lock held by another program for {seconds:g} s"
    with temporary_home() as home:
        folder = new_run(home, "trained", train__steps=600)
        process = Forked(worker, folder.path.name, "--home", str(home.root), output=home.root / "worker.out")
        wait_for(lambda: home.database.exists() and look(home, folder.id).step > 3, "a worker at work")
        other = sqlite3.connect(home.database, isolation_level=None)
        other.execute("begin immediate")
        start = time.monotonic()
        spent: dict[str, float] = {}
        said: dict[str, tuple[int, str]] = {}
        detached: tuple[str, ...] = ("run", "--detach", "--name", "queued", *words_for({"train.steps": 6}))
        for words in (("list",), detached, ("list",)):
            with timed() as took:
                said[words[0]] = _said(home, *words)
            spent.setdefault(words[0], took[0])
        time.sleep(max(0.0, seconds - (time.monotonic() - start)))
        other.execute("rollback")
        other.close()
        code = process.end()
        runs = wait_for(lambda: _all_ended(home, 2), "both runs' end", 90, poll_s=0.3)
        with Store.read(home) as store:
            losses = [len(store.points(run, "train/loss")) for run in runs]
            alerts = [alert.text for alert in store.alerts(runs[0]) if "database" in alert.text]
        quick_enough = spent["run"] < 4 and spent["list"] < 4
        held = code == 0 and losses == [600, 6] and said["run"][0] == said["list"][0] == 0 and quick_enough
        told = (
            f"`list` after {spent['list']:.1f} s: {said['list'][1][:150]}; `run --detach` after {spent['run']:.1f} s: "
        )
        told += f"{said['run'][1][:150]}; alert: {alerts[0] if alerts else 'none'}"
        table.row(name, told, f"nothing: {losses} of [600, 6] losses", held=held)


def _all_ended(home: Home, count: int) -> Any:
    runs = look_all(home)
    return runs if len(runs) == count and not any(run.status in ("queued", "running") for run in runs) else None


def _said(home: Home, *words: str) -> tuple[int, str]:
    done = workbench(home.root, *words)
    return done.returncode, last_words(done.stderr or done.stdout)


def _set_version(home: Home, version: int) -> int:
    db = sqlite3.connect(home.database)
    before = int(db.execute("pragma user_version").fetchone()[0])
    db.execute(f"pragma user_version = {version}")
    db.close()
    return before


def _counts(home: Home) -> dict[str, int]:
    """Rows by table."""
    if not home.database.exists():
        reindex(home)
    with Store.read(home) as store:
        names = [name for (name,) in store.db.execute("select name from sqlite_schema where type = 'table'")]
        return {name: store.db.execute(f"select count(*) from {name}").fetchone()[0] for name in names}
