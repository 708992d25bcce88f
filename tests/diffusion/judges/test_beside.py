"""Numbers are tied to the baselines that were measured beside them, and to no others."""

from dataclasses import replace

import pytest

from diffusion.data.pictures import Split
from diffusion.events import Alert, Baseline, Evaluation, Progress
from diffusion.judges.accuracy import judge_classifier
from diffusion.judges.beside import drawn_classes, tied
from diffusion.judges.clip_judge import judge_clip
from tests.diffusion.judges.sets import digits, held_out, judged


def of(label, count=8):
    """Test pictures of one class."""
    real = held_out()
    kept = real.labels == label
    return Split(real.pictures[kept][:count], real.labels[kept][:count])


def told(judge, of_judged):
    """The names of the baseline sets that a judge's numbers carry: of evaluations, and of baselines by name."""
    events = list(tied(judge(of_judged), of_judged))
    known = {one.baseline_set: one for one in events if isinstance(one, Baseline)}
    (name,) = {one.baseline_set for one in events if isinstance(one, Evaluation)}
    assert set(known) == {name}
    return name, [one for one in events if isinstance(one, Baseline)]


def test_baselines_are_of_the_classes_that_were_drawn(judges):
    """Threes stand beside threes, fives beside fives, and neither look changes the other's numbers."""
    threes, known = told(judge_classifier, judged(of(3), judges))
    real = [one for one in known if one.pictures == "real" and one.name == "accuracy"]
    chance = [one for one in known if one.pictures == "other-class" and one.name == "accuracy"]
    assert {one.label for one in real} == {one.label for one in chance} == {None, 3}
    assert {one.n for one in chance} == {int((digits().test.labels == 2).sum())}  # twos, taken for threes
    assert max(one.value for one in chance) < 0.1 < 0.9 < min(one.value for one in real)
    assert {one.n for one in real} == {int((digits().test.labels == 3).sum())}
    assert {one.classes for one in known} == {"8 of class 3"}
    fives, _ = told(judge_classifier, judged(of(5), judges))
    assert threes != fives
    assert told(judge_classifier, judged(of(3), judges))[0] == threes  # the same look again: the same set


@pytest.mark.parametrize(
    "changes",
    [{"data.blur": 1}, {"judges.templates": "one.txt"}, {}],
    ids=["blur", "prompts", "count"],
)
def test_what_baselines_depend_on_is_in_their_name(clip_judges, tmp_path, monkeypatch, changes):
    """The prompt set, the blur of the training pictures, how many were drawn."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("somebody wrote a {} here\n")
    usual = judged(of(3), clip_judges, **{"judges.clip": "auto"})
    other = judged(of(3, 8 if changes else 7), clip_judges, **{"judges.clip": "auto"} | changes)
    (first, known), (second, _) = (told(judge_clip, one) for one in (usual, other))
    assert first != second
    assert len(first) == 16
    assert all(one.prompts.startswith("7 templates") for one in known)


def test_the_last_digits_of_a_sum_are_not_in_it(tmp_path):
    """Two machines, or two numbers of threads, add up in another order."""

    def judge(value, found):
        yield Progress("evaluate", 0, 1, 7)
        yield Baseline("j", "digits", 8, 1, "cosine", "real", value, 3)
        yield Evaluation(7, "j", "cosine", 0.5, 3)
        yield Alert("info", 7, found)
        yield Evaluation(7, "other", "cosine", 0.5, 3)

    looked = judged(held_out(), tmp_path)
    events = [list(tied(judge(value, "x"), looked)) for value in (1 / 3, 1 / 3 + 1e-15, 1 / 3 + 1e-6)]
    names = [one[1].baseline_set for one in events]
    assert names[0] == names[1] != names[2]
    assert [type(one) for one in events[0]] == [Progress, Baseline, Evaluation, Alert, Evaluation]
    assert events[0][-1].baseline_set == ""  # a judge that told no baselines has none beside it


def test_what_was_drawn_in_words():
    """By class and count."""
    some = judged(held_out(), None)
    assert drawn_classes(some) == "16 of each class"
    assert drawn_classes(replace(some, drawn=some.drawn[:-1])) == "15 to 16 of each class"
    assert drawn_classes(replace(some, drawn=some.drawn[:32])) == "16 of 2 classes"
    assert drawn_classes(replace(some, drawn=(replace(some.drawn[0], label=-1),))) == "1 without a class"
