"""When judges look at a run."""

import shutil

import pytest

from diffusion.config import with_settings
from diffusion.events import Checkpoint, ClipScores, Evaluation, Finished, Progress, Sample
from diffusion.train import train
from tests.diffusion.small import run, small, stop_at

ON = {"judges.clip": "auto", "preview.every_steps": 0}


def test_the_final_samples_are_judged_before_the_end(clip_judges):
    """The rows are those of the samples; without a folder of judges nothing is judged."""
    config = with_settings(small(), ON)
    events = list(train(config, judges=clip_judges))
    (sample,) = [one for one in events if isinstance(one, Sample)]
    (rows,) = [one for one in events if isinstance(one, ClipScores)]
    assert len(rows.scores) == len(sample.drawn) == 20
    assert [one.label for one in rows.scores] == [one.label for one in sample.drawn]
    assert {one.step for one in events if isinstance(one, Evaluation)} == {12}
    assert isinstance(events[-1], Finished)
    assert not [one for one in train(config) if isinstance(one, Evaluation)]


def test_looks_on_the_way(clip_judges):
    """At their steps, at pictures that are not recorded; judging changes nothing of the training."""
    looked = list(train(with_settings(small(), ON | {"judges.every_steps": 4}), judges=clip_judges))
    assert sorted({one.step for one in looked if isinstance(one, Evaluation)}) == [4, 8, 12]
    assert [one.step for one in looked if isinstance(one, ClipScores)] == [12]
    plain = list(train(small(preview__every_steps=0)))
    losses = [[one.value for one in of if getattr(one, "name", "") == "train/loss"] for of in (looked, plain)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("phase", ["sample", "evaluate"])
def test_a_run_that_was_stopped_while_it_was_judged(clip_judges, tmp_path, phase):
    """It had told nothing of it, and is judged after resume as it would have been."""
    config = with_settings(small(), ON)
    whole = [one for one in train(config, judges=clip_judges) if isinstance(one, Evaluation)]
    judges, path, seen = tmp_path / "judges", tmp_path / "c.safetensors", []
    shutil.copytree(clip_judges, judges, ignore=shutil.ignore_patterns("features", ".*"))  # all is still to be encoded
    for event in train(config, judges=judges, should_stop=lambda: phase in seen):
        seen.append(event.phase if isinstance(event, Progress) else type(event))
        if isinstance(event, Checkpoint):
            event.write(path)
    assert event.outcome == "stopped"
    assert Evaluation not in seen
    rest = list(train(config, checkpoint=path, judges=judges))
    assert [one for one in rest if isinstance(one, Evaluation)] == whole
    assert rest[-1].outcome == "completed"


def test_a_raised_goal_is_judged_at_its_own_end(clip_judges, tmp_path):
    """What was pending at the former end is not done in the middle of the longer run."""
    short, longer = (with_settings(small(), ON | {"train.steps": steps}) for steps in (6, 12))
    stop = stop_at(6)
    _, path = run(stop.watch(train(short, judges=clip_judges, should_stop=stop)), tmp_path)
    events = list(train(longer, checkpoint=path, judges=clip_judges))
    assert {one.step for one in events if isinstance(one, Evaluation)} == {12}
