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


@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_blurred_pictures_do_not_repeat_each_other(judges, sigma):
    """However much they are blurred: they are all nearer, and none is another."""
    test = digits().test
    _, _, alerts = told(Split(gaussian_blur(test.pictures, sigma), test.labels), judges)
    assert not any("repeat" in text for text in alerts)


def test_one_picture_in_five_is_told_as_repeats(judges):
    """18 % of each class are one picture: not a collapse, and said."""
    test = digits().test
    pictures = test.pictures.clone()
    for label in range(10):
        mine = torch.nonzero(test.labels == label)[:, 0]
        pictures[mine[: round(0.18 * len(mine))]] = test.pictures[mine[0]]
    values, _, alerts = told(Split(pictures, test.labels), judges)
    assert 0.15 < values["repeats"] < 0.25
    (text,) = alerts
    assert text.startswith("repeats: ")
    assert int(text.split()[-3]) == pytest.approx(359 - 10 * 0.18 * 35.9 + 10, abs=10)


def test_a_class_of_one_picture_is_named(judges):
    """16 digits of class 4 are one and the same; where all classes are so, none is named."""
    real = held_out()
    pictures, mine = real.pictures.clone(), real.labels == 4
    pictures[mine] = pictures[mine][:1]
    _, _, (text,) = told(Split(pictures, real.labels), judges)
    assert text.startswith("repeats: ")
    assert text.endswith("are distinct; most of class 4 do")


@pytest.mark.parametrize("noise", [4, 12])
def test_repeats_in_a_blurred_set_are_found(judges, noise):
    """Ten pictures, blurred and with noise: blur alone is no excuse."""
    ten = gaussian_blur(repeated().pictures, 1.0 if noise == 4 else 0.0).float()
    noisy = ten + noise * torch.randn(ten.shape, generator=torch.Generator().manual_seed(0))
    _, _, alerts = told(Split(noisy.clamp(0, 255).byte(), repeated().labels), judges)
    assert any(text.startswith("collapsed: ") and text.endswith("10 are distinct") for text in alerts)


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
