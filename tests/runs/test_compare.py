"""Runs beside each other: planted differences are found, a setting against itself is none."""

import numpy as np
import pytest
from scipy import stats

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from diffusion.events import Finished, Metric, Progress, Started, TimestepLoss
from runs import compare
from runs.compare import Arm, arms
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt

LEVELS = ((-2.0, 0.0), (0.0, 2.0))


def learning(seed, better=0.0, from_step=0, steps=10):
    """A loss that falls, differs by seed, and from a step on by what is planted."""
    yield Started({"device": "cpu"}, ("0", "1"))
    noise = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        planted = better if step >= from_step else 0.0
        yield Metric(step, "val/x0_loss", 1 / step + 0.2 * seed + 0.001 * noise.normal() - planted)
        yield Progress("train", step, steps, step)
    for at, (low, high) in enumerate(LEVELS):
        yield TimestepLoss(steps, "val", low, high, 0.5 + 0.1 * seed + 0.001 * noise.normal() - at * better, 64)
    yield Finished("completed", steps, 1.0)


@pytest.fixture
def found(home, made):
    """Two schedules with three seeds each; cosine is better by 0.1 from step 6 on, at high log-SNR alone."""
    for schedule, better in (("linear", 0.0), ("cosine", 0.1)):
        for seed in range(3):
            events = learning(seed + (100 if schedule == "never" else 0), better, from_step=6)
            attempt(made(f"{schedule}-{seed}", process__schedule=schedule, seed=seed), events)
    catch_up(home)
    with Store.read(home) as store:
        yield store, arms(store.runs())


def test_arms_are_settings_and_seeds_their_runs(found):
    """Named by what differs; of two runs with one seed the newer one counts."""
    _, (linear, cosine) = found
    assert (linear.name, cosine.name) == ("schedule linear", "schedule cosine")
    assert list(linear.by_seed) == [0, 1, 2]
    twice = Arm("x", linear.config, (*linear.runs, linear.runs[0]))
    assert len(twice.by_seed) == 3


def test_runs_of_one_config_are_an_arm_each(found):
    """To see how far seeds differ."""
    _, (linear, _) = found
    assert [arm.name for arm in arms(linear.runs)] == ["linear-0", "linear-1", "linear-2"]
    with pytest.raises(UserError, match="a comparison needs two runs or more"):
        arms(linear.runs[:1])


def test_what_differs_in_the_configs(found):
    """One setting; the seed is inside the arms."""
    assert compare.config_differences(found[1]) == {"process.schedule": ["linear", "cosine"]}


@pytest.mark.parametrize(("axis", "factor"), [("step", 1), ("images", 128)])
def test_curves_are_folded_over_seeds(found, axis, factor):
    """The mean of three, with its band, at steps or at images."""
    store, (linear, _) = found
    curve = compare.curve(store, linear, "val/x0_loss")
    assert compare.places(store, linear, curve, axis).tolist() == [step * factor for step in range(1, 11)]
    assert curve.mean == pytest.approx([1 / step + 0.2 for step in range(1, 11)], abs=0.005)
    assert (curve.high - curve.low > 0.2).all()
    assert compare.curve(store, linear, "val/none") is None


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
        arm = Arm("x", run.config, (run,))
        places = compare.places(store, arm, compare.curve(store, arm, "val/x0_loss"), "seconds")
    assert places.tolist() == [15, 15, 15, 15]  # the second attempt has done all steps again


def test_where_two_arms_part(found):
    """From the step of the planted difference on; an arm against itself never."""
    store, (linear, cosine) = found
    curves = [compare.curve(store, arm, "val/x0_loss") for arm in (linear, cosine)]
    assert compare.parts_at(*curves) == 6
    assert compare.parts_at(curves[0], curves[0]) is None
    one = compare.curve(store, Arm("x", linear.config, linear.runs[:1]), "val/x0_loss")
    assert compare.parts_at(curves[0], one) is None


def test_losses_at_equal_noise_are_paired(found):
    """Seeds differ by 0.1, the settings by 0.1 at one level alone: only there it is found, and with its sign."""
    low, high = compare.by_log_snr(*found)
    assert (low.log_snr_low, high.log_snr_high) == (-2, 2)
    assert not low.differences[0].decided
    assert high.differences[0].decided
    assert high.differences[0].paired
    assert high.differences[0].estimate.value == pytest.approx(-0.1, abs=0.01)
    assert high.estimates[0].n == 3


def test_losses_on_other_pictures_do_not_compare(found):
    """Why, in words."""
    store, (linear, _) = found
    blurred = Arm("blurred", with_settings(linear.config, {"blur": 2}), linear.runs)
    with pytest.raises(UserError, match=r"do not compare: measured on other pictures: data\.blur 0\.0, 2\.0"):
        compare.by_log_snr(store, [linear, blurred])
    taken = {run.id: {"val/x0_loss": 1.0, "seconds": 1.0} for run in linear.runs}
    compared = compare.differences([linear, blurred], taken, ["val/x0_loss", "seconds"])
    assert [one.figure for one in compared] == ["seconds"]


def test_a_planted_difference_in_a_figure(found):
    """Paired over the seeds that both arms have."""
    _, (linear, cosine) = found
    taken = {run.id: {"loss": 1.0 + run.seed} for run in linear.runs}
    taken |= {run.id: {"loss": 0.9 + run.seed + 0.01 * run.seed} for run in cosine.runs[1:]}
    (one,) = compare.differences([linear, cosine], taken | {cosine.runs[0].id: {}}, ["loss"])
    assert one.difference.estimate.n == 2
    assert one.difference.estimate.value == pytest.approx(-0.085)
    assert one.difference.decided


def test_what_it_takes_to_the_same_quality(found):
    """The loss that both reach, and when each first does."""
    store, (linear, cosine) = found
    curves = [compare.curve(store, arm, "val/x0_loss") for arm in (linear, cosine)]
    goal, (first, second) = compare.reached(store, [linear, cosine], curves)
    assert goal == pytest.approx(0.3, abs=0.005)
    assert (first.step, second.step) == (10, 6)
    assert second.images == 6 * 128
    assert compare.reached(store, [linear, cosine], [curves[0], None]) is None


class FakeRun:
    """As much of a run as a difference looks at."""

    def __init__(self, arm, seed):
        self.id, self.seed = f"{arm}-{seed}", seed


def test_a_study_against_itself_is_no_difference():
    """100 comparisons over three seeds each of one setting, its losses skewed as losses are: 5 % false alarms."""
    generator = np.random.default_rng(2)
    alarms = 0
    for _ in range(100):
        both = [Arm(name, RunConfig(), tuple(FakeRun(name, seed) for seed in range(3))) for name in "ab"]
        taken = {run.id: {"loss": 0.1 * generator.lognormal(sigma=0.05)} for arm in both for run in arm.runs}
        (one,) = compare.differences(both, taken, ["loss"])
        alarms += one.difference.decided
    assert alarms <= stats.binom(100, 0.05).ppf(0.9995)
