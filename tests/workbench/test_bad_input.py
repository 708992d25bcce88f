"""What cannot be used, end to end: one sentence on stderr, exit code 2, and everything as it was before.

What is refused from the command line alone is in test_cli.py; here are data, devices, runs, homes and disks.
"""

import shutil
import sqlite3
import subprocess
import urllib.error
from pathlib import Path

import pytest
import torch

from diffusion.config import RunConfig
from runs import schema
from runs.create import create_run
from runs.home import Home
from tests.workbench.conftest import RUN, tree
from tests.workbench.test_end_to_end import pictures, rows

AGAIN = "the same command with --home FOLDER"


@pytest.fixture
def refused(workbench, tmp_path):
    """Runs a command and says what its error was, after looking that nothing else came of it."""

    def run(*words: object, home: Path = tmp_path / "home") -> str:
        before = tree(home), _rows(home)
        code, out, err = workbench(*words)
        assert (code, out) == (2, ""), err
        assert (tree(home), _rows(home)) == before
        lines = err.splitlines()
        assert "Traceback" not in err
        assert lines[-1].startswith("error: ")
        return lines[-1].removeprefix("error: ")

    return run


def _rows(home: Path) -> list[tuple[object, ...]]:
    if not (home / "workbench.db").is_file():
        return []
    try:
        return rows(home, "select name, status, step, (select count(*) from attempts) from runs")
    except sqlite3.DatabaseError:
        return []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["--device", "cuda"],
            "device is 'cuda'; torch sees no CUDA device here; allowed: auto, cpu; next: --device auto",
            id="no CUDA",
        ),
        pytest.param(
            ["--device", "gpu"],
            "device is 'gpu'; allowed: auto, cpu, cuda, cuda:N, mps; next: --device auto",
            id="unknown device",
        ),
        pytest.param(
            ["--steps", "many"],
            "train.steps is 'many'; allowed: a whole number, 0 or more; next: workbench settings train.steps",
            id="steps",
        ),
        pytest.param(
            ["--minutes", "inf"],
            "train.minutes is 'inf'; allowed: a number, 0 or more (minutes); next: workbench settings train.minutes",
            id="minutes",
        ),
        pytest.param(
            ["--set", "train.compile=maybe"],
            "train.compile is 'maybe'; allowed: true, false; next: workbench settings train.compile",
            id="switch",
        ),
        pytest.param(
            ["--set", "data.image_size=9"],
            "pictures of 9 pixels do not fit network.patch 2 and the 1 level of network.multipliers; allowed: sides "
            "that 2 divides; next: --set data.image_size=8",
            id="size",
        ),
        pytest.param(
            ["--set", "network.attention=5"],
            "network.attention names side 5, which does not occur at 8 pixels; allowed: 4; "
            "next: --set network.attention=4",
            id="attention",
        ),
        pytest.param(
            ["--data", "folder:nowhere"],
            "data.dataset names folder {here}/nowhere, which does not exist; next: --data folder:PATH, with one "
            "subfolder of pictures for each class",
            id="no folder",
        ),
        pytest.param(
            ["--name", "a/b"],
            "--name is 'a/b'; allowed: 1 to 100 characters, a letter or digit among them, "
            "no slash, no control character, no dash first",
            id="name",
        ),
        pytest.param(
            ["--config", "tiny.txt"],
            "--config tiny.txt cannot be read: Expected '=' after a key in a key/value pair (at line 1, column 6); "
            "allowed: a TOML file; next: workbench run --print-config shows one",
            id="no TOML",
        ),
    ],
)
def test_settings(refused, tmp_path, monkeypatch, words, message):
    """Known before anything is read, or as soon as torch is there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    (tmp_path / "tiny.txt").write_text("this is none")
    assert refused(*RUN, *words) == message.format(here=tmp_path)
    assert not (tmp_path / "home").exists()


def test_too_little_memory(refused, monkeypatch):
    """Before a batch that cannot fit, and when an allocation fails all the same."""
    monkeypatch.setattr("diffusion.memory.free_bytes", lambda: 1_000_000)
    assert refused(*RUN, "--set", "train.batch_size=1000") == (
        "training with train.batch_size 1000 takes 0.0 GB or more, and cpu has 0.0 GB free; "
        "next: --set train.batch_size=16"
    )


def test_an_allocation_that_fails(refused, monkeypatch):
    """As torch's allocators tell it."""

    def full(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    monkeypatch.setattr("diffusion.learner.Learner.train_step", full)
    assert refused(*RUN) == (
        "training with train.batch_size 32 does not fit into the memory of cpu; next: --set train.batch_size=16"
    )


def test_data_that_are_absent_and_offline(refused, tmp_path, monkeypatch):
    """Which files, which folder, what to do."""

    def offline(request, timeout):
        raise urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    message = refused(*RUN, "--data", "cifar10", "--data-dir", "sets")
    assert message == (
        f"cifar10 needs data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch, batches.meta "
        f"in {tmp_path}/sets/cifar-10-batches-py, which could not be downloaded (170 MB): "
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz says Temporary failure in name resolution; next: on a "
        "machine with a connection run 'workbench run --data cifar10 --steps 1 --data-dir FOLDER', then copy "
        f"FOLDER/cifar-10-batches-py to {tmp_path}/sets/cifar-10-batches-py"
    )


def test_data_that_are_damaged(refused, tmp_path):
    """The checksum, and what fetches them anew."""
    raw = tmp_path / "sets/MNIST/raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"")
    assert refused(*RUN, "--data", "mnist", "--data-dir", "sets") == (
        f"{raw}/train-images-idx3-ubyte is damaged: its MD5 is d41d8cd98f00b204e9800998ecf8427e instead of "
        f"6bbc9ace898e44ae57da46a324031adb; next: rm -r '{raw}/train-images-idx3-ubyte', then the same command again, "
        "which fetches it (12 MB)"
    )


def test_folders(refused, workbench, tmp_path):
    """One class; a few unreadable pictures are skipped and counted, above 5 % they are refused."""
    pictures(tmp_path / "one", channels=1, classes=["cat"])
    assert refused(*RUN, "--data", "folder:one") == (
        f"{tmp_path}/one has 1 subfolder with pictures; allowed: 2 or more, each one class; next: put pictures (.bmp, "
        f".gif, .jpeg, .jpg, .pgm, .png, .ppm, .tif, .tiff, .webp) into folders {tmp_path}/one/CLASS"
    )
    pictures(tmp_path / "two", channels=1, count=10)
    (tmp_path / "two/cat/torn.png").write_bytes(b"not")
    code, _, err = workbench(*RUN, "--data", "folder:two", "--steps", "1")
    assert (code, "warning: 1 file was left out, unreadable: cat/torn.png: not a picture" in err) == (0, True)
    (tmp_path / "two/dog/torn.png").write_bytes(b"not")
    assert refused(*RUN, "--data", "folder:two") == (
        f"2 of 22 pictures in {tmp_path}/two cannot be read (cat/torn.png: not a picture; dog/torn.png: not a "
        "picture); allowed: at most 5 %; next: remove or replace them"
    )


@pytest.fixture
def first(workbench, tmp_path):
    """A completed run called first."""
    assert workbench(*RUN, "--name", "first")[0] == 0
    return tmp_path / "home/runs/first"


def test_runs(refused, workbench, tmp_path, first):
    """Unknown, ambiguous, completed, without a checkpoint, without more to do."""
    folder = create_run(Home(tmp_path / "home"), RunConfig(), preset="digits", command="workbench run", name="fifth")
    assert workbench("list")[0] == 0
    for command in ("show", "resume", "sample"):
        assert refused(command, "frist") == "unknown run 'frist'; did you mean first?; next: workbench list"
    assert refused("show", "fi") == "'fi' is the start of 2 runs; allowed: first, fifth; next: workbench list"
    assert refused("sample", "fifth") == "run fifth has no checkpoint to draw from; next: workbench resume fifth"
    told = "run first has completed its 12 steps; next: workbench resume first --steps 24"
    assert refused("resume", "first") == told
    assert refused("resume", "first", "--steps", "9") == (
        "--steps 9 is not above the 12 steps that first has done; allowed: 13 or more; "
        "next: workbench resume first --steps 24"
    )
    told = "--class 12 is not a class of first; allowed: 0 to 9; next: workbench sample first --class 9"
    assert refused("sample", "first", "--class", "12") == told
    told = "--output is grid.jpg; allowed: a file that ends in .png; next: -o grid.png"
    assert refused("sample", "first", "-o", "grid.jpg") == told
    told = "the folder of --output no/grid.png does not exist; next: mkdir -p no"
    assert refused("sample", "first", "-o", "no/grid.png") == told
    assert refused("sample", "first", "--device", "cuda:7").startswith("device is 'cuda:7'")
    told = "--name is 'first', which is taken; allowed: a new name; next: workbench show first"
    assert refused(*RUN, "--name", "first") == told
    assert folder.path.exists()


def test_a_checkpoint_cut_short(workbench, first):
    """It is set aside, and the run goes on from the one before, or from the start."""
    newest = first / "checkpoints/step-00000012.safetensors"
    newest.write_bytes(newest.read_bytes()[:-100])
    assert workbench("sample", "first", "--count", "1")[0] == 0
    code, out, err = workbench("resume", "first", "--steps", "15")
    told = "warning: step-00000012.safetensors is damaged and was set aside; going on from step-00000006.safetensors"
    assert (code, out.split("\n")[0]) == (0, "first completed at step 15")
    assert err.splitlines()[:2] == ["going on with first", told]
    for path in (first / "checkpoints").iterdir():
        path.write_bytes(b"torn")
    code, _, err = workbench("resume", "first", "--steps", "16")
    assert code == 0
    assert err.splitlines()[2].endswith("is damaged and was set aside; starting again from step 0")


@pytest.mark.parametrize(
    "sql",
    ["delete from runs", "drop table runs", "insert into runs (id) values (1)", "update runs set name = 'x'", "vacuum"],
)
def test_sql_that_writes(refused, first, sql):
    """The database is for reading."""
    assert refused("query", sql) == (
        "the SQL would do more than read; the database is opened for reading only; allowed: select, with, values, "
        'explain; next: workbench query "select * from run_summary"'
    )


def test_homes(refused, tmp_path, first):
    """A file; a newer database; a database of another program."""
    (tmp_path / "file").write_text("")
    told = f"the home {tmp_path}/file cannot be used: {tmp_path}/file is a file; next: {AGAIN}"
    for words in (["list"], RUN, ["query", "select 1"], ["reindex"]):
        assert refused(*words, "--home", "file") == told
    told = f"the home {tmp_path}/file/in cannot be written: Not a directory; next: {AGAIN}"
    assert refused(*RUN, "--home", "file/in") == told
    database = tmp_path / "home/workbench.db"
    with sqlite3.connect(database) as db:
        db.execute("pragma user_version = 999")
    told = (
        f"{database} is of version 999, this workbench knows versions up to {schema.VERSION}; next: a newer workbench, "
        "or move that file away and workbench reindex"
    )
    assert refused("list") == told
    database.unlink()
    with sqlite3.connect(database) as db:
        db.execute("create table theirs (x)")
    told = f"{database} is a database of another program; next: move it away, then workbench reindex"
    assert refused("show", "first") == told


@pytest.fixture
def disk(tmp_path):
    """Mounts a small file system in memory; skips where that is not allowed."""
    mounted = []

    def mount(kilobytes: int, options: str = "rw") -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,{options}", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
            pytest.skip("no right to mount a file system")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_for_reading_only(refused, disk):
    """The home cannot be written."""
    home = disk(64, "ro")
    told = f"the home {home}/home cannot be written: Read-only file system; next: {AGAIN}"
    assert refused(*RUN, "--home", home / "home", home=home) == told


def test_a_full_disk(refused, disk):
    """No run begins, and nothing stays."""
    home = disk(64)
    (home / "much").write_bytes(b"x" * 60_000)
    told = f"no space is left on the disk of the home {home}/home; next: df -h, or {AGAIN}"
    assert refused(*RUN, "--home", home / "home", home=home) == told


def test_a_disk_that_fills_up(workbench, disk):
    """In the middle of a run: it has failed, the words say what to do, and it goes on when there is room."""
    home = disk(2_000)
    much = home / "much"
    much.write_bytes(b"x" * 1_600_000)
    code, out, err = workbench(*RUN, "--home", home / "home", "--name", "f", "--set", "preview.every_steps=0")
    assert (code, out) == (1, "")
    path = home / "home/runs/f/checkpoints/step-00000006.safetensors"
    last = err.splitlines()[-1]
    assert last.startswith("error: no space is left on the disk")
    assert str(path) in last
    assert last.endswith("run f failed; next: make room, then workbench resume f")
    assert "Traceback" not in err
    much.unlink()
    code, out, _ = workbench("resume", "f", "--home", home / "home")
    assert (code, out.split("\n")[0]) == (0, "f completed at step 12")
