"""Emergence along a way that is known: real digits coming out of noise at given levels."""

import math

import numpy as np
import pytest
import torch

from diffusion.config import ProcessConfig
from diffusion.data.pictures import Split, to_uint8, to_unit
from diffusion.errors import UserError
from diffusion.events import Curve, Drawn, Evaluation, Progress
from diffusion.judges.emergence import axes, decided_at, judge_emergence, paths_of, recognised, similarity, thinned
from tests.diffusion.judges.sets import held_out, judged

SIGMAS = (20.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.0)


@pytest.fixture(scope="module")
def trajectory():
    """40 test pictures, with less and less noise; the predicted x0 is noise until sigma 2 and then the picture."""
    real, generator = held_out(), torch.Generator().manual_seed(0)
    found = []
    for index in range(0, 160, 4):
        x0, label = to_unit(real.pictures[index]), int(real.labels[index])
        noise = torch.randn(x0.shape, generator=generator)
        for step, sigma in enumerate(SIGMAS):
            x = (x0 + sigma * noise) / math.hypot(1, sigma)
            predicted = noise if sigma > 2 else x0
            for content, shown in (("x_t", x), ("x0", predicted)):
                pixels = to_uint8(shown).permute(1, 2, 0).numpy()
                found.append(Drawn(pixels, label, 0, index, step, sigma, content))
    return found


@pytest.fixture(scope="module")
def told(trajectory, judges):
    return list(judge_emergence(judged(held_out(), judges, trajectory, schedule="flow")))


def curve(events, name, axis="fraction", label=None):
    (found,) = [
        one for one in events if isinstance(one, Curve) and (one.name, one.axis, one.label) == (name, axis, label)
    ]
    return dict(found.points)


def value(events, name, label=None):
    (found,) = [one for one in events if isinstance(one, Evaluation) and (one.name, one.label) == (name, label)]
    return found


def test_accuracy_rises_from_chance_to_that_of_real_pictures(told):
    """Of x_t as the noise goes, of x0 in one leap at the third moment."""
    x_t, x0 = curve(told, "x_t_accuracy"), curve(told, "x0_accuracy")
    assert x_t[0.0] < 0.35
    assert x_t[1.0] > 0.9
    assert x0[1 / 6] < 0.35
    assert x0[2 / 6] == x0[1.0] > 0.9


def test_x0_is_settled_when_it_is_the_picture(told):
    """A few noises happen to be read as the right class and count as settled before."""
    found = value(told, "x0_decided_at")
    assert 0.2 < found.value <= 1 / 3
    assert found.low <= found.value <= found.high
    assert found.n == 40
    assert value(told, "x_t_decided_at").value > found.value


def test_the_settled_share_never_falls(told):
    """And ends at all."""
    for name in ("x_t_decided", "x0_decided"):
        shares = list(curve(told, name).values())
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_likeness_needs_no_judge(trajectory, tmp_path):
    """Correlation with the final picture, which ends at 1."""
    events = list(judge_emergence(judged(held_out(), tmp_path, trajectory, **{"judges.train": False})))
    assert {one.judge for one in events if isinstance(one, Evaluation | Curve)} == {"pixels"}
    alike = curve(events, "x0_similarity")
    assert abs(alike[0.0]) < 0.2
    assert alike[2 / 6] == pytest.approx(1.0)
    assert value(events, "x0_similar_at").value == pytest.approx(1 / 3, abs=0.05)


def test_the_same_moments_stand_on_three_axes(told):
    """Fraction of sampling steps, timestep and log-SNR; the end, without noise, has no log-SNR."""
    fraction, timestep, log_snr = (curve(told, "x0_accuracy", axis) for axis in ("fraction", "timestep", "log_snr"))
    assert list(fraction.values()) == list(timestep.values())
    assert list(fraction.values())[:-1] == list(log_snr.values())
    assert list(timestep)[2] == pytest.approx(1000 * 2 / 3)
    assert list(log_snr)[3] == pytest.approx(0.0)


def test_each_class_has_its_own(told):
    """Four pictures of each."""
    assert [value(told, "x0_decided_at", label).n for label in range(10)] == [4] * 10
    assert curve(told, "x0_accuracy", label=3)[1.0] >= 0.75


def test_results_come_after_all_progress(told):
    """Work that is given up has told nothing."""
    kinds = [isinstance(one, Progress) for one in told]
    assert kinds == sorted(kinds, reverse=True)


def test_without_a_trajectory_nothing_is_told(judges):
    """As for pictures that were drawn before."""
    assert list(judge_emergence(judged(held_out(), judges))) == []


def test_without_a_class_there_is_no_accuracy(trajectory, judges):
    """But entropy and decisions."""
    unknown = [Drawn(o.picture, -1, o.seed, o.index, o.sampling_step, o.sigma, o.content) for o in trajectory]
    real = held_out()
    events = list(judge_emergence(judged(Split(real.pictures, torch.full_like(real.labels, -1)), judges, unknown)))
    names = {one.name for one in events if isinstance(one, Curve)}
    assert "x0_entropy" in names
    assert "x0_accuracy" not in names


def test_one_moment_is_no_way(trajectory, judges):
    """Told."""
    first = [one for one in trajectory if one.sampling_step == 0]
    with pytest.raises(UserError, match="fewer than two sampling steps"):
        list(judge_emergence(judged(held_out(), judges, first)))


@pytest.mark.parametrize(
    ("found", "at"),
    [([3, 3, 3], 0), ([1, 3, 3], 1), ([3, 1, 3], 2), ([1, 1, 3], 2)],
)
def test_a_decision_counts_from_where_it_stays(found, at):
    """Not from where it first comes up."""
    assert decided_at(torch.tensor([found])).tolist() == [at]


def test_similarity_is_the_correlation_of_pixels():
    """Against numpy's."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (2, 3, 1, 5, 5), generator=generator, dtype=torch.uint8)
    found = similarity(pixels)
    for row in range(2):
        flat = pixels[row].flatten(1).numpy()
        for moment in range(3):
            expected = np.corrcoef(flat[moment].astype(float), flat[-1].astype(float))[0, 1]
            assert float(found[row, moment]) == pytest.approx(expected, abs=1e-5)


def test_discrete_timesteps_are_those_of_the_table():
    """The level of timestep 258 of the linear schedule is where signal and noise are equal."""
    found = axes(ProcessConfig(schedule="linear"), (0, 1, 2), (157.0, 1.0, 0.0))
    assert found["timestep"][:2].tolist() == [999, 258]
    assert math.isnan(found["timestep"][2])
    assert found["fraction"].tolist() == [0, 0.5, 1]
    assert "timestep" not in axes(ProcessConfig(schedule="edm"), (0, 1), (80.0, 0.0))


def test_pictures_with_other_moments_are_left_out(trajectory):
    """One picture whose way was cut short."""
    cut = [one for one in trajectory if not (one.index == 4 and one.sampling_step == 2)]
    assert len(paths_of(trajectory, "x0").labels) == 40
    assert len(paths_of(cut, "x0").labels) == 39


def test_long_ways_are_thinned():
    """Evenly, with both ends."""
    found = thinned(list(range(1001)), 50)
    assert len(found) == 50
    assert (found[0], found[-1]) == (0, 1000)
    assert set(np.diff(found)) <= {20, 21}


def test_a_class_drawn_as_told_is_no_picture_of_its_own():
    """x0 that is the class's mean first and the picture later: recognised only then, though of its class all along.

    20 pictures of one class; by chance 1 in 20 is nearest its own.
    """
    real = held_out()
    final = real.pictures[:20]
    mean = final.float().mean(0).byte().expand_as(final)
    own = recognised(torch.stack([mean, mean, final, final], 1), torch.zeros(20, dtype=torch.int64))
    assert own.double().mean(0).tolist() == pytest.approx([0.05, 0.05, 1.0, 1.0])
    assert decided_at(own.long()).double().mean() == pytest.approx(1.9)


def test_one_picture_a_class_is_recognised_by_nobody():
    """There is no other to take it for."""
    assert recognised(held_out().pictures[:3, None], torch.arange(3)) is None


def test_digits_out_of_noise_are_recognised_as_it_goes(told):
    """By x_t from a fifth to all, and by x0 in one leap."""
    x_t, x0 = curve(told, "x_t_recognised"), curve(told, "x0_recognised")
    assert x_t[0.0] < 0.7
    assert x_t[1.0] == x0[2 / 6] == x0[1.0] == 1.0
    assert x0[1 / 6] < 0.7
    assert 0 < value(told, "x0_recognised_at").value <= 2 / 6 + 1e-9
