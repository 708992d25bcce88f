"""Curves of arms: folded, on three axes, where two part, what they took to the same quality."""

import numpy as np
import pytest

from diffusion.events import Evaluation, Finished, Metric, Progress, Started
from runs import compare_curves
from runs.arms import Arm, arms
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.runs.test_arms import child_of

ACCURACY = "judge accuracy"


def learning(seed, better=0.0, from_step=0, steps=10):
    """A loss that falls, differs by seed, and from a step on by what is planted; a judge who looks at each step."""
    yield Started({"device": "cpu"}, ("0", "1"))
    noise = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        planted = better if step >= from_step else 0.0
        yield Metric(step, "val/x0_loss", 1 / step + 0.2 * seed + 0.001 * noise.normal() - planted)
        yield Evaluation(step, "judge", "accuracy", 0.08 * step + planted, 80)
        yield Progress("train", step, steps, step)
    yield Finished("completed", steps, 1.0)


@pytest.fixture
def found(home, made):
    """Two schedules with three seeds each; cosine is better by 0.1 from step 6 on."""
    for schedule, better in (("linear", 0.0), ("cosine", 0.1)):
        for seed in range(3):
            attempt(made(f"{schedule}-{seed}", process__schedule=schedule, seed=seed), learning(seed, better, 6))
    catch_up(home)
    with Store.read(home) as store:
        yield store, arms(store.runs())


@pytest.mark.parametrize(("axis", "factor"), [("step", 1), ("images", 128)])
def test_curves_are_folded_over_seeds(found, axis, factor):
    """The mean of three, with its band, at steps or at images."""
    store, (linear, _) = found
    curve = compare_curves.curve(store, linear, "val/x0_loss")
    assert compare_curves.places(store, curve, axis).tolist() == [step * factor for step in range(1, 11)]
    assert curve.mean == pytest.approx([1 / step + 0.2 for step in range(1, 11)], abs=0.005)
    assert (curve.high - curve.low > 0.2).all()
    assert compare_curves.curve(store, linear, "val/none") is None


def test_a_judge_who_looks_again_and_again_has_a_curve(found):
    """As a metric has."""
    store, (linear, _) = found
    curve = compare_curves.curve(store, linear, ACCURACY)
    assert curve.mean == pytest.approx([0.08 * step for step in range(1, 11)])


def test_seconds_leave_out_the_break_between_attempts(home, made):
    """Two attempts of 10 seconds each, a day apart."""
    folder = made("twice")
    attempt(folder, learning(0, steps=2))
    attempt(folder, learning(0, steps=4))
    catch_up(home)
    with Store.write(home) as store:
        store.db.execute("update attempts set started = 86400 * number, ended = 86400 * number + 10")
        store.db.execute("update points set time = 86400 * attempt + 5")
    with Store.read(home) as store:
        (run,) = store.runs()
        curve = compare_curves.curve(store, Arm(1, "x", run.config, (run,)), "val/x0_loss")
        places = compare_curves.places(store, curve, "seconds")
    assert places.tolist() == [15, 15, 15, 15]  # the second attempt has done all steps again


def test_where_two_arms_part(found):
    """From the step of the planted difference on; an arm against itself never."""
    store, (linear, cosine) = found
    curves = [compare_curves.curve(store, arm, "val/x0_loss") for arm in (linear, cosine)]
    assert compare_curves.parts_at(*curves) == 6
    assert compare_curves.parts_at(*curves, "images") == 6 * 128
    assert compare_curves.parts_at(curves[0], curves[0]) is None
    one = compare_curves.curve(store, Arm(1, "x", linear.config, linear.runs[:1]), "val/x0_loss")
    assert compare_curves.parts_at(curves[0], one) is None


def by_images(seed, batch):
    """A loss that falls with the pictures that were seen."""
    noise = np.random.default_rng(seed)
    for step in range(1, 11):
        yield Metric(step, "val/x0_loss", 100 / (step * batch) + 0.001 * noise.normal())
        yield Progress("train", step, 10, step)
    yield Finished("completed", 10, 1.0)


def test_batches_of_other_sizes_are_compared_at_equal_images(home, made):
    """Where images are the axis, 8 steps of 64 are 4 of 128."""
    for batch in (128, 64):
        for seed in range(3):
            attempt(made(f"{batch}-{seed}", train__batch_size=batch, seed=seed), by_images(seed + batch, batch))
    catch_up(home)
    with Store.read(home) as store:
        curves = [compare_curves.curve(store, arm, "val/x0_loss") for arm in arms(store.runs())]
    assert compare_curves.parts_at(*curves) is not None
    assert compare_curves.parts_at(*curves, "images") is None


def test_what_it_takes_to_the_same_quality(found):
    """The loss that both reach, and when each first does; of accuracy more is better."""
    store, both = found
    curves = [compare_curves.curve(store, arm, "val/x0_loss") for arm in both]
    goal, (first, second) = compare_curves.reached(store, curves)
    assert goal == pytest.approx(0.3, abs=0.005)
    assert (first.step, second.step, second.images) == (10, 6, 6 * 128)
    assert compare_curves.reached(store, curves[:1]) is None
    goal, (first, second) = compare_curves.reached(store, [compare_curves.curve(store, arm, ACCURACY) for arm in both])
    assert (round(goal, 3), first.step, second.step) == (0.8, 10, 9)


def test_a_fork_has_what_its_parent_had(home, made):
    """It began at step 4 with the loss of that step: no step of its own led there; from there on it counts its own."""
    attempt(made("parent"), learning(0, steps=4))
    catch_up(home)
    with Store.read(home) as store:
        (parent,) = store.runs()
    folder = made("fork")

    def going_on():
        yield Started({"device": "cpu"}, ("0",))
        for step in (5, 6):
            yield Metric(step, "val/x0_loss", 0.1)
            yield Progress("train", step, 6, step)
        yield Finished("completed", 6, 1.0)

    attempt(folder, going_on(), **child_of(folder, parent.id, 4))
    catch_up(home)
    with Store.read(home) as store:
        curves = [compare_curves.curve(store, arm, "val/x0_loss") for arm in arms(store.runs())]
        _, (first, second) = compare_curves.reached(store, curves)
        own = compare_curves._reached(store, curves[1], 0.15, 1.0)
    assert (first.step, second.step, second.images, second.seconds) == (4, 4, 0, 0)
    assert (own.step, own.images) == (5, 128)
