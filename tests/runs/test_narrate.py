"""A run told in lines of text."""

import re
import stat

import pytest

from diffusion.errors import UserError
from diffusion.events import Alert, Evaluation, Finished, Metric, Progress
from runs.narrate import OUTPUT, narrate, open_output
from tests.workbench.streams import training


def said(folder, events, every_s=1000.0):
    """The lines, their times checked and taken off."""
    seen = list(narrate((event for event in events), folder, every_s))
    assert seen == list(events)
    text = (folder / OUTPUT).read_text()
    assert text.endswith("\n")
    found = [re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (.+)", line) for line in text.splitlines()]
    return [match[1] for match in found]


def test_a_training(tmp_path):
    """What it works with, how far it is now and then, what it made, how it ended."""
    assert said(tmp_path, list(training(20))) == [
        "started: float32, 448,000 parameters",
        "step 0  warning: alpha-bar at T is 0.36",
        "step 1 of 20  loss 1  images/s 5,000",
        "step 10  validation loss 0.5",
        "step 10  preview",
        "step 20  checkpoint",
        "step 20  20 samples drawn, ema weights",
        "completed at step 20 after 2.5 s",
    ]
    assert stat.S_IMODE((tmp_path / OUTPUT).stat().st_mode) == 0o600


def test_progress_each_time_it_is_due(tmp_path):
    """With what is known by then."""
    events = [
        Progress("data", 5, 10),
        Progress("train", 1, 3, 1),
        Metric(2, "train/loss", 0.12345),
        Progress("train", 2, 3, 2),
        Progress("sample", 4, 8, 3),
    ]
    assert said(tmp_path, events, every_s=0.0) == [
        "data 5 of 10",
        "step 1 of 3",
        "step 2 of 3  loss 0.1235",
        "step 3  sample 4 of 8",
    ]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Finished("diverged", 7, 1.25, "loss is NaN"), "diverged at step 7 after 1.2 s: loss is NaN"),
        (Alert("error", 3, "it hurts"), "step 3  error: it hurts"),
        (Evaluation(9, "clip", "score", 0.31234, 100), "step 9  clip: score 0.3123 (n 100)"),
        (Metric(4, "val/loss", 0.5), "step 4  validation loss 0.5"),
    ],
    ids=["end", "alert", "evaluation", "validation"],
)
def test_lines(tmp_path, event, line):
    """One for each thing that is rare."""
    assert said(tmp_path, [event]) == [line]


def test_judges_take_few_lines(tmp_path):
    """Four figures over all pictures a line, each in one unit, those by class counted; among the other lines."""
    figures = [Evaluation(9, "net", f"f{at}", at / 10, 80) for at in range(8)]
    by_class = [Evaluation(9, "net", "accuracy", 0.5, 8, label=label) for label in range(10)]
    events = [
        *figures,
        *by_class,
        Evaluation(9, "net", "x0_decided_at_log_snr", 1.0, 80),
        Evaluation(9, "net", "clip_score_100", 70.0, 80),
        Evaluation(9, "pixels", "copies", 0.0, 80),
        Evaluation(9, "lone", "recall", 0.5, 8, label=3),
        Alert("warning", 9, "all are lost"),
        Evaluation(9, "net", "recall", 0.25, 70),
    ]
    assert said(tmp_path, events) == [
        "step 9  net: f0 0, f1 0.1, f2 0.2, f3 0.3 (n 80)",
        "step 9  net: f4 0.4, f5 0.5, f6 0.6, f7 0.7 (n 80), 10 by class",
        "step 9  pixels: copies 0 (n 80)",
        "step 9  lone: 1 by class",
        "step 9  warning: all are lost",
        "step 9  net: recall 0.25 (n 70)",
    ]


def test_a_second_attempt_goes_on_in_the_same_file(tmp_path):
    """And what the worker writes itself stands between."""
    said(tmp_path, [Alert("info", 1, "one")])
    (tmp_path / OUTPUT).open("a").write("Traceback\n")
    list(narrate((event for event in [Alert("info", 2, "two")]), tmp_path))
    assert [line.split("  ")[-1] for line in (tmp_path / OUTPUT).read_text().splitlines()] == [
        "info: one",
        "Traceback",
        "info: two",
    ]


def test_a_failure_is_told_and_goes_on_up(tmp_path):
    """Its text, or what kind it is; the source is closed."""

    def fails(error):
        yield Progress("train", 1, 2, 1)
        raise error

    for error, text in ((ValueError("no data"), "failed: no data"), (RuntimeError(), "failed: RuntimeError")):
        with pytest.raises(type(error)):
            list(narrate(fails(error), tmp_path))
        assert (tmp_path / OUTPUT).read_text().splitlines()[-1].endswith(text)


def test_a_full_disk_hides_no_error(tmp_path, monkeypatch):
    """The first error is the one to tell."""

    def fails():
        yield Progress("data", 1, 2)
        raise ValueError("first")

    stage = narrate(fails(), tmp_path)
    next(stage)
    monkeypatch.setattr("os.write", lambda handle, data: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(ValueError, match="first"):
        next(stage)


def test_a_link_in_its_place(tmp_path):
    """Never followed."""
    (tmp_path / "elsewhere").touch()
    (tmp_path / OUTPUT).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"output.log is not a plain file"):
        open_output(tmp_path)
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_words_that_cannot_be_written_in_utf_8(tmp_path):
    """A folder's name of another encoding ends no run."""
    said(tmp_path, [Alert("info", 1, "caf")])
    list(narrate((event for event in [Alert("info", 2, "caf\udce9")]), tmp_path))
    assert (tmp_path / OUTPUT).read_text().endswith("caf?\n")
