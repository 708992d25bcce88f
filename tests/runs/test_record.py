"""The recording stage."""

import errno
import hashlib
import json
import math
import os

import numpy as np
import pytest
from PIL import Image

from diffusion.events import Checkpoint, Finished, Metric, Preview, Progress, Sample, Started
from runs.log import Log
from runs.record import record
from tests.runs.conftest import attempt, pictures
from tests.workbench.streams import drawn, training


def lines(folder, name="attempt-0001.jsonl"):
    return [json.loads(text) for text in (folder.path / name).read_text().splitlines()]


def named(folder, event):
    return [one for one in lines(folder) if one["event"] == event]


def test_the_same_events_come_out(made):
    """A stage takes events and yields them on, in their order, the objects themselves."""
    events = list(training())
    assert all(out is event for out, event in zip(attempt(made(), events), events, strict=True))


def test_a_step_is_on_the_disk_before_the_next_one(made):
    """What a killed process had yielded is in its log."""
    folder = made()
    log = Log.new(folder, "attempt")
    for event in record(training(5), folder, log):
        if isinstance(event, Progress) and event.phase == "train":
            assert named(folder, "metrics")[-1]["step"] == event.step


def test_metrics_of_a_step_share_a_line(made):
    """NaN and infinity are null, which strict JSON reads."""
    folder = made()
    values = [Metric(1, "a", 1.0), Metric(1, "b", math.nan), Metric(2, "a", math.inf), Metric(2, "a", 3.0)]
    attempt(folder, [*values, Finished("completed", 2, 1.0)])
    found = [(one["step"], one["values"]) for one in named(folder, "metrics")]
    assert found == [(1, {"a": 1.0, "b": None}), (2, {"a": None}), (2, {"a": 3.0})]


def test_progress_is_told_once_a_second(made):
    """A thousand steps in no time are two lines: the first and the last."""
    folder = made()
    attempt(folder, [Progress("train", step, 1000, step) for step in range(1, 1001)])
    assert [one["step"] for one in named(folder, "progress")] == [1, 1000]


def test_each_picture_is_where_its_row_says(made):
    """Cut from its sheet, every picture has the bytes, and so the SHA-256, that it was drawn with."""
    folder = made()
    events = attempt(folder)
    shown = [one for event in events if isinstance(event, Preview | Sample) for one in event.drawn]
    rows = [(one["path"], image) for one in named(folder, "pictures") for image in one["images"]]
    assert len(rows) == len(shown) == 30
    for (path, row), one in zip(rows, shown, strict=True):
        sheet = np.asarray(Image.open(folder.path / path))
        cut = sheet[row["top"] : row["top"] + row["height"], row["left"] : row["left"] + row["width"]]
        assert (cut == one.picture[..., 0]).all()
        assert row["sha256"] == hashlib.sha256(cut.tobytes()).hexdigest()
        assert (row["label"], row["seed"], row["index"]) == (one.label, one.seed, one.index)
    assert pictures(folder) == {"preview-00000010-ema.png", "sample-00000020-ema-01.png"}


def test_a_second_attempt_does_not_draw_over_the_first_ones_pictures(made):
    """Rows that are there keep their file."""
    folder = made()
    attempt(folder)
    attempt(folder)
    assert pictures(folder) == {
        "preview-00000010-ema.png",
        "preview-00000010-ema-attempt2.png",
        "sample-00000020-ema-01.png",
        "sample-00000020-ema-02.png",
    }


def test_checkpoints_replace_each_other(made):
    """Two are there at any time once two were written, and no half-written one."""
    folder = made()
    log = Log.new(folder, "attempt")
    steps = [Checkpoint(step, lambda path: path.write_bytes(b"x")) for step in (10, 20, 30)]
    seen = [[path.stem for path in folder.checkpoints()] for _ in record((one for one in steps), folder, log)]
    assert seen == [["step-00000010"], ["step-00000010", "step-00000020"], ["step-00000020", "step-00000030"]]
    assert [path.name for path in (folder.path / "checkpoints").iterdir() if path.name.startswith(".")] == []


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def half_written(path):
    path.write_bytes(b"half")
    full()


@pytest.mark.parametrize(
    ("broken", "file"),
    [
        pytest.param("checkpoint", "checkpoints/step-00000020.safetensors", id="checkpoint"),
        pytest.param("picture", "pictures/preview-00000010-ema.png", id="picture"),
        pytest.param("log", "attempt-0001.jsonl", id="log"),
    ],
)
def test_a_full_disk_ends_the_run(made, monkeypatch, broken, file):
    """The error names the file; the last good checkpoint stays, nothing half-written does, the log is whole lines."""
    folder = made()

    def events():
        yield Checkpoint(5, lambda path: path.write_bytes(b"good"))
        if broken == "log":
            monkeypatch.setattr(os, "write", short_write())
        if broken == "picture":
            monkeypatch.setattr("PIL.Image.Image.save", full)
        yield Metric(6, "train/loss", 1.0)
        yield Progress("train", 6, 20, 6)
        yield Preview(10, "grid", "ema", drawn())
        yield Checkpoint(20, half_written)

    with pytest.raises(OSError, match="No space left") as caught:
        attempt(folder, events())
    monkeypatch.undo()
    assert caught.value.__notes__ == [f"{folder.path / file} was not written"]
    assert [path.name for path in (folder.path / "checkpoints").iterdir()] == ["step-00000005.safetensors"]
    assert [path.name for path in folder.path.rglob("*.tmp")] == []
    last = lines(folder)[-1]
    if broken != "log":
        assert (last["event"], last["outcome"]) == ("ended", "failed")
        assert "No space left" in last["text"]
        assert "Traceback" in last["traceback"]


def short_write():
    """A disk with room for ten more bytes."""
    real = os.write
    room = [10]

    def write(handle, data):
        if not room[0]:
            full()
        taken = min(room[0], len(data))
        room[0] -= taken
        return real(handle, data[:taken])

    return write


def error(kind):
    yield Started({}, ())
    yield Progress("train", 1, 2, 1)
    raise kind("broken")


@pytest.mark.parametrize(
    ("kind", "outcome", "text"),
    [
        pytest.param(RuntimeError, "failed", "RuntimeError: broken", id="error"),
        pytest.param(KeyboardInterrupt, "stopped", "interrupted without a last checkpoint", id="second Ctrl-C"),
    ],
)
def test_how_it_ended_is_in_the_log(made, kind, outcome, text):
    """Also when it did not end well."""
    folder = made()
    with pytest.raises(kind):
        attempt(folder, error(kind))
    assert (lines(folder)[-1]["outcome"], lines(folder)[-1]["text"]) == (outcome, text)


def test_a_closed_stream_is_a_stopped_run(made):
    """Whoever shows the events may go away; the source is closed too."""
    folder, closed = made(), []

    def events():
        try:
            yield Progress("train", 1, 2, 1)
            yield Progress("train", 2, 2, 2)
        finally:
            closed.append(True)

    stage = record(events(), folder, Log.new(folder, "attempt"))
    next(stage)
    stage.close()
    assert closed == [True]
    assert lines(folder)[-1]["outcome"] == "stopped"
