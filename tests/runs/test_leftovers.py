"""What killed processes leave behind."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from runs.home import Home
from runs.ingest import catch_up, reindex
from runs.leftovers import leftovers
from runs.log import Log
from runs.processes import start_mark, this_process
from tests.runs.conftest import attempt

LONG_AGO = 1_600_000_000


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def kept(home, recorded):
    """A home with one run in its database."""
    catch_up(home)
    return home


KNOWN = {"first": "first"}


def found(home: Home, known=None):
    return list(leftovers(home, KNOWN if known is None else known))


def cleared(home: Home):
    """Do what each finding says, in a shell; what is left then."""
    for one in found(home):
        subprocess.run(one.mend, shell=True, check=True)
    return found(home)


def put(path, age=LONG_AGO):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * 1000)
    os.utime(path, (age, age))
    return path


def writer(folder, kind, process):
    """A log whose writer is such a process, as a worker or a drawing command begins one."""
    log = Log.new(folder, kind)
    log.add(kind, {"format": 1, "command": "workbench", **process})
    log.flush()
    log.close()


def test_nothing_is_left(kept):
    """After a run that ended as it should."""
    assert found(kept) == []


def test_an_absent_home(home, tmp_path):
    """Has nothing, and stays absent."""
    assert list(leftovers(home, {})) == []
    assert list(tmp_path.iterdir()) == []


def test_damaged_databases_that_were_set_aside(kept):
    """Each with its size and the command that removes it."""
    put(kept.root / "damaged-20260101-120000.db")
    put(kept.root / "damaged-20260101-120000.db-wal")
    assert [one.what for one in found(kept)] == [
        "a damaged database, moved aside (0.0 MB); the logs hold all of it"
    ] * 2
    assert cleared(kept) == []


def test_a_killed_reindex(kept, gone):
    """Its half-made database; that of one that runs is left alone."""
    put(kept.root / f".workbench-{os.getpid()}.db")
    assert found(kept) == []
    put(kept.root / f".workbench-{gone}.db")
    assert len(found(kept)) == 1
    assert cleared(kept) == []
    assert (kept.root / f".workbench-{os.getpid()}.db").exists()


@pytest.mark.parametrize(("start", "what"), [(".new-", "made"), (".deleted-", "deleted")])
def test_a_run_half_made_or_half_deleted(kept, start, what):
    """Unless it may be going on right now."""
    folder = kept.runs / f"{start}abc"
    put(folder / "run.json")
    assert found(kept) == []
    os.utime(folder, (LONG_AGO, LONG_AGO))
    assert [one.what for one in found(kept)] == [f"a run that was being {what} by a process that was killed"]
    assert cleared(kept) == []


def test_a_folder_without_rows(kept, made):
    """reindex makes them."""
    attempt(made("second"))
    (one,) = found(kept)
    assert (one.what, one.mend) == ("run second has a folder and no rows yet", f"workbench reindex --home {kept.root}")
    reindex(kept)
    assert found(kept, KNOWN | {"second": "second"}) == []


def test_rows_without_a_folder(kept, recorded):
    """The run's name, and the command that drops the rows."""
    recorded.path.rename(kept.root / "elsewhere")
    (one,) = found(kept)
    assert one.what == "run first has rows and no folder: bring the folder back, or drop the rows"
    assert one.path == recorded.path
    assert reindex(kept) == (0, [])


def test_without_a_database_that_can_be_read(kept, made):
    """Rows are not spoken of."""
    attempt(made("second"))
    assert list(leftovers(kept, None)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param("{", "Expecting property name", id="damaged"),
        pytest.param(json.dumps({"id": "../x", "name": "x"}), "id is not an id", id="not ours"),
    ],
)
def test_a_folder_that_is_no_run(kept, text, why):
    """Its run.json says why; removing it is for the person to choose."""
    folder = kept.runs / "odd"
    folder.mkdir()
    if text is not None:
        (folder / "run.json").write_text(text)
    (one,) = found(kept)
    assert one.what.startswith("no run: ")
    assert why in one.what
    assert one.mend == f"ls -la {folder}, and where nothing of it is needed rm -r {folder}"


def test_a_symbolic_link(kept, tmp_path):
    """In place of a run: told, not followed."""
    (tmp_path / "else").mkdir()
    put(tmp_path / "else" / "step-00000001.safetensors.damaged")
    (kept.runs / "link").symlink_to(tmp_path / "else")
    assert [one.what for one in found(kept)] == ["a symbolic link, which is never read as a run"]
    assert cleared(kept) == []
    assert (tmp_path / "else").is_dir()


def test_damaged_checkpoints(kept, recorded):
    """Set aside by a resume."""
    for step in (1, 2):
        put(recorded.path / "checkpoints" / f"step-0000000{step}.safetensors.damaged")
    assert [one.what for one in found(kept)] == ["first: 2 damaged checkpoints set aside (0.0 MB)"]
    assert cleared(kept) == []


HALF = [
    "checkpoints/.step-00000010.safetensors.tmp",
    "checkpoints/.step-00000010.safetensors.tmp.unfinished",
    "pictures/.attempt-0001-preview-00000010-ema.tmp",
    "pictures/.sample-set-02.claim",
]


@pytest.mark.parametrize("name", HALF)
def test_half_written_files(kept, recorded, gone, name):
    """Of a worker that is gone; nothing else of the run is touched."""
    writer(recorded, "attempt", this_process() | {"pid": gone})
    before = sorted(recorded.path.rglob("*"))
    put(recorded.path / name)
    assert [one.what for one in found(kept)] == ["first: a half-written file of a process that is gone (0.0 MB)"]
    assert cleared(kept) == []
    assert sorted(recorded.path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["attempt", "samples"])
def test_files_that_a_living_process_writes(kept, recorded, kind):
    """Are left alone, whether it trains or draws."""
    writer(recorded, "attempt", this_process() | {"process_started": "another boot"})
    put(recorded.path / HALF[0])
    assert len(found(kept)) == 1
    writer(recorded, kind, this_process())
    assert found(kept) == []


def test_a_process_id_that_was_given_again(kept, recorded):
    """Is not the worker."""
    assert start_mark(os.getpid())
    writer(recorded, "attempt", this_process() | {"process_started": "before"})
    put(recorded.path / HALF[0])
    assert len(found(kept)) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"event":"attempt","time":1}\n', id="no process"),
        pytest.param(b"\xff\xfe\n", id="no JSON"),
    ],
)
def test_a_log_that_does_not_tell_its_writer(kept, recorded, text):
    """Nothing is called a leftover then."""
    (recorded.path / "attempt-0002.jsonl").write_bytes(text)
    put(recorded.path / HALF[0])
    assert found(kept) == []


def test_a_log_without_a_line(kept, recorded):
    """Its writer has just begun, or was killed before its first line: the time tells."""
    log = recorded.path / "attempt-0002.jsonl"
    log.touch()
    put(recorded.path / HALF[0])
    assert found(kept) == []
    os.utime(log, (LONG_AGO, LONG_AGO))
    assert len(found(kept)) == 1


def test_names_that_a_shell_would_read(home, made):
    """Commands can be typed as they are given: blanks, quotes and semicolons in a name are quoted."""
    odd = home.runs / "a 'b'; touch c"
    made("first").path.rename(odd)
    put(odd / "checkpoints" / "step-00000001.safetensors.damaged")
    (one,) = list(leftovers(home, {odd.name: "first"}))
    subprocess.run(one.mend, shell=True, check=True, cwd=home.root)
    assert list(leftovers(home, {odd.name: "first"})) == []
    assert not (home.root / "c").exists()


def test_a_run_that_is_deleted_meanwhile(kept, recorded, monkeypatch):
    """Is no leftover, and no error."""

    def away(path):
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr("runs.leftovers._in_run", away)
    assert found(kept) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(kept, recorded):
    """Is told, and keeps nobody from the others."""
    recorded.path.chmod(0)
    try:
        assert [one.broken for one in found(kept)] == [True]
    finally:
        recorded.path.chmod(0o700)


def test_a_copy_of_a_run_is_told_as_one(kept):
    """Reindex leaves it out: to advise that would go round in circles."""
    first = next(path for path in kept.runs.iterdir() if path.is_dir())
    shutil.copytree(first, kept.runs / "copied")
    (found,) = [one for one in leftovers(kept, {first.name: first.name}) if one.path == kept.runs / "copied"]
    assert found.what == f"it has the id of the run in {first.name}, so it is not read: a copy of it"
    assert found.mend.startswith("mv ")
