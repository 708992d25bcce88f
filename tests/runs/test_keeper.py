"""A database that keeps up with a log, and never stops its worker."""

from contextlib import closing

from runs.ingest import catch_up
from runs.keeper import Keeper
from runs.log import Log
from runs.record import record
from runs.store import Store
from tests.workbench.streams import training


def kept(folder, home, told):
    """A training, recorded, with the database kept up after each event; told collects what there was to tell."""
    keeper = Keeper(folder.path, home)
    with closing(record(training(12), folder, Log.new(folder, "attempt"))) as events:
        for event in events:
            told.append(keeper.tick())
            yield event
    told.append(keeper.finish())


def test_a_database_that_cannot_be_written_stops_nothing(home, made, monkeypatch):
    """The person is told once; a later look reads it all from the log."""
    for name, seconds in (("EVERY_S", 0), ("AFTER_FAILURE_S", 0), ("SHORT_WAIT_S", 0.001), ("LAST_WAIT_S", 0.001)):
        monkeypatch.setattr(f"runs.keeper.{name}", seconds)
    folder, told = made(), []
    with Store.write(home) as other, other.transaction():
        assert list(kept(folder, home, told))
    assert [text for text in told if text] == [
        f"the database cannot be written: {home.database} is locked by another program; "
        "the run goes on, and its log has all of it"
    ]
    assert catch_up(home) == []
    with Store.read(home) as store:
        assert store.find("first").status == "completed"


def test_a_deleted_database_is_made_again(home, made, monkeypatch):
    """Also while a worker has it open."""
    monkeypatch.setattr("runs.keeper.EVERY_S", 0)
    monkeypatch.setattr("runs.keeper.SHARE", 1e9)
    told = []
    for event in kept(made(), home, told):
        if getattr(event, "done", 0) == 6:
            for path in home.root.glob("workbench.db*"):
                path.unlink()
    assert not any(told)
    with Store.read(home) as store:
        assert len(store.points(store.find("first"), "train/loss")) == 12


def test_little_of_the_workers_time(home, made, monkeypatch):
    """The next time is the later, the longer the last one took."""
    now = [0.0]
    monkeypatch.setattr("runs.keeper.time.monotonic", lambda: now[0])
    keeper = Keeper(made().path, home)
    tries = []

    def slow(wait_s):
        tries.append(now[0])
        now[0] += 0.1
        return ""

    monkeypatch.setattr(keeper, "_try", slow)
    while now[0] < 60:
        keeper.tick()
        now[0] += 0.5
    assert sum(0.1 for _ in tries) / 60 < 0.006
