"""Two runs that need a judge at the same time: one trains it, the other waits, and both have it."""

import threading

import pytest
import torch

from diffusion.config import RunConfig, with_settings
from diffusion.events import Progress
from diffusion.judges import classifier, clip_train, turns
from diffusion.judges.classifier import classifier_for
from diffusion.judges.clip import clip_for
from diffusion.judges.clip_train import train_clip
from diffusion.judges.training import train_judges
from diffusion.judges.turns import reading, replacing, turn_to_train
from tests.diffusion.judges.sets import digits

CPU = torch.device("cpu")
CONFIG = with_settings(RunConfig(), {"judges.train": True})


@pytest.fixture(autouse=True)
def trained(monkeypatch):
    """Short trainings, told one by one."""
    names = []

    def clip(pictures, dataset, judges, device):
        names.append("clip")
        return train_clip(pictures, dataset, judges, device)

    monkeypatch.setattr(clip_train, "SMALL_STEPS", 3)
    monkeypatch.setattr(clip_train, "train_clip", clip)
    monkeypatch.setattr(turns, "POLL_S", 0.0)
    return names


def result(work):
    """What work returns at its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_the_second_waits_for_the_first(tmp_path, trained):
    """And takes what it has trained."""
    first, second = (clip_for(CONFIG, digits(), tmp_path, CPU) for _ in range(2))
    assert next(first) == Progress("judge", 1, 3)
    assert next(second) == next(second) == Progress("judge", 0, 1)
    name = result(first).name
    assert result(second).name == name == "clip-digits-trained-here"
    assert trained == ["clip"]


def test_a_training_that_is_given_up_makes_room(tmp_path, trained):
    """The one that waited trains; one that is stopped while it waits has no turn."""
    first, second, third = (clip_for(CONFIG, digits(), tmp_path, CPU) for _ in range(3))
    next(first), next(second), next(third)
    second.close()
    first.close()
    assert result(third).name == "clip-digits-trained-here"
    assert trained == ["clip", "clip"]


def test_a_judge_that_is_there_is_not_waited_for(clip_judges, trained):
    """While it is trained anew it is read as it was."""
    anew = train_judges("digits", ["clip"], clip_judges, device="cpu")
    next(anew)
    assert next(clip_for(CONFIG, digits(), clip_judges, CPU), None) is None  # it ends without waiting
    anew.close()


def test_many_at_once(tmp_path, monkeypatch):
    """Each has a classifier, and it was trained once."""
    count, found, made = [], [], classifier.train_classifier

    def counted(*of):
        count.append(of)
        return made(*of)

    monkeypatch.setattr(classifier, "train_classifier", counted)
    monkeypatch.setattr(turns, "POLL_S", 0.01)
    monkeypatch.setattr("diffusion.judges.classifier_train.MOST_EPOCHS", 1)
    run = [
        threading.Thread(
            target=lambda: found.append(result(classifier_for(digits(), CONFIG, tmp_path, CPU, train=True)))
        )
        for _ in range(4)
    ]
    for one in run:
        one.start()
    for one in run:
        one.join()
    assert [one.name for one in found] == ["classifier-digits"] * 4
    assert len({one.fingerprint for one in found}) == len(count) == 1


def test_reading_waits_for_replacing(tmp_path):
    """And needs no right to write."""
    order = []
    with replacing(tmp_path, "one"):
        reader = threading.Thread(target=lambda: _read(tmp_path, order))
        reader.start()
        order.append("replaced")
    reader.join()
    assert order == ["replaced", "read"]
    with reading(tmp_path / "nowhere", "one"):
        pass
    assert not (tmp_path / "nowhere").exists()


def _read(folder, order):
    with reading(folder, "one"):
        order.append("read")


def test_a_turn_ends_with_its_handle(tmp_path):
    """Two judges have two turns."""
    with result(turn_to_train(tmp_path, "one")), result(turn_to_train(tmp_path, "two")):
        assert next(turn_to_train(tmp_path, "one")) == Progress("judge", 0, 1)
    result(turn_to_train(tmp_path, "one")).close()
