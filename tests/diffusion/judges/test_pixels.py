"""Copies and repeats as the judge tells them: flagged where they are, silent where they are not."""

from dataclasses import replace

import pytest
import torch

from diffusion.data.blur import gaussian_blur
from diffusion.data.pictures import Split
from diffusion.events import Alert, Baseline, Evaluation, Progress
from diffusion.judges.pixels import PIXELS, pixel_events, shuffled
from tests.diffusion.judges.sets import copied, digits, held_out, judged, noise, repeated


def looked(split, judges, **changes):
    """What is told of a set, and the Progress before it."""
    work, seen = pixel_events(judged(split, judges, **changes)), []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return end.value, seen


def told(split, judges, **changes):
    events, _ = looked(split, judges, **changes)
    values = {one.name: one.value for one in events if isinstance(one, Evaluation)}
    known = {one.name: one.value for one in events if isinstance(one, Baseline)}
    return values, known, [one.text for one in events if isinstance(one, Alert)]


@pytest.mark.parametrize("make", [held_out, noise, lambda: digits().val], ids=["test", "noise", "validation"])
def test_unseen_pictures_are_neither_copies_nor_repeats(judges, make):
    """Nothing is flagged."""
    values, known, alerts = told(make(), judges)
    assert alerts == []
    assert values["copies"] < 0.05
    assert values["repeats"] < 0.1
    assert max(known["copies"], known["repeats"]) < 0.05


def test_ten_pictures_repeated_are_collapsed(judges):
    """All of them repeat another."""
    values, _, alerts = told(repeated(), judges)
    assert values["repeats"] == 1.0
    assert alerts == ["collapsed: 160 of 160 pictures nearly repeat others, 10 are distinct"]


def test_five_percent_of_training_pictures_are_copies(judges):
    """Where 1 % of unseen pictures look like copies, by the limit's definition."""
    values, _, alerts = told(copied(), judges)
    assert values["copies"] >= 0.05
    (text,) = alerts
    assert text.endswith("of 160 pictures are near-copies of training pictures; of real test pictures 1 % are")


def test_copies_are_of_what_the_run_learned_from(judges):
    """A run on blurred pictures that draws blurred training pictures copies them."""
    train = digits().train
    drawn = Split(gaussian_blur(train.pictures[:60], 1.0), train.labels[:60])
    values, _, alerts = told(drawn, judges, blur=1.0)
    assert values["copies"] == 1.0
    assert any("near-copies" in text for text in alerts)


def test_a_mirrored_training_picture_is_a_copy_where_mirroring_is_training(judges):
    """As with CIFAR-10."""
    train = digits().train
    drawn = judged(Split(train.pictures[:60].flip(-1), train.labels[:60]), judges)
    found = {}
    for flip in (False, True):
        work = pixel_events(replace(drawn, pictures=replace(digits(), flip=flip)))
        try:
            while True:
                next(work)
        except StopIteration as end:
            found[flip] = next(one.value for one in end.value if one.name == "copies" and isinstance(one, Evaluation))
    assert found[True] == 1.0
    assert found[False] < 0.3


def test_distances_of_known_pictures_are_measured_once(judges, tmp_path):
    """A second look tells less Progress, and the same numbers."""
    first, some = looked(held_out(), tmp_path)
    second, fewer = looked(held_out(), tmp_path)
    assert first == second
    assert len(fewer) < len(some)
    assert all(isinstance(one, Progress) for one in some)


def test_all_are_by_the_judge_that_needs_none(judges):
    """Its name is no network's."""
    events, _ = looked(held_out(), judges)
    assert {one.judge for one in events} == {PIXELS}


def test_shuffling_keeps_the_pictures():
    """In the same order each time."""
    x = torch.arange(50)
    assert not torch.equal(shuffled(x), x)
    assert torch.equal(shuffled(x), shuffled(x))
    assert torch.equal(shuffled(x).sort().values, x)
