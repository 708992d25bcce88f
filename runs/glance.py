"""What a list shows of many runs at once. The cost of each question does not grow with the length of the curves."""

from collections.abc import Iterable
from typing import NamedTuple

from runs.records import Alert
from runs.store import Store

LOSS = "train/loss"
LAST = 20  # points whose mean is a smoothed value
EACH = 4  # points averaged for one place of a sparkline


def smoothed(store: Store, name: str = LOSS) -> dict[int, float]:
    """The mean of each run's newest points of a metric, by the run's number; runs that end in NaN have none.

    What an attempt told of steps that a newer one has done again does not count.
    """
    rows = store.db.execute(
        "select run, (select avg(value) from (select value from points where series = series.id and not exists "
        "(select 1 from points as newer where newer.series = points.series and newer.attempt > points.attempt "
        "and newer.step <= points.step) "
        "order by attempt desc, step desc limit ?2)) from series where name = ?1 and last_value is not null",
        (name, LAST),
    )
    return {run: mean for run, mean in rows if mean is not None}


def sparkline_values(store: Store, run: int, width: int, name: str = LOSS) -> tuple[float | None, ...]:
    """width means of a few neighbouring points, evenly spread over all attempts' steps, as Store.points joins them."""
    series = store.db.execute("select id from series where run = ? and name = ?", (run, name)).fetchone()
    if series is None:
        return ()
    parts = _parts(store, run, series[0])
    if not parts:
        return ()
    first, last = min(part.first for part in parts), max(part.last for part in parts)
    steps = [first + (last - first) * place // width for place in range(width)]
    return tuple(_mean(store, series[0], _attempt_at(parts, step), step) for step in steps)


class _Part(NamedTuple):
    """The steps at which an attempt told a metric."""

    attempt: int
    first: int
    last: int


def _parts(store: Store, run: int, series: int) -> list[_Part]:
    """Of each attempt that told it, the newest first. Two look-ups an attempt, however many points it has."""
    rows = store.db.execute(
        "select number, (select min(step) from points where series = ?1 and attempt = number), "
        "(select max(step) from points where series = ?1 and attempt = number) "
        "from attempts where run = ?2 order by number desc",
        (series, run),
    )
    return [_Part(*row) for row in rows if row[1] is not None]


def _attempt_at(parts: list[_Part], step: int) -> int:
    """The newest attempt that was at a step; between two, the one that tells of the next step."""
    later = [part for part in parts if part.last >= step]
    return next((part for part in later if part.first <= step), min(later, key=lambda part: part.first)).attempt


def _mean(store: Store, series: int, attempt: int, step: int) -> float | None:
    (mean,) = store.db.execute(
        "select avg(value) from (select value from points where series = ? and attempt = ? and step >= ? limit ?)",
        (series, attempt, step, EACH),
    ).fetchone()
    return None if mean is None else float(mean)


def clip_scores(store: Store) -> dict[int, float]:
    """The newest CLIP score of each run over all classes, 100 times the mean cosine, by the run's number.

    The run's own; what was asked for beside it, of other pictures or with other prompts, stands in where it has none.
    """
    rows = store.db.execute(
        "select run, 100 * value from evaluations where name = 'cosine' and label is null and value is not null "
        "order by attempt is not null, rowid"
    )
    return dict(rows.fetchall())


def newest_alerts(store: Store, most: int = 200) -> list[tuple[int, Alert]]:
    """The newest alerts of all runs with their runs' numbers, newest first; each text of a run once."""
    rows = store.db.execute(
        "select run, level, step, text, min(time), sample_set from alerts group by run, level, step, text, sample_set "
        "order by max(rowid) desc limit ?",
        (most,),
    )
    return [(run, Alert(*rest)) for run, *rest in rows]


def tables(store: Store) -> dict[str, tuple[str, ...]]:
    """The columns of each table and view, by its name."""
    rows = store.db.execute(
        "select kept.name, columns.name from sqlite_schema as kept, pragma_table_info(kept.name) as columns "
        "where kept.type in ('table', 'view') order by kept.type desc, kept.name, columns.cid"
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def last_values(store: Store, names: Iterable[str]) -> dict[int, dict[str, float]]:
    """The newest value of some metrics of each run, by the run's number."""
    wanted = tuple(names)
    marks = ", ".join("?" * len(wanted))
    rows = store.db.execute(f"select run, name, last_value from series where name in ({marks})", wanted)  # noqa: S608 marks
    found: dict[int, dict[str, float]] = {}
    for run, name, value in rows:
        if value is not None:
            found.setdefault(run, {})[name] = value
    return found
