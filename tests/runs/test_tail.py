"""Live reading: nothing twice, nothing missed."""

import sqlite3

import pytest

from diffusion.events import Metric, Progress
from runs.ingest import catch_up, ingest, reindex
from runs.log import Log
from runs.processes import this_process
from runs.store import Store
from runs.tail import Tail
from tests.runs.conftest import attempt
from tests.workbench.streams import training


class Writer:
    """One attempt that goes on for as long as the test likes."""

    def __init__(self, folder):
        self.folder = folder
        self.log = Log.new(folder, "attempt")
        self.log.add("attempt", {"format": 1, **this_process(), "command": "x"})

    def write(self, home, *steps, names=("train/loss",)):
        for step in steps:
            self.log.add("metrics", {"step": step, "values": dict.fromkeys(names, step / 10)})
        self.log.flush()
        with Store.write(home) as store:
            ingest(store, self.folder.path)


def told(points):
    return [(point.run, point.name, point.attempt, point.step) for point in points]


def test_what_is_new_once(home, made):
    """In the order of recording, with its value and time; nothing when nothing is new."""
    writer = Writer(made())
    writer.write(home, 1, 2)
    with Store.read(home) as store:
        tail = Tail(store, [1])
        assert tail.read() == []
        writer.write(home, 3, 4)
        points = tail.read()
        assert told(points) == [(1, "train/loss", 1, 3), (1, "train/loss", 1, 4)]
        assert [point.value for point in points] == [0.3, 0.4]
        assert points[0].time is not None
        assert tail.read() == []
        writer.write(home, 5, names=("train/loss", "val/loss"))
        assert sorted(told(tail.read())) == [(1, "train/loss", 1, 5), (1, "val/loss", 1, 5)]
        assert tail.read() == []


def test_from_the_start(home, made):
    """All of it first, then what is new."""
    writer = Writer(made())
    writer.write(home, 1, 2)
    with Store.read(home) as store:
        tail = Tail(store, [1], from_start=True)
        assert [point.step for point in tail.read()] == [1, 2]
        assert tail.read() == []
        writer.write(home, 3)
        assert [point.step for point in tail.read()] == [3]


def test_only_the_runs_that_are_watched(home, made):
    """Others cost nothing."""
    first, second = Writer(made("first")), Writer(made("second"))
    first.write(home, 1)
    second.write(home, 1)
    with Store.read(home) as store:
        tail, nobody = Tail(store, [2]), Tail(store, [])
        first.write(home, 2)
        second.write(home, 2)
        assert told(tail.read()) == [(2, "train/loss", 1, 2)]
        assert nobody.read() == []


def test_over_attempts(home, made):
    """A resumed run does steps again: they are new points of a new attempt."""
    folder = made()
    Writer(folder).write(home, *range(1, 8))
    with Store.read(home) as store:
        tail = Tail(store, [1])
        again = Writer(folder)
        again.write(home, 4, 5)
        again.write(home, 6, 7, 8)
        assert told(tail.read()) == [(1, "train/loss", 2, step) for step in (4, 5, 6, 7, 8)]
        again.write(home, 9)
        assert [point.step for point in tail.read()] == [9]


def test_over_a_reindex(home, made):
    """Two runs that trained side by side get other series in the new database; the cursors stay true."""
    first, second = Writer(made("first")), Writer(made("second"))
    first.write(home, 1, names=("a",))
    second.write(home, *range(1, 9), names=("b",))
    first.write(home, *range(2, 5), names=("a", "c"))
    series = "select runs.name, series.name, series.id from series join runs on runs.number = run order by 1, 2"
    with Store.read(home) as store:
        before = store.db.execute(series).fetchall()
        tail = Tail(store, [1, 2])
        reindex(home)
        assert store.db.execute(series).fetchall() != before
        assert tail.read() == []
        second.write(home, 9, names=("b",))
        first.write(home, 5, names=("c",))
        assert sorted(told(tail.read())) == [(1, "c", 1, 5), (2, "b", 1, 9)]


def test_a_value_that_is_not_a_number(home, made):
    """A gap, and told once."""
    folder = made()
    with Store.read(home) as store:
        pass
    attempt(folder, training(5, nan_at=3))
    catch_up(home)
    with Store.read(home) as store:
        losses = [point for point in Tail(store, [1], from_start=True).read() if point.name == "train/loss"]
        assert [(point.step, point.value) for point in losses] == [(1, 1.0), (2, 0.5), (3, None)]


def test_nothing_is_read_while_nothing_is_written(home, made):
    """One pragma a look."""
    writer = Writer(made())
    writer.write(home, 1)
    with Store.read(home) as store:
        tail = Tail(store, [1])
        tail.read()
        asked = []
        store.db.set_trace_callback(asked.append)
        for _ in range(5):
            tail.read()
        assert asked == ["pragma data_version"] * 5
        writer.write(home, 2)
        asked.clear()
        assert len(tail.read()) == 1
        assert len(asked) == 3


def test_a_look_reads_only_the_metrics_that_grew(home, made):
    """Of fifty metrics one has grown: one is read, from its cursor on."""
    writer = Writer(made())
    names = [f"m{number}" for number in range(50)]
    writer.write(home, *range(1, 20), names=names)
    with Store.read(home) as store:
        tail = Tail(store, [1])
        tail.read()
        writer.write(home, 20, names=("m7",))
        asked = []
        store.db.set_trace_callback(asked.append)
        assert told(tail.read()) == [(1, "m7", 1, 20)]
        assert [text.split(" from ")[1].split()[0] for text in asked if "from" in text] == ["series", "points"]
        plan = store.db.execute(
            "explain query plan select * from points where series = 1 and (attempt, step) > (1, 2) "
            "order by attempt, step"
        ).fetchall()
        assert [row[3] for row in plan] == ["SEARCH points USING PRIMARY KEY (series=? AND (attempt,step)>(?,?))"]


def test_a_database_of_the_first_version(home, made):
    """Its series do not say in which attempt they ended; after the migration they do."""
    folder = made()
    Writer(folder).write(home, *range(1, 8))
    Writer(folder).write(home, 4, 5)
    with sqlite3.connect(home.database) as db:
        db.execute("update series set last_attempt = null")
        from runs.schema import SECOND

        (fill,) = [statement for statement in SECOND if statement.startswith("update series")]
        db.execute(fill)
    with Store.read(home) as store:
        assert Tail(store, [1]).read() == []


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_every_point_of_a_training_comes_once(home, made, chunk):
    """However often somebody looks."""
    folder, seen = made(), []
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "x"})
    from runs.record import record

    catch_up(home)
    with Store.read(home) as store:
        tail = Tail(store, [1])
        for number, event in enumerate(record(training(50), folder, log)):
            if number % chunk == 0 and isinstance(event, Metric | Progress):
                with Store.write(home) as writer:
                    ingest(writer, folder.path)
                seen += tail.read()
        catch_up(home)
        seen += tail.read()
    losses = [(point.step, point.value) for point in seen if point.name == "train/loss"]
    assert losses == [(step, 1 / step) for step in range(1, 51)]
    assert len(seen) == len(set(told(seen))) == 50 * 2 + 2
