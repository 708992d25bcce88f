"""Opening the SQLite file: for reading only, or for writing with its migrations made."""

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs import schema

if TYPE_CHECKING:
    from runs.home import Home

WAIT_S = 10.0  # for another program that holds the write lock
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class OldDatabaseError(UserError):
    """A database that waits for migrations, which opening it for writing makes."""


class DamagedDatabaseError(UserError):
    """A file that SQLite cannot read; the logs hold all of it."""


class UnavailableDatabaseError(UserError):
    """A database that cannot be used now: another program holds it, or there is no room on the disk."""


def open_for_reading(home: "Home") -> sqlite3.Connection:
    """The database, read-only; an empty one in memory where there is none, so that nothing is made.

    Raises UserError for a file that is damaged, of a newer version, or no database of ours.
    """
    home.check()
    if not home.database.exists():
        db = sqlite3.connect(":memory:", isolation_level=None)
        _migrate(db, home.database)
    else:
        db, found = _opened_for_reading(home.database)
        try:
            if found < schema.VERSION:
                raise OldDatabaseError(
                    f"{home.database} is of version {found}, this workbench reads version {schema.VERSION}",
                    next_command="workbench reindex",
                )
        except BaseException:
            db.close()
            raise
    db.execute("pragma query_only = on")
    return db


def _opened_for_reading(path: Path) -> tuple[sqlite3.Connection, int]:
    """The connection and its version. Where no shared memory can be made, as on a full or read-only disk, and no writer
    has left anything beside the file, the file alone is read.
    """
    db = _connect(path, "mode=ro", WAIT_S)
    try:
        return db, _version(db, path)
    except UnavailableDatabaseError:
        db.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        db = _connect(path, "mode=ro&immutable=1", WAIT_S)
        return db, _version(db, path)
    except BaseException:
        db.close()
        raise


def open_for_writing(home: "Home", wait_s: float = WAIT_S) -> sqlite3.Connection:
    """The database, made or brought to this version where needed. Raises UserError as open_for_reading does.

    On a network file system there is no WAL: there the old rollback journal serves, with which readers and the writer
    wait for each other. Should its locks fail there too, nothing is lost: `workbench reindex` reads the logs again.
    """
    home.make()
    return open_file(home.database, wait_s, journal="delete" if home.network_file_system() else "wal")


def open_file(path: Path, wait_s: float, *, journal: str) -> sqlite3.Connection:
    """A database file, made where it is missing, at this version."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))  # SQLite would follow the umask
    db = _connect(path, "mode=rw", wait_s)
    try:
        if _version(db, path) < schema.VERSION:
            db.execute("pragma synchronous = off")  # a power cut now costs what a reindex brings back
            db.execute(f"pragma journal_mode = {journal}")
            _migrate(db, path)
        db.execute("pragma synchronous = normal")  # the logs are the truth: a power cut may cost rows, not the file
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path, how: str, wait_s: float) -> sqlite3.Connection:
    if path.is_symlink() or not path.is_file():
        raise UserError(f"{path} is not a plain file", next_command="move it away, then workbench reindex")
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None, timeout=wait_s)


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The number of migrations that a file has. Raises UserError where it cannot be used."""
    try:
        version = int(db.execute("pragma user_version").fetchone()[0])
        owner = int(db.execute("pragma application_id").fetchone()[0])
        tables = db.execute("select count(*) from sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise told(path, error) from error
    if tables and owner != schema.APPLICATION_ID:
        raise UserError(f"{path} is a database of another program", next_command="move it away, then workbench reindex")
    if version > schema.VERSION:
        raise UserError(
            f"{path} is of version {version}, this workbench knows versions up to {schema.VERSION}",
            next_command="a newer workbench, or move that file away and workbench reindex",
        )
    return version


def told(path: Path, error: sqlite3.Error) -> Exception:
    """The error to show for one that SQLite raised; itself where that says it best."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return DamagedDatabaseError(f"{path} is damaged ({error}), no run is lost", next_command="workbench reindex")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UnavailableDatabaseError(f"{path} is locked by another program", next_command="the same command again")
    if code in _NO_ROOM:
        return UnavailableDatabaseError(
            f"{path} cannot be used now ({error}), no run is lost", next_command=f"df -h {path.parent}"
        )
    error.add_note(str(path))
    return error


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Make the migrations that are missing, each whole or not at all."""
    try:
        db.execute("begin immediate")
        try:
            for migration in schema.MIGRATIONS[_version(db, path) :]:
                for statement in migration:
                    db.execute(statement)
            db.execute(f"pragma application_id = {schema.APPLICATION_ID}")
            db.execute(f"pragma user_version = {schema.VERSION}")
            db.execute("commit")
        except BaseException:
            if db.in_transaction:  # SQLite itself rolls back where the disk is full
                db.execute("rollback")
            raise
    except sqlite3.DatabaseError as error:
        raise told(path, error) from error
