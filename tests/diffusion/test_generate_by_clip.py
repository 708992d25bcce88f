"""Drawing with CLIP at work, and what it is worth to a judge that was not asked."""

import numpy as np
import pytest

from diffusion.config import with_settings
from diffusion.errors import UserError
from diffusion.events import Alert, Evaluation, Progress, Sample
from diffusion.generate import generate
from diffusion.generate_by_clip import generate_by_clip
from diffusion.train import train
from tests.diffusion.small import run, small

ON = {"judges.clip": "auto", "train.steps": 60, "preview.every_steps": 0}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A network that has learned a little."""
    return run(train(with_settings(small(), ON)), tmp_path_factory.mktemp("run"))[1]


def drawn(checkpoint, judges, count=20, best_of=1, **changes):
    """The events behind all Progress: the pictures, then what they are worth."""
    settings = with_settings(small(), {f"sampling.{key}": value for key, value in changes.items()}).sampling
    events = generate_by_clip(
        checkpoint, count=count, best_of=best_of, settings=settings, judges=judges, device="cpu", seed=3
    )
    return [one for one in events if not isinstance(one, Progress)]


def test_the_best_of_several(checkpoint, clip_judges):
    """Each picture is one of its candidates, the first of which are those without CLIP; CLIP's cosine rises."""
    sample, gain, other, *_ = drawn(checkpoint, clip_judges, best_of=4)
    *_, plain = generate(checkpoint, count=20, settings=small().sampling, device="cpu", seed=3)
    *_, all_of_them = generate(checkpoint, count=20, repeats=4, settings=small().sampling, device="cpu", seed=3)
    assert isinstance(sample, Sample)
    assert [one.label for one in sample.drawn] == [one.label for one in plain.drawn]
    pixels = [one.picture for one in all_of_them.drawn]
    assert all(np.array_equal(one.picture, pixels[at]) for at, one in enumerate(plain.drawn))
    for at, one in enumerate(sample.drawn):
        assert any(np.array_equal(one.picture, pixels[at + 20 * again]) for again in range(4))
        assert one.index % 20 == at
    assert (gain.judge, gain.name, gain.n) == ("clip-digits-trained-here", "gain", 20)
    assert gain.low > 0
    assert other.judge == "classifier-digits"
    assert sample.settings["best_of"] == 4
    assert sample.settings["judge"] == "clip-digits-trained-here"


def test_the_best_of_several_of_a_run_that_clip_does_not_judge(tmp_path, clip_judges):
    """The judge at hand takes it on, as it does in `workbench score`."""
    off = run(train(with_settings(small(), ON | {"judges.clip": "off", "train.steps": 2})), tmp_path)[1]
    sample, gain, *_ = drawn(off, clip_judges, count=4, best_of=2)
    assert (len(sample.drawn), gain.judge) == (4, "clip-digits-trained-here")


def test_guidance_raises_what_it_follows(checkpoint, clip_judges):
    """Against the same noise without it; a large scale changes pictures more than a small one."""
    gains = [drawn(checkpoint, clip_judges, clip_guidance=scale)[1].value for scale in (1, 10)]
    assert 0 < gains[0] < gains[1]


def test_guidance_outside_its_interval_is_none(checkpoint, clip_judges):
    """Above every noise level of the grid."""
    sample, gain, *_ = drawn(checkpoint, clip_judges, clip_guidance=5, clip_guidance_low=1e5)
    assert gain.value == 0
    *_, plain = generate(checkpoint, count=20, settings=small().sampling, device="cpu", seed=3)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(sample.drawn, plain.drawn, strict=True))


def test_a_stop_yields_no_pictures(checkpoint, clip_judges):
    """Asked after each Progress."""
    events = generate_by_clip(
        checkpoint,
        count=4,
        best_of=2,
        settings=small().sampling,
        judges=clip_judges,
        device="cpu",
        should_stop=lambda: True,
    )
    assert {type(one) for one in events} == {Progress}


def test_a_network_without_classes(tmp_path, clip_judges):
    """CLIP has nothing to look for."""
    plain = with_settings(small(), {"network.conditioning": "none", "train.steps": 2, "preview.every_steps": 0})
    _, path = run(train(plain), tmp_path)
    with pytest.raises(UserError, match="knows no classes"):
        drawn(path, clip_judges, best_of=2)


def test_a_loss_by_clip_trains_and_is_watched(clip_judges, tmp_path):
    """train/loss is told without it, looks come at their steps, and from the second on what changed is judged."""
    settings = ON | {"train.clip_loss_weight": 2, "judges.every_steps": 20, "judges.per_class": 2}
    events = list(train(with_settings(small(), settings), judges=clip_judges))
    gains = [(one.step, one.judge) for one in events if isinstance(one, Evaluation) and one.name == "gain"]
    judges = ("clip-digits-trained-here", "classifier-digits")
    assert gains == [(step, judge) for step in (40, 60) for judge in judges]
    plain = list(train(with_settings(small(), ON), judges=clip_judges))
    losses = [[one.value for one in of if getattr(one, "name", "") == "train/loss"] for of in (events, plain)]
    assert losses[0] != losses[1]
    assert losses[0][-1] == pytest.approx(losses[1][-1], rel=0.5)
    cosines = [
        next(one.value for one in reversed(of) if isinstance(one, Evaluation) and one.name == "cosine")
        for of in (events, plain)
    ]
    assert cosines[0] > cosines[1]
    assert not [one for one in plain if isinstance(one, Alert) and "hacking" in one.text]
