"""The linter speaks where a setting spoils a run, with the number, and is silent on the published settings."""

import subprocess
import sys

import pytest

from diffusion.config import DataConfig, ProcessConfig, RunConfig
from diffusion.presets import PRESETS
from diffusion.process.lint import lint


def warnings(dataset="cifar10", **changes):
    """By default of the data set that the published settings are for."""
    return lint(RunConfig(data=DataConfig(dataset=dataset), process=ProcessConfig(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": "linear", "prediction": "noise"},
        {"schedule": "linear", "timesteps": 50},
        {"schedule": "linear", "timesteps": 4000},
        {"schedule": "linear", "zero_terminal_snr": True},
        {"schedule": "cosine", "weighting": "min-snr"},
        {"schedule": "sigmoid"},
        {"schedule": "edm", "prediction": "edm", "weighting": "edm"},
        {"schedule": "flow", "prediction": "flow"},
        {"schedule": "linear", "prediction": "v", "weighting": "edm"},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())) or "defaults",
)
def test_published_settings_pass(changes):
    """What the papers use gives no warning."""
    assert warnings(**changes) == []


@pytest.mark.parametrize("name", PRESETS)
def test_presets_pass(name):
    """No preset warns."""
    assert lint(PRESETS[name].config) == []


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (
            {"schedule": "linear-unscaled", "timesteps": 100},
            ["alpha-bar 0.364, which is 60 % of the picture's size", "set process.schedule=linear"],
        ),
        ({"schedule": "linear-unscaled", "timesteps": 100}, ["T is 100", "adds up to 0.1 times the noise of T = 1000"]),
        ({"schedule": "linear", "beta_end": 0.01}, ["alpha-bar 0.0063", "set process.zero_terminal_snr=true."]),
        (
            {"schedule": "linear", "beta_end": 0.012, "beta_start": 0.00085, "prediction": "noise"},
            ["alpha-bar 0.00158", "set process.zero_terminal_snr=true and process.prediction=v."],
        ),
        (
            {"schedule": "linear", "timesteps": 10},
            ["5 of the 10 betas", "clipped at 0.999", "set process.timesteps=1000"],
        ),
        (
            {"schedule": "sigmoid", "sigmoid_tau": 0.1, "timesteps": 3},
            ["2 of the 3 betas of the sigmoid schedule", "set process.sigmoid_tau=1"],
        ),
        ({"schedule": "sigmoid", "sigmoid_tau": 0.1}, ["42 % of training is spent below", "process.sigmoid_tau=1."]),
        (
            {"schedule": "linear", "zero_terminal_snr": True, "prediction": "noise"},
            ["the last timestep is pure noise", "set process.prediction=v"],
        ),
        ({"schedule": "cosine", "prediction": "noise"}, ["reaches sigma 8768", "by 88", "set process.prediction=v"]),
        ({"schedule": "linear-unscaled", "timesteps": 4000}, ["65 % of training is spent below log-SNR -5"]),
        ({"schedule": "edm", "sigma_log_mean": -4.0}, ["89 % above 5", "set process.sigma_log_mean=-1.2"]),
        ({"schedule": "flow", "sigma_max": 20.0}, ["process.sigma_max 20", "0.00249", "set process.sigma_max=80"]),
        ({"schedule": "edm", "sigma_max": 10.0}, ["process.sigma_max 10", "10 % of the picture's size"]),
        (
            {"schedule": "linear", "prediction": "noise", "weighting": "edm"},
            ["counts sigma 157 49,555 times as much as sigma 0.5", "set process.prediction=v"],
        ),
        ({"schedule": "cosine", "prediction": "x0", "weighting": "edm"}, ["counts sigma 0.00935 1,430 times"]),
    ],
    ids=[
        "unscaled leaves signal",
        "unscaled betas",
        "low beta_end",
        "signal left with noise prediction",
        "clipped linear",
        "clipped sigmoid",
        "steep sigmoid",
        "zero snr with noise",
        "cosine with noise",
        "too much noise",
        "too little noise",
        "flow starts too low",
        "edm starts too low",
        "noise weights explode",
        "x0 weights explode",
    ],
)
def test_a_mistake_is_told_with_its_number_and_what_to_set(changes, parts):
    """One of the sentences holds all the parts and ends with a full stop."""
    found = warnings(**changes)
    assert any(all(part in sentence for part in parts) for sentence in found), found
    assert all(sentence.endswith(".") and "set process." in sentence for sentence in found)


def test_following_the_advice_silences_it():
    """linear-unscaled at T = 100 warns twice; linear at T = 100 does not."""
    assert len(warnings(schedule="linear-unscaled", timesteps=100)) == 2
    assert warnings(schedule="linear", timesteps=100) == []


def test_linting_needs_no_torch():
    """run prints the warnings before torch is loaded."""
    code = "import sys, diffusion.process.lint; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("dataset", "changes", "said"),
    [
        pytest.param("digits", {"prediction": "edm"}, True, id="digits are brighter than EDM's CIFAR-10"),
        pytest.param("digits", {"weighting": "edm"}, True, id="as a weighting"),
        pytest.param("digits", {"prediction": "edm", "sigma_data": 0.75}, False, id="set as it says"),
        pytest.param("digits", {"prediction": "v"}, False, id="without edm it decides nothing"),
        pytest.param("cifar10", {"prediction": "edm"}, False, id="CIFAR-10"),
        pytest.param("folder:somewhere", {"prediction": "edm"}, False, id="not known before the pictures are read"),
    ],
)
def test_sigma_data_that_does_not_fit(dataset, changes, said):
    """By the catalog's standard deviation, where the run changes nothing about the pictures."""
    found = [one for one in warnings(dataset, **changes) if "sigma_data" in one]
    assert (
        found
        == [
            "process.sigma_data is 0.5, and the standard deviation of the pictures is 0.75, so that edm's scaling does "
            "not fit them: set process.sigma_data=0.75."
        ]
        * said
    )


def test_sigma_data_by_the_pictures_themselves():
    """What the run has measured counts more: blur makes pictures flatter."""
    config = RunConfig(data=DataConfig(blur=2.0), process=ProcessConfig(prediction="edm"))
    assert lint(config) == []
    (found,) = lint(config, data_std=0.3)
    assert "set process.sigma_data=0.3." in found
