"""Whether home and database are in order, and what to type where they are not."""

import os
import shutil
import sqlite3
import subprocess
from collections import namedtuple

import pytest

from runs import checkup, schema
from runs.checkup import Finding, home_state, store_state
from runs.home import Home
from runs.ingest import catch_up, reindex
from tests.runs.conftest import attempt


@pytest.fixture
def kept(home, recorded):
    """A home with one run in its database."""
    catch_up(home)
    return home


def only(state) -> Finding:
    (finding,) = state.findings
    return finding


def test_an_absent_home(home, tmp_path):
    """Is no finding, and stays absent."""
    state = home_state(home)
    assert (state.exists, state.findings) == (False, ())
    assert state.free_bytes > 0
    store = store_state(home, full=True)
    assert (store.version, store.folders, store.findings) == (None, {}, ())
    assert list(tmp_path.iterdir()) == []


def test_a_home_in_order(kept, recorded):
    """Nothing to mend, nothing changed."""
    before = {path: path.stat().st_mtime_ns for path in kept.root.rglob("*")}
    assert home_state(kept).findings == ()
    state = store_state(kept, full=False)
    assert (state.version, state.journal, state.integrity) == (schema.VERSION, "wal", "quick_check ok")
    assert state.bytes >= kept.database.stat().st_size
    assert (state.folders, state.findings) == ({recorded.path.name: "first"}, ())
    assert store_state(kept, full=True).integrity == "integrity_check ok"
    kept_files = {path: path.stat().st_mtime_ns for path in kept.root.rglob("*") if path in before}
    assert kept_files == {path: time for path, time in before.items() if path in kept_files}
    assert {path.name for path in before} - {path.name for path in kept_files} <= {
        "workbench.db-wal",
        "workbench.db-shm",
    }


@pytest.mark.parametrize(
    ("mode", "what", "broken"),
    [
        pytest.param(0o750, "others may look into it (mode 0750, should be 0700)", False, id="group reads"),
        pytest.param(0o777, "others may write to it (mode 0777, should be 0700)", True, id="all write"),
    ],
)
def test_others_have_access(kept, mode, what, broken):
    """The command given takes it away from them."""
    kept.root.chmod(mode)
    found = only(home_state(kept))
    assert (found.what, found.path, found.broken) == (what, kept.root, broken)
    subprocess.run(found.mend, shell=True, check=True)
    assert home_state(kept).findings == ()


def test_a_home_of_another_person(kept, monkeypatch):
    """Whose folder it is."""
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    assert f"it belongs to user {os.getuid()}, not to you (user 4711)" in [
        one.what for one in home_state(kept).findings
    ]


def test_a_home_that_cannot_be_written(kept, monkeypatch):
    """Root may write anywhere, so the system's answer is changed here."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    found = home_state(kept).findings
    assert [(one.path, one.broken) for one in found] == [(kept.root, True), (kept.runs, True)]
    assert found[0].mend == f"chmod u+rwx {kept.root}"


def test_a_home_that_cannot_be_read(kept, monkeypatch):
    """What the system says is told."""

    def forbidden(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "disk_usage", forbidden)
    found = only(home_state(kept))
    assert (found.what, found.broken) == ("it cannot be read: Permission denied", True)


@pytest.mark.parametrize("there", ["the home", "above it"])
def test_a_file_in_place_of_the_home(tmp_path, there):
    """Said, whether it is the home's own name or that of a folder above it."""
    (tmp_path / "file").touch()
    home = Home(tmp_path / "file") if there == "the home" else Home(tmp_path / "file" / "home")
    found = only(home_state(home))
    assert found.broken
    assert "file" in found.what
    assert store_state(home, full=False).findings == ()  # one finding for one fault


def test_a_full_disk(kept, monkeypatch):
    """Below a gigabyte."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 123_456_789))
    found = only(home_state(kept))
    assert (found.what, found.broken) == ("only 123 MB of its disk are free", True)


def test_a_network_file_system(kept, monkeypatch):
    """Works, slowly."""
    monkeypatch.setattr("runs.home.file_system", lambda path: "nfs4")
    found = only(home_state(kept))
    assert "nfs4" in found.what
    assert not found.broken


def damage(home: Home, how: str) -> None:
    """Spoil a database in one of several ways."""
    if how == "no SQLite":
        home.database.write_bytes(b"spoiled" * 1000)
    elif how == "truncated":
        os.truncate(home.database, home.database.stat().st_size // 2)
    elif how == "a page overwritten":
        with home.database.open("r+b") as file:
            file.seek(5 * 4096)
            file.write(b"\xa5" * 8 * 4096)
    elif how == "a table missing":
        with sqlite3.connect(home.database) as db:
            db.execute("drop table points")
        db.close()
    for suffix in ("-wal", "-shm"):
        home.database.with_name(home.database.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("how", ["no SQLite", "truncated", "a page overwritten", "a table missing"])
def test_a_damaged_database(kept, how, full):
    """Found as broken; the command given is reindex, after which all is well and no run is lost."""
    damage(kept, how)
    state = store_state(kept, full=full)
    assert all(one.broken and one.path == kept.database for one in state.findings)
    assert {one.mend for one in state.findings} == {f"workbench reindex --home {kept.root}"}
    assert reindex(kept) == (1, [])
    after = store_state(kept, full=True)
    assert (list(after.folders.values()), after.findings) == (["first"], ())


def change(home: Home, pragma: str) -> None:
    db = sqlite3.connect(home.database)
    db.execute(pragma)
    db.close()


def test_a_newer_database(kept):
    """Its version, and what to do; not read."""
    change(kept, "pragma user_version = 999")
    state = store_state(kept, full=False)
    found = only(state)
    assert found.what == f"is of version 999, this workbench knows versions up to {schema.VERSION}"
    assert found.broken
    assert state.folders is None


def test_an_older_database(kept):
    """Is brought up to date by the next command that writes: nothing is broken."""
    change(kept, "pragma user_version = 0")
    found = only(store_state(kept, full=False))
    assert "version 0" in found.what
    assert not found.broken


def test_a_database_of_another_program(kept):
    """Is left alone."""
    change(kept, "pragma application_id = 5")
    found = only(store_state(kept, full=False))
    assert found.what.endswith("a database of another program")
    assert found.broken


@pytest.mark.parametrize("what", ["link", "folder"])
def test_no_file(kept, what):
    """A link or a folder in the database's place is not opened."""
    kept.database.unlink()
    kept.database.symlink_to("/etc/passwd") if what == "link" else kept.database.mkdir()
    found = only(store_state(kept, full=False))
    assert found.what == "is not a plain file"
    assert found.broken


def test_a_check_that_takes_too_long(kept, monkeypatch, made):
    """Is given up, and says which command goes on."""
    attempt(made("second"))
    catch_up(kept)
    monkeypatch.setattr(checkup, "QUICK_LIMIT_S", -1.0)
    monkeypatch.setattr(checkup, "STEPS_BETWEEN_LOOKS", 1)
    state = store_state(kept, full=False)
    assert state.integrity == "not checked to the end in -1 s; workbench doctor --full does it"
    assert state.findings == ()
    assert store_state(kept, full=True).integrity == "integrity_check ok"


def test_a_path_with_blanks(tmp_path):
    """Commands can be typed as they are given."""
    home = Home(tmp_path / "my home")
    home.make()
    home.root.chmod(0o755)
    subprocess.run(only(home_state(home)).mend, shell=True, check=True)
    assert home_state(home).findings == ()
