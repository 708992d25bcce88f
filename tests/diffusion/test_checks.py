"""Settings that do not fit together are refused before anything starts, each with the command that mends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffusion.checks import check, check_size, side_factor
from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError

CIFAR10 = {"data.dataset": "cifar10"}


def test_the_default_config_works():
    """check returns the config itself."""
    config = RunConfig()
    assert check(config) is config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"data.dataset": "mnits"},
            "unknown data set 'mnits'; allowed: digits, mnist, fashion-mnist, cifar10, folder:PATH; did you mean mnist?"
            "; next: workbench run --data digits",
        ),
        ({"device": "gpu"}, "device is 'gpu'; allowed: auto, cpu, cuda, cuda:N, mps; next: --device auto"),
        ({"device": "cuda:"}, "device is 'cuda:'; allowed: auto, cpu, cuda, cuda:N, mps; next: --device auto"),
        (
            {"data.channels": 2},
            "data.channels is 2; allowed: 0 (the data set's own), 1, 3; next: --set data.channels=1",
        ),
        (
            {"train.warmup_steps": 0},
            "train.lr_schedule inverse-sqrt falls from the end of the warm-up on, and train.warmup_steps is 0; "
            "allowed: 1 or more, 100 by default; "
            "next: --set train.lr_schedule=constant (or --set train.warmup_steps=1)",
        ),
        ({"train.steps": 0}, "train.steps, train.epochs and train.minutes are all 0; next: --steps 1000"),
        (
            {"network.multipliers": ""},
            "network.multipliers is empty, and a network has one level or more; allowed: whole numbers, with commas "
            "between; next: --set network.multipliers=1,2,2",
        ),
        (
            {"network.channels": 33},
            "network.channels is 33; allowed: even numbers, half for cosines and half for sines of the noise level; "
            "next: --set network.channels=34",
        ),
        (
            {"data.image_size": 30},
            "pictures of 30 pixels do not fit network.patch 1 and the 3 levels of network.multipliers; allowed: sides "
            "that 4 divides; next: --set data.image_size=32",
        ),
        (
            {"network.patch": 3, "network.multipliers": 1},
            "pictures of 8 pixels do not fit network.patch 3 and the 1 level of network.multipliers; allowed: sides "
            "that 3 divides; next: --set data.image_size=9",
        ),
        (
            CIFAR10 | {"network.attention": "16,12"},
            "network.attention names side 12, which does not occur at 32 pixels; allowed: 32, 16, 8; "
            "next: --set network.attention=8",
        ),
        (
            CIFAR10 | {"network.attention": 32, "network.patch": 2},
            "network.attention names side 32, which does not occur at 32 pixels; allowed: 16, 8, 4; "
            "next: --set network.attention=4",
        ),
        (
            CIFAR10 | {"network.attention": 16, "network.head_channels": 48},
            "network.head_channels 48 does not divide the 128 channels at side 16; "
            "next: --set network.head_channels=32",
        ),
        (
            {"process.zero_terminal_snr": True, "process.prediction": "noise"},
            "process.zero_terminal_snr with process.prediction noise: pure noise tells nothing of the picture, so x0 "
            "cannot be recovered from it at T; allowed: v, x0, flow, edm; next: --set process.prediction=v",
        ),
        (
            {"process.zero_terminal_snr": True, "process.schedule": "edm"},
            "process.zero_terminal_snr needs a discrete schedule, got edm; allowed: linear, linear-unscaled, cosine, "
            "sigmoid; next: --schedule linear",
        ),
        (
            {"process.beta_start": 0.3, "process.beta_end": 0.2},
            "process.beta_start 0.3 is not below process.beta_end 0.2; "
            "next: --set process.beta_start=0.0001 --set process.beta_end=0.02",
        ),
        (
            {"process.sigma_min": 90.0},
            "process.sigma_min 90 is not below process.sigma_max 80; next: --set process.sigma_min=0.002",
        ),
        (
            {"train.label_dropout": 0},
            "sampling.guidance 1.5 needs a network that also learned without labels, and train.label_dropout is 0; "
            "next: --set train.label_dropout=0.1 (or --set sampling.guidance=1)",
        ),
        (
            {"train.label_dropout": 1},
            "train.label_dropout 1 hides every label, so the network would draw by labels that it never learned; "
            "next: --set train.label_dropout=0.1 (or --set network.conditioning=none)",
        ),
        (
            {"sampling.guidance_low": 5, "sampling.guidance_high": 2},
            "sampling.guidance_low 5 is above sampling.guidance_high 2, so guidance would never act; "
            "next: --set sampling.guidance_low=0",
        ),
        (
            {"process.timesteps": 10},
            "sampling.sampling_steps 20 is above process.timesteps 10; allowed: 1 to 10; "
            "next: --set sampling.sampling_steps=10",
        ),
        (
            {"preview.sampling_steps": 1001},
            "preview.sampling_steps 1001 is above process.timesteps 1000; allowed: 0 to 1000; "
            "next: --set preview.sampling_steps=1000",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_work_together_is_refused(changes, message):
    """Before data are read or torch is loaded; following the advice helps."""
    config = with_settings(RunConfig(), changes)
    with pytest.raises(UserError) as caught:
        check(config)
    assert str(caught.value) == message
    advice = caught.value.next_command.split(" (or ")[0]
    if advice.startswith("--set "):
        pairs = (part.strip().split("=") for part in advice.split("--set ") if part)
        check(with_settings(config, dict(pairs)))


@pytest.mark.parametrize(
    "changes",
    [
        {"network.conditioning": "none", "train.label_dropout": 0},
        {"network.conditioning": "none", "train.label_dropout": 1},
        {"train.label_dropout": 0, "sampling.guidance": 1},
        {"train.label_dropout": 1, "sampling.guidance": 0},
        {"train.steps": 0, "train.minutes": 0.5},
        {"process.schedule": "flow", "process.timesteps": 10, "sampling.sampling_steps": 50},
        {"process.zero_terminal_snr": True, "process.schedule": "linear"},
        {"data.dataset": "folder:/not/yet/read", "network.multipliers": "1,1,1,1,1,1,1"},
        {"network.multipliers": "1"},
        {"device": "cuda:3"},
        CIFAR10 | {"network.attention": "16,8", "network.patch": 2},
        {"network.head_channels": 512, "network.attention": 8},
    ],
    ids=lambda changes: " ".join(f"{key}={value}" for key, value in changes.items()),
)
def test_what_looks_odd_and_works_is_let_through(changes):
    """A folder's size is checked when it is known."""
    check(with_settings(RunConfig(), changes))


@given(
    size=st.integers(1, 256),
    patch=st.integers(1, 4),
    multipliers=st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple),
)
def test_a_size_fits_when_every_halving_is_whole(size, patch, multipliers):
    """Patch first, then level by level; the size that is advised fits."""
    config = with_settings(RunConfig(), {"network.patch": patch, "network.multipliers": multipliers})
    sides = [size / patch / 2**level for level in range(len(multipliers))]
    if all(side == int(side) for side in sides):
        assert size % side_factor(config.network) == 0
        check_size(config, size)
        return
    with pytest.raises(UserError) as caught:
        check_size(config, size)
    check_size(config, int(caught.value.next_command.split("=")[1]))
