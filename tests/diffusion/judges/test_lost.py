"""Lost classes: named where they are, in words that say what was found, and not where little is known."""

import pytest
import torch

from diffusion.data.blur import gaussian_blur
from diffusion.data.pictures import Split
from diffusion.events import Alert
from diffusion.judges.estimate import Estimate
from diffusion.judges.fidelity import judge_fidelity
from diffusion.judges.lost import is_apart, lost_classes, told_lost
from tests.diffusion.judges.sets import digits, held_out, judged


def reach(recall, coverage, n=16, half=0.1):
    """Both figures of a class, with intervals of so much each way."""
    return [Estimate(value, n, max(0.0, value - half), value + half) for value in (recall, coverage)]


def figures(*classes):
    """Figures of classes 0, 1, ... and, over all, of the first."""
    found = {(name, label): one for label, both in enumerate(classes) for name, one in zip(NAMES, both, strict=True)}
    of_all = {(name, None): one for name, one in zip(NAMES, classes[0], strict=True)}
    return found | of_all | {("precision", None): Estimate(0.8, 80, 0.7, 0.87)}


NAMES = ("recall", "coverage")
REAL = figures(*[reach(0.8, 0.6)] * 5)


@pytest.mark.parametrize(
    ("last", "lost"),
    [
        (reach(0.1, 0.1), [4]),
        (reach(0.1, 0.6), []),
        (reach(0.8, 0.1), []),
        (reach(0.1, 0.1, half=0.3), []),
        ([Estimate(0.0, 0), Estimate(0.0, 0)], [4]),
        ([Estimate(0.0, 2), Estimate(0.0, 2)], []),
    ],
    ids=["both", "recall alone", "coverage alone", "not sure", "nothing drawn", "no interval"],
)
def test_a_class_is_lost_by_both_and_surely(last, lost):
    """Against half of what as many real pictures reach."""
    assert lost_classes(figures(*[reach(0.8, 0.6)] * 4, last), REAL) == lost


def test_a_set_that_reaches_no_class_is_apart_and_loses_none():
    """As blurred or pale pictures do: nothing is said of classes."""
    drawn = figures(*[reach(0.05, 0.02)] * 5)
    assert is_apart(drawn, REAL)
    assert lost_classes(drawn, REAL) == []
    assert told_lost(drawn, REAL, "abcde", "S") == (
        "drawn pictures reach few real ones in most classes, in S: precision 0.80, real 0.80; recall 0.05, real 0.80; "
        "coverage 0.02, real 0.60"
    )
    drawn["precision", None] = Estimate(0.01, 80, 0.0, 0.06)
    assert told_lost(drawn, REAL, "abcde", "S").startswith("drawn pictures lie apart from real ones in most classes")


def test_a_class_is_measured_against_the_others_of_its_set():
    """Where all are reached half as well as they should be, one a little below is not lost."""
    assert lost_classes(figures(*[reach(0.45, 0.35)] * 4, reach(0.25, 0.15)), REAL) == []


def test_several_classes_are_named_and_the_worst_described():
    """In the words of the alert."""
    drawn = figures(*[reach(0.8, 0.6)] * 3, reach(0.2, 0.1), reach(0.0, 0.05, half=0.0))
    assert told_lost(drawn, REAL, "abcde", "space") == (
        "lost classes d, e in space; e: recall 0.00, real 0.80; coverage 0.05, real 0.60; 16 pictures were drawn as it"
    )
    assert told_lost(REAL, REAL, "abcde", "space") is None


def alerts(split, judges):
    return [one.text for one in judge_fidelity(judged(split, judges)) if isinstance(one, Alert)]


def test_blurred_and_pale_digits_lose_no_class(judges):
    """They lie apart, or nothing is said."""
    real = held_out()
    pale = (real.pictures.float() * 0.5 + 64).byte()
    for pictures in (gaussian_blur(real.pictures, 0.5), pale):
        assert not any("lost" in text for text in alerts(Split(pictures, real.labels), judges))


def test_a_class_drawn_as_another_is_lost(judges):
    """Eights instead of threes, 25 of each."""
    test, val = digits().test, digits().val
    kept = test.labels != 3
    eights = val.pictures[val.labels == 8][:25]
    pictures = torch.cat([test.pictures[kept], eights])
    labels = torch.cat([test.labels[kept], torch.full((len(eights),), 3)])
    (text,) = alerts(Split(pictures, labels), judges)
    assert text.startswith("lost class 3 in classifier-digits")
