"""What judges said, from a log's lines to rows, inside the transaction of whoever reads the log."""

import sqlite3
from collections.abc import Callable
from typing import Any

from runs.lines import BadLineError, Line, number_or_none

MOST_POINTS = 100_000  # of one curve


def judge_lines(db: sqlite3.Connection, run: int, attempt: int | None) -> dict[str, Callable[[Line], None]]:
    """What takes a line of each of the judges' events. Each raises BadLineError, and stores none of a bad line."""
    return {
        "evaluation": lambda line: _evaluation(db, (run, attempt), line),
        "baseline": lambda line: _baseline(db, line),
        "clip_scores": lambda line: _clip_scores(db, (run, attempt), line),
        "curve": lambda line: _curve(db, (run, attempt), line),
    }


def _evaluation(db: sqlite3.Connection, of: tuple[int, int | None], line: Line) -> None:
    judged = line.integer("step"), line.text("judge"), line.text("name"), line.integer_or_none("label")
    beside = line.integer_or_none("sample_set"), line.text("prompts", ""), line.text("baseline_set", "") or None
    db.execute(
        "insert into evaluations (run, attempt, step, judge, name, label, value, low, high, n, "
        "sample_set, prompts, baseline_set, time) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*of, *judged, *_figures(line), *beside, line.time),
    )


def _baseline(db: sqlite3.Connection, line: Line) -> None:
    """One of a set that is there already has the same numbers: sets are named by their content."""
    of = line.text("baseline_set"), line.text("dataset"), line.integer("size"), line.integer("channels")
    judge = line.text("judge"), line.text("prompts"), line.number("blur"), line.text("classes")
    known = line.text("name"), line.text("pictures"), line.integer_or_none("label")
    db.execute(
        "insert or ignore into baselines (baseline_set, dataset, size, channels, judge, prompts, blur, classes, "
        "name, pictures, label, value, low, high, n, time) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*of, *judge, *known, *_figures(line), line.time),
    )


def _figures(line: Line) -> tuple[float | None, float | None, float | None, int]:
    value, low, high = (line.number_or_none(name) for name in ("value", "low", "high"))
    return value, low, high, line.integer("n")


def _clip_scores(db: sqlite3.Connection, of: tuple[int, int | None], line: Line) -> None:
    shared = line.integer_or_none("sample_set"), line.integer("step")
    judge = tuple(line.text(name) for name in ("judge", "model", "weights", "prompts"))
    rows = []
    for one in map(Line.of, line.items("scores")):
        named = one.text("sha256"), one.integer("label"), one.integer("best")
        rows.append(
            (*of, *shared, *judge, *named, *(one.number(name) for name in ("cosine", "probability")), line.time)
        )
    db.executemany(
        "insert or replace into clip_scores (run, attempt, sample_set, step, judge, model, weights, prompts, "
        "sha256, label, best, cosine, probability, time) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _curve(db: sqlite3.Connection, of: tuple[int, int | None], line: Line) -> None:
    shared = line.integer_or_none("sample_set"), line.integer("step")
    named = *(line.text(name) for name in ("judge", "name", "axis")), line.integer_or_none("label")
    points = [_point(one) for one in line.items("points")[:MOST_POINTS]]
    db.executemany(
        "insert into curves (run, attempt, sample_set, step, judge, name, axis, label, x, y, time) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*of, *shared, *named, x, y, line.time) for x, y in points],
    )


def _point(value: Any) -> tuple[float, float | None]:
    if not isinstance(value, list) or len(value) != 2 or (x := number_or_none("x", value[0])) is None:
        raise BadLineError("a point of a curve is not two numbers")
    return x, number_or_none("y", value[1])
