"""Live reading: the points that are new since the last look, of as many runs as are watched. Nothing is read twice."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from runs.store import Store


class NewPoint(NamedTuple):
    """One number that has been recorded since the last look."""

    run: int  # number
    name: str
    attempt: int
    step: int
    value: float | None
    time: float | None


class Tail:
    """A cursor into the points of some runs: for each run and metric, attempt and step, which outlive a reindex."""

    def __init__(self, store: "Store", runs: Iterable[int], *, from_start: bool = False) -> None:
        self._store = store
        self._runs = tuple(runs)
        self._version = -1
        self._cursors: dict[tuple[int, str], tuple[int, int]] = {}
        if not from_start:
            self._cursors = {(run, name): last for _, run, name, last in self._series()}

    def read(self) -> list[NewPoint]:
        """What is new, metric by metric in the order of recording. Costs one pragma when nothing was written."""
        (version,) = self._store.db.execute("pragma data_version").fetchone()
        if version == self._version:
            return []
        self._version = version
        found: list[NewPoint] = []
        for series, run, name, last in self._series():
            cursor = self._cursors.get((run, name), (0, -1))
            if last == cursor:
                continue
            rows = self._store.db.execute(
                "select attempt, step, value, time from points where series = ? and (attempt, step) > (?, ?) "
                "order by attempt, step",
                (series, *cursor),
            ).fetchall()
            found += [NewPoint(run, name, *row) for row in rows]
            if rows:
                self._cursors[run, name] = (rows[-1][0], rows[-1][1])
        return found

    def _series(self) -> list[tuple[int, int, str, tuple[int, int]]]:
        """The metrics of the watched runs, each with its newest attempt and step."""
        marks = ", ".join("?" * len(self._runs))
        rows = self._store.db.execute(
            f"select id, run, name, coalesce(last_attempt, 1), last_step from series where run in ({marks})",  # noqa: S608
            self._runs,
        )
        return [(series, run, name, (attempt, step)) for series, run, name, attempt, step in rows]
