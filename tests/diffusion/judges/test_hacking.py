"""The mark where the judge that was optimised rises and the other one falls."""

import re
from functools import partial

import numpy as np
import pytest
import torch

from diffusion.events import Alert, Evaluation
from diffusion.judges.classifier import classifier_for
from diffusion.judges.hacking import change, classifier_reading, clip_reading, is_hacked, verdict
from diffusion.judges.prompts import templates_for
from diffusion.judges.steering import Steering
from tests.diffusion.judges.sets import digits, noise
from tests.diffusion.small import small

NOISE = np.random.default_rng(0).normal(0, 0.1, 200)


def changed(judge, by):
    """A judge whose numbers of 200 pictures change by so much, give or take."""
    return change(judge, np.zeros(200), by + NOISE)


@pytest.mark.parametrize(
    ("optimised", "other", "hacked"),
    [(0.1, -0.1, True), (0.1, 0.1, False), (-0.1, -0.1, False), (0.1, 0.0, False), (0.0, -0.1, False)],
    ids=["up and down", "both up", "both down", "other as before", "optimised as before"],
)
def test_the_mark(optimised, other, hacked):
    """Only where both intervals are on their side of 0."""
    first, second = changed("clip", optimised), changed("classifier", other)
    assert is_hacked(first, second) == hacked
    events = list(verdict(7, "CLIP guidance", first, second))
    said = [(one.judge, one.name, one.n) for one in events if isinstance(one, Evaluation)]
    assert said == [("clip", "gain", 200), ("classifier", "gain", 200)]
    alerts = [one for one in events if isinstance(one, Alert)]
    assert [one.level for one in alerts] == ["warning"] * hacked
    if hacked:
        first_words, second_words = alerts[0].text.split(" and ")
        assert first_words.startswith("hacking: CLIP guidance raises clip by 0.1")
        assert re.search(r"by 0\.\d+ \(0\.\d+ to 0\.\d+\); n 200$", second_words)


def test_one_picture_proves_nothing():
    """It has no interval, so it neither rises nor falls."""
    one = change("clip", np.zeros(1), np.ones(1))
    assert not one.rises
    assert not one.falls
    (said, told) = verdict(0, "the best of 2", one, None)
    assert (said.value, said.low, said.high) == (1.0, None, None)
    assert told.level == "info"


def test_both_judges_read_real_pictures_above_noise(clip, judges):
    """The cosine and the probability of each picture's own class."""
    classifier = classifier_of(judges)
    steering = Steering(clip, clip.classes(digits().class_names, templates_for("digits")))
    real, nothing = digits().test, noise()
    for read in (
        lambda split: clip_reading(steering, split.pictures[:100], split.labels[:100]),
        lambda split: classifier_reading(classifier, split.pictures[:100], split.labels[:100]),
    ):
        assert read(real).shape == (100,)
        assert read(real).mean() > read(nothing).mean() + 0.2


def classifier_of(judges):
    work = classifier_for(digits(), small(), judges, torch.device("cpu"), train=False)
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def test_pictures_made_for_clip_alone_are_marked(clip, judges):
    """Real digits that the classifier reads, moved along CLIP's gradient: CLIP rises, the classifier falls."""
    steering, classifier = (
        Steering(clip, clip.classes(digits().class_names, templates_for("digits"))),
        classifier_of(judges),
    )
    test = digits().test
    right = classifier.probabilities(test.pictures).argmax(1) == test.labels
    pictures, label = test.pictures[right][:150], test.labels[right][:150]
    x = pictures.float() / 127.5 - 1
    for _ in range(20):
        x = (x + 0.1 * steering.gradient(x, label).sign()).clamp(-1, 1)
    moved = ((x + 1) * 127.5).round().byte()
    optimised, other = (
        change(name, read(pictures, label), read(moved, label))
        for name, read in (
            ("clip", partial(clip_reading, steering)),
            ("classifier", partial(classifier_reading, classifier)),
        )
    )
    assert is_hacked(optimised, other)
    assert any(isinstance(one, Alert) and one.level == "warning" for one in verdict(1, "the attack", optimised, other))
