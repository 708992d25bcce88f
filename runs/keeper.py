"""Keeps the database up with a log while its worker writes it, and never lets the database stop the worker."""

import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs import database
from runs.ingest import ingest
from runs.store import Store

if TYPE_CHECKING:
    from runs.home import Home

EVERY_S = 1.0
SHARE = 0.005  # of the worker's time at most; readers bring the database up themselves when they look
AFTER_FAILURE_S = 5.0  # a try costs the worker SHORT_WAIT_S: 1 % of its time
SHORT_WAIT_S = 0.05
LAST_WAIT_S = 5.0
TELL_AFTER = 2  # tries in a row: a single one is no news while others write


class Keeper:
    """Reads one run's folder into the database now and then; `problem` has what a person should be told, once."""

    def __init__(self, folder: Path, home: "Home") -> None:
        self._folder = folder
        self._home = home
        self._stack = ExitStack()
        self._store: Store | None = None
        self._inode = 0
        self._next = time.monotonic() + EVERY_S
        self._failures = 0
        self._told = False

    def tick(self) -> str:
        """Read what is new when it is time for that. Returns what to tell, mostly nothing."""
        if time.monotonic() < self._next:
            return ""
        begun = time.monotonic()
        problem = self._try(SHORT_WAIT_S)
        self._failures = self._failures + 1 if problem else 0
        done = time.monotonic()
        self._next = done + (AFTER_FAILURE_S if problem else max(EVERY_S, (done - begun) / SHARE))
        return self._once(problem) if self._failures >= TELL_AFTER else ""

    def finish(self) -> str:
        """Read the rest, with more patience. Returns what to tell when that fails."""
        try:
            return self._once(self._try(LAST_WAIT_S))
        finally:
            self._close()

    def _once(self, problem: str) -> str:
        told, self._told = self._told, self._told or bool(problem)
        return "" if told else problem

    def _try(self, wait_s: float) -> str:
        try:
            store = self._opened(wait_s)
            store.db.execute(f"pragma busy_timeout = {int(wait_s * 1000)}")
            ingest(store, self._folder)
        except (sqlite3.Error, UserError, OSError) as error:
            self._close()
            shown = database.told(self._home.database, error) if isinstance(error, sqlite3.Error) else error
            told = shown.problem if isinstance(shown, UserError) else str(shown)
            return f"the database cannot be written: {told}; the run goes on, and its log has all of it"
        return ""

    def _opened(self, wait_s: float) -> Store:
        """The store; opened again when another file has taken the place of the database."""
        path = self._home.database
        if self._store is not None and (not path.exists() or path.stat().st_ino != self._inode):
            self._close()
        if self._store is None:
            self._store = self._stack.enter_context(Store.write(self._home, wait_s))
            self._inode = path.stat().st_ino
        return self._store

    def _close(self) -> None:
        self._store = None
        self._stack.close()
