"""What people ask of runs, and where each run stands, as rows: a run's status is made here and nowhere else."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from runs.lines import BadLineError, Line
from runs.requests import is_name, place_in_queue

MOST_TAGS = 1000


class RequestRows:
    """Puts one run's requests into its rows, line by line, inside the transaction of whoever reads them."""

    def __init__(self, db: sqlite3.Connection, run: int, folder: Path) -> None:
        self._db, self._run, self._folder = db, run, folder

    def take(self, line: Line) -> None:
        """One request. Raises BadLineError for one that is not as it should be, and keeps none of it."""
        what, attempts = line.text("what"), line.integer("attempts")
        known = {
            "queue": self._queue,
            "stop": self._end,
            "stop-now": self._end,
            "pause": self._end,
            "move": self._move,
            "rename": self._rename,
            "note": self._note,
            "star": self._star,
            "tag": self._tag,
            "untag": self._tag,
        }
        if what not in known:
            raise BadLineError(f"unknown request {what[:40]!r}")
        known[what](line, what, attempts)
        value = json.dumps(line.raw("value"), ensure_ascii=False)
        self._db.execute(
            "insert into requests (run, what, value, attempts, time) values (?, ?, ?, ?, ?)",
            (self._run, what, value.encode(errors="replace").decode(), attempts, line.time),
        )

    def _queue(self, line: Line, what: str, attempts: int) -> None:
        place = place_in_queue(line, self._folder)
        if place is not None:
            self._set("asked = ?, asked_attempts = ?, queue_position = ?", what, attempts, place.position)

    def _end(self, line: Line, what: str, attempts: int) -> None:
        self._set("asked = ?, asked_attempts = ?", what, attempts)

    def _move(self, line: Line, what: str, attempts: int) -> None:
        self._set("queue_position = ?", line.integer("value"))

    def _rename(self, line: Line, what: str, attempts: int) -> None:
        if not is_name(line.raw("value")):
            raise BadLineError("the new name is no name")
        self._set("name = ?", line.text("value"))

    def _note(self, line: Line, what: str, attempts: int) -> None:
        self._set("notes = ?", line.text("value"))

    def _star(self, line: Line, what: str, attempts: int) -> None:
        self._set("starred = ?", line.integer("value"))

    def _tag(self, line: Line, what: str, attempts: int) -> None:
        (before,) = self._db.execute("select tags from runs where number = ?", (self._run,)).fetchone()
        tags: list[str] = json.loads(before)
        named = [Line.of({"tag": tag}).text("tag") for tag in line.items("value")]
        kept = [tag for tag in tags if tag not in named] if what == "untag" else list(dict.fromkeys([*tags, *named]))
        if len(kept) > MOST_TAGS:
            raise BadLineError(f"more than {MOST_TAGS} tags")
        self._set("tags = ?", json.dumps(kept, ensure_ascii=False))

    def _set(self, columns: str, *values: Any) -> None:
        self._db.execute(f"update runs set {columns} where number = ?", (*values, self._run))  # noqa: S608 fixed names


def summarize(db: sqlite3.Connection, run: int) -> None:
    """Bring a run's own row up to its attempts and its newest values."""
    db.execute(
        """
        with mine as (select * from attempts where run = ?1), last as (select * from mine order by number desc limit 1)
        update runs set
            status = case
                when exists (select 1 from last where outcome is null) then 'running'
                when asked = 'queue' and asked_attempts >= coalesce((select number from last), 0) then 'queued'
                when asked = 'pause' and asked_attempts >= coalesce((select number from last), 0)
                    and coalesce((select outcome from last), 'stopped') = 'stopped' then 'paused'
                when asked = 'stop-now' and asked_attempts >= coalesce((select number from last), 0)
                    and (select outcome from last) = 'died' then 'stopped'
                else coalesce((select outcome from last), case when asked is null then 'created' else 'stopped' end)
            end,
            text = coalesce((select text from last), ''),
            started = (select min(started) from mine),
            ended = (select ended from last),
            step = coalesce((select step from mine where step > 0 order by number desc limit 1), 0),
            total_steps = coalesce(
                (select coalesce(total_steps, goal) from last),
                case when coalesce(json_extract(config, '$.train.epochs'), 0) = 0
                    and coalesce(json_extract(config, '$.train.minutes'), 0) = 0
                    then json_extract(config, '$.train.steps') end,
                (select max(total_steps) from mine)),
            loss = (select last_value from series where run = ?1 and name = 'train/loss'),
            images_per_s = (select last_value from series where run = ?1 and name = 'images_per_s')
        where number = ?1
        """,
        (run,),
    )
