"""One log's lines as rows of the tables, inside the transaction of whoever reads the log."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusion.errors import UserError
from runs.deaths import revive
from runs.folder import LOG, RunFolder
from runs.judge_rows import judge_lines
from runs.lines import BadLineError, Line, number_or_none
from runs.status import RequestRows

LONGEST_JSON = 1_000_000


def run_number(db: sqlite3.Connection, folder: RunFolder) -> int:
    """The number of the run that is in a folder, which is put into the table where it is new.

    Raises UserError for a folder that is no run, or has the id of a run in another folder.
    """
    known = db.execute("select number, folder from runs where id = ?", (folder.id,)).fetchone()
    if known and known[1] == folder.path.name:
        return int(known[0])
    if known:
        if (folder.path.parent / known[1]).exists():
            raise UserError(f"it has the id of the run in {known[1]}, {folder.id}")
        db.execute("update runs set folder = ? where number = ?", (folder.path.name, known[0]))  # it was moved
        return int(known[0])
    row = _described(folder)
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    try:
        cursor = db.execute(f"insert into runs ({names}) values ({marks})", tuple(row.values()))  # noqa: S608 fixed names
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise UserError(f"{folder.path} cannot be taken in: {error}") from error
    return int(cursor.lastrowid or 0)


def _described(folder: RunFolder) -> dict[str, Any]:
    values = Line.of(dict(folder.description))
    provenance = values.mapping("provenance")
    git = provenance.get("git") if isinstance(provenance.get("git"), dict) else {}
    config = values.mapping("config")
    dataset = config["data"].get("dataset") if isinstance(config.get("data"), dict) else None
    try:
        return {
            "id": values.text("id"),
            "name": values.text("name"),
            "created": values.number("created"),
            "preset": values.text("preset", ""),
            "dataset": dataset if isinstance(dataset, str) else "",
            "seed": values.integer_or_none("seed"),
            "command": values.text("command", ""),
            "parent": values.text("parent") if folder.description.get("parent") else None,
            "study": values.text("study") if folder.description.get("study") else None,
            "host": str(provenance.get("host", "")),
            "git_commit": str(git.get("commit", "")) or None if isinstance(git, dict) else None,
            "folder": folder.path.name,
            "config": json.dumps(config, ensure_ascii=False),
            "facts": json.dumps({"provenance": provenance}, ensure_ascii=False),
        }
    except BadLineError as error:
        raise UserError(f"{folder.path} is no run's folder: {error}") from error


class Rows:
    """Collects the rows of one log's lines; `store` puts them into the tables."""

    def __init__(self, db: sqlite3.Connection, run: int, path: Path) -> None:
        match = LOG.fullmatch(path.name)
        assert match is not None
        self._db, self._run, self._log = db, run, path.name
        self._attempt = int(match[2]) if match[1] == "attempt" else None  # None: drawn beside the training, or asked
        self._points: dict[str, list[tuple[int, float | None, float]]] = {}
        self._losses: list[tuple[Any, ...]] = []
        self._state: dict[str, Any] = {}
        taken: dict[str, Callable[[Line], None]] = {
            "pictures": self._pictures,
            "alert": self._alert,
            **judge_lines(db, run, self._attempt),
        }
        of_attempts: dict[str, Callable[[Line], None]] = {
            "attempt": self._header,
            "started": self._started,
            "metrics": self._metrics,
            "progress": self._progress,
            "timestep_loss": self._timestep_loss,
            "checkpoint": self._at_step,
            "finished": self._ended,
            "ended": self._ended,
        }
        self._known = frozenset([*taken, *of_attempts, "samples", "scores", "request"])
        requests = RequestRows(db, run, path.parent)
        self._takes = {"request": requests.take} if match[1] == "requests" else taken
        self._takes |= of_attempts if self._attempt is not None else {}

    def take(self, line: Line) -> None:
        """Collect one line's rows. Raises BadLineError for a line that is not as it should be, and keeps none of it."""
        if line.event not in self._known:
            raise BadLineError(f"unknown event {line.event[:40]!r}")
        take = self._takes.get(line.event)
        if take is not None:
            take(line)
        self._state.setdefault("started", line.time)
        self._state["heartbeat"] = line.time

    def _header(self, line: Line) -> None:
        self._state |= {
            "pid": line.integer_or_none("pid"),
            "process_started": line.text("process_started", ""),
            "host": line.text("host", ""),
            "goal": line.integer_or_none("goal"),
            "command": line.text("command", ""),
            "started": line.time,
        }

    def _reach(self, step: int) -> None:
        self._state["step"] = max(step, self._state.get("step", 0))

    def _at_step(self, line: Line) -> None:
        self._reach(line.integer("step"))

    def _progress(self, line: Line) -> None:
        step, total, phase = line.integer("step"), line.integer("total"), line.text("phase")
        self._reach(step)
        if phase == "train" and total > 0:
            self._state["total_steps"] = total

    def _metrics(self, line: Line) -> None:
        step = line.integer("step")
        values = {name[:200]: number_or_none(name[:200], value) for name, value in line.mapping("values").items()}
        self._reach(step)
        for name, value in values.items():
            self._points.setdefault(name, []).append((step, value, line.time))

    def _timestep_loss(self, line: Line) -> None:
        edges = line.number_or_none("log_snr_low"), line.number_or_none("log_snr_high")
        row = (line.integer("step"), line.text("split"), *edges, line.number_or_none("value"), line.integer("n"))
        self._losses.append((self._run, self._attempt, *row))

    def _started(self, line: Line) -> None:
        facts, names = line.mapping("facts"), line.items("class_names")
        (before,) = self._db.execute("select facts from runs where number = ?", (self._run,)).fetchone()
        after = json.dumps(facts | {"class_names": names, "provenance": json.loads(before).get("provenance", {})})
        if len(after) > LONGEST_JSON:
            raise BadLineError("facts are too long")
        device = str(facts.get("device_name") or facts.get("device") or "")
        self._db.execute("update runs set facts = ?, device = ? where number = ?", (after, device, self._run))

    def _ended(self, line: Line) -> None:
        outcome = line.text("outcome")
        if outcome not in ("completed", "stopped", "diverged", "failed"):
            raise BadLineError(f"unknown outcome {outcome[:40]!r}")
        if line.event == "finished":
            self._reach(line.integer("step"))
        self._state |= {"outcome": outcome, "ended": line.time, "text": line.text("text", "")}

    def _pictures(self, line: Line) -> None:
        number, step, weights = line.integer_or_none("sample_set"), line.integer("step"), line.text("weights")
        kind, path = line.text("kind"), line.inside("path")
        shared = (self._run, self._attempt, kind, step, weights, number, path, line.time)
        rows = [(*shared, *_image(Line.of(one))) for one in line.items("images")]
        if number is not None:
            settings = json.dumps(line.mapping("settings"), ensure_ascii=False)
            self._db.execute(
                "insert or ignore into sample_sets (run, number, log, step, weights, settings, time) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                (self._run, number, self._log, step, weights, settings, line.time),
            )
        self._db.executemany(
            "insert into images (run, attempt, kind, step, weights, sample_set, path, time, "
            'label, seed, sample_index, sampling_step, sigma, content, "left", top, width, height, sha256) '
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def _alert(self, line: Line) -> None:
        told = line.text("level"), line.integer("step"), line.text("text"), line.time
        self._db.execute(
            "insert into alerts (run, attempt, level, step, text, time, sample_set) values (?, ?, ?, ?, ?, ?, ?)",
            (self._run, self._attempt, *told, line.integer_or_none("sample_set")),
        )

    def store(self) -> None:
        """Put what was collected into the tables."""
        if self._attempt is not None and self._state:
            self._store_attempt()
        for name, points in self._points.items():
            self._store_points(name, points)
        self._db.executemany(
            "insert into timestep_losses (run, attempt, step, split, log_snr_low, log_snr_high, value, n) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            self._losses,
        )

    def _store_attempt(self) -> None:
        state, key = self._state, (self._run, self._attempt)
        made = self._db.execute(
            "insert or ignore into attempts (run, number, started, heartbeat) values (?, ?, ?, ?)",
            (*key, state["started"], state["heartbeat"]),
        ).rowcount
        if not made:
            state.pop("started")
            revive(self._db, self._run, self._attempt or 0)
            (step,) = self._db.execute("select step from attempts where run = ? and number = ?", key).fetchone()
            self._reach(step)
        # an attempt that was taken for dead and writes again lives
        names = ["outcome = nullif(outcome, 'died')", *(f"{name} = ?" for name in state if name != "outcome")]
        if "outcome" in state:
            names[0] = "outcome = ?"
        values = [state[name] for name in sorted(state, key=lambda name: name != "outcome")]
        self._db.execute(f"update attempts set {', '.join(names)} where run = ? and number = ?", (*values, *key))  # noqa: S608

    def _store_points(self, name: str, points: list[tuple[int, float | None, float]]) -> None:
        step, value, _ = points[-1]
        (series,) = self._db.execute(
            "insert into series (run, name, last_step, last_value, last_attempt) values (?, ?, ?, ?, ?) "
            "on conflict (run, name) do update set last_step = excluded.last_step, last_value = excluded.last_value, "
            "last_attempt = excluded.last_attempt returning id",
            (self._run, name, step, value, self._attempt),
        ).fetchone()
        self._db.executemany(
            "insert or replace into points (series, attempt, step, value, time) values (?, ?, ?, ?, ?)",
            [(series, self._attempt, *point) for point in points],
        )


def _image(one: Line) -> tuple[Any, ...]:
    label = one.integer_or_none("label")
    return (
        None if label == -1 else label,
        one.integer("seed"),
        one.integer("index"),
        one.integer_or_none("sampling_step"),
        one.number_or_none("sigma"),
        one.text("content", "x0"),
        *(one.integer(name) for name in ("left", "top", "width", "height")),
        one.text("sha256", ""),
    )
