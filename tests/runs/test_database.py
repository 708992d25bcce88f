"""The database's file."""

import sqlite3

import pytest

from diffusion.errors import UserError
from runs.ingest import catch_up
from runs.schema import APPLICATION_ID, FIRST, VERSION
from runs.store import Store
from tests.runs.conftest import line

BAD_DATABASES = [
    pytest.param(
        f"pragma user_version = {VERSION + 1}",
        f"{{path}} is of version {VERSION + 1}, this workbench knows versions up to {VERSION}; "
        "next: a newer workbench, or move that file away and workbench reindex",
        id="newer",
    ),
    pytest.param(
        "pragma application_id = 7",
        "{path} is a database of another program; next: move it away, then workbench reindex",
        id="another program's",
    ),
]


@pytest.mark.parametrize(("change", "message"), BAD_DATABASES)
@pytest.mark.parametrize("opened", [Store.read, Store.write])
def test_databases_that_are_not_ours(home, recorded, change, message, opened):
    """Version and way out."""
    catch_up(home)
    with sqlite3.connect(home.database) as db:
        db.execute(change)
    with pytest.raises(UserError) as caught, opened(home):
        pass
    assert str(caught.value) == message.format(path=home.database)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(lambda data: b"no database" * 100, "file is not a database", id="no database"),
        pytest.param(lambda data: data[:6000], "database disk image is malformed", id="truncated"),
    ],
)
@pytest.mark.parametrize("opened", [Store.read, Store.write])
def test_damaged_databases(home, recorded, data, why, opened):
    """Nothing is lost: the logs hold it all."""
    catch_up(home)
    home.database.write_bytes(data(home.database.read_bytes()))
    with pytest.raises(UserError) as caught, opened(home):
        pass
    assert str(caught.value) == f"{home.database} is damaged ({why}), no run is lost; next: workbench reindex"


def test_an_empty_file_is_a_database_to_be_made(home, recorded):
    """What a full disk may leave behind."""
    home.database.touch()
    assert catch_up(home) == []
    with Store.read(home) as store:
        assert store.find("first").step == 20


def test_a_link_in_place_of_the_database(home, recorded, tmp_path):
    """Never followed."""
    home.database.symlink_to(tmp_path / "elsewhere.db")
    (tmp_path / "elsewhere.db").touch()
    with pytest.raises(UserError) as caught:
        catch_up(home)
    assert str(caught.value) == f"{home.database} is not a plain file; next: move it away, then workbench reindex"


def test_a_database_that_waits_for_a_migration(home, recorded):
    """Looking brings it to this version; only reading says what to do."""
    home.make()
    with sqlite3.connect(home.database) as db:
        db.execute("pragma user_version = 0")
    with pytest.raises(UserError) as caught, Store.read(home):
        pass
    told = f"{home.database} is of version 0, this workbench reads version {VERSION}; next: workbench reindex"
    assert str(caught.value) == told
    assert catch_up(home) == []
    with Store.read(home) as store:
        assert store.query("pragma user_version").rows == ((VERSION,),)


def test_two_that_migrate_at_once(home):
    """Either one makes the tables, and both can use them."""
    with Store.write(home) as first, Store.write(home) as second:
        assert first.runs() == second.runs() == []


def test_a_full_disk_still_shows_what_there_is(home, recorded, monkeypatch):
    """Where no shared memory can be made beside it, the file alone is read."""
    import runs.database

    catch_up(home)
    real, how = runs.database._version, []

    def version(db, path):
        if len(how) == 0:
            how.append(db)
            raise runs.database.UnavailableDatabaseError("disk I/O error")
        return real(db, path)

    monkeypatch.setattr("runs.database._version", version)
    with Store.read(home) as store:
        assert store.find("first").step == 20
    assert how


def test_a_home_that_cannot_be_written_still_shows_what_there_is(home, recorded, monkeypatch):
    """And says that it may not be all."""
    import os

    catch_up(home)
    line(recorded.log, '{"event":"alert","time":2,"level":"info","text":"new","step":1}\n')
    real = os.access
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK and real(path, mode))
    assert catch_up(home) == [
        f"some of what runs have logged is not shown: the home {home.root} cannot be written: Permission denied; "
        "next: the same command with --home FOLDER"
    ]
    with Store.read(home) as store:
        assert store.find("first").step == 20


def first_version(home, folder):
    """A database as the first version of the tables had it, made by its own statements, with rows of a run."""
    home.make()
    with sqlite3.connect(home.database) as db:
        for statement in FIRST:
            db.execute(statement)
        db.execute(f"pragma application_id = {APPLICATION_ID}")
        db.execute("pragma user_version = 1")
        db.execute(
            "insert into runs (number, id, name, status, step, created, starred, tags, notes, folder, config) "
            "values (7, ?, 'first', 'stopped', 9, 5.0, 1, '[\"a\"]', 'mine', 'first', '{}')",
            (folder.id,),
        )
        db.execute(
            "insert into attempts (run, number, started, ended, outcome, heartbeat, step) "
            "values (7, 1, 6.0, 8.0, 'stopped', 8.0, 9), (7, 2, 9.0, 10.0, 'stopped', 10.0, 6)"
        )
        db.execute("insert into series (id, run, name, last_step, last_value) values (3, 7, 'train/loss', 6, 0.5)")
        db.execute("insert into points values (3, 1, 9, 0.25, 7.0), (3, 2, 6, 0.5, 9.5)")
        db.execute("insert into commands (run, what, asked) values (7, 'stop', 6.5)")
        db.execute("insert into alerts values (7, 1, 'warning', 2, 'hot', 6.1)")
    db.close()


def test_from_the_first_version_to_this_one(home, made):
    """Every row stays, the new columns know what can be known, and the runs can be asked for things from then on."""
    from runs.requests import ask
    from runs.tail import Tail

    folder = made()
    first_version(home, folder)
    with Store.write(home) as store:
        assert store.db.execute("pragma user_version").fetchone() == (VERSION,)
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
        run = store.find("first")
        assert (run.number, run.status, run.step, run.tags) == (7, "stopped", 9, ("a",))
        assert (run.notes, run.starred) == ("mine", True)
        outcomes = [(one.number, one.outcome, one.step) for one in store.attempts(run)]
        assert outcomes == [(1, "stopped", 9), (2, "stopped", 6)]
        assert [point.step for point in store.points(run, "train/loss")] == [6, 9]
        assert [alert.text for alert in store.alerts(run)] == ["hot"]
        assert store.db.execute("select last_attempt from series").fetchall() == [(2,)]
        assert Tail(store, [7]).read() == []
        tables = {row[0] for row in store.db.execute("select name from sqlite_schema where type = 'table'")}
        assert "requests" in tables
        assert "commands" not in tables
    ask(folder, "pause")
    ask(folder, "tag", ["b"])
    assert catch_up(home) == []
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.tags, run.status) == (
            ("a", "b"),
            "stopped",
        )  # paused before its first attempt, as far as the folder knows


def test_a_migration_that_fails_changes_nothing(home, made, monkeypatch):
    """The old tables are there, whole, for the workbench that made them."""
    first_version(home, made())
    broken = ("alter table runs add column asked text", "drop table commands", "no SQL")
    monkeypatch.setattr("runs.schema.MIGRATIONS", (FIRST, broken))
    with pytest.raises(sqlite3.OperationalError), Store.write(home):
        pass
    with sqlite3.connect(home.database) as db:
        assert db.execute("pragma user_version").fetchone() == (1,)
        assert db.execute("select what from commands").fetchall() == [("stop",)]
        assert "asked" not in [row[1] for row in db.execute("pragma table_info(runs)")]


def test_the_same_tables_either_way(home, made, tmp_path):
    """A database that was migrated has the columns of one that was made new."""
    from runs.home import Home

    shape = "select type, name, sql from sqlite_schema where sql is not null order by type, name"
    first_version(home, made())
    with Store.write(home) as store:
        old = store.db.execute(shape).fetchall()
    with Store.write(Home(tmp_path / "new")) as store:
        assert store.db.execute(shape).fetchall() == old
