"""Training as a stream of events: what comes when, and that a break changes nothing."""

import math

import pytest
import torch

from diffusion.checkpoints import read_checkpoint, read_state
from diffusion.data.load import load
from diffusion.errors import UserError
from diffusion.events import (
    Alert,
    Checkpoint,
    Finished,
    Metric,
    Preview,
    Progress,
    Sample,
    Started,
    TimestepLoss,
)
from diffusion.learner import Learner
from diffusion.train import train
from tests.diffusion.small import run, small, stop_at

TIMED = ("images_per_s",)  # differs from run to run


def metrics(events):
    return {(one.name, one.step): one.value for one in events if isinstance(one, Metric) and one.name not in TIMED}


def losses(events):
    return {(one.split, one.step, one.log_snr_low): one.value for one in events if isinstance(one, TimestepLoss)}


def pictures(events):
    """Every drawn pixel, by where it was drawn."""
    return {
        (type(event).__name__, getattr(event, "kind", ""), event.weights, event.step, one.label, one.index,
         one.sampling_step, one.content): one.picture.tobytes()
        for event in events
        if isinstance(event, (Preview, Sample))
        for one in event.drawn
    }  # fmt: skip


def assert_same_tensors(first, second):
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The uninterrupted run."""
    return run(train(small()), tmp_path_factory.mktemp("whole"))


def test_the_order_of_events(whole):
    """Data first, what it works with, a preview and a loss before the first step, samples last."""
    kinds = [type(event) for event in whole[0] if not isinstance(event, (Progress, Metric, TimestepLoss))]
    assert kinds == [Started, *[Preview] * 3, *[Preview] * 3, Checkpoint, *[Preview] * 3, Checkpoint, Sample, Finished]
    started = next(event for event in whole[0] if isinstance(event, Started))
    assert started.facts["device"] == "cpu"
    assert started.facts["train_images"] == len(load(small()).train)
    end = whole[0][-1]
    assert (end.outcome, end.step) == ("completed", 12)
    assert end.figures["val/loss"] < metrics(whole[0])["val/loss", 0]


def test_metrics_come_at_their_steps(whole):
    """Training losses every third step, validation at 0, 6 and 12."""
    steps = {name: sorted(step for other, step in metrics(whole[0]) if other == name) for name, _ in metrics(whole[0])}
    assert steps == {
        "train/loss": [3, 6, 9, 12],
        "train/gradient_norm": [3, 6, 9, 12],
        "train/learning_rate": [3, 6, 9, 12],
        "val/loss": [0, 6, 12],
        "train/bank_loss": [0, 6, 12],
        "val/x0_loss": [0, 6, 12],
    }


def test_previews_show_the_way_out_of_the_noise(whole):
    """x_t and x0 of one picture of each class from pure noise to the end; the end is the grid's picture."""
    trajectory, grid = (
        next(one for one in whole[0] if isinstance(one, Preview) and (one.kind, one.step) == (kind, 12))
        for kind in ("trajectory", "grid")
    )
    assert {one.label for one in trajectory.drawn} == set(range(10))
    of_three = [one for one in trajectory.drawn if one.label == 3]
    assert [(one.sampling_step, one.content) for one in of_three] == [
        (step, content) for step in range(5) for content in ("x_t", "x0")
    ]
    assert [one.sigma for one in of_three][-1] == 0
    end = next(one for one in grid.drawn if one.label == 3)
    assert (of_three[-1].picture == end.picture).all()


@pytest.mark.parametrize("at", [0, 4, 6, 9, 12])
def test_a_stopped_run_goes_on_bit_for_bit(whole, tmp_path, at):
    """Stopped after any step, also inside the validation or preview of it, and resumed: weights, averaged weights,
    optimizer, metrics and pictures equal those of the uninterrupted run."""
    stop = stop_at(at)
    before, checkpoint = run(stop.watch(train(small(), should_stop=stop)), tmp_path / "a")
    assert before[-1].outcome == "stopped"
    after, last = run(train(small(), checkpoint=checkpoint), tmp_path / "b")
    both = before + after
    assert metrics(both) == metrics(whole[0])
    assert losses(both) == losses(whole[0])
    assert pictures(both) == pictures(whole[0])
    if last is not None:
        assert_same_tensors(read_checkpoint(last)[1], read_checkpoint(whole[1])[1])


@pytest.mark.parametrize(
    "changes", [{}, {"network__dropout": 0.2}, {"data__flip": "on"}], ids=["plain", "dropout", "flip"]
)
def test_a_raised_goal_equals_a_longer_run(tmp_path, changes):
    """train 6 and then resume to 12 equals train 12, with a learning rate that knows no end."""
    _, short = run(train(small(steps=6, **changes)), tmp_path / "a")
    after, resumed = run(train(small(**changes), checkpoint=short), tmp_path / "b")
    events, longer = run(train(small(**changes)), tmp_path / "c")
    assert_same_tensors(read_checkpoint(resumed)[1], read_checkpoint(longer)[1])
    later = {key: value for key, value in metrics(events).items() if key[1] > 6}
    assert metrics(after) == later


def test_a_completed_run_has_nothing_left(tmp_path):
    """Its goal can be raised."""
    _, last = run(train(small(sampling__per_class=0)), tmp_path)
    with pytest.raises(UserError, match="has reached its goal at step 12; next: workbench resume RUN --steps 24"):
        run(train(small(sampling__per_class=0), checkpoint=last), tmp_path)


def test_samples_that_were_given_up_are_drawn_later(whole, tmp_path):
    """The last checkpoint comes before them."""
    stop = stop_at(12)

    def at_sampling(events):
        for event in events:
            if isinstance(event, Progress) and event.phase == "sample":
                stop.done = 12
            yield event

    before, checkpoint = run(at_sampling(train(small(), should_stop=stop)), tmp_path / "a")
    assert not any(isinstance(event, Sample) for event in before)
    after, _ = run(train(small(), checkpoint=checkpoint), tmp_path / "b")
    assert [type(event) for event in after if not isinstance(event, Progress)] == [Started, Sample, Finished]
    sampled = {key: value for key, value in pictures(whole[0]).items() if key[0] == "Sample"}
    assert pictures(after) == sampled


def test_a_nan_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    """It is told once, in the metric, an alert and the outcome; no spoiled checkpoint is written."""
    step = Learner.train_step

    def spoil(self, share):
        step(self, share)
        if self.step == 7:
            self.window[0] = math.nan

    monkeypatch.setattr(Learner, "train_step", spoil)
    events, last = run(train(small()), tmp_path)
    assert (events[-1].outcome, events[-1].step) == ("diverged", 9)
    assert events[-1].text == "the loss or its gradient is not finite; the last good checkpoint is of step 6"
    assert [one.level for one in events if isinstance(one, Alert)] == ["error"]
    assert math.isnan(metrics(events)["train/loss", 9])
    assert read_state(last).step == 6
    assert all(torch.isfinite(tensor).all() for tensor in read_checkpoint(last)[1].values())


def test_a_nan_before_a_checkpoint_is_not_kept(tmp_path, monkeypatch):
    """Also between two recorded losses."""
    step = Learner.train_step

    def spoil(self, share):
        step(self, share)
        self.window[1] = math.inf

    monkeypatch.setattr(Learner, "train_step", spoil)
    events, last = run(train(small(train__log_every_steps=1000, train__checkpoint_every_steps=2)), tmp_path)
    assert (events[-1].outcome, events[-1].step, last) == ("diverged", 2, None)
    assert events[-1].text.endswith("no checkpoint was written before")


@pytest.mark.parametrize("at", [5, 6, 12])
def test_a_spoiled_gradient_is_never_checkpointed(tmp_path, monkeypatch, at):
    """Also at a step whose loss is recorded, at a checkpoint's step, and at the last one."""
    clip = torch.nn.utils.clip_grad_norm_

    def spoil(parameters, limit, **options):
        parameters[0].grad.view(-1)[0] = math.inf if spoil.calls == at - 1 else parameters[0].grad.view(-1)[0]
        spoil.calls += 1
        return clip(parameters, limit, **options)

    spoil.calls = 0
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", spoil)
    events, last = run(train(small()), tmp_path)
    assert (events[-1].outcome, events[-1].step) == ("diverged", 3 * math.ceil(at / 3))
    assert not any(isinstance(event, Sample) for event in events)
    if at == 12:
        assert all(torch.isfinite(tensor).all() for tensor in read_checkpoint(last)[1].values())
    else:
        assert last is None


def test_a_short_run_tells_its_loss(tmp_path):
    """At its end, also between two recorded ones."""
    events, _ = run(train(small(steps=2)), tmp_path)
    assert math.isfinite(metrics(events)["train/loss", 2])


@pytest.mark.parametrize(
    ("changes", "steps"),
    [({"steps": 5}, 5), ({"epochs": 0.5, "steps": 0}, 20), ({"epochs": 0.5}, 20), ({"minutes": 1e-9}, 1)],
    ids=["steps", "epochs", "epochs before steps", "minutes"],
)
def test_what_ends_a_run(tmp_path, changes, steps):
    """0.5 epochs of 1,257 pictures in batches of 32 are 20 steps; time is looked at after each step."""
    events, _ = run(train(small(preview__every_steps=0, sampling__per_class=0, **changes)), tmp_path)
    assert (events[-1].outcome, events[-1].step) == ("completed", steps)


def test_seeds_decide_everything(tmp_path):
    """The same seed gives the same run, another one another."""
    first, second, other = (
        run(train(small(steps=3, seed=seed)), tmp_path / str(number))[0] for number, seed in enumerate((1, 1, 2))
    )
    assert metrics(first) == metrics(second)
    assert pictures(first) == pictures(second)
    assert metrics(first)["train/loss", 3] != metrics(other)["train/loss", 3]


def test_warnings_of_the_linter_are_told(tmp_path):
    """Once, at the start."""
    config = small(steps=2, schedule="linear-unscaled", process__timesteps=100)
    texts = [one.text for one in run(train(config), tmp_path)[0] if isinstance(one, Alert)]
    assert len(texts) == 2
    assert "alpha-bar 0.364" in texts[0]


def test_other_pictures_are_refused(tmp_path):
    """A checkpoint knows what it learned from, when the same settings name other pictures now; a run that is forked to
    other settings goes on with what those name.
    """
    from PIL import Image

    for name in "ab":
        for kind, shade in (("first", 20), ("second", 25)):
            (tmp_path / kind / name).mkdir(parents=True)
            for number in range(8):
                Image.new("L", (8, 8), shade * number).save(tmp_path / kind / name / f"{number}.png")
    config = small(dataset=f"folder:{tmp_path / 'first'}", steps=6, batch_size=4)
    _, checkpoint = run(train(config), tmp_path / "checkpoints")
    longer = small(dataset=f"folder:{tmp_path / 'second'}", steps=8, batch_size=4)
    events, _ = run(train(longer, checkpoint=checkpoint), tmp_path / "forked")
    assert (events[-1].outcome, events[-1].step) == ("completed", 8)
    (tmp_path / "first").rename(tmp_path / "gone")
    (tmp_path / "second").rename(tmp_path / "first")
    with pytest.raises(UserError, match="are not those that checkpoint"):
        run(
            train(small(dataset=f"folder:{tmp_path / 'first'}", steps=8, batch_size=4), checkpoint=checkpoint), tmp_path
        )


def test_too_little_memory_is_an_input_error(tmp_path, monkeypatch):
    """It names what did not fit and a batch that may."""

    def full(self, share):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Learner, "train_step", full)
    with pytest.raises(UserError) as caught:
        run(train(small()), tmp_path)
    assert str(caught.value) == (
        "training with train.batch_size 32 does not fit into the memory of cpu; next: --set train.batch_size=16"
    )
