"""Fidelity of sets whose answer is known: real ones near the ceiling, noise at the floor, each fault named."""

import functools
from dataclasses import replace

import pytest
import torch

from diffusion.config import RunConfig
from diffusion.data.pictures import Split
from diffusion.errors import UserError
from diffusion.events import Alert, Baseline, Evaluation, Progress
from diffusion.judges.accuracy import as_many_of_each_class, judge_classifier
from diffusion.judges.classifier import classifier_for
from diffusion.judges.fidelity import figures, judge_fidelity, sides_for
from diffusion.judges.intervals import share_interval
from diffusion.judges.sharpness import judge_sharpness
from tests.diffusion.judges.sets import blurred, digits, held_out, judged, noise, repeated, without

SPACE = "classifier-digits"
PARTS = ("pictures", "labels")


@pytest.fixture(scope="module")
def told(judges):
    """Events of one set, judged once in all tests."""

    @functools.cache
    def of(make, *values):
        return list(judge_fidelity(judged(make(*values), judges)))

    return of


def value(events, name, judge=SPACE, label=None):
    (found,) = [
        one
        for one in events
        if isinstance(one, Evaluation) and (one.judge, one.name, one.label) == (judge, name, label)
    ]
    return found


def base(events, name, pictures, judge=SPACE, label=None):
    (found,) = [
        one
        for one in events
        if isinstance(one, Baseline)
        and (one.judge, one.name, one.pictures, one.label) == (judge, name, pictures, label)
    ]
    return found


def alerts(events):
    return [one.text for one in events if isinstance(one, Alert)]


def test_real_pictures_raise_no_flag(told):
    """And have what their own baseline has, since they are the baseline's pictures."""
    events = told(held_out)
    assert alerts(events) == []
    for name in ("fd", "kid", "precision", "recall", "density", "coverage", "vendi"):
        assert value(events, name).value == pytest.approx(base(events, name, "real").value)
    assert value(events, "precision").value > 0.7
    assert value(events, "recall").value > 0.8
    assert value(events, "kid").low < 0 < value(events, "kid").high


def test_other_real_pictures_are_as_good(told):
    """Validation pictures, which no judge has seen."""
    events = told(lambda: digits().val)
    assert alerts(events) == []
    assert value(events, "fd").value < 3 * base(events, "fd", "real").value
    assert value(events, "kid").low < 0.02


def test_noise_is_at_the_floor(told):
    """Far away, and nothing reached."""
    events = told(noise)
    assert value(events, "fd").value > 20 * base(events, "fd", "real").value
    assert value(events, "kid").low > 0
    assert value(events, "precision").value < 0.05
    assert value(events, "coverage").value < 0.05
    assert value(events, "fd").value == pytest.approx(base(events, "fd", "noise").value, rel=0.1)
    assert all("lie apart from real ones in most classes" in text for text in alerts(events))
    assert len(alerts(events)) == 1


def test_a_removed_class_is_named(told):
    """Its recall is gone, that of others is not."""
    events = told(without, 3)
    (text,) = alerts(events)
    assert text.startswith("lost class 3 in classifier-digits; 3: recall 0.00, real 0.")
    assert text.endswith("no pictures were drawn as it")
    assert value(events, "recall", label=3).value == 0.0
    assert value(events, "recall", label=3).n == 0
    assert base(events, "recall", "real", label=3).value > 0.5
    assert all(value(events, "recall", label=label).value > 0.5 for label in range(10) if label != 3)
    assert value(events, "recall").value < base(events, "recall", "real").value


def test_blurred_pictures_are_far_but_not_collapsed(told):
    """They are nearer to each other than sharp ones, which is no repeating."""
    events = told(blurred)
    assert value(events, "fd").value > 5 * base(events, "fd", "real").value
    assert not any("collapsed" in text for text in alerts(events))


def test_one_class_alone_is_compared_with_itself(judges):
    """Nine classes that were not asked for are not lost."""
    real = digits().test
    threes = Split(real.pictures[real.labels == 3], real.labels[real.labels == 3])
    events = list(judge_fidelity(judged(threes, judges)))
    assert alerts(events) == []
    assert value(events, "coverage").value > 0.5


def test_pictures_without_a_class_are_compared_with_all(judges):
    """At random, without classes to hold equal."""
    real = held_out()
    found = judged(Split(real.pictures, torch.full_like(real.labels, -1)), judges)
    sides = sides_for(found)
    assert not sides.by_class
    assert len(sides.real) == len(real)
    assert alerts(list(judge_fidelity(found))) == []


def test_reference_and_real_pictures_are_even_and_never_the_same(judges):
    """Training pictures on one side, as many test pictures of each class as were drawn on the other."""
    sides = sides_for(judged(held_out(), judges))
    assert torch.bincount(sides.real.labels).tolist() == [16] * 10
    counts = torch.bincount(sides.reference.labels)
    assert counts.max() - counts.min() < 8
    assert len(sides.reference) > 1200


def test_figures_of_identical_sets():
    """FD 0, precision = recall = coverage = 1, KID's interval around 0."""
    x, labels = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 3
    found = figures(x, labels, x, labels)
    assert found["fd", None].value == pytest.approx(0.0, abs=1e-9)
    assert found["kid", None].low < 0 < found["kid", None].high
    for name in ("precision", "recall", "coverage"):
        assert found[name, None].value == 1.0
    assert found["recall", 2].n == 20
    assert found["recall", 2].value == found["coverage", 2].value == 1.0


def test_results_come_after_all_progress(told):
    """Work that is given up has told nothing."""
    kinds = [isinstance(one, Progress) for one in told(held_out)]
    assert kinds == sorted(kinds, reverse=True)


def test_known_pictures_are_encoded_once(judges):
    """A second look has nothing left to encode: all Progress is of the pixels."""
    first = judged(held_out(), judges)
    list(judge_fidelity(first))
    assert len([one for one in judge_fidelity(first) if isinstance(one, Progress)]) == 3


def test_five_pictures_are_too_few(judges):
    """Told with the command that draws more."""
    real = held_out()
    with pytest.raises(UserError, match=r"more than 5 pictures, there are 5.*--per-class 64"):
        list(judge_fidelity(judged(Split(real.pictures[:5], real.labels[:5]), judges)))


def test_without_any_space_pixels_are_still_compared(tmp_path):
    """Copies and repeats need no judge."""
    events = list(judge_fidelity(judged(held_out(), tmp_path, **{"judges.train": False})))
    assert {one.judge for one in events if isinstance(one, Evaluation)} == {"pixels"}


def test_ten_pictures_repeated_have_precision_and_no_recall(told):
    """So precision alone would be content with them; that they are collapsed, the pixels tell."""
    events = told(repeated)
    assert value(events, "precision").value > 0.6
    assert value(events, "recall").value < 0.05
    assert any("collapsed" in text for text in alerts(events))


@pytest.mark.parametrize("judge", [judge_fidelity, judge_sharpness, judge_classifier])
def test_without_test_pictures_there_is_nothing_to_judge_against(tmp_path, judge):
    """A folder with two pictures a class has none: every judge says so."""
    empty = Split(digits().test.pictures[:0], digits().test.labels[:0])
    with pytest.raises(UserError, match="no test pictures to judge against"):
        list(judge(replace(judged(held_out(), tmp_path), pictures=replace(digits(), test=empty))))


def test_pictures_of_another_class_do_not_stand_in_for_a_lost_one():
    """Two classes in one place, one of them drawn: the other is lost, unless nobody knows what was drawn as what."""
    x = torch.randn(120, 4, generator=torch.Generator().manual_seed(0))
    drawn, labels = torch.randn(60, 4, generator=torch.Generator().manual_seed(1)), torch.arange(120) % 2
    by_class = figures(drawn, torch.zeros(60, dtype=torch.int64), x, labels)
    assert by_class["recall", 0].value > 0.6
    assert by_class["recall", 1].value == by_class["coverage", 1].value == 0.0
    assert figures(drawn, None, x, labels)["recall", 1].value > 0.6


def test_a_class_of_which_five_were_drawn_is_not_told_of():
    """Nobody has a fifth neighbour among five."""
    x = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    labels, of_drawn = torch.arange(60) % 2, torch.tensor([0] * 25 + [1] * 5)
    found = figures(x[:30] + 0.1, of_drawn, x, labels)
    assert ("recall", 0) in found
    assert ("recall", 1) not in found


def test_intervals_of_recall_and_coverage_count_the_drawn_pictures(judges):
    """Of 12 sets of real digits, 8 a class, nine in ten hold the mean; as if the reference were drawn, fewer."""
    classifier = finished(classifier_for(digits(), RunConfig(), judges, torch.device("cpu"), train=False))
    sides = sides_for(judged(held_out(), judges))
    real = Split(*(torch.cat([getattr(one, of) for one in (digits().test, digits().val)]) for of in PARTS))
    reference, features = classifier.features(sides.reference.pictures), classifier.features(real.pictures)
    generator, sets = torch.Generator().manual_seed(0), []
    for _ in range(12):
        order = torch.randperm(len(real), generator=generator)
        rows = torch.cat([order[real.labels[order] == label][:8] for label in range(10)])
        sets.append(figures(features[rows], real.labels[rows], reference, sides.reference.labels))
    held = of_reference = of_classes = 0
    m = len(reference)
    for name in ("recall", "coverage"):
        found = [one[name, None] for one in sets]
        truth = sum(one.value for one in found) / len(sets)
        held += sum(one.low <= truth <= one.high for one in found)
        narrow = [share_interval(round(m * one.value), m) for one in found]
        of_reference += sum(low <= truth <= high for low, high in narrow)
        for label in range(10):
            truth = sum(one[name, label].value for one in sets) / len(sets)
            of_classes += sum(one[name, label].low <= truth <= one[name, label].high for one in sets)
    assert held >= 0.9 * 24
    assert of_classes >= 0.9 * 240
    assert of_reference <= 0.75 * 24


def finished(work):
    """What a generator returns."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def test_kid_is_not_told_of_two_pictures_a_class(judges):
    """Real ones would come out far below 0, with an interval that leaves 0 out; that it is missing is said once."""
    real = as_many_of_each_class(digits().test, torch.full((10,), 2))
    events = list(judge_fidelity(judged(real, judges)))
    assert [one.pictures for one in events if getattr(one, "name", "") == "kid"] == ["noise"]  # which has no classes
    assert [text for text in alerts(events) if "kid" in text] == [
        "kid is not told: by class it takes 3 pictures of each, and one has 2"
    ]
