"""From logs to rows: anyone may do it, any number of times. Rows and the byte offset behind them in one transaction."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs import database
from runs.deaths import bury, unburied
from runs.folder import DESCRIPTION, LOG, RunFolder
from runs.home import UnwritableHomeError
from runs.lines import BadLineError, Line
from runs.log import lines_from
from runs.rows import Rows, run_number
from runs.status import summarize
from runs.store import Store

if TYPE_CHECKING:
    from runs.home import Home

MOST_PROBLEMS = 20  # told of one log
SHORT_WAIT_S = 2.0


def ingest(store: Store, path: Path) -> list[str]:
    """Put what is new in a run's folder into the database. Returns what could not be read and was left out.

    Raises UserError for a folder that is no run; sqlite3.Error when the database cannot be written, and then none of it
    is.
    """
    if path.is_symlink():
        raise UserError("it is a symbolic link, not a run's folder")
    folder = RunFolder(path)
    folder.check()
    problems: list[str] = []
    with store.transaction() as db:
        run = run_number(db, folder)
        for name in _log_names(path):
            problems += [f"{path / name}: {told}" for told in _take_log(db, run, path / name)]
        summarize(db, run)
    return problems


def catch_up(home: "Home") -> list[str]:
    """Bring the database up to the logs where dead workers or other machines left some behind. Cheap when none did.

    Returns what could not be read; that the database cannot be written now is one of these. Makes nothing where there
    are no runs.
    """
    home.check()
    if not home.runs.is_dir():
        return []
    try:
        with Store.read(home) as store:
            behind = _by_creation(_behind(store, home))
            if not behind and not unburied(store):
                return []
    except database.OldDatabaseError:
        behind = _by_creation(run_folders(home))
    try:
        with Store.write(home, wait_s=SHORT_WAIT_S) as store:
            problems = _ingest_all(store, behind)
            bury(store)
            return problems
    except (database.UnavailableDatabaseError, UnwritableHomeError) as error:
        return [f"some of what runs have logged is not shown: {error}"]


def reindex(home: "Home") -> tuple[int, list[str]]:
    """Build the database from the runs' folders. Returns how many runs it holds, and what could not be read.

    The new one is built beside the old one and then copied into it in one transaction, so that programs that have the
    old one open go on with the new rows; a database too damaged for that is moved aside.
    """
    home.check()
    if not home.runs.is_dir():
        return 0, []
    part = home.root / f".workbench-{os.getpid()}.db"
    home.make()
    with _only_one(home.root / ".reindex.lock"):
        try:
            new = database.open_file(part, database.WAIT_S, journal="memory")
            try:
                store = Store(new, home)
                problems = _ingest_all(store, _by_creation(run_folders(home)))
                bury(store)
                count = int(new.execute("select count(*) from runs").fetchone()[0])
                _put_in_place(new, home)
            except sqlite3.Error as error:
                raise database.told(home.database, error) from error
            finally:
                new.close()
        finally:
            part.unlink(missing_ok=True)
    return count, problems


def run_folders(home: "Home") -> Iterator[Path]:
    """What looks like a run in the home: folders without a dot before their name. Links are told, not followed."""
    with os.scandir(home.runs) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_dir(follow_symlinks=False)):
                yield Path(entry.path)


def _behind(store: Store, home: "Home") -> list[Path]:
    """The folders whose logs have grown since they were last read, and those of runs that are not known yet."""
    known: dict[str, dict[str, int]] = {}
    for folder, file, size in store.db.execute(
        "select runs.folder, logs.file, logs.size from runs left join logs on logs.run = runs.number"
    ):
        known.setdefault(folder, {})[file or ""] = size or 0
    return [path for path in run_folders(home) if _is_behind(path, known.get(path.name))]


def _is_behind(path: Path, known: dict[str, int] | None) -> bool:
    if known is None:
        return os.path.lexists(path / DESCRIPTION)
    with os.scandir(path) as entries:
        return any(
            LOG.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_size != known.get(entry.name)
            for entry in entries
        )


def _ingest_all(store: Store, paths: Iterable[Path]) -> list[str]:
    problems = []
    for path in paths:
        try:
            problems += ingest(store, path)
        except (UserError, OSError) as error:  # one bad folder keeps nobody from reading the others
            problems.append(f"{path.name} was left out: {getattr(error, 'problem', error)}")
    return problems


def _by_creation(folders: Iterable[Path]) -> list[Path]:
    """Folders in the order in which their runs were made, so that their numbers stay what they were."""

    def created(path: Path) -> tuple[float, str]:
        try:
            return float(RunFolder(path).description["created"]), path.name
        except (UserError, OverflowError):  # told when it is read
            return 0.0, path.name

    return sorted(folders, key=created)


def _take_log(db: sqlite3.Connection, run: int, path: Path) -> list[str]:
    """Put a log's new lines into the tables; returns those that could not be read."""
    offset = (db.execute("select offset from logs where run = ? and file = ?", (run, path.name)).fetchone() or [0])[0]
    problems: list[str] = []
    while True:
        try:
            lines, end, size = lines_from(path, offset)
        except (OSError, ValueError) as error:
            problems.append(getattr(error, "strerror", None) or str(error))
            lines, end, size = [], offset, path.lstat().st_size
        rows = Rows(db, run, path)
        for at, data in lines:
            try:
                rows.take(Line(data))
            except BadLineError as error:
                problems.append(f"the line at byte {at} was left out: {error}")
        rows.store()
        db.execute(
            "insert or replace into logs (run, file, offset, size) values (?, ?, ?, ?)", (run, path.name, end, size)
        )
        if end in (offset, size):
            break
        offset = end
    more = len(problems) - MOST_PROBLEMS
    return problems[:MOST_PROBLEMS] + ([f"{more} more lines were left out"] if more > 0 else [])


def _log_names(path: Path) -> list[str]:
    found = [(match[1], int(match[2]), match[0]) for one in path.iterdir() if (match := LOG.fullmatch(one.name))]
    return [name for _, _, name in sorted(found)]


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Wait until no other process is in here."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _put_in_place(new: sqlite3.Connection, home: "Home") -> None:
    ends = time.monotonic() + 60

    def waited(status: int, remaining: int, total: int) -> None:
        if time.monotonic() > ends:
            raise database.UnavailableDatabaseError(
                f"{home.database} is locked by another program", next_command="workbench reindex"
            )

    def copy() -> None:
        live = database.open_for_writing(home)
        try:
            new.backup(live, progress=waited)
        finally:
            live.close()

    try:
        copy()
    except (database.DamagedDatabaseError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, or no room on the disk: the old one is as it was
            raise
        _set_aside(home)
        copy()


def _set_aside(home: "Home") -> None:
    """Move a damaged database away, with what its writers have left beside it."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", "-wal"):
        path = home.database.with_name(home.database.name + suffix)
        if path.exists() and path.stat().st_size:
            path.rename(home.root / f"damaged-{stamp}.db{suffix}")
    for suffix in ("-wal", "-shm"):
        home.database.with_name(home.database.name + suffix).unlink(missing_ok=True)
