"""One run's curves as arrays, read in portions from where the last look ended; `runs.tail` tells the news of many.

Long curves come twice: first an outline of some points each, found without passing over the others, so that all of them
can be drawn at once; then every point, from the first, curve by curve.
"""

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from runs.store import Store

Floats = NDArray[np.float64]
PORTION = 50_000  # points a look, about: 20 ms
OUTLINE = 400  # points of a curve's outline, about: two for each column of dots of a chart at 200x60

_AFTER = "from points where series = ? and attempt = ? and step > ? order by step limit ?"
_ALL = f"select step, coalesce(value, 9e999), coalesce(time, 9e999) {_AFTER}"
_VALUES = f"select coalesce(value, 9e999) {_AFTER}"
_FROM_NTH = f"select step {_AFTER} offset ?"
_NEXT = "select attempt, step from points where series = ? and (attempt, step) > (?, ?) order by attempt, step limit 1"
_LAST = "select max(step) from points where series = ? and attempt = ?"
_TIME = "select time from points where series = ? and attempt = ? and step = ?"
_OUTLINE = (
    "with recursive places(place) as (select ?3 union all select place + ?5 from places where place + ?5 < ?4) "
    "select distinct step, coalesce(value, 9e999), coalesce(time, 9e999) "
    "from (select place from places union all select ?4) join points on series = ?1 and attempt = ?2 and step = "
    "(select min(step) from points where series = ?1 and attempt = ?2 and step >= place) order by step"
)


@dataclass(frozen=True, eq=False)
class Stretch:
    """Points of one metric that one attempt recorded, by rising step, float64 [N] each; a value may be NaN.

    A stretch that begins before the end of an earlier one of the same metric replaces that from there on.
    """

    name: str
    attempt: int
    steps: Floats
    values: Floats
    times: Floats  # seconds since 1970


class _Series(NamedTuple):
    """A metric of the run and the place of its newest point."""

    id: int
    name: str
    attempt: int
    step: int


class _Steps(NamedTuple):
    """The steps, without a hole, and the times that one metric had behind a place."""

    steps: Floats
    times: Floats


class Curves:
    """A cursor into the points of one run: of all its metrics, or of those that are named."""

    def __init__(self, run: int, only: tuple[str, ...] = ()) -> None:
        self.run, self.only = run, only
        self.more = True
        self.names: tuple[str, ...] = ()  # of the metrics, also of those that are read with the next look
        self._cursors: dict[int, tuple[int, int]] = {}
        self._parts: dict[int, list[Stretch]] = {}  # of metrics of which a portion has been read
        self._shared: dict[tuple[int, int], _Steps] = {}  # by attempt and the step before
        self._outlined = False

    def read(self, store: "Store", first: tuple[str, ...] = ()) -> list[Stretch]:
        """What is new, some metrics a look, those named first before others; then `more` says whether to look again."""
        rows = store.db.execute(
            "select id, name, coalesce(last_attempt, 1), last_step from series where run = ? order by name", (self.run,)
        )
        every = [_Series(*row) for row in rows if row[3] is not None and (not self.only or row[1] in self.only)]
        self.names = tuple(one.name for one in every)
        every.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
        if not self._outlined:
            self._outlined = True
            if outline := _outline(store, every):
                self.more = True
                return outline
        return self._portion(store, every)

    def _portion(self, store: "Store", every: list[_Series]) -> list[Stretch]:
        found: list[Stretch] = []
        read = 0
        for one in every:
            while (one.attempt, one.step) != self._cursors.get(one.id) and read < PORTION:
                count = self._read_on(store, one)
                read += count
                if not count:
                    break
            whole = (one.attempt, one.step) == self._cursors.get(one.id) or read < PORTION
            if whole:
                found += _joined(self._parts.pop(one.id, []))
            if read >= PORTION:
                break
        self.more = read >= PORTION
        if not self.more:
            self._shared.clear()
        return found

    def _read_on(self, store: "Store", one: _Series) -> int:
        """Keep the next points of a metric, of one attempt, and go on behind them; how many there were."""
        place = store.db.execute(_NEXT, (one.id, *self._cursors.get(one.id, (0, -1)))).fetchone()
        if place is None:
            return 0
        attempt, step = place
        known = self._cursors.get(one.id, (0, -1))
        after = known[1] if known[0] == attempt else min(step, 0) - 1
        stretch = self._stretch(store, one, attempt, after, step)
        self._parts.setdefault(one.id, []).append(stretch)
        self._cursors[one.id] = (attempt, int(stretch.steps[-1]))
        return len(stretch.steps)

    def _stretch(self, store: "Store", one: _Series, attempt: int, after: int, first: int) -> Stretch:
        """At most a portion of an attempt's points, from step first on.

        Metrics that were logged together have the same steps and times, of which only the first one's are read.
        """
        place = (one.id, attempt, after, PORTION)
        shared = self._shared.get((attempt, after))
        if shared is not None and shared.steps[0] == first and _shares(store, place, shared):
            values = np.fromiter(chain.from_iterable(store.db.execute(_VALUES, place)), np.float64)
            return Stretch(one.name, attempt, shared.steps, _finite(values), shared.times)
        table = np.fromiter(chain.from_iterable(store.db.execute(_ALL, place)), np.float64).reshape(-1, 3)
        steps, values, times = np.ascontiguousarray(table.T)
        stretch = Stretch(one.name, attempt, steps, _finite(values), _finite(times))
        if steps[-1] - steps[0] + 1 == len(steps):
            self._shared.setdefault((attempt, after), _Steps(steps, stretch.times))
        return stretch


def _shares(store: "Store", place: tuple[int, int, int, int], shared: _Steps) -> bool:
    """Whether a metric, whose first step is the same, has just these steps, the first and last at the same times."""
    first, last, count = int(shared.steps[0]), int(shared.steps[-1]), len(shared.steps)
    tail = store.db.execute(_FROM_NTH, (*place[:3], 1 + (count < PORTION), count - 1)).fetchall()
    if tail != [(last,)]:  # else so many steps from the first to the last are all that there can be between them
        return False
    ends = ((first, shared.times[0]), (last, shared.times[-1]))
    return all(store.db.execute(_TIME, (*place[:2], step)).fetchone() == (time,) for step, time in ends)


def _outline(store: "Store", every: list[_Series]) -> list[Stretch]:
    """Some points of each metric, its first and last among them; none when all can be read in one look."""
    extents = [(one, extent) for one in every for extent in _extents(store, one)]
    if sum(last - first + 1 for _, (_, first, last) in extents) <= PORTION:
        return []
    found = []
    for one, (attempt, first, last) in extents:
        apart = max(1, (last - first) // OUTLINE)
        rows = store.db.execute(_OUTLINE, (one.id, attempt, first, last, apart))
        table = np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, 3)
        found.append(Stretch(one.name, attempt, table[:, 0], _finite(table[:, 1]), _finite(table[:, 2])))
    return found


def _extents(store: "Store", one: _Series) -> list[tuple[int, int, int]]:
    """Each attempt of a metric with its first and last step."""
    found: list[tuple[int, int, int]] = []
    attempt = 0
    while place := store.db.execute(_NEXT, (one.id, attempt, 2**62)).fetchone():
        attempt = place[0]
        found.append((attempt, place[1], store.db.execute(_LAST, (one.id, attempt)).fetchone()[0]))
    return found


def _joined(parts: list[Stretch]) -> list[Stretch]:
    """Stretches of one metric, those of an attempt as one."""
    found: list[Stretch] = []
    for attempt in dict.fromkeys(part.attempt for part in parts):
        own = [part for part in parts if part.attempt == attempt]
        arrays = (np.concatenate([getattr(part, name) for part in own]) for name in ("steps", "values", "times"))
        found.append(own[0] if len(own) == 1 else Stretch(own[0].name, attempt, *arrays))
    return found


def _finite(values: Floats) -> Floats:
    """values with NaN for infinity."""
    return np.where(np.isinf(values), np.nan, values)


def newest_timestep_loss(store: "Store", run: int) -> int:
    """A number that grows with each loss by noise level that is recorded of a run; 0 without any."""
    (newest,) = store.db.execute("select max(rowid) from timestep_losses where run = ?", (run,)).fetchone()
    return newest or 0
