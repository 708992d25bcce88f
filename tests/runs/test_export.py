"""A run taken elsewhere."""

import csv

import pytest

from diffusion.errors import UserError
from runs.actions import enqueue
from runs.export import export_run
from runs.home import Home
from runs.ingest import catch_up, reindex
from runs.store import Store


@pytest.fixture
def run(home, recorded):
    """A recorded run."""
    catch_up(home)
    with Store.read(home) as store:
        return store.find("first")


def test_all_of_it_is_there(run, tmp_path):
    """Logs, pictures, checkpoints, and each point as a row of metrics.csv."""
    (run.folder / "link").symlink_to("/etc/passwd")
    target = export_run(run, tmp_path / "out")
    assert target == tmp_path / "out" / "first"
    names = {path.name for path in target.iterdir()}
    assert names == {"attempt-0001.jsonl", "checkpoints", "metrics.csv", "pictures", "run.json"}
    with (target / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 42  # 20 steps with two metrics, and two of the validation
    losses = [(int(row["step"]), float(row["value"])) for row in rows if row["name"] == "train/loss"]
    assert losses == [(step, 1 / step) for step in range(1, 21)]


def test_it_is_a_run_in_another_home(run, tmp_path):
    """Exported into the runs of another home, reindex finds it."""
    other = Home(tmp_path / "other")
    export_run(run, other.runs)
    assert reindex(other) == (1, [])
    with Store.read(other) as store:
        assert (store.find("first").id, store.find("first").step) == (run.id, 20)


def test_nothing_is_overwritten(run, tmp_path):
    """A folder that has something in it is refused, and stays as it is."""
    export_run(run, tmp_path)
    with pytest.raises(UserError) as caught:
        export_run(run, tmp_path)
    told = f"{tmp_path}/first exists; allowed: a folder without it; next: workbench export first -o FOLDER"
    assert str(caught.value) == told
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as caught:
        export_run(run, tmp_path / "file")
    assert str(caught.value) == f"--output is {tmp_path}/file, a file; allowed: a folder"


def test_a_failed_copy_leaves_nothing(run, tmp_path, monkeypatch):
    """No half-made copy."""

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("runs.export._write_csv", fail)
    with pytest.raises(UserError, match=r"cannot be written: No space left on device; next: df -h"):
        export_run(run, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_parquet_holds_the_same_rows(run, tmp_path):
    """As the CSV file does; what cannot be named so is told."""
    parquet = pytest.importorskip("pyarrow.parquet")
    export_run(run, tmp_path / "csv")
    export_run(run, tmp_path / "parquet", format="parquet")
    with (tmp_path / "csv" / "first" / "metrics.csv").open(newline="") as stream:
        expected = [(row["name"], int(row["step"]), float(row["value"])) for row in csv.DictReader(stream)]
    rows = parquet.read_table(tmp_path / "parquet" / "first" / "metrics.parquet").to_pylist()
    assert [(row["name"], row["step"], row["value"]) for row in rows] == expected
    with pytest.raises(UserError, match="--format is 'xml'; allowed: csv, parquet"):
        export_run(run, tmp_path / "xml", format="xml")


def test_a_queued_run_does_not_start_elsewhere(home, made, tmp_path, monkeypatch):
    """A copy of a run that waits is a run that does not wait: it was queued here."""
    monkeypatch.setattr("runs.queue.start_dispatcher", lambda home: None)
    folder = made()
    enqueue(home, folder)
    with Store.read(home) as store:
        run = store.find("first")
    assert run.status == "queued"
    other = Home(tmp_path / "other")
    export_run(run, other.runs)
    catch_up(other)
    with Store.read(other) as store:
        assert store.find("first").status == "created"
