"""Judges of several runs: over seeds, over pictures, of each class."""

import numpy as np
import pytest
from scipy import stats

from diffusion.events import Evaluation, Finished, Progress
from runs.compare import Arm, arms
from runs.compare_judges import judged, judged_by_class, over_pictures
from runs.ingest import catch_up
from runs.statistics import Estimate, bootstrap_interval
from runs.store import Store
from tests.runs.conftest import attempt

NAME = "classifier-digits accuracy"


def scored(value, half=0.02, n=100):
    yield Progress("train", 1, 1, 1)
    yield Evaluation(1, "classifier-digits", "accuracy", value, n, low=value - half, high=value + half)
    for label in (0, 1):
        at = value - 0.3 * label
        yield Evaluation(1, "classifier-digits", "accuracy", at, n // 10, label=label, low=at - 0.2, high=at + 0.2)
    yield Finished("completed", 1, 1.0)


@pytest.fixture
def store(home, made):
    """Blur 0 is read better than blur 2 by 0.2, and seed 1 better than seed 0 by 0.1."""
    for blur in (0.0, 2.0):
        for seed in (0, 1):
            attempt(made(f"blur{blur:g}-{seed}", data__blur=blur, seed=seed), scored(0.8 + 0.1 * seed - 0.1 * blur))
    catch_up(home)
    with Store.read(home) as opened:
        yield opened


def test_over_pictures_where_there_is_one_seed(store):
    """By the judge's own intervals; blur does not keep the test pictures from being the same."""
    runs = store.runs()
    (one,) = judged(store, arms([runs[0], runs[2]]), [NAME])
    assert (one.over, one.difference.estimate.value) == ("pictures", pytest.approx(-0.2))
    assert one.difference.estimate.high == pytest.approx(-0.2 + np.hypot(0.02, 0.02))
    assert one.difference.decided


def test_over_seeds_where_there_are_several(store):
    """Paired: both settings rise by as much with the seed."""
    both = arms(store.runs())
    assert judged(store, both, [NAME]) == []
    (_, first), (label, second) = judged_by_class(store, both, [NAME])
    assert (first.over, second.over, label) == ("seeds", "seeds", 1)
    assert second.second.value == pytest.approx(0.8 + 0.05 - 0.2 - 0.3)
    assert second.difference.estimate.n == 2


def test_of_each_class_over_pictures(store):
    """Ten pictures a class decide nothing here, and it is said how many would."""
    runs = store.runs()
    found = judged_by_class(store, arms([runs[0], runs[2]]), [NAME])
    assert [label for label, _ in found] == [0, 1]
    for _, one in found:
        assert not one.difference.decided
        assert 5 < one.difference.more < 40


def test_judges_of_other_data_sets_do_not_compare(store):
    """Their test pictures are others."""
    from diffusion.config import with_settings

    first = arms(store.runs())[0]
    other = Arm("mnist", with_settings(first.config, {"dataset": "mnist"}), first.runs)
    assert judged_by_class(store, [first, other], [NAME]) == []


def test_without_intervals_nothing_is_decided():
    """The difference is told all the same."""
    found = over_pictures(Estimate(0.5, None, None, 1), Estimate(0.7, 0.6, 0.8, 50))
    assert (found.estimate.value, found.decided, found.more) == (pytest.approx(0.2), False, None)


def test_pictures_of_one_network_differ_from_themselves_by_chance_alone():
    """100 comparisons of 80 pictures each, right or wrong by the same chance: 5 % false alarms."""
    generator = np.random.default_rng(4)
    alarms = 0
    for _ in range(100):
        sides = [generator.random(80) < 0.8 for _ in range(2)]
        estimates = [Estimate(hits.mean(), *bootstrap_interval(hits.astype(float)), 80) for hits in sides]
        alarms += over_pictures(*estimates).decided
    assert alarms <= stats.binom(100, 0.05).ppf(0.9995)
