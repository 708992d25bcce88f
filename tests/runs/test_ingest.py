"""From logs to rows."""

import json
import os
import shutil
import sqlite3

import pytest

from diffusion.errors import UserError
from runs.home import Home
from runs.ingest import catch_up, ingest, reindex
from runs.processes import this_process
from runs.store import Store
from tests.runs.conftest import attempt, line
from tests.workbench.streams import training

TABLES = (
    *("runs", "attempts", "series", "points", "timestep_losses", "sample_sets", "images"),
    *("clip_scores", "evaluations", "requests", "alerts", "logs"),
)


def rows(home):
    """All tables, in an order that is not that of writing."""
    with Store.read(home) as store:
        return {table: sorted(map(repr, store.db.execute(f"select * from {table}"))) for table in TABLES}


def test_what_was_recorded_comes_back(home, recorded):
    """The numbers, pictures and words of a training, read from the database."""
    assert catch_up(home) == []
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step, run.total_steps, run.loss, run.images_per_s) == ("completed", 20, 20, 0.05, 5000)
        assert [(point.step, point.value) for point in store.points(run, "train/loss")] == [
            (step, 1 / step) for step in range(1, 21)
        ]
        assert store.last_values(run) == {
            "images_per_s": 5000.0,
            "train/loss": 0.05,
            "val/loss": 0.5,
            "val/x0_loss": 0.25,
        }
        (loss,) = store.timestep_losses(run)
        assert (loss.step, loss.split, loss.log_snr_low, loss.log_snr_high, loss.value, loss.n) == (
            10, "val", -2.0, 0.0, 0.25, 64,
        )  # fmt: skip
        (alert,) = store.alerts(run)
        assert (alert.level, alert.text) == ("warning", "alpha-bar at T is 0.36")
        assert [image.label for image in store.images(run, kind="preview")] == list(range(10))
        assert [image.index for image in store.images(run, kind="sample")] == list(range(20))
        assert {image.sample_set for image in store.images(run, kind="sample")} == {1}
        (one,) = store.attempts(run)
        assert (one.number, one.outcome, one.step, one.pid) == (1, "completed", 20, os.getpid())
        assert run.facts["parameters"] == 448_000
        assert run.facts["class_names"] == [str(digit) for digit in range(10)]
        assert run.facts["provenance"]["python"]


def test_a_nan_is_a_gap(home, made):
    """None in the curve, and the run is diverged."""
    attempt(made(), training(6, nan_at=4))
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.loss, run.text) == ("diverged", None, "loss is NaN")
        assert [point.value for point in store.points(run, "train/loss")] == [1.0, 0.5, 1 / 3, None]


def test_reading_again_adds_nothing(home, recorded):
    """Rows and offset move together, so anyone may read at any time."""
    catch_up(home)
    before = rows(home)
    with Store.write(home) as store:
        ingest(store, recorded.path)
        ingest(store, recorded.path)
    assert rows(home) == before


def test_in_pieces_or_at_once(home, recorded):
    """A log that grows byte by byte gives the same rows as a whole one: a torn last line waits."""
    log = recorded.log
    data = log.read_bytes()
    whole = rows_after(home)
    home.database.unlink()
    for end in [*range(0, len(data), 700), len(data)]:
        log.write_bytes(data[:end])
        assert catch_up(home) == []
    assert rows(home) == whole


def rows_after(home):
    catch_up(home)
    return rows(home)


def test_a_large_log_is_read_in_chunks(home, recorded, monkeypatch):
    """Whatever their size, also when a line is longer than one."""
    whole = rows_after(home)
    home.database.unlink()
    monkeypatch.setattr("runs.log.CHUNK", 100)
    assert rows_after(home) == whole


def test_reindex_equals_the_first_database(home, made):
    """Row for row, with several runs and attempts, whether the old one is there, deleted or damaged."""
    for name, steps in (("first", 20), ("second", 8)):
        attempt(made(name), training(steps))
    with Store.write(home) as store:
        for path in sorted(home.runs.iterdir()):
            ingest(store, path)
    attempt(made("third"), training(5, nan_at=3))
    attempt(made("fourth"), training(5), goal=10)
    catch_up(home)
    before = rows(home)
    assert len(before["images"]) == 100
    assert reindex(home) == (4, [])
    assert rows(home) == before
    home.database.unlink()
    assert reindex(home) == (4, [])
    assert rows(home) == before
    home.database.write_bytes(home.database.read_bytes()[:5000])
    assert reindex(home) == (4, [])
    assert rows(home) == before
    assert sorted(path.suffix for path in home.root.glob("damaged-*")) == [".db"]
    assert list(home.root.glob(".workbench-*")) == []


def test_a_program_that_has_the_database_open_sees_the_new_one(home, recorded):
    """It is filled in place, in one transaction; the old file is not swapped away under its readers and writers."""
    catch_up(home)
    with Store.write(home) as writer, Store.read(home) as reader:
        writer.db.execute("delete from points")
        assert reader.query("select count(*) from points").rows == ((0,),)
        reindex(home)
        assert reader.query("select count(*) from points").rows == ((42,),)
        assert writer.db.execute("pragma journal_mode").fetchone() == ("wal",)
        ingest(writer, recorded.path)
        assert reader.query("select count(*) from points").rows == ((42,),)


def test_a_failed_reindex_loses_nothing(home, recorded, monkeypatch):
    """The old database is as it was, and no half-made one is left."""
    catch_up(home)
    before = rows(home)

    def fail(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("runs.ingest._put_in_place", fail)
    with pytest.raises(sqlite3.OperationalError):
        reindex(home)
    assert rows(home) == before
    assert list(home.root.glob(".workbench-*")) == []


def test_nothing_is_made_by_looking(home):
    """A home that is not there reads as one without runs."""
    assert catch_up(home) == []
    assert reindex(home) == (0, [])
    with Store.read(home) as store:
        assert store.runs() == []
        assert store.query("select * from run_summary").rows == ()
    assert not home.root.exists()


def test_a_run_without_an_attempt_is_listed(home, made):
    """As created, with its goal."""
    made()
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step, run.total_steps, run.started) == ("created", 0, 1000, None)


def test_a_newer_attempt_takes_over(home, made):
    """Rows are added; a curve shows the newer attempt's value where both have one, and the step is the newer one's."""
    folder = made()
    attempt(folder, list(training(10))[:-3])
    attempt(folder, training(4), goal=30)
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.step, run.total_steps, run.status) == (4, 4, "completed")
        points = store.points(run, "train/loss")
        assert [point.step for point in points] == list(range(1, 11))
        assert store.query("select attempt, count(*) from metrics where name = 'train/loss' group by attempt").rows == (
            (1, 10), (2, 4),
        )  # fmt: skip
        assert [one.goal for one in store.attempts(run)] == [None, 30]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("nonsense", "not JSON", id="no JSON"),
        pytest.param("[1]", "not an object", id="no object"),
        pytest.param('{"event": "metrics"}', "time is not a number", id="no time"),
        pytest.param('{"event": "x", "time": 1}', "unknown event 'x'", id="event"),
        pytest.param(
            '{"event": "metrics", "time": 1, "step": 1, "values": {"a": "b"}}', "a is not a number", id="value"
        ),
        pytest.param(
            '{"event": "metrics", "time": 1, "step": 1e9, "values": {}}', "step is not a whole number", id="step"
        ),
        pytest.param(
            '{"event": "alert", "time": 1, "level": "info", "text": "t", "step": 99999999999999999999}',
            "step is not a whole number", id="huge",
        ),
        pytest.param('{"event": "ended", "time": 1, "outcome": "won"}', "unknown outcome 'won'", id="outcome"),
        pytest.param(
            '{"event": "pictures", "time": 1, "step": 1, "weights": "ema", "kind": "sample", "path": "../../x.png"}',
            "path leaves the run's folder", id="path",
        ),
        pytest.param("[" * 100_000, "not JSON", id="deep"),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_used(home, recorded, text, told):
    """Left out and told, once, with file and byte; the rest is read."""
    size = recorded.log.stat().st_size
    line(recorded.log, text + "\n" + '{"event":"alert","time":2,"level":"info","text":"after","step":1}\n')
    (problem,) = catch_up(home)
    assert problem.startswith(f"{recorded.log}: the line at byte {size} was left out: {told}")
    assert catch_up(home) == []
    with Store.read(home) as store:
        run = store.find("first")
        assert [alert.text for alert in store.alerts(run)][-1] == "after"
        assert len(store.images(run)) == 30


def test_hostile_folders(home, recorded, made, tmp_path):
    """Links, pipes, folders in place of files: left out and told, never followed, and the rest is read."""
    outside = tmp_path / "outside"
    shutil.copytree(recorded.path, outside)
    (home.runs / "link").symlink_to(outside)
    shutil.copytree(recorded.path, home.runs / "twin")
    for name in ("log-link", "log-pipe", "log-folder"):
        log = made(name).path / "attempt-0001.jsonl"
        if name == "log-link":
            log.symlink_to(outside / "attempt-0001.jsonl")
        elif name == "log-pipe":
            os.mkfifo(log)
        else:
            log.mkdir()
    (home.runs / "empty").mkdir()
    (home.runs / "file").touch()
    count, problems = reindex(home)
    assert count == 4
    twins = {"twin": "first", "first": "twin"}
    (twin,) = (name for name in twins if any(problem.startswith(f"{name} was") for problem in problems))
    assert {problem.replace(f"{home.runs}/", "") for problem in problems} == {
        "empty was left out: empty/run.json cannot be read: No such file or directory",
        "link was left out: it is a symbolic link, not a run's folder",
        "log-folder/attempt-0001.jsonl: not a plain file",
        "log-link/attempt-0001.jsonl: Too many levels of symbolic links",
        "log-pipe/attempt-0001.jsonl: not a plain file",
        f"{twin} was left out: it has the id of the run in {twins[twin]}, {recorded.id}",
    }
    with Store.read(home) as store:
        assert sorted(run.name for run in store.runs()) == ["first", "log-folder", "log-link", "log-pipe"]


def test_a_folder_from_another_machine(home, recorded, tmp_path):
    """Copied into another home's runs, a run is found there with all its rows; its folder may be called anything."""
    other = Home(tmp_path / "other")
    other.make()
    shutil.copytree(recorded.path, other.runs / "copied here")
    assert catch_up(other) == []
    with Store.read(other) as store:
        run = store.find("first")
        assert (run.folder, run.status) == (other.runs / "copied here", "completed")
        assert len(store.images(run)) == 30


def test_a_moved_folder_is_the_same_run(home, recorded):
    """Its row goes along."""
    catch_up(home)
    recorded.path.rename(home.runs / "elsewhere")
    assert catch_up(home) == []
    with Store.read(home) as store:
        (run,) = store.runs()
        assert run.folder == home.runs / "elsewhere"


def open_attempt(folder, **changed):
    """An attempt whose last line is not an end."""
    line(folder.log, json.dumps({"event": "attempt", "time": 1000.0, **this_process(), **changed}) + "\n")
    line(folder.log, '{"event":"metrics","step":3,"values":{"train/loss":1.0},"time":1001.5}\n')


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({}, "running", id="this process"),
        pytest.param({"pid": 2**22 + 1}, "died", id="no such process"),
        pytest.param({"process_started": "another"}, "died", id="the id was used again"),
        pytest.param({"host": "elsewhere"}, "died", id="silent on another machine"),
    ],
)
def test_dead_or_alive(home, made, changed, status):
    """By the process, and on another machine by its silence; plain SQL says the same after someone looked."""
    folder = made()
    open_attempt(folder, **changed)
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step) == (status, 3)
        assert run.ended == (1001.5 if status == "died" else None)
        assert store.query("select status from runs").rows == ((status,),)
        assert store.attempts(run)[0].outcome == ("died" if status == "died" else None)


def test_a_line_from_a_dead_one_brings_it_back(home, made):
    """Silence on another machine may have been a slow network."""
    folder = made()
    open_attempt(folder, host="elsewhere")
    catch_up(home)
    line(folder.log, '{"event":"finished","outcome":"completed","step":4,"time":1002.0}\n')
    catch_up(home)
    with Store.read(home) as store:
        assert (store.find("first").status, store.find("first").step) == ("completed", 4)


def test_a_locked_database_is_told_and_does_not_fail(home, recorded, monkeypatch):
    """Looking shows what there is; the next look reads the rest."""
    catch_up(home)
    monkeypatch.setattr("runs.ingest.SHORT_WAIT_S", 0.01)
    line(recorded.log, '{"event":"alert","time":2,"level":"info","text":"new","step":1}\n')
    with Store.write(home) as other, other.transaction():
        (problem,) = catch_up(home)
        assert problem.startswith("some of what runs have logged is not shown: ")
    assert catch_up(home) == []
    with Store.read(home) as store:
        assert len(store.alerts(store.find("first"))) == 2


def test_another_programs_database_is_not_touched(home, recorded):
    """Reindex fills no file that is not ours."""
    with sqlite3.connect(home.database) as db:
        db.execute("create table theirs (x)")
    with pytest.raises(UserError) as caught:
        reindex(home)
    told = f"{home.database} is a database of another program; next: move it away, then workbench reindex"
    assert str(caught.value) == told
