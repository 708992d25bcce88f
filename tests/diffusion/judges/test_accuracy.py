"""What the classifier judge says of real pictures, of noise, and of pictures under wrong labels."""

import math
import shutil

import pytest
import torch

from diffusion.data.pictures import Split
from diffusion.events import Alert, Baseline, Evaluation, Progress
from diffusion.judges.accuracy import Reading, accuracies, as_many_of_each_class, judge_classifier
from tests.diffusion.judges.sets import digits, held_out, judged, noise


def found(split, judges, **changes):
    return list(judge_classifier(judged(split, judges, **changes)))


def value(events, name, label=None, kind=Evaluation, pictures=None):
    (one,) = [
        one
        for one in events
        if isinstance(one, kind)
        and (one.name, one.label) == (name, label)
        and (pictures is None or one.pictures == pictures)
    ]
    return one


def test_real_pictures_are_near_the_ceiling_and_noise_near_chance(judges):
    """And both are told as baselines beside whatever is judged."""
    real, static = found(held_out(), judges), found(noise(), judges)
    assert value(real, "accuracy").value > 0.95
    assert value(static, "accuracy").value < 0.2
    for events in (real, static):
        assert value(events, "accuracy", kind=Baseline, pictures="real").value > 0.95
        assert value(events, "accuracy", kind=Baseline, pictures="noise").value == pytest.approx(0.1, abs=0.05)
        assert value(events, "accuracy", kind=Baseline, pictures="other-class").value < 0.03
    assert value(static, "entropy").value > value(real, "entropy").value


def test_every_share_has_its_n_and_an_interval_around_it(judges):
    """By Wilson: 16 right of 16 is not surely 100 %."""
    for one in found(held_out(), judges):
        if isinstance(one, Evaluation) and one.name in ("accuracy", "confusion/3"):
            assert one.low < one.value + 1e-12
            assert one.value - 1e-12 < one.high
            assert one.n == (160 if one.label is None else 16)


def test_the_confusion_matrix_names_what_was_read_instead(judges):
    """Threes that are labelled fives are read as threes."""
    real = held_out()
    threes = Split(real.pictures[real.labels == 3], torch.full((16,), 5))
    events = found(threes, judges)
    assert value(events, "accuracy", 5).value < 0.1
    assert value(events, "confusion/3", 5).value > 0.9
    rows = [one.value for one in events if isinstance(one, Evaluation) and one.name.startswith("confusion/")]
    assert sum(rows) == pytest.approx(1.0)


def test_results_come_after_all_progress(judges, tmp_path):
    """Work that is given up has told nothing."""
    shutil.copytree(judges / "classifier-digits", tmp_path / "classifier-digits")
    kinds = [isinstance(one, Progress) for one in found(held_out(), tmp_path)]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0]


def test_pictures_without_a_class_are_counted_by_what_is_read(judges):
    """There is no accuracy, but a share of each class."""
    real = held_out()
    events = found(Split(real.pictures, torch.full_like(real.labels, -1)), judges)
    names = {one.name for one in events if isinstance(one, Evaluation)}
    assert "accuracy" not in names
    shares = [value(events, "class_share", label).value for label in range(10)]
    assert sum(shares) == pytest.approx(1.0)
    assert max(shares) < 0.15


def test_without_a_kept_classifier_the_command_is_told(tmp_path):
    """And what it would take here."""
    (alert,) = found(held_out(), tmp_path, **{"judges.train": False})
    assert isinstance(alert, Alert)
    assert alert.level == "info"
    assert "workbench judge train --dataset digits --kind classifier (about " in alert.text


def test_learning_from_real_pictures_serves_and_from_noise_does_not(judges):
    """The classification accuracy score, beside that of as many real pictures."""
    events = found(noise(), judges, **{"judges.cas": True})
    assert value(events, "cas_train_generated").value < 0.3
    assert value(events, "cas_train_real").value > 0.75
    assert value(events, "cas_train_real").n == len(digits().test)


def test_one_picture_of_a_class_is_too_few_to_learn_from(judges):
    """Told with the command that draws more, after all that can be said of them."""
    real = held_out()
    few = Split(real.pictures[:17], real.labels[:17])
    events = found(few, judges, **{"judges.cas": True})
    (text,) = [one.text for one in events if isinstance(one, Alert)]
    assert text.endswith("takes 2 drawn pictures of each class or more; next: workbench score RUN --per-class 64")
    assert value(events, "accuracy").n == 17


def test_a_reading_counts_and_measures():
    """By hand."""
    reading = Reading(torch.tensor([0, 0, 1]), torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.9, 0.1]]))
    assert reading.confusion().tolist() == [[2, 0], [1, 0]]
    assert reading.right.tolist() == [True, True, False]
    assert reading.entropy().tolist() == pytest.approx([0.0, math.log(2), 0.325083], abs=1e-6)
    assert {label: one.value for label, one in accuracies(reading)} == pytest.approx({None: 2 / 3, 0: 1.0, 1: 0.0})


def test_as_many_of_each_class_takes_what_there_is():
    """Counts are met, or all of a class are taken; the same ones each time."""
    split = Split(torch.arange(12).reshape(12, 1, 1, 1).byte(), torch.tensor([0] * 8 + [1] * 4))
    found = as_many_of_each_class(split, torch.tensor([3, 9]))
    assert found.labels.tolist() == [0] * 3 + [1] * 4
    assert torch.equal(found.pictures, as_many_of_each_class(split, torch.tensor([3, 9])).pictures)
    assert len(set(found.pictures.flatten().tolist())) == 7
