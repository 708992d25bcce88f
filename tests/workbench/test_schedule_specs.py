"""Schedules as they are written, and a step of one of their settings."""

import pytest

from diffusion.config import RunConfig, flat, with_settings
from workbench.schedule_specs import configs, own_settings, spec_of, stepped


@pytest.mark.parametrize(
    "text",
    ["linear", "cosine,cosine_offset=0.02", "linear-unscaled,timesteps=100,prediction=noise", "flow,data.blur=1"],
)
def test_what_is_written_is_told_again(text):
    """The way there and back."""
    ((_, config),) = configs([text], ())
    assert spec_of(config) == text


def test_settings_that_make_a_difference():
    """Those of another schedule are not among them."""
    config = with_settings(RunConfig(), {"process.schedule": "edm"})
    assert "process.sigma_max" in own_settings(config)
    assert "process.cosine_offset" not in own_settings(config)


@pytest.mark.parametrize(
    ("schedule", "key", "by", "value"),
    [
        ("cosine", "process.timesteps", 1, 2000),
        ("cosine", "process.timesteps", -1, 500),
        ("cosine", "process.cosine_offset", 1, 0.01),
        ("cosine", "process.cosine_offset", -1, 0.005),
        ("sigmoid", "process.sigmoid_start", -1, -3.1),
        ("linear", "process.zero_terminal_snr", 1, True),
        ("cosine", "process.prediction", 1, "flow"),
        ("cosine", "data.blur", 1, 0.5),
        ("cosine", "data.blur", -1, 0.0),
    ],
)
def test_one_step(schedule, key, by, value):
    """The next of 1, 2, 5, 10, the next choice, a tenth; at its limit a setting stays."""
    config = with_settings(RunConfig(), {"process.schedule": schedule})
    assert flat(stepped(config, key, by))[key] == value


def test_a_step_that_gives_no_schedule_is_not_taken():
    """The highest T, and a beta_end above what may be."""
    config = with_settings(RunConfig(), {"process.schedule": "linear", "process.timesteps": 100_000})
    assert stepped(config, "process.timesteps", 1) == config
