"""One run's curves as arrays, read in portions from where the last look ended; `runs.tail` tells the news of many."""

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from runs.store import Store

Floats = NDArray[np.float64]
PORTION = 50_000  # points a look, about: 30 ms


@dataclass(frozen=True, eq=False)
class Stretch:
    """Points of one metric that one attempt recorded, by rising step, float64 [N] each; a value may be NaN."""

    name: str
    attempt: int
    steps: Floats
    values: Floats
    times: Floats  # seconds since 1970


class Curves:
    """A cursor into the points of one run."""

    def __init__(self, run: int) -> None:
        self.run = run
        self.more = True
        self.names: tuple[str, ...] = ()  # of all the run's metrics, also of those that are read with the next look
        self._cursors: dict[int, tuple[int, int]] = {}

    def read(self, store: "Store", first: tuple[str, ...] = ()) -> list[Stretch]:
        """What is new, some metrics a look, those named first before others; then `more` says whether to look again."""
        rows = store.db.execute("select id, name from series where run = ? order by name", (self.run,)).fetchall()
        self.names = tuple(name for _, name in rows)
        rows.sort(key=lambda row: first.index(row[1]) if row[1] in first else len(first))
        found: list[Stretch] = []
        read = 0
        self.more = False
        for series, name in rows:
            if read >= PORTION:
                self.more = True
                break
            stretches = self._new(store, series, name)
            read += sum(len(one.steps) for one in stretches)
            found += stretches
        return found

    def _new(self, store: "Store", series: int, name: str) -> list[Stretch]:
        answer = store.db.execute(
            "select attempt, step, coalesce(value, 9e999), coalesce(time, 9e999) from points "  # 9e999 is infinity
            "where series = ? and (attempt, step) > (?, ?) order by attempt, step",
            (series, *self._cursors.get(series, (0, -1))),
        )
        table = np.fromiter(chain.from_iterable(answer), dtype=np.float64).reshape(-1, 4)
        if not len(table):
            return []
        self._cursors[series] = (int(table[-1, 0]), int(table[-1, 1]))
        table[:, 2:][np.isinf(table[:, 2:])] = np.nan
        parts = np.split(table, np.flatnonzero(np.diff(table[:, 0])) + 1)
        return [Stretch(name, int(part[0, 0]), part[:, 1], part[:, 2], part[:, 3]) for part in parts]


def newest_timestep_loss(store: "Store", run: int) -> int:
    """A number that grows with each loss by noise level that is recorded of a run; 0 without any."""
    (newest,) = store.db.execute("select max(rowid) from timestep_losses where run = ?", (run,)).fetchone()
    return newest or 0
