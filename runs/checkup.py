"""Whether the home and its database are in order, and the command that mends what is not. Changes and makes nothing."""

import os
import shlex
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs import database, schema
from runs.home import file_system

if TYPE_CHECKING:
    from runs.home import Home

LEAST_FREE_BYTES = 1_000_000_000
QUICK_LIMIT_S = 10.0  # for the quick check: it reads the whole file, which may have gigabytes
STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine, at the clock
MOST_PROBLEMS = 5  # of the integrity check


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. mend: the command for it; broken: things fail until it is mended."""

    what: str
    path: Path
    mend: str
    broken: bool = False


@dataclass(frozen=True)
class HomeState:
    """The home's folder: where, on what, and how many bytes are free there."""

    root: Path
    exists: bool
    file_system: str
    free_bytes: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class StoreState:
    """The database. bytes: with what waits beside it; integrity: what SQLite's own check says, in words.

    folders: the runs that it has rows of, by folder name with the run's name; None where they cannot be read.
    """

    path: Path
    bytes: int = 0
    version: int | None = None
    journal: str = ""
    sqlite: str = sqlite3.sqlite_version
    integrity: str = ""
    folders: dict[str, str] | None = None
    findings: tuple[Finding, ...] = ()


def again(home: "Home", command: str) -> str:
    """A command of ours on this home, whatever the environment of who types it says."""
    return f"workbench {command} --home {shlex.quote(str(home.root))}"


def home_state(home: "Home") -> HomeState:
    """What the home is like. One that is unreadable, or others may write to, is a finding, not an error."""
    root = home.root
    findings: list[Finding] = []
    free: int | None = None
    try:
        there = next(folder for folder in (root, *root.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        findings += _access(home, there)
    except OSError as error:
        findings.append(Finding(f"it cannot be read: {error.strerror or error}", root, f"ls -ld {_quoted(root)}", True))
    if free is not None and free < LEAST_FREE_BYTES:
        findings.append(
            Finding(f"only {free / 1e6:,.0f} MB of its disk are free", root, f"df -h {_quoted(root)}", True)
        )
    if kind := home.network_file_system():
        told = f"it is on {kind}, a network file system: the database works without WAL there, slowly"
        findings.append(Finding(told, root, "workbench --home FOLDER ..., a folder on a disk of this machine"))
    return HomeState(root, os.path.lexists(root), file_system(root), free or 0, tuple(findings))


def _access(home: "Home", there: Path) -> Iterator[Finding]:
    """there: the home, or the folder in which it would be made."""
    root = home.root
    if there != root:
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            told = f"it cannot be made: {there} is {'not writable' if there.is_dir() else 'a file'}"
            yield Finding(told, root, "workbench --home FOLDER ..., a folder that can be made", True)
        return
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        yield Finding("its disk is mounted for reading only", root, "workbench --home FOLDER ..., another folder", True)
        return
    if not root.is_dir():
        yield Finding("a file is in its place", root, "workbench --home FOLDER ..., another folder", True)
        return
    found = root.stat()
    if found.st_uid != os.geteuid():
        told = f"it belongs to user {found.st_uid}, not to you (user {os.geteuid()})"
        yield Finding(told, root, "workbench --home FOLDER ..., a folder of your own")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        written = bool(mode & 0o022)
        told = f"others may {'write to it' if written else 'look into it'} (mode {mode:04o}, should be 0700)"
        yield Finding(told, root, f"chmod 700 {_quoted(root)}", written)
    for folder in (root, home.runs):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield Finding("it cannot be read and written", folder, f"chmod u+rwx {_quoted(folder)}", True)


def store_state(home: "Home", *, full: bool) -> StoreState:
    """What the database is like. full: SQLite's integrity check without a time limit, else its quick check with one.

    A database that is absent, damaged, of another version or locked is a finding, not an error.
    """
    state = StoreState(home.database)
    try:
        if not os.path.lexists(home.database):
            return replace(state, folders={})
        beside = [home.database.with_name(home.database.name + suffix) for suffix in ("", "-wal")]
        state = replace(state, bytes=sum(path.lstat().st_size for path in beside if os.path.lexists(path)))
        db = database.open_for_reading(home)
        try:
            return _read(db, state, home, full)
        except sqlite3.DatabaseError as error:
            raise database.told(home.database, error) from error
        finally:
            db.close()
    except UserError as error:
        return replace(state, findings=(_told(error, home),))
    except (OSError, sqlite3.DatabaseError) as error:
        told = f"it cannot be read: {getattr(error, 'strerror', None) or error}"
        return replace(state, findings=(Finding(told, home.database, f"ls -l {_quoted(home.database)}", True),))


def _read(db: sqlite3.Connection, state: StoreState, home: "Home", full: bool) -> StoreState:
    missing = _expected_tables() - {name for (name,) in db.execute("select name from sqlite_schema")}
    findings = []
    if missing:
        told = f"it lacks the tables or views {', '.join(sorted(missing))}"
        findings.append(Finding(told, home.database, again(home, "reindex"), True))
    problems, integrity = _integrity(db, full)
    if problems:
        told = "it is damaged, no run is lost: " + "; ".join(problems)
        findings.append(Finding(told, home.database, again(home, "reindex"), True))
    elif not integrity:
        integrity = f"not checked to the end in {QUICK_LIMIT_S:g} s; workbench doctor --full does it"
    folders = None if "runs" in missing else dict(db.execute("select folder, name from runs order by number"))
    return replace(
        state,
        version=db.execute("pragma user_version").fetchone()[0],
        journal=db.execute("pragma journal_mode").fetchone()[0],
        integrity=integrity,
        folders=folders,
        findings=tuple(findings),
    )


def _integrity(db: sqlite3.Connection, full: bool) -> tuple[list[str], str]:
    """What SQLite finds wrong, and the outcome in words; both empty when the time was over first."""
    pragma = "integrity_check" if full else "quick_check"
    ends = time.monotonic() + QUICK_LIMIT_S
    if not full:
        db.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
    try:
        told = [" ".join(str(row[0]).split()) for row in db.execute(f"pragma {pragma}({MOST_PROBLEMS})")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return [], ""
    finally:
        db.set_progress_handler(None, 0)
    return ([], f"{pragma} ok") if told == ["ok"] else (told, f"{pragma} found damage")


def _expected_tables() -> set[str]:
    db = sqlite3.connect(":memory:")
    try:
        for migration in schema.MIGRATIONS:
            for statement in migration:
                db.execute(statement)
        return {name for (name,) in db.execute("select name from sqlite_schema where type in ('table', 'view')")}
    finally:
        db.close()


def _told(error: UserError, home: "Home") -> Finding:
    """An error that opening the database raised: what to type, and whether a person has to."""
    mend = error.next_command
    if isinstance(error, database.OldDatabaseError | database.DamagedDatabaseError):
        mend = again(home, "reindex")
    waits = isinstance(error, database.OldDatabaseError)  # the next command that writes brings it up to date
    told = error.problem.removeprefix(f"{home.database} ")
    return Finding(told, home.database, mend, broken=not waits)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
