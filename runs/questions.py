"""A person's question in SQL: it can read everything, change nothing, and not run for ever."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable

from diffusion.errors import UserError, nearest_name
from runs.records import QueryResult

TIME_LIMIT_S = 30.0
LONGEST_VALUE = 100_000_000  # bytes of one value that a question may make
_EXAMPLE = 'workbench query "select * from run_summary"'
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "user_version", "compile_options"}
_TAKES_A_NAME = {"table_info", "table_xinfo", "index_list", "index_info"}
_FORBIDDEN_FUNCTIONS = {"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer"}


def ask(
    db: sqlite3.Connection,
    sql: str,
    time_limit_s: float = TIME_LIMIT_S,
    *,
    most_rows: int | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> QueryResult:
    """The rows that one statement answers with, all or the first most_rows of them.

    cancelled is asked while it works. Raises UserError for SQL that writes, is wrong, takes too long or is cancelled.
    """
    if "\0" in sql:
        raise UserError("the SQL holds a null character", next_command=_EXAMPLE)
    denied: list[str] = []
    ends = time.monotonic() + time_limit_s
    expired: list[float] = []

    def over() -> bool:
        """Asked by SQLite now and then; a yes ends the query, and so does Ctrl-C, which is raised in here."""
        if time.monotonic() > ends:
            expired.append(ends)
        return bool(expired) or cancelled()

    def allow(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
        if action in _ALLOWED:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and second not in _FORBIDDEN_FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS and (second is None or first in _TAKES_A_NAME):
            return sqlite3.SQLITE_OK
        denied.append("")
        return sqlite3.SQLITE_DENY

    longest = db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    db.set_authorizer(allow)
    db.set_progress_handler(over, 10_000)
    try:
        cursor = db.execute(sql)
        found = tuple(cursor.fetchall() if most_rows is None else cursor.fetchmany(most_rows + 1))
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
        db.set_authorizer(None)
        db.set_progress_handler(None, 0)
        if denied:
            raise UserError(
                "the SQL would do more than read; the database is opened for reading only",
                allowed="select, with, values, explain",
                next_command=_EXAMPLE,
            ) from error
        if cancelled():
            raise UserError("the query was cancelled") from error
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT and not expired:
            raise KeyboardInterrupt from error
        raise _told(db, error, time_limit_s) from error
    finally:
        db.set_authorizer(None)
        db.set_progress_handler(None, 0)
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
    if cursor.description is None:
        raise UserError("the SQL asks for nothing", next_command=_EXAMPLE)
    columns = tuple(column[0] for column in cursor.description)
    cursor.close()
    return QueryResult(columns, found[:most_rows], more=most_rows is not None and len(found) > most_rows)


def _told(db: sqlite3.Connection, error: Exception, time_limit_s: float) -> UserError:
    text = str(error)
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return UserError(f"the SQL took longer than {time_limit_s:g} s", next_command="add a where or a limit")
    if "one statement at a time" in text:
        return UserError("the SQL has more than one statement", allowed="one select")
    if match := re.fullmatch(r"no such table: (.*)", text):
        return UserError(
            text,
            allowed=", ".join(_tables(db)),
            nearest=nearest_name(match[1], _tables(db)),
            next_command=_EXAMPLE,
        )
    if match := re.fullmatch(r"no such column: (?:.*\.)?(.*)", text):
        return UserError(
            text,
            nearest=nearest_name(match[1], _columns(db)),
            next_command='workbench query "select name, sql from sqlite_schema"',
        )
    return UserError(f"the SQL cannot be run: {text}", next_command=_EXAMPLE)


def _tables(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("select name from sqlite_schema where type in ('table', 'view') order by 1")]


def _columns(db: sqlite3.Connection) -> Iterable[str]:
    found = db.execute("select columns.name from sqlite_schema as tables, pragma_table_info(tables.name) as columns")
    return sorted({row[0] for row in found})
