"""Judging: which judges are asked, and what becomes of one that cannot be used."""

import dataclasses

import pytest
import torch

from diffusion.config import with_settings
from diffusion.errors import UserError
from diffusion.evaluate import JUDGES, evaluate, evaluate_fresh, evaluate_pictures, sharp_pictures, wanted
from diffusion.events import Alert, Evaluation, Progress, Sample
from diffusion.judges.judged import Judged
from diffusion.train import train
from tests.diffusion.judges.sets import digits
from tests.diffusion.small import run, small
from tests.workbench.streams import drawn


def looking(judges, **changes):
    """What is judged: twenty diagonals."""
    config = with_settings(small(), {f"judges.{key}": value for key, value in changes.items()})
    return Judged(config, digits(), drawn(), 12, torch.device("cpu"), judges)


def test_only_the_judges_that_are_on():
    """By their settings."""
    assert wanted(small()) == []
    assert wanted(with_settings(small(), {"judges.clip": "auto", "judges.sharpness": "auto"})) == ["clip", "sharpness"]
    assert next(iter(JUDGES)) == "clip"


def test_a_judge_that_cannot_be_used_ends_no_run(clip_judges):
    """It is told and the next one is asked; strict raises it."""
    judged = looking(clip_judges, clip="no-such-model/x", sharpness="auto")
    events = list(evaluate(judged))
    assert "clip did not judge: unknown CLIP model 'no-such-model'" in next(
        one.text for one in events if isinstance(one, Alert)
    )
    assert any(isinstance(one, Evaluation) and one.judge == "pixels" for one in events)
    with pytest.raises(UserError, match="no-such-model"):
        list(evaluate(judged, strict=True))


def test_of_one_picture_those_judges_speak_that_can(clip_judges):
    """The others say in one line why not, also where a judge that cannot be used would be an error."""
    on = {"clip": "auto", "classifier": "auto", "fidelity": "auto", "sharpness": "auto"}
    judged = dataclasses.replace(looking(clip_judges, **on), drawn=drawn()[:1])
    events = list(evaluate(judged, strict=True))
    (told,) = (one.text for one in events if isinstance(one, Alert) and one.level == "warning")
    assert told.startswith("fidelity did not judge: fidelity takes more than 5 pictures, there are 1")
    said = {(one.judge, one.name) for one in events if isinstance(one, Evaluation)}
    assert {("clip-digits-trained-here", "cosine"), ("classifier-digits", "accuracy"), ("pixels", "sharpness")} <= said


def test_a_folder_of_judges_that_cannot_be_written(tmp_path, monkeypatch):
    """A full disk at the end of a run costs the judgement, not the run."""

    def full(*_):
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr("diffusion.judges.clip_judge.judge_clip", full)
    (told,) = evaluate(looking(tmp_path, clip="auto"))
    assert (told.level, told.text) == ("warning", "clip did not judge: [Errno 28] No space left on device")


def test_pictures_are_judged_against_sharp_ones():
    """Whatever the blur of the training; without one the run's own are taken."""
    blurred = with_settings(small(), {"data.blur": 1})

    def finished(work):
        while True:
            try:
                next(work)
            except StopIteration as end:
                return end.value

    sharp = finished(sharp_pictures(blurred, dataclasses.replace(digits(), checksum="blurred"), None))
    assert torch.equal(sharp.train.pictures, digits().train.pictures)
    assert finished(sharp_pictures(small(), digits(), None)) is digits()


def test_recorded_and_fresh_pictures(clip_judges, tmp_path):
    """The pictures of a run, or new ones from its checkpoint, which come as a Sample first; a stop ends it."""
    on = with_settings(small(), {"judges.clip": "auto", "train.steps": 4, "preview.every_steps": 0})
    places = {"judges": clip_judges, "device": "cpu"}
    cosines = [one for one in evaluate_pictures(on, drawn(), step=4, **places) if getattr(one, "name", "") == "cosine"]
    assert [one.n for one in cosines if isinstance(one, Evaluation) and one.label is None] == [20]
    _, path = run(train(on), tmp_path)
    events = [one for one in evaluate_fresh(on, path, per_class=3, **places) if not isinstance(one, Progress)]
    assert isinstance(events[0], Sample)
    assert len(events[0].drawn) == 30
    assert any(isinstance(one, Evaluation) and one.n == 30 for one in events)
    stopped = list(evaluate_fresh(on, path, per_class=3, should_stop=lambda: True, **places))
    assert {type(one) for one in stopped} == {Progress}
