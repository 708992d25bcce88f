"""The database as one class: every question about runs, and the frozen rows that answer it."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from diffusion.errors import UserError, nearest_name
from runs import database
from runs.processes import host_name
from runs.questions import TIME_LIMIT_S, ask
from runs.recorded import quick_config
from runs.records import (
    Alert,
    Attempt,
    Baseline,
    Curve,
    Evaluation,
    Image,
    MetricPoint,
    OpenAttempt,
    QueryResult,
    Run,
    TimestepLoss,
)
from runs.schema import OF_A_RUN

if TYPE_CHECKING:
    from runs.home import Home

_RUN = (
    "id, number, name, status, dataset, preset, config, seed, step, total_steps, loss, images_per_s, created, started, "
    "ended, starred, text, parent, study, facts, tags, notes, folder, command, device"
)
_ATTEMPT = (
    "number, started, ended, outcome, heartbeat, step, goal, pid, coalesce(host, ''), coalesce(command, ''), text"
)
IMAGE_COLUMNS = (
    "number, attempt, kind, step, sampling_step, sigma, content, label, seed, sample_index, weights, sample_set, path, "
    '"left", top, width, height, sha256'
)

MOST_KEPT = 5000  # runs that were made from rows
_AS_POINT = partial(tuple.__new__, MetricPoint)  # a quarter faster than MetricPoint._make, for curves of 100,000 points


class Store:
    """The database, open. `read` and `write` open and close it."""

    def __init__(self, db: sqlite3.Connection, home: "Home") -> None:
        self.db = db
        self.home = home
        self._made: dict[tuple[object, ...], Run] = {}

    @classmethod
    @contextmanager
    def read(cls, home: "Home") -> Iterator["Store"]:
        """The store for reading only. A home without a database reads as one without runs; nothing is made."""
        yield from cls._opened(database.open_for_reading(home), home)

    @classmethod
    @contextmanager
    def write(cls, home: "Home", wait_s: float = database.WAIT_S) -> Iterator["Store"]:
        """The store for writing, made or brought to this version where needed."""
        yield from cls._opened(database.open_for_writing(home, wait_s), home)

    @classmethod
    def _opened(cls, db: sqlite3.Connection, home: "Home") -> Iterator["Store"]:
        try:
            yield cls(db, home)
        except sqlite3.DatabaseError as error:
            raise database.told(home.database, error) from error
        finally:
            db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; other writers wait."""
        self.db.execute("begin immediate")
        try:
            yield self.db
            self.db.execute("commit")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("rollback")
            raise

    def data_version(self) -> int:
        """A number that is another one when another connection has written since it was last asked for."""
        return int(self.db.execute("pragma data_version").fetchone()[0])

    def runs(self) -> list[Run]:
        """All runs, in the order of their creation."""
        return self._runs("order by number")

    def names(self, start: str = "") -> list[str]:
        """The names of all runs that begin so, newest first."""
        rows = self.db.execute(
            "select name from runs where substr(name, 1, length(?1)) = ?1 order by number desc", (start,)
        )
        return [row[0] for row in rows]

    def some(self, ids: Sequence[str]) -> list[Run]:
        """The runs with these ids that are there."""
        return [run for one in ids for run in self._runs("where id = ?", one)]

    def find(self, text: str) -> Run:
        """The run that text names: by name, by id, or the start of either. Raises UserError for none or several."""
        found = self._runs("where name = ?1 or id = ?1 order by number", text)
        found = found or self._runs(
            "where substr(name, 1, length(?1)) = ?1 or substr(id, 1, length(?1)) = ?1 order by number", text
        )
        if len(found) == 1:
            return found[0]
        if not found or not text:
            names = [row[0] for row in self.db.execute("select name from runs order by number")]
            near = nearest_name(text, names)
            next_command = "workbench list" if names else "workbench run"
            raise UserError(f"unknown run '{text}'", nearest=near, next_command=next_command)
        names = [run.name for run in found]
        shown = [run.name if names.count(run.name) == 1 else run.id for run in found]
        more = f" and {len(found) - 8} more" if len(found) > 8 else ""
        raise UserError(
            f"'{text}' is the start of {len(found)} runs"
            if text not in names
            else f"{len(found)} runs are called '{text}'",
            allowed=", ".join(shown[:8]) + more,
            next_command="workbench list",
        )

    def has_name(self, name: str, besides: Run | None = None) -> bool:
        """Whether a run, other than besides, is called so."""
        rows = self.db.execute("select id from runs where name = ?", (name,))
        return any(besides is None or run_id != besides.id for (run_id,) in rows)

    def queue(self, limit: int = -1) -> list[Run]:
        """The runs that wait for a worker, the next one first; all of them, or the first few."""
        return self._runs("where status = 'queued' order by queue_position, number limit ?", limit)

    def before(self, run: Run) -> Run | None:
        """The run that waits right before a queued one, or None for the first."""
        found = self._runs(
            "where status = 'queued' and (coalesce(queue_position, 0), number) < (?, ?) "
            "order by queue_position desc, number desc limit 1",
            self.position(run),
            run.number,
        )
        return found[0] if found else None

    def has_queue(self) -> bool:
        """Whether any run waits for a worker."""
        return self.db.execute("select 1 from runs where status = 'queued' limit 1").fetchone() is not None

    def last_position(self) -> int:
        """The last place in the queue that anybody was given, 0 before the first."""
        return int(self.db.execute("select coalesce(max(queue_position), 0) from runs").fetchone()[0])

    def position(self, run: Run) -> int:
        """The number by which a queued run's place is kept: lower ones come first."""
        (position,) = self.db.execute("select queue_position from runs where number = ?", (run.number,)).fetchone()
        return int(position or 0)

    def _runs(self, rest: str, *values: object) -> list[Run]:
        rows = self.db.execute(f"select {_RUN} from runs {rest}", values).fetchall()  # noqa: S608 fixed text
        states = {row[3] for row in rows}
        died = self._silent_runs() if "running" in states else {}
        places = self._places() if "queued" in states else {}
        if len(self._made) > MOST_KEPT:
            self._made.clear()
        return [self._kept(row, died, places) for row in rows]

    def _kept(self, row: tuple[Any, ...], died: dict[int, float], places: dict[int, int]) -> Run:
        """A row's run, made only when it is not what it was: a screen reads all of them again and again."""
        key = (row, died.get(row[1]), places.get(row[1]))
        run = self._made.get(key)
        if run is None:
            run = self._made[key] = self._run(row, died, places)
        return run

    def _places(self) -> dict[int, int]:
        rows = self.db.execute("select number from runs where status = 'queued' order by queue_position, number")
        return {number: place for place, (number,) in enumerate(rows, 1)}

    def _run(self, row: tuple[Any, ...], died: dict[int, float], places: dict[int, int]) -> Run:
        values = dict(zip(_RUN.split(", "), row, strict=True))
        config, problem = quick_config(json.loads(values["config"]))
        facts = json.loads(values["facts"])
        if problem:
            facts["config"] = problem
        if values["status"] == "running" and values["number"] in died:
            values |= {"status": "died", "ended": died[values["number"]]}
        return Run(
            **values
            | {
                "config": config,
                "facts": facts,
                "tags": tuple(json.loads(values["tags"])),
                "starred": bool(values["starred"]),
                "folder": self.home.runs / values["folder"],
                "dataset": values["dataset"] or "",
                "preset": values["preset"] or "",
                "command": values["command"] or "",
                "device": values["device"] or "",
                "seed": values["seed"] or 0,
                "queue_position": places.get(values["number"]),
            }
        )

    def silent_attempts(self) -> list[OpenAttempt]:
        """Attempts without an end whose process is gone."""
        return [one for one in self._open_attempts() if not one.lives]

    def _silent_runs(self) -> dict[int, float]:
        """Runs whose last attempt has no end and no living process: number -> when they were last heard of."""
        newest = {one.run: one for one in self._open_attempts()}
        return {run: one.heartbeat for run, one in newest.items() if not one.lives}

    def stalled_attempts(self, silence_s: float) -> list[tuple[int, int, int, float]]:
        """Attempts that live and have said nothing for so long: run, attempt, step, when they were last heard of."""
        found = [one for one in self._open_attempts() if one.lives and time.time() - one.heartbeat > silence_s]
        return [(one.run, one.number, one.step, one.heartbeat) for one in found]

    def working_here(self) -> dict[str, int]:
        """The runs that a living process of this machine works on: id -> process id."""
        ids = dict(self.db.execute("select number, id from runs where status = 'running'"))
        return {
            ids[one.run]: one.pid
            for one in self._open_attempts()
            if one.lives and one.host == host_name() and one.run in ids
        }

    def process_of(self, run: Run) -> OpenAttempt | None:
        """The newest attempt of a run that has no end yet."""
        found = [one for one in self._open_attempts() if one.run == run.number]
        return found[-1] if found else None

    def _open_attempts(self) -> list[OpenAttempt]:
        rows = self.db.execute(
            "select run, number, step, coalesce(pid, 0), coalesce(process_started, ''), coalesce(host, ''), heartbeat "
            "from attempts where outcome is null order by run, number"
        )
        return [OpenAttempt(*row) for row in rows]

    def attempts(self, run: Run) -> list[Attempt]:
        """A run's attempts, oldest first; one whose process is gone has the outcome died."""
        rows = self.db.execute(f"select {_ATTEMPT} from attempts where run = ? order by number", (run.number,))  # noqa: S608
        found = [Attempt(*row) for row in rows]
        if found and found[-1].outcome is None and run.status == "died":
            found[-1] = replace(found[-1], outcome="died", ended=found[-1].heartbeat)
        return found

    def last_values(self, run: Run) -> dict[str, float | None]:
        """The newest value of each of a run's metrics."""
        return dict(self.db.execute("select name, last_value from series where run = ? order by name", (run.number,)))

    def points(self, run: Run, name: str) -> list[MetricPoint]:
        """One metric's curve, by step; where attempts overlap, the newer one's."""
        (series, attempts), *_ = self.db.execute(
            "select id, (select count(*) from attempts where run = series.run) from series where run = ? and name = ?",
            (run.number, name),
        ).fetchall() or [(None, 0)]
        rows = self.db.execute(
            "select step, value, time from points where series = ? order by attempt, step", (series,)
        )
        points = list(map(_AS_POINT, rows))
        if attempts < 2:
            return points
        return [point for _, point in sorted({point.step: point for point in points}.items())]

    def timestep_losses(self, run: Run) -> list[TimestepLoss]:
        """The loss by log-SNR, by step."""
        rows = self.db.execute(
            "select step, split, log_snr_low, log_snr_high, value, n from timestep_losses where run = ? "
            "order by step, split, log_snr_low, attempt",
            (run.number,),
        )
        newest = {row[:4]: TimestepLoss(*row) for row in rows}  # a later attempt's takes the place of an earlier one's
        return list(newest.values())

    def evaluations(self, run: Run) -> list[Evaluation]:
        """What judges said, by step."""
        rows = self.db.execute(
            "select step, judge, name, label, value, low, high, n, sample_set, prompts, baseline_set, attempt "
            "from evaluations where run = ? order by step, rowid",
            (run.number,),
        )
        return [Evaluation(*row) for row in rows]

    def baselines(self, run: Run) -> list[Baseline]:
        """What judges said of known pictures when they looked at a run's."""
        rows = self.db.execute(
            "select judge, name, pictures, label, value, low, high, n, baseline_set, classes from baselines "
            "where baseline_set in (select baseline_set from evaluations where run = ?) "
            "order by judge, name, pictures, label",
            (run.number,),
        )
        return [Baseline(*row) for row in rows]

    def curves(self, run: Run) -> list[Curve]:
        """What judges said along an axis, by step."""
        rows = self.db.execute(
            "select step, judge, name, axis, label, sample_set, time, x, y from curves where run = ? "
            "order by step, rowid",
            (run.number,),
        )
        found: dict[tuple[Any, ...], list[tuple[float, float | None]]] = {}
        for row in rows:
            found.setdefault(row[:7], []).append(row[7:])  # two looks at one step differ in time
        return [
            Curve(step, judge, name, axis, label, sample_set, tuple(points))
            for (step, judge, name, axis, label, sample_set, _), points in found.items()
        ]

    def alerts(self, run: Run) -> list[Alert]:
        """What a person should know, oldest first; what each attempt says again is told once."""
        rows = self.db.execute(
            "select level, step, text, min(time), sample_set from alerts where run = ? "
            "group by level, step, text, sample_set "
            "order by min(rowid)",
            (run.number,),
        )
        return [Alert(*row) for row in rows]

    def images(self, run: Run, kind: str | None = None) -> list[Image]:
        """A run's pictures, all or of one kind, in the order they were drawn."""
        rows = self.db.execute(
            f"select {IMAGE_COLUMNS} from images where run = ?1 and (?2 is null or kind = ?2) order by number",  # noqa: S608
            (run.number, kind),
        )
        return [Image(*row) for row in rows]

    def query(
        self,
        sql: str,
        time_limit_s: float = TIME_LIMIT_S,
        *,
        most_rows: int | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> QueryResult:
        """The answer to a person's own SQL. Raises UserError for what writes, is wrong, or takes too long."""
        return ask(self.db, sql, time_limit_s, most_rows=most_rows, cancelled=cancelled)

    def forget(self, run_id: str) -> None:
        """Remove all rows of a run."""
        with self.transaction() as db:
            for (number,) in db.execute("select number from runs where id = ?", (run_id,)).fetchall():
                db.execute("delete from points where series in (select id from series where run = ?)", (number,))
                for table in OF_A_RUN:
                    db.execute(f"delete from {table} where run = ?", (number,))  # noqa: S608 fixed names
                db.execute("delete from runs where number = ?", (number,))
