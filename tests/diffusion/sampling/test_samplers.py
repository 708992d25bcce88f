"""Samplers beside diffusers' with one and the same made-up network, and identities between them."""

import dataclasses
import functools
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, EDMEulerScheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from diffusion.config import SAMPLERS, SCHEDULES, ProcessConfig, SamplingConfig
from diffusion.errors import UserError
from diffusion.process import tables
from diffusion.process.parameterizations import make_parameterization, predict_edm
from diffusion.process.schedules import make_schedule
from diffusion.sampling.samplers import ddim, ddpm, dpmpp_2m, euler, heun, make_sampler

BY_NAME = {
    "ddpm": ddpm,
    "ddpm large": functools.partial(ddpm, variance="large"),
    "ddim": ddim,
    "ddim eta 0.5": functools.partial(ddim, eta=0.5),
    "euler": euler,
    "heun": heun,
    "dpm++2m": dpmpp_2m,
}


def normal(seed, dtype=torch.float64):
    return torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=dtype)


class Draws:
    """Noise in a fixed order, like the one that a scheduler draws from its generator."""

    def __init__(self, seed, dtype=torch.float64):
        self.generator, self.dtype, self.count = torch.Generator().manual_seed(seed), dtype, 0

    def __call__(self):
        self.count += 1
        return torch.randn(2, 1, 3, 3, generator=self.generator, dtype=self.dtype)


def network(scaled, log_sigma):
    """Any smooth function will do, as long as both sides call the same one."""
    return torch.tanh(0.7 * scaled + 0.1 * log_sigma) + 0.2 * scaled.mean(dim=(1, 2, 3), keepdim=True)


def denoiser(prediction, clip=False, **changes):
    parameterization = make_parameterization(ProcessConfig(prediction=prediction, **changes))

    def denoise(x, sigma):
        x0 = parameterization.x0(x, network(parameterization.c_in(sigma) * x, sigma.log()), sigma)
        return x0.clamp(-1, 1) if clip else x0

    return denoise


def last(sampler, denoise, x, sigmas, noise=None):
    *_, end = sampler(denoise, x, sigmas, noise=noise or Draws(1, x.dtype))
    return end.x


def their_sigmas(scheduler):
    """Levels of the timesteps that a diffusers scheduler visits, and 0."""
    alpha_bar = scheduler.alphas_cumprod.double().numpy()[scheduler.timesteps.numpy()]
    return torch.from_numpy(np.append(tables.sigma_from_alpha_bar(alpha_bar), 0.0))


def their_last(scheduler, x_t, result="prev_sample", **options):
    """The end of a diffusers scheduler's loop with our network."""
    for t, sigma in zip(scheduler.timesteps, their_sigmas(scheduler), strict=False):
        step = scheduler.step(network(x_t, sigma.log()), t, x_t, **options)
        x_t = step.prev_sample
    return step[result]


def vp_start(sigmas):
    """x_t of variance 1 at the first level, and the same as x."""
    x_t = normal(0)
    return x_t, x_t * (1 + sigmas[0] ** 2).sqrt()


@pytest.mark.parametrize("prediction", ["noise", "v", "x0"])
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_ddim_equals_diffusers(prediction, spacing):
    """20 steps of the linear schedule, no clamping, alpha-bar 1 at the end."""
    names = {"noise": "epsilon", "v": "v_prediction", "x0": "sample"}
    scheduler = DDIMScheduler(clip_sample=False, timestep_spacing=spacing, prediction_type=names[prediction])
    scheduler.set_timesteps(20)
    sigmas = their_sigmas(scheduler)
    x_t, x = vp_start(sigmas)
    torch.testing.assert_close(
        last(ddim, denoiser(prediction), x, sigmas), their_last(scheduler, x_t), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_ddim_with_clamped_x0_equals_diffusers(eta):
    """With the noise derived again from the clamped x0 (use_clipped_model_output), and the same fresh noise."""
    scheduler = DDIMScheduler(timestep_spacing="trailing")
    scheduler.set_timesteps(10)
    sigmas = their_sigmas(scheduler)
    x_t, x = vp_start(sigmas)
    theirs = their_last(
        scheduler, x_t, eta=eta, use_clipped_model_output=True, generator=torch.Generator().manual_seed(5)
    )
    ours = last(functools.partial(ddim, eta=eta), denoiser("noise", clip=True), x, sigmas, Draws(5))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_our_trailing_grid_is_that_of_diffusers():
    """The same levels, to the float32 of its betas."""
    scheduler = DDIMScheduler(timestep_spacing="trailing")
    scheduler.set_timesteps(30)
    ours = make_schedule(ProcessConfig(schedule="linear")).sampling_sigmas(30)
    torch.testing.assert_close(ours, their_sigmas(scheduler), rtol=1e-5, atol=0)


@pytest.mark.parametrize(("variance", "name"), [("small", "fixed_small"), ("large", "fixed_large")])
@pytest.mark.parametrize("steps", [50, 1000])
def test_ddpm_equals_diffusers(variance, name, steps):
    """The same noise in the same order, clamped x0, trailing timesteps.

    Compared at the last predicted x0, where DDPM's last step leads: diffusers adds noise in that step unless it is at
    timestep 0 itself, which with the large variance spoils a run of 50 steps.
    """
    scheduler = DDPMScheduler(variance_type=name, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    sigmas = their_sigmas(scheduler)
    x_t, x = vp_start(sigmas)
    theirs = their_last(scheduler, x_t, "pred_original_sample", generator=torch.Generator().manual_seed(7))
    ours = last(functools.partial(ddpm, variance=variance), denoiser("noise", clip=True), x, sigmas, Draws(7))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prediction", ["noise", "v"])
def test_dpmpp_2m_equals_diffusers(prediction):
    """Multistep midpoint of order 2, first order in the first step and in the one to 0."""
    names = {"noise": "epsilon", "v": "v_prediction"}
    scheduler = DPMSolverMultistepScheduler(
        beta_start=1e-4, beta_end=0.02, timestep_spacing="trailing", prediction_type=names[prediction]
    )
    scheduler.set_timesteps(12)
    sigmas = their_sigmas(scheduler)
    x_t, x = vp_start(sigmas)
    torch.testing.assert_close(
        last(dpmpp_2m, denoiser(prediction), x, sigmas), their_last(scheduler, x_t), rtol=1e-4, atol=1e-4
    )


def test_euler_gives_the_golden_sum_of_diffusers_edm():
    """The deterministic sample and model of its test suite: sum 34.1855, mean .0445 after 10 steps."""
    ramp = (torch.arange(768, dtype=torch.float64).reshape(3, 8, 8, 4) / 768).permute(3, 0, 1, 2)
    edm = predict_edm(0.5)

    def denoise(x, sigma):
        c_noise = sigma.log() / 4
        return edm.x0(x, edm.c_in(sigma) * x * c_noise / (c_noise + 1), sigma)

    sigmas = torch.from_numpy(np.append(tables.karras_sigmas(10, 0.002, 80), 0.0))
    end = last(euler, denoise, ramp * math.sqrt(80**2 + 1), sigmas)
    assert float(end.abs().sum()) == pytest.approx(34.1855, abs=1e-3)
    assert float(end.abs().mean()) == pytest.approx(0.0445, abs=1e-4)
    assert EDMEulerScheduler().init_noise_sigma == pytest.approx(math.sqrt(80**2 + 1))


def test_ddim_gives_the_golden_sum_of_diffusers():
    """Its test suite's v-prediction: sum 52.5302 with the leading timesteps of 10 steps and clamped x0."""
    scheduler = DDIMScheduler(prediction_type="v_prediction")
    scheduler.set_timesteps(10)
    ramp = (torch.arange(768, dtype=torch.float64).reshape(3, 8, 8, 4) / 768).permute(3, 0, 1, 2)
    theirs = ramp
    for t in scheduler.timesteps:
        theirs = scheduler.step(theirs * t / (t + 1), t, theirs, use_clipped_model_output=True).prev_sample
    sigmas, visited = their_sigmas(scheduler), iter(scheduler.timesteps)
    v = make_parameterization(ProcessConfig(prediction="v"))

    def denoise(x, sigma):
        t = next(visited)
        return v.x0(x, v.c_in(sigma) * x * t / (t + 1), sigma).clamp(-1, 1)

    ours = last(ddim, denoise, ramp * (1 + sigmas[0] ** 2).sqrt(), sigmas)
    assert float(theirs.abs().sum()) == pytest.approx(52.5302, abs=1e-2)
    assert float(ours.abs().sum()) == pytest.approx(52.5302, abs=1e-2)


GRIDS = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=8, unique_by=lambda s: round(math.log(s), 2)).map(
    lambda levels: torch.tensor([*sorted(levels, reverse=True), 0.0], dtype=torch.float64)
)


@given(sigmas=GRIDS)
def test_ddim_with_eta_1_equals_ddpm_step_by_step(sigmas):
    """The small variance, on any falling grid, with the same noise."""
    x, denoise = sigmas[0] * normal(0), denoiser("v")
    pairs = zip(
        ddpm(denoise, x, sigmas, noise=Draws(3)), ddim(denoise, x, sigmas, noise=Draws(3), eta=1.0), strict=True
    )
    for by_ddpm, by_ddim in pairs:
        torch.testing.assert_close(by_ddpm.x, by_ddim.x, rtol=1e-7, atol=1e-9)


@given(sigmas=GRIDS)
def test_euler_equals_ddim_without_noise(sigmas):
    """Two ways to write one update."""
    x, denoise = sigmas[0] * normal(0), denoiser("v")
    torch.testing.assert_close(last(euler, denoise, x, sigmas), last(ddim, denoise, x, sigmas), rtol=1e-7, atol=1e-9)


@given(sigmas=GRIDS)
def test_euler_on_the_straight_flow_equals_ddim(sigmas):
    """y = (1 - t) x0 + t noise stepped along F = noise - x0 ends where DDIM on x = y / (1 - t) does."""
    x = sigmas[0] * normal(0)
    y = x / (1 + sigmas[0])
    for sigma, to in pairwise(sigmas):
        y = y + (to / (1 + to) - sigma / (1 + sigma)) * network(y, sigma.log())
    torch.testing.assert_close(last(ddim, denoiser("flow"), x, sigmas), y, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_step_is_told(name, schedule):
    """steps + 1 of them, from the start to sigma 0; each x0 is what was predicted from that x, the last is x itself."""
    sigmas = make_schedule(ProcessConfig(schedule=schedule)).sampling_sigmas(7)
    denoise, x = denoiser("v"), sigmas[0] * normal(0)
    steps = list(BY_NAME[name](denoise, x, sigmas, noise=Draws(1)))
    assert [step.index for step in steps] == list(range(8))
    assert [step.sigma for step in steps] == sigmas.tolist()
    assert torch.equal(steps[0].x, x)
    for step, sigma in zip(steps[:-1], sigmas, strict=False):
        assert torch.equal(step.x0, denoise(step.x, sigma))
    torch.testing.assert_close(steps[-1].x, steps[-1].x0, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("schedule", ["linear", "cosine", "sigmoid"])
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_zero_terminal_snr_gives_finite_pictures(name, schedule, steps):
    """float32 and v prediction from sigma 1e4, and the result is a picture, not left-over noise."""
    sigmas = make_schedule(ProcessConfig(schedule=schedule, zero_terminal_snr=True)).sampling_sigmas(steps)
    x = sigmas[0].float() * normal(0, torch.float32)
    for step in BY_NAME[name](denoiser("v", clip=True), x, sigmas, noise=Draws(1, torch.float32)):
        assert step.x.dtype == torch.float32
        assert step.x.isfinite().all()
    assert step.x.abs().max() < 1.01


@pytest.mark.parametrize("name", ["ddim", "euler", "heun", "dpm++2m"])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "edm", "flow"])
def test_twenty_steps_draw_about_the_right_spread(name, schedule):
    """On data N(0, .5^2), exactly denoised, the ODE ends at x0 = .5 z: each method within 20 %, from any sigma_max."""
    process = ProcessConfig(schedule=schedule, zero_terminal_snr=schedule == "linear")
    sigmas = make_schedule(process).sampling_sigmas(20)
    x = sigmas[0] * torch.ones(1, 1, 1, 1, dtype=torch.float64)
    end = last(BY_NAME[name], lambda x, sigma: 0.25 * x / (0.25 + sigma**2), x, sigmas)
    assert float(end) == pytest.approx(0.5, rel=0.2 if name in ("ddim", "euler") else 0.12)


@pytest.mark.parametrize(
    ("name", "noises", "calls"),
    [("ddpm", 4, 5), ("ddim", 0, 5), ("ddim eta 0.5", 4, 5), ("euler", 0, 5), ("heun", 0, 9), ("dpm++2m", 0, 5)],
)
def test_what_five_steps_cost(name, noises, calls):
    """Noise drawn (none in the last step) and predictions made (heun: two a step but for the last)."""
    made = []
    sigmas, draws, denoise = torch.tensor([80.0, 10, 3, 1, 0.1, 0], dtype=torch.float64), Draws(0), denoiser("v")

    def counted(x, sigma):
        made.append(float(sigma))
        return denoise(x, sigma)

    last(BY_NAME[name], counted, sigmas[0] * normal(0), sigmas, draws)
    assert (draws.count, len(made)) == (noises, calls)


@settings(deadline=None)
@given(name=st.sampled_from(sorted(BY_NAME)), count=st.integers(1, 3))
def test_a_picture_does_not_depend_on_its_batch(name, count):
    """A batch of equal noise rows gives equal pictures, each as when drawn alone."""
    sigmas = make_schedule(ProcessConfig(schedule="flow")).sampling_sigmas(5)
    alone = last(BY_NAME[name], denoiser("v"), sigmas[0] * normal(0)[:1], sigmas, lambda: normal(9)[:1])
    batch = last(
        BY_NAME[name],
        denoiser("v"),
        sigmas[0] * normal(0)[:1].repeat(count, 1, 1, 1),
        sigmas,
        lambda: normal(9)[:1].repeat(count, 1, 1, 1),
    )
    torch.testing.assert_close(batch, alone.expand_as(batch), rtol=1e-12, atol=1e-12)


def test_heun_keeps_its_order_over_one_huge_step():
    """From sigma 8768 to 12 the noise direction is kept to 0.1 %, where slopes in sigma would be off by 30 %."""
    sigmas = torch.tensor([8768.0, 12.0, 3.0], dtype=torch.float64)
    s2 = 0.25
    start = torch.full((1, 1, 1, 1), math.sqrt(s2 + 8768.0**2), dtype=torch.float64)
    steps = list(heun(lambda x, sigma: s2 * x / (s2 + sigma**2), start, sigmas, noise=Draws(0)))
    assert float(steps[1].x) == pytest.approx(math.sqrt(s2 + 144), rel=1e-3)


@pytest.mark.parametrize("name", SAMPLERS)
def test_make_sampler_binds_the_settings(name):
    """Each name gives its sampler; eta and variance reach it."""
    sigmas, x = torch.tensor([10.0, 1.0, 0.0], dtype=torch.float64), 10 * normal(0)
    chosen = make_sampler(SamplingConfig(sampler=name))
    assert torch.equal(last(chosen, denoiser("v"), x, sigmas), last(BY_NAME[name], denoiser("v"), x, sigmas))
    for option in ({"eta": 0.5}, {"variance": "large"}):
        changed = make_sampler(dataclasses.replace(SamplingConfig(sampler=name), **option))
        same = torch.equal(last(changed, denoiser("v"), x, sigmas), last(chosen, denoiser("v"), x, sigmas))
        assert same == ((name, *option) not in {("ddim", "eta"), ("ddpm", "variance")})


def test_an_unknown_sampler_is_refused():
    """With the nearest name."""
    with pytest.raises(UserError, match=r"unknown sampler 'huen'.*did you mean heun"):
        make_sampler(SamplingConfig(sampler="huen"))
