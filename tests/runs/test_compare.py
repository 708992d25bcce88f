"""Arms beside each other: planted differences are found, a setting against itself is none."""

import numpy as np
import pytest
from scipy import stats

from diffusion.config import RunConfig, with_settings
from diffusion.events import Evaluation, Finished, Metric, Progress, Started, TimestepLoss
from runs.arms import Against, Arm, arms
from runs.compare import Side, beside, effects, levels, losses_by_log_snr
from runs.figures import Measured
from runs.ingest import catch_up
from runs.statistics import bootstrap_interval
from runs.store import Store
from tests.runs.conftest import attempt
from tests.runs.test_arms import child_of
from tests.runs.test_picture_scores import scored
from tests.workbench.streams import training

MOST_FALSE = int(stats.binom(100, 0.05).ppf(0.9995))  # 14: one false alarm of a test in a thousand, were the rate 5 %
LEVELS = ((-2.0, 0.0), (0.0, 2.0))
LOSS = ("val/x0_loss", None)
# Validation losses of predicted x0 of seeds 0 to 29: digits, 32 channels, 1 block a level, 80 steps of 64 pictures
STORED_TEXT = """
    0.2773 0.2843 0.2803 0.2748 0.2794 0.2684 0.2707 0.2703 0.269 0.2812 0.2604 0.2713 0.2734 0.2801 0.2731
    0.2738 0.2779 0.2804 0.2796 0.2784 0.274 0.2799 0.2711 0.2774 0.2711 0.2805 0.2795 0.272 0.2717 0.277
"""
STORED = dict(enumerate(map(float, STORED_TEXT.split())))
HALF = dict(enumerate([0.3266, 0.3285, 0.3291]))  # the same with 16 channels
# Blur in pixels that explains the drawn digits after the preset's training, seeds 0 to 2: on sharp pictures, on blur 2
SHARP, BLURRED = dict(enumerate([0.0501, 0.0593, 0.0096])), dict(enumerate([0.3100, 0.2752, 0.2792]))


def learning(seed, better=0.0):
    """A loss, by log-SNR too, that differs by seed, and by what is planted at high log-SNR alone."""
    noise = np.random.default_rng([seed, round(100 * better)])
    yield Started({"device": "cpu"}, ("0", "1"))
    yield Metric(1, "val/x0_loss", 1 + 0.2 * seed + 0.001 * noise.normal() - better)
    yield Progress("train", 1, 1, 1)
    for at, (low, high) in enumerate(LEVELS):
        yield TimestepLoss(1, "val", low, high, 0.5 + 0.1 * seed + 0.001 * noise.normal() - at * better, 64)
    yield Finished("completed", 1, 1.0)


@pytest.fixture
def trained(home, made):
    """Arms of runs that were made and trained by what a test says, and the open store."""
    stores = []

    def train(*runs):
        for at, (settings, events) in enumerate(runs):
            attempt(made(f"run{at}", **settings), events)
        catch_up(home)
        context = Store.read(home)
        stores.append(context)
        store = context.__enter__()
        found = arms(store.runs())
        return store, found, [Side(store, arm) for arm in found]

    yield train
    for context in stores:
        context.__exit__(None, None, None)


def both(*seeds, better=0.1):
    """Runs of two schedules."""
    for schedule, planted in (("linear", 0.0), ("cosine", better)):
        for seed in seeds:
            yield {"process__schedule": schedule, "seed": seed}, learning(seed, planted)


class Fake(Side):
    """One arm's figures without a store, by seed."""

    def __init__(self, number, values, n=None, drawn=False, half=None):
        self.arm = Arm(number, str(number), RunConfig(), (), drawn=drawn)
        self._values = {
            seed: Measured(value, 1, n, *([value - half, value + half] if half else []))
            for seed, value in values.items()
        }

    def of(self, key):
        return self._values

    def pictures(self, key, seeds):
        return {}


def told(found):
    return found.first.value, found.second.value, found.difference.estimate.value


@pytest.mark.parametrize(
    "seeds", [((0, 1, 2), (1, 2, 3)), ((0, 1), (1, 5)), ((0, 1), (2, 3)), ((0, 1), (1,)), ((0,), (5,))]
)
@pytest.mark.parametrize("drawn", [False, True])
def test_the_difference_is_that_of_the_values_beside_it(seeds, drawn):
    """Whatever seeds are missing on either side: second minus first, to the last digit."""
    sides = [
        Fake(at, {seed: seed + 0.1 * at for seed in some}, n=80, drawn=drawn, half=0.1) for at, some in enumerate(seeds)
    ]
    first, second, apart = told(beside(LOSS, *sides))
    assert apart == pytest.approx(second - first)


def test_seeds_that_one_side_has_alone_are_left_out_and_told():
    """Seed 9 of the first arm has no partner."""
    found = beside(LOSS, Fake(1, {0: 1.0, 1: 2.0, 9: 50.0}), Fake(2, {0: 1.1, 1: 2.1001}))
    assert (found.first.value, found.difference.estimate.n, found.unused) == (1.5, 2, 1)
    assert found.difference.decided


def test_one_seed_in_common_is_no_pair():
    """Where both have several they are compared as independent groups, as for none in common."""
    a, b = {0: 1.0, 1: 1.01, 2: 0.99}, {2: 2.0, 3: 2.01, 4: 1.99}
    for shift in (0, 10):
        found = beside(LOSS, Fake(1, a), Fake(2, {seed + shift: value for seed, value in b.items()}))
        assert (found.difference.paired, found.difference.estimate.n) == (False, 3)
        assert found.difference.decided


def test_a_planted_difference_in_a_figure(trained):
    """Seeds differ by 0.2, the settings by 0.1: found, with its sign."""
    _, _, sides = trained(*both(0, 1, 2))
    found = beside(LOSS, *sides)
    assert found.difference.estimate.value == pytest.approx(-0.1, abs=0.01)
    assert (found.over, found.difference.decided) == ("seeds", True)
    assert beside(("nothing", None), *sides) is None


def test_a_diverged_run_has_no_figures(trained):
    """Its newest loss is that of a network before it was lost; of a seed among others, and of a whole arm."""
    _, (good, lost), sides = trained(
        ({"seed": 0}, training(20)),
        ({"seed": 1}, training(20, nan_at=15)),
        ({"seed": 0, "data__blur": 1}, training(20, nan_at=15)),
    )
    assert (len(good.runs), lost.diverged) == (1, True)
    assert [*sides[0].of(LOSS)] == [0]
    assert sides[1].of(LOSS) == {}
    assert beside(LOSS, *sides) is None


def test_seeds_that_stand_at_other_steps_are_read_at_one(trained):
    """At the last one that both have reached."""

    def until(last):
        for step in range(1, last + 1):
            yield Metric(step, "val/x0_loss", 1 / step)
            yield Evaluation(step, "judge", "accuracy", step / 10, 10)
            yield Progress("train", step, 9, step)
        yield Finished("stopped", last, 1.0)

    _, _, sides = trained(({"seed": 0}, until(4)), ({"seed": 1}, until(2)), ({"data__blur": 1}, until(9)))
    assert {seed: one.step for seed, one in sides[0].of(LOSS).items()} == {0: 2, 1: 2}
    assert {one.value for one in sides[0].of(("judge accuracy", None)).values()} == {0.2}


def test_pictures_of_the_same_noise_are_pairs(trained):
    """CLIP's scores rise by 0.01 a picture, far below their own spread: decided, where intervals alone would not be."""
    _, _, sides = trained(({}, scored()), ({"data__blur": 1}, scored(0.01, spread=0.001)))
    found = beside(("clip cosine", None), *sides)
    assert (found.over, found.difference.paired, found.difference.estimate.n) == ("pictures", True, 20)
    assert found.difference.estimate.value == pytest.approx(0.01, abs=0.001)
    assert found.difference.decided
    first, second, apart = told(found)
    assert apart == pytest.approx(second - first)


def test_pictures_without_scores_of_their_own_are_compared_by_their_judges_intervals():
    """As independent ones."""
    found = beside(("judge accuracy", None), Fake(1, {0: 0.5}, 80, half=0.1), Fake(2, {0: 0.9}, 80, half=0.1))
    assert (found.over, found.difference.paired) == ("pictures", False)
    assert found.difference.estimate.high == pytest.approx(0.4 + np.hypot(0.1, 0.1))


def test_drawings_of_one_network_are_no_trainings(trained, home, made):
    """Their seeds are more pictures: compared over all of these, and said to be over pictures."""
    attempt(made("source"), training(1))
    catch_up(home)
    with Store.read(home) as store:
        (parent,) = store.runs()
    for weights, shift in (("ema", 0.0), ("raw", 0.01)):
        for seed in (0, 1):
            folder = made(f"{weights}{seed}", sampling__weights=weights, seed=seed, train__steps=1)
            attempt(folder, scored(shift, 0.001, seed), **child_of(folder, parent.id, 1))
    catch_up(home)
    with Store.read(home) as store:
        found = arms([run for run in store.runs() if run.parent])
        cosine, fd = (beside((f"clip {name}", None), *(Side(store, arm) for arm in found)) for name in ("cosine", "fd"))
    assert all(arm.drawn for arm in found)
    assert (cosine.over, fd.over, fd.difference.estimate.n) == ("pictures", "drawings", 2)


def test_losses_at_equal_noise_are_paired(trained):
    """Seeds differ by 0.1, the settings by 0.1 at one level alone: only there it is found, and with its sign."""
    store, found, _ = trained(*both(0, 1, 2))
    losses = {arm.number: losses_by_log_snr(store, arm) for arm in found}
    low, high = levels(found, losses, Against.first(found))
    assert (low.log_snr_low, high.log_snr_high) == (-2, 2)
    assert not low.differences[1].decided
    assert high.differences[1].decided
    assert high.differences[1].estimate.value == pytest.approx(-0.1, abs=0.01)
    assert (high.estimates[0].n, high.differences[0]) == (3, None)


def test_the_main_effect_of_an_axis(trained):
    """Each schedule's arms against linear's over two numbers of channels at once: by seeds, or settings where there is
    one seed."""
    every = [
        (settings | {"network__channels": channels}, events)
        for channels in (32, 64)
        for settings, events in both(0, 1, 2)
    ]
    _, found, sides = trained(*every)
    along = Against.along(found, "process.schedule")
    by_number = {side.arm.number: side for side in sides}
    (one,) = effects(by_number, along, "val/x0_loss")
    assert (one.value, one.against, one.settings, one.over) == ("cosine", "linear", 2, "seeds")
    assert one.difference.estimate.value == pytest.approx(-0.1, abs=0.01)
    assert (one.difference.estimate.n, one.difference.decided) == (3, True)
    assert effects(by_number, Against("process.schedule", {2: found[0]}), "val/x0_loss") == []
    fakes = {1: Fake(1, {0: 1.0}), 2: Fake(2, {0: 0.9}), 3: Fake(3, {0: 5.0}), 4: Fake(4, {0: 4.89})}
    for number, side in fakes.items():
        side.arm = found[number - 1]
    (one,) = effects(fakes, along, "val/x0_loss")
    assert (one.over, one.difference.estimate.n) == ("settings", 2)
    assert one.difference.estimate.value == pytest.approx(-0.105)


@pytest.mark.parametrize("common", [0.0, 0.9])
@pytest.mark.parametrize("seeds", [1, 3])
def test_a_main_effect_of_nothing_is_none(common, seeds):
    """Also where the differences of one seed have something in common at all settings, as data order and noise have."""
    generator = np.random.default_rng(seeds)
    configs = [
        with_settings(RunConfig(), {"data.blur": blur, "process.schedule": name})
        for blur in range(4)
        for name in ("linear", "cosine")
    ]
    found = [Arm(number, "", config, ()) for number, config in enumerate(configs, 1)]
    along = Against("process.schedule", {number: found[number - 2] for number in range(2, 9, 2)})
    decided = 0
    for _ in range(100):
        shared = generator.normal(size=(2, seeds)) * (seeds > 1)
        sides = {}
        for arm in found:
            own = generator.normal(size=seeds)
            values = np.sqrt(common) * shared[arm.number % 2] + np.sqrt(1 - common) * own
            sides[arm.number] = Fake(arm.number, dict(enumerate(values)))
            sides[arm.number].arm = arm
        (one,) = effects(sides, along, "val/x0_loss")
        decided += one.difference.decided
    assert decided <= MOST_FALSE


def alarms(make):
    """How many of 100 comparisons of a setting with itself are decided."""
    return sum(make().difference.decided for _ in range(100))


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("shared", [True, False])
def test_a_study_against_itself_is_no_difference(seeds, shared):
    """Losses of trainings of one config that differ in their seed: false alarms are those of 5 %."""
    generator = np.random.default_rng(seeds)

    def make():
        values = generator.permutation([*STORED.values()])
        a, b = values[:seeds], values[seeds : 2 * seeds]
        return beside(LOSS, Fake(1, dict(enumerate(a))), Fake(2, dict(enumerate(b, 0 if shared else 100))))

    assert alarms(make) <= MOST_FALSE


@pytest.mark.parametrize("share", [0.9, 0.98, 0.995])
@pytest.mark.parametrize("seeds", [2, 3])
def test_counted_figures_are_no_surer_than_others(share, seeds):
    """80 pictures, right or wrong: equal counts of two seeds say that nothing was seen of the spread."""
    generator = np.random.default_rng(seeds)

    def make():
        sides = [dict(enumerate(generator.binomial(80, share, seeds) / 80)) for _ in range(2)]
        return beside(("judge accuracy", None), *(Fake(at, side, n=80) for at, side in enumerate(sides)))

    assert alarms(make) <= MOST_FALSE


def test_equal_counts_decide_nothing():
    """One picture more in each of two seeds."""
    found = beside(("judge accuracy", None), Fake(1, {0: 0.5, 1: 0.6}, n=80), Fake(2, {0: 0.5125, 1: 0.6125}, n=80))
    assert not found.difference.decided


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_pictures_of_one_network_differ_from_themselves_by_chance_alone(correlation, monkeypatch):
    """80 pictures whose scores share what the noise does: 5 % false alarms; a shift of 0.3 is found all the better."""
    generator = np.random.default_rng(3)
    shift = 0.0

    def make():
        noise = generator.normal(size=80)
        sides = []
        for at in range(2):
            own = generator.normal(size=80)
            sides.append(np.sqrt(correlation) * noise + np.sqrt(1 - correlation) * own + at * shift)
        fakes = [Fake(at, {0: float(values.mean())}, n=80) for at, values in enumerate(sides)]
        for fake, values in zip(fakes, sides, strict=True):
            fake.pictures = lambda key, seeds, values=values: {(0, 0, at): float(v) for at, v in enumerate(values)}
        return beside(("clip cosine", None), *fakes)

    monkeypatch.setattr("runs.statistics.bootstrap_interval", lambda values: bootstrap_interval(values, resamples=200))
    assert alarms(make) <= MOST_FALSE
    shift = 0.3
    assert alarms(make) >= {0.0: 30, 0.5: 65, 0.9: 95}[correlation]


def test_half_the_channels_and_blur_are_found():
    """Three seeds each of real trainings: the loss shows the first, the blur of the drawn pictures the second."""
    half = beside(LOSS, Fake(1, {seed: STORED[seed] for seed in range(3)}), Fake(2, {s: HALF[s] for s in range(3)}))
    assert half.difference.decided
    assert half.difference.estimate.value > 0
    blur = beside(("pixels blur_sigma", None), Fake(1, SHARP, n=80), Fake(2, BLURRED, n=80))
    assert blur.difference.decided
    assert blur.difference.estimate.value > 0.1
