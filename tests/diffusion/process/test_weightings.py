"""Weights equal each paper's form, in the space of each prediction."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import PREDICTIONS, ProcessConfig
from diffusion.errors import UserError
from diffusion.process.parameterizations import make_parameterization
from diffusion.process.weightings import make_weighting

SIGMA = st.floats(0.002, 160.0)


def weight(prediction, weighting, sigma, **changes):
    process = ProcessConfig(prediction=prediction, weighting=weighting, **changes)
    return float(make_weighting(process)(torch.tensor(sigma, dtype=torch.float64)))


@given(sigma=SIGMA, gamma=st.floats(0.5, 20.0))
def test_min_snr_has_the_known_forms(sigma, gamma):
    """noise min(snr, g) / snr, x0 min(snr, g), v min(snr, g) / (snr + 1) (Hang et al.)."""
    snr = sigma**-2
    known = {"noise": min(snr, gamma) / snr, "x0": min(snr, gamma), "v": min(snr, gamma) / (snr + 1)}
    found = {name: weight(name, "min-snr", sigma, min_snr_gamma=gamma) for name in known}
    assert found == pytest.approx(known, rel=1e-12)


@given(sigma=SIGMA, sigma_data=st.floats(0.05, 5.0))
def test_edm_weight_is_1_on_edm_output(sigma, sigma_data):
    """lambda(sigma) c_out(sigma)^2 = 1."""
    assert weight("edm", "edm", sigma, sigma_data=sigma_data) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("weighting", ["min-snr", "edm"])
@given(sigma=SIGMA)
def test_the_same_weighting_weighs_x0_alike_in_every_prediction(weighting, sigma):
    """weight / c_out^2 does not depend on what is predicted."""
    sigma_tensor = torch.tensor(sigma, dtype=torch.float64)
    in_x0 = [
        weight(name, weighting, sigma)
        / float(make_parameterization(ProcessConfig(prediction=name)).c_out(sigma_tensor)) ** 2
        for name in PREDICTIONS
    ]
    assert in_x0 == pytest.approx([in_x0[0]] * len(in_x0), rel=1e-10)


@given(sigma=SIGMA)
def test_uniform_errors_of_noise_and_v_are_snr_and_snr_plus_1_times_that_of_x0(sigma):
    """The error of x0 is c_out^2 times that of F: noise-MSE = SNR x0-MSE, v-MSE = (SNR + 1) x0-MSE."""
    s = torch.tensor(sigma, dtype=torch.float64)
    noise, v = (make_parameterization(ProcessConfig(prediction=name)).c_out(s) ** -2 for name in ("noise", "v"))
    assert float(noise) == pytest.approx(sigma**-2, rel=1e-12)
    assert float(v) == pytest.approx(sigma**-2 + 1, rel=1e-12)
    assert weight("noise", "uniform", sigma) == 1


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("weighting", ["uniform", "min-snr", "edm"])
def test_weights_are_finite_in_float32_at_the_ends(prediction, weighting):
    """From the floor to the cap of sigma, with the shape of sigma."""
    found = make_weighting(ProcessConfig(prediction=prediction, weighting=weighting))(torch.tensor([1e-5, 0.5, 1e4]))
    assert found.shape == (3,)
    assert found.dtype == torch.float32
    assert (found.isfinite() & (found > 0)).all()


def test_an_unknown_weighting_is_refused():
    """With the nearest name."""
    with pytest.raises(UserError, match=r"unknown weighting 'minsnr'.*did you mean min-snr"):
        weight("v", "minsnr", 1.0)
