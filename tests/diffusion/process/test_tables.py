"""Schedules against published numbers, against diffusers, and their shape for any settings."""

import dataclasses
import math

import numpy as np
import pytest
from diffusers import DDPMScheduler
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffusion.config import DISCRETE_SCHEDULES, ProcessConfig
from diffusion.errors import UserError
from diffusion.process import tables


def process(schedule, **changes):
    return dataclasses.replace(ProcessConfig(schedule=schedule), **changes)


def alpha_bar(schedule, **changes):
    table = tables.alpha_bar_table(process(schedule, **changes))
    assert table is not None
    return table


LINEAR = {
    0: 0.9999,
    1: 0.9997800920720721,
    100: 0.8951415909,
    249: 0.5240853738,
    250: 0.5214230306,
    499: 0.0785872429,
    500: 0.0777966584,
    749: 0.0033505504,
    999: 4.035829765e-5,
}
COSINE = {
    0: 0.9999587158,
    250: 0.8458879865,
    499: 0.4938435904,
    500: 0.4922851725,
    750: 0.1431786464,
    998: 2.42877e-6,
    999: 2.42877e-9,
}
SIGMOID = {0: 0.99969972, 500: 0.49834282, 999: 3.0028e-7}


@pytest.mark.parametrize(
    ("schedule", "known", "digits"),
    [("linear", LINEAR, 2e-8), ("linear-unscaled", LINEAR, 2e-8), ("cosine", COSINE, 2e-6), ("sigmoid", SIGMOID, 2e-5)],
    ids=["linear", "linear-unscaled", "cosine", "sigmoid"],
)
def test_alpha_bar_has_the_known_values(schedule, known, digits):
    """T = 1000, the betas of the papers; linear and linear-unscaled are the same there."""
    table = alpha_bar(schedule)
    assert {t: table[t] for t in known} == pytest.approx(known, rel=digits)


@pytest.mark.parametrize(
    ("timesteps", "last"),
    [(100, 2.039e-5), (250, 3.264e-5), (500, 3.766e-5), (1000, 4.036e-5), (2000, 4.176e-5), (4000, 4.247e-5)],
)
def test_scaled_linear_leaves_about_as_little_at_any_T(timesteps, last):
    """OpenAI's rule 1000 / T."""
    assert alpha_bar("linear", timesteps=timesteps)[-1] == pytest.approx(last, rel=5e-4)


@pytest.mark.parametrize(("timesteps", "last"), [(100, 0.364), (400, 0.017)])
def test_unscaled_linear_leaves_signal_at_a_small_T(timesteps, last):
    """The trap of reports: betas of T = 1000 at another T."""
    assert alpha_bar("linear-unscaled", timesteps=timesteps)[-1] == pytest.approx(last, rel=0.05)


@pytest.mark.parametrize(
    ("schedule", "changes", "options"),
    [
        ("linear", {}, {"beta_schedule": "linear"}),
        ("linear", {"beta_start": 0.00085, "beta_end": 0.012}, {"beta_start": 0.00085, "beta_end": 0.012}),
        ("linear-unscaled", {"timesteps": 250}, {"num_train_timesteps": 250}),
        ("cosine", {}, {"beta_schedule": "squaredcos_cap_v2"}),
        ("linear", {"zero_terminal_snr": True}, {"rescale_betas_zero_snr": True}),
        ("cosine", {"zero_terminal_snr": True}, {"beta_schedule": "squaredcos_cap_v2", "rescale_betas_zero_snr": True}),
    ],
    ids=["linear", "other betas", "unscaled", "cosine", "zero terminal", "cosine zero terminal"],
)
def test_alpha_bar_equals_diffusers(schedule, changes, options):
    """To a relative 1e-6 where alpha-bar is above 1e-3, 1e-5 below (diffusers keeps its betas in float32)."""
    theirs = DDPMScheduler(**options).alphas_cumprod.double().numpy()
    ours = alpha_bar(schedule, **changes)
    # float32 betas near 1 leave 1 - beta with few digits: the last entries can only be compared absolutely
    np.testing.assert_allclose(ours, theirs, rtol=3e-6, atol=2e-9)
    large = ours > 1e-3
    np.testing.assert_allclose(ours[large], theirs[large], rtol=1e-6 if not changes.get("zero_terminal_snr") else 3e-6)


def test_sigma_range_of_the_linear_schedule():
    """sigma from .0100005 to 157.4073, log-SNR -10.1177 at the end, and sqrt(alpha-bar) .0063528."""
    table = alpha_bar("linear")
    sigma = tables.sigma_from_alpha_bar(table)
    assert (sigma[0], sigma[-1]) == pytest.approx((0.0100005, 157.4073), rel=1e-6)
    assert tables.log_snr(table)[-1] == pytest.approx(-10.1177, abs=5e-5)
    assert math.sqrt(table[-1]) == pytest.approx(0.0063528, abs=5e-8)


def test_cosine_clips_exactly_one_beta_and_ends_at_sigma_20291():
    """eq. 17 ends at beta = 1."""
    betas = tables.cosine_betas(1000)
    assert (betas > tables.MAX_BETA).sum() == 1
    assert tables.sigma_from_alpha_bar(alpha_bar("cosine"))[-1] == pytest.approx(20291, rel=1e-4)


@pytest.mark.parametrize(("schedule", "crossing"), [("linear", 258), ("cosine", 495)])
def test_signal_equals_noise_at_the_known_timestep(schedule, crossing):
    """The last timestep with SNR of 1 or more."""
    assert int((alpha_bar(schedule) >= 0.5).sum()) - 1 == crossing


def test_linear_and_cosine_timesteps_of_equal_snr():
    """Linear t 600 .. 100 have the log-SNR of cosine t 896 .. 203."""
    linear, cosine = tables.log_snr(alpha_bar("linear")), tables.log_snr(alpha_bar("cosine"))
    t = [600, 500, 400, 300, 200, 100]
    assert linear[t] == pytest.approx([-3.641, -2.473, -1.427, -0.430, 0.647, 2.144], abs=5e-4)
    assert [int(np.abs(cosine - linear[i]).argmin()) for i in t] == pytest.approx([896, 818, 707, 564, 393, 203], abs=1)
    assert tables.sigma_from_alpha_bar(alpha_bar("linear"))[t] == pytest.approx(
        [6.17, 3.44, 2.04, 1.24, 0.724, 0.342], rel=2e-3
    )


@pytest.mark.parametrize(
    ("schedule", "below", "above"), [("linear", 0.298, 0.021), ("cosine", 0.053, 0.045)], ids=["linear", "cosine"]
)
def test_where_uniform_time_is_spent(schedule, below, above):
    """Shares of training below log-SNR -5 and above 5."""
    u = (np.arange(1000) + 0.5) / 1000
    snr = -2 * np.log(tables.training_sigma(process(schedule), u))
    assert ((snr < -5).mean(), (snr > 5).mean()) == pytest.approx((below, above), abs=5e-4)


def test_posterior_variance_of_the_linear_schedule():
    """beta-tilde, the first 0."""
    variance = tables.posterior_variance(alpha_bar("linear"))
    known = {0: 0.0, 1: 5.45319e-5, 2: 8.54891e-5, 487: 0.00979157, 500: 0.0100513, 999: 0.0199999835}
    assert {t: variance[t] for t in known} == pytest.approx(known, rel=1e-5)


def test_zero_terminal_snr_of_the_linear_schedule():
    """Lin et al. algorithm 1: the first entry stays, the last is exactly 0."""
    table = alpha_bar("linear", zero_terminal_snr=True)
    assert {t: table[t] for t in (0, 500, 998)} == pytest.approx(
        {0: 0.9999, 500: 0.0752462157, 998: 4.2133e-9}, rel=1e-5
    )
    assert table[999] == 0
    assert tables.betas_from_alpha_bar(table)[999] == 1
    assert tables.log_snr(table)[999] == -math.inf


def test_karras_grid_has_the_known_values():
    """EDM's levels for 10 and 18 steps from 80 to 0.002."""
    known = [80, 42.415189, 21.108677, 9.7232014, 4.0661236, 1.501742, 0.46997906, 0.11663856, 0.020435335, 0.002]
    assert tables.karras_sigmas(10, 0.002, 80) == pytest.approx(known, rel=1e-7)
    assert tables.karras_sigmas(18, 0.002, 80)[:3] == pytest.approx([80, 57.5859847, 40.7855738], rel=1e-8)


def test_flow_grid_is_even_in_t_down_to_the_lowest_level():
    """t falls evenly from sigma_max to 0; with many steps the last level but 0 is sigma_min."""
    few = tables.sampling_sigmas(process("flow"), 8)
    t = few / (1 + few)
    np.testing.assert_allclose(np.diff(t), -t[0] / 8, rtol=1e-12)
    many = tables.sampling_sigmas(process("flow", sigma_min=0.01), 1000)
    assert (many[0], many[-2], many[-1]) == pytest.approx((80, 0.01, 0))


def test_training_quantiles_of_the_continuous_schedules():
    """edm: ln sigma is N(-1.2, 1.2); flow: t = u. Neither gives 0 or infinity."""
    u = np.array([0.0, 0.5, 0.841344746068543, 1 - 2**-53])
    edm, flow = tables.training_sigma(process("edm"), u), tables.training_sigma(process("flow"), u)
    assert edm[:3] == pytest.approx([tables.SIGMA_FLOOR, math.exp(-1.2), 1.0], rel=1e-9)
    assert flow[:2] == pytest.approx([tables.SIGMA_FLOOR, 1.0])
    assert flow[3] == tables.SIGMA_CAP
    assert np.isfinite(edm).all()


def test_cap_leaves_low_levels_and_keeps_high_ones_apart():
    """Unchanged to 5000, continuous there, below 10000 up to infinity."""
    sigma = np.array([0.01, 4999.0, 5000.0, 5001.0, 2e4, 1e6, math.inf])
    capped = tables.capped(sigma)
    assert (capped[:3] == sigma[:3]).all()
    assert capped[3] == pytest.approx(5001, rel=1e-6)
    assert (np.diff(capped) > 0).all()
    assert capped[-1] == tables.SIGMA_CAP


@given(timesteps=st.integers(2, 3000), data=st.data())
def test_trailing_timesteps_fall_from_the_last_one_without_repeats(timesteps, data):
    """With steps = T each timestep is used once."""
    steps = data.draw(st.integers(1, timesteps))
    visited = tables.trailing_timesteps(timesteps, steps)
    assert len(visited) == steps
    assert visited[0] == timesteps - 1
    assert visited[-1] >= 0
    assert (np.diff(visited) < 0).all()
    assert (tables.trailing_timesteps(timesteps, timesteps) == np.arange(timesteps)[::-1]).all()


@settings(deadline=None)
@given(
    schedule=st.sampled_from(DISCRETE_SCHEDULES),
    timesteps=st.integers(2, 2000),
    zero=st.booleans(),
    steps=st.integers(1, 2000),
)
def test_discrete_schedules_fall_and_their_grids_are_finite(schedule, timesteps, zero, steps):
    """alpha-bar falls inside [0, 1); betas are in (0, 1]; the grid falls strictly to 0 from at most the cap."""
    assume(steps <= timesteps)
    setting = process(schedule, timesteps=timesteps, zero_terminal_snr=zero)
    table = tables.alpha_bar_table(setting)
    betas = tables.betas_from_alpha_bar(table)
    assert ((table < 1) & (table >= 0)).all()
    assert (np.diff(table) < 0).all()
    assert ((betas > 0) & (betas <= 1)).all()
    assert (table[-1] == 0) == zero
    np.testing.assert_allclose(np.cumprod(1 - betas), table, rtol=1e-9)
    grid = tables.sampling_sigmas(setting, steps)
    assert len(grid) == steps + 1
    assert (np.diff(grid) < 0).all()
    assert grid[-1] == 0
    assert grid[0] <= tables.SIGMA_CAP


@given(
    schedule=st.sampled_from(["edm", "flow"]),
    steps=st.integers(1, 3000),
    low=st.floats(1e-5, 0.09),
    high=st.floats(0.1, 1e4),
)
def test_continuous_grids_fall_from_the_highest_level(schedule, steps, low, high):
    """Whatever sigma_min and sigma_max, from one step on."""
    grid = tables.sampling_sigmas(process(schedule, sigma_min=low, sigma_max=high), steps)
    assert grid[0] == pytest.approx(high, rel=1e-9)
    assert grid[-1] == 0
    assert (np.diff(grid) < 0).all()
    assert grid[-2] >= low * (1 - 1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": "sigmoid", "sigmoid_start": 3.0}, "process.sigmoid_start 3 is not below process.sigmoid_end 3"),
        ({"schedule": "sigmoid", "sigmoid_tau": 0.02}, "adds no noise at timestep 0: sigma stays at 0"),
        ({"schedule": "sigmoid", "sigmoid_start": 100.0, "sigmoid_end": 200.0}, "adds no noise at timestep"),
        ({"schedule": "linear-unscaled", "timesteps": 50_000}, "linear-unscaled schedule with process.timesteps 50000"),
    ],
    ids=["sigmoid turned", "tau too low", "saturated", "underflow"],
)
def test_settings_that_give_no_schedule_are_refused(changes, message):
    """Said with the setting and what to type."""
    with pytest.raises(UserError, match=message) as caught:
        tables.sigma_table(ProcessConfig(**changes))
    assert caught.value.next_command


@pytest.mark.parametrize(
    ("schedule", "steps", "allowed"),
    [("linear", 1001, "1 to process.timesteps 1000"), ("linear", 0, "1 to"), ("edm", 0, "a whole number, 1 or more")],
)
def test_numbers_of_steps_that_cannot_be_are_refused(schedule, steps, allowed):
    """No timestep can be used twice."""
    with pytest.raises(UserError, match=f"sampling.sampling_steps is {steps}; allowed: {allowed}"):
        tables.sampling_sigmas(process(schedule), steps)
