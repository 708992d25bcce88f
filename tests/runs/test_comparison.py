"""Arms as they are compared: which with which, what is charted, and all of it as plain values."""

import json

import pytest

from diffusion.errors import UserError
from diffusion.events import Curve, Evaluation, Finished
from runs.arms import Against, arms
from runs.comparison import Comparison, against, usual_against, values
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training


def judged(n=80, looks=()):
    """A training whose judge looks at its end, and at some steps before."""
    for event in training(10):
        if isinstance(event, Finished):
            for step in (*looks, 10):
                yield Evaluation(step, "judge", "accuracy", step / 20, n, low=step / 20 - 0.1, high=step / 20 + 0.1)
            yield Evaluation(10, "judge", "fd", 3.1, n)
            yield Curve(10, "pixels", "power", "frequency", ((0.1, 5.0), (0.2, 2.0)))
        yield event


@pytest.fixture
def compared(home, made):
    """Makes runs and compares them."""
    stores = []

    def compare(*runs, metrics=(), **options):
        for at, (settings, events) in enumerate(runs):
            attempt(made(f"run{at}", **settings), events)
        catch_up(home)
        stores.append(Store.read(home))
        store = stores[-1].__enter__()
        return Comparison(store, arms(store.runs()), metrics, **options)

    yield compare
    for one in stores:
        one.__exit__(None, None, None)


def square():
    """Two schedules by two blurs."""
    for blur in (0.0, 1.0):
        for schedule in ("linear", "cosine"):
            yield {"data__blur": blur, "process__schedule": schedule}, judged()


def test_groups_in_which_a_figure_compares(compared):
    """Losses of one blur alone, accuracies of all; curves and levels of each group for itself."""
    found = compared(*square())
    assert [[arm.number for arm in group] for group in found.classes("val/x0_loss")] == [[1, 2], [3, 4]]
    assert [len(group) for group in found.classes("judge accuracy")] == [4]
    assert [[arm.number for arm in group] for group, _ in found.levels] == [[1, 2], [3, 4]]
    assert [name for name, _, _ in found.same_quality()] == ["val/x0_loss", "val/x0_loss"]
    assert found.charted() == ["val/x0_loss"]
    assert "train/loss" in found.left_out()
    assert set(found.spectra()) == {1, 2, 3, 4}


def test_a_judge_who_looked_again_and_again_is_charted(compared):
    """When asked for; more of it is better, so the quality that all reach is the highest."""
    runs = [({"process__schedule": name}, judged(looks=(2, 5))) for name in ("linear", "cosine")]
    found = compared(*runs, metrics=["accuracy"])
    assert found.charted() == ["judge accuracy"]
    ((name, value, _),) = found.same_quality()
    assert (name, value) == ("judge accuracy", 0.5)


def test_distances_of_other_numbers_of_pictures_do_not_compare(compared):
    """Accuracies do."""
    found = compared(({}, judged(80)), ({"sampling__per_class": 32}, judged(320)))
    assert "judge fd" in found.names
    assert {one.figure for one in found.compared} == {"val/x0_loss", "judge accuracy"}
    assert found.left_out()["judge fd"] == "of other numbers of pictures, with which it moves: 80, 320"


def test_what_one_arm_alone_has_is_told(compared):
    """By the numbers of those that have it not."""
    found = compared(({}, judged()), ({"train__batch_size": 64}, training(10)))
    assert found.left_out()["judge accuracy"] == "not measured in 2"
    assert found.classes("judge accuracy") == [found.arms]


def test_how_a_study_is_compared(compared):
    """With the first where one axis varies, else along the axis in which losses compare."""
    found = compared(*square())
    assert usual_against(found.arms).axis == "process.schedule"
    assert usual_against(found.arms[:2]) == Against.first(found.arms[:2])
    assert against(found.arms, "blur=1").references[1].number == 3
    for text, message in (("train.steps", "do not differ"), ("blur=7", "no two runs differ in that alone")):
        with pytest.raises(UserError, match=message):
            against(found.arms, text)


def test_along_log_snr_there_are_no_curves(compared):
    """The losses at equal noise are what has that axis."""
    assert compared(*list(square())[:2], axis="log-snr").charted() == []


def test_as_plain_values(compared):
    """All of it fits into JSON."""
    found = compared(*square())
    told = values(Comparison(found.store, found.arms, against=usual_against(found.arms)))
    assert json.loads(json.dumps(told, allow_nan=False))["arms"] == told["arms"]
    assert told["compared_along"] == "process.schedule"
    assert {(one["axis"], one["settings"]) for one in told["effects"]} == {("data.blur", 2), ("process.schedule", 2)}


def stopped():
    """A run that was stopped half-way."""
    for event in training(10):
        if isinstance(event, Finished):
            yield Finished("stopped", 5, 1.0)
            return
        if getattr(event, "step", 0) <= 5:
            yield event


def test_a_run_that_was_stopped_is_not_compared_with_one_that_has_ended(compared):
    """Its loss is of another step: that is said, and nothing is decided of it."""
    found = compared(
        ({"process__schedule": "linear"}, training(10)),
        ({"process__schedule": "cosine"}, stopped()),
        metrics=["train/loss"],
    )
    assert not [one for one in found.compared if one.figure == "train/loss"]
    assert "measured" in found.left_out()["train/loss"] or "other s" in found.left_out()["train/loss"]
