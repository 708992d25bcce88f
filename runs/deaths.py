"""Attempts whose process is gone, and those that live and say nothing: found by whoever looks, written down once."""

import shlex
import sqlite3
from typing import TYPE_CHECKING

from runs.status import summarize

if TYPE_CHECKING:
    from runs.records import OpenAttempt
    from runs.store import Store

STALLED_S = 600.0
DIED = "the worker died"
_STALLED = "no progress"


def unburied(store: "Store") -> bool:
    """Whether there is anything for `bury` to write down."""
    return bool(store.silent_attempts() or _untold(store))


def bury(store: "Store") -> None:
    """Write down which attempts' processes are gone, and tell of those that have been silent for ten minutes.

    A line that comes after all brings an attempt back (`revive`).
    """
    silent, stalled = store.silent_attempts(), _untold(store)
    if not silent and not stalled:
        return
    with store.transaction() as db:
        for one in silent:
            _died(db, one)
        for run, attempt, step, heartbeat in stalled:
            text = f"{_STALLED} for {STALLED_S / 60:.0f} minutes; its process lives"
            _tell(db, (run, attempt, "warning", step, text, heartbeat + STALLED_S))


def revive(db: sqlite3.Connection, run: int, attempt: int) -> None:
    """Take back that an attempt died: a line of it has come after all."""
    db.execute("delete from alerts where run = ? and attempt = ? and text like ?", (run, attempt, DIED + "%"))


def _died(db: sqlite3.Connection, one: "OpenAttempt") -> None:
    gone = db.execute(
        "update attempts set outcome = 'died', ended = ? where run = ? and number = ? and outcome is null",
        (one.heartbeat, one.run, one.number),
    ).rowcount
    summarize(db, one.run)
    asked = "select 1 from requests where run = ? and what = 'stop-now' and attempts = ?"
    if not gone or db.execute(asked, (one.run, one.number)).fetchone():  # somebody was quicker, or it was to be ended
        return
    (name,) = db.execute("select name from runs where number = ?", (one.run,)).fetchone()
    where = f"process {one.pid} on {one.host}" if one.pid else "its process"
    text = f"{DIED} at step {one.step}: {where} ended without a word; next: workbench resume {shlex.quote(name)}"
    _tell(db, (one.run, one.number, "error", one.step, text, one.heartbeat))


def _untold(store: "Store") -> list[tuple[int, int, int, float]]:
    """Attempts that live in silence, as run, attempt, step and last line, which has not been told of this silence."""
    found = []
    for run, attempt, step, heartbeat in store.stalled_attempts(STALLED_S):
        told = store.db.execute(
            "select 1 from alerts where run = ? and attempt = ? and text like ? and time > ?",
            (run, attempt, _STALLED + "%", heartbeat),
        ).fetchone()
        if told is None:
            found.append((run, attempt, step, heartbeat))
    return found


def _tell(db: sqlite3.Connection, row: tuple[int, int, str, int, str, float]) -> None:
    db.execute("insert into alerts (run, attempt, level, step, text, time) values (?, ?, ?, ?, ?, ?)", row)
