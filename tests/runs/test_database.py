"""The database's file."""

import sqlite3

import pytest

from diffusion.errors import UserError
from runs.ingest import catch_up
from runs.schema import VERSION
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
