"""Preconditionings against their papers, and conversions that come back to where they started."""

import math

import pytest
import torch
from diffusers import DDIMScheduler
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import PREDICTIONS, ProcessConfig
from diffusion.errors import UserError
from diffusion.process import parameterizations as P

SIGMA = st.floats(0.002, 160.0)


def make(name, **changes):
    return P.make_parameterization(ProcessConfig(prediction=name, **changes))


def pictures(seed=0):
    generator = torch.Generator().manual_seed(seed)
    x0 = torch.rand(3, 2, 4, 4, generator=generator, dtype=torch.float64) * 2 - 1
    return x0, torch.randn(3, 2, 4, 4, generator=generator, dtype=torch.float64)


def f64(value):
    return torch.tensor(value, dtype=torch.float64)


def test_edm_has_the_known_values_at_half():
    """sigma = sigma_data = .5: c_skip .5, c_out .35355339, c_in 1.41421356."""
    edm, sigma = make("edm"), f64(0.5)
    values = [float(function(sigma)) for function in (edm.c_skip, edm.c_out, edm.c_in)]
    assert values == pytest.approx([0.5, 0.35355339, 1.41421356], rel=1e-8)


@given(sigma=SIGMA, sigma_data=st.floats(0.05, 5.0))
def test_edm_input_and_target_have_unit_variance(sigma, sigma_data):
    """c_in^2 (sigma^2 + s^2) = 1, and the target's variance of_x0^2 s^2 + of_noise^2 = 1."""
    edm, s = P.predict_edm(sigma_data), f64(sigma)
    assert float(edm.c_in(s) ** 2 * (s**2 + sigma_data**2)) == pytest.approx(1, rel=1e-12)
    assert float(edm.of_x0(s) ** 2 * sigma_data**2 + edm.of_noise(s) ** 2) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("name", PREDICTIONS)
@given(sigma=SIGMA)
def test_the_target_as_output_gives_x0_back(name, sigma):
    """c_skip x + c_out target = x0 for x = x0 + sigma * noise: the two columns of the table fit together."""
    parameterization = make(name)
    x0, noise = pictures()
    s = f64([sigma, 0.5, 2.0])
    x = x0 + P.spread(s, x0) * noise
    found = parameterization.x0(x, parameterization.target(x0, noise, s), s)
    torch.testing.assert_close(found, x0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_target_as_output_gives_x0_back_at_the_cap(name):
    """At sigma 1e4 too, to float64's resolution of x."""
    parameterization = make(name)
    x0, noise = pictures()
    s = f64(1e4)
    found = parameterization.x0(x0 + s * noise, parameterization.target(x0, noise, s), s)
    torch.testing.assert_close(found, x0, rtol=0, atol=2e-11)


@pytest.mark.parametrize("name", PREDICTIONS)
@given(sigma=SIGMA)
def test_output_is_the_inverse_of_x0(name, sigma):
    """The output that stands for an x0 gives that x0."""
    parameterization = make(name)
    x0, noise = pictures(1)
    s = f64(sigma)
    x = x0 + s * noise
    torch.testing.assert_close(parameterization.x0(x, parameterization.output(x, x0, s), s), x0, rtol=0, atol=1e-11)


@given(sigma=SIGMA)
def test_conversions_return(sigma):
    """x0 -> noise -> v -> score and back, to 1e-12 in float64."""
    x0, noise = pictures(2)
    s = f64(sigma)
    x = x0 + s * noise
    v = P.v_from_x0(x, x0, s)
    close = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(P.x0_from_noise(x, P.noise_from_x0(x, x0, s), s), x0, **close)
    torch.testing.assert_close(P.x0_from_v(x, v, s), x0, rtol=0, atol=1e-12 * max(1, sigma))
    torch.testing.assert_close(P.x0_from_score(x, P.score_from_x0(x, x0, s), s), x0, rtol=0, atol=1e-12 * max(1, sigma))
    torch.testing.assert_close(P.noise_from_v(x, v, s), P.noise_from_x0(x, x0, s), **close)
    torch.testing.assert_close(P.noise_from_x0(x, x0, s), noise, rtol=0, atol=1e-12)
    torch.testing.assert_close(P.score_from_x0(x, x0, s), -noise / s, rtol=0, atol=1e-12 / sigma**2)


@given(t=st.integers(0, 999))
def test_v_equals_diffusers(t):
    """DDIMScheduler.get_velocity at the same alpha-bar, which it keeps in float32."""
    scheduler = DDIMScheduler()
    alpha_bar = scheduler.alphas_cumprod[t].double()
    sigma = ((1 - alpha_bar) / alpha_bar).sqrt()
    x0, noise = pictures(3)
    theirs = scheduler.get_velocity(x0, noise, torch.tensor([t] * 3))
    torch.testing.assert_close(P.v_from_x0(x0 + sigma * noise, x0, sigma), theirs, rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(make("v").target(x0, noise, sigma), theirs, rtol=1e-6, atol=1e-5)


@given(sigma=SIGMA)
def test_edm_with_sigma_data_1_is_v_with_the_sign_turned(sigma):
    """And both see the same input."""
    x0, noise = pictures(4)
    s = f64(sigma)
    edm, v = make("edm", sigma_data=1.0), make("v")
    torch.testing.assert_close(edm.target(x0, noise, s), -v.target(x0, noise, s), rtol=0, atol=1e-12)
    assert float(edm.c_in(s)) == pytest.approx(float(v.c_in(s)), rel=1e-12)


@given(t=st.floats(0.002, 0.99))
def test_flow_is_the_straight_line_between_picture_and_noise(t):
    """sigma = t / (1 - t): the input is (1 - t) x0 + t noise and the target noise - x0."""
    x0, noise = pictures(5)
    s, flow = f64(t / (1 - t)), make("flow")
    torch.testing.assert_close(flow.c_in(s) * (x0 + s * noise), (1 - t) * x0 + t * noise, rtol=0, atol=1e-12)
    torch.testing.assert_close(flow.target(x0, noise, s), noise - x0, rtol=0, atol=0)


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_float32_denoiser_is_finite_at_the_ends(name):
    """sigma from 1e-5 to 1e4 in the dtype of training."""
    parameterization = make(name)
    sigma = torch.tensor([1e-5, 1.0, 1e4])
    for function in (parameterization.c_skip, parameterization.c_out, parameterization.c_in):
        assert function(sigma).dtype == torch.float32
        assert function(sigma).isfinite().all()


def test_vp_scale_is_the_root_of_alpha_bar():
    """sigma 157.4073 of the linear schedule's end has sqrt(alpha-bar) .0063528."""
    assert float(P.vp_scale(f64(157.4073))) == pytest.approx(0.0063528, abs=5e-8)
    assert float(P.vp_scale(f64(0.0))) == 1
    assert math.isclose(float(P.vp_scale(f64(1.0))) ** 2, 0.5)


def test_an_unknown_prediction_is_refused():
    """With the nearest name."""
    with pytest.raises(UserError, match=r"unknown prediction 'nois'.*did you mean noise"):
        make("nois")
