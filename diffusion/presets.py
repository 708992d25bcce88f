"""Presets: configurations with a measured result, which README gives for each."""

from dataclasses import dataclass

from diffusion.config import RunConfig, with_settings
from diffusion.errors import unknown_name


@dataclass(frozen=True)
class Preset:
    """A named starting point; changes are the settings in which it differs from RunConfig's defaults."""

    name: str
    about: str
    config: RunConfig


def _preset(name: str, about: str, changes: dict[str, object]) -> Preset:
    return Preset(name, about, with_settings(RunConfig(), changes))


# What small data sets share: straight paths from noise to picture, and a network that works on 2 x 2 patches.
_SMALL: dict[str, object] = {
    "process.schedule": "flow",
    "process.prediction": "flow",
    "network.channels": 32,
    "network.multipliers": (1, 2),
    "network.blocks": 1,
    "network.patch": 2,
    "train.learning_rate": 2e-3,
}

# Karras et al. 2022 (arXiv:2206.00364), table 7, with the network of Dhariwal and Nichol 2021 at 128 channels.
_EDM: dict[str, object] = {
    "process.schedule": "edm",
    "process.prediction": "edm",
    "process.weighting": "edm",
    "network.channels": 128,
    "network.multipliers": (2, 2, 2),
    "network.blocks": 4,
    "network.attention": (16,),
    "network.head_channels": 64,
    "network.dropout": 0.13,
    "train.batch_size": 512,
    "train.steps": 390_000,  # 200 million pictures
    "train.learning_rate": 1e-3,
    "train.lr_schedule": "constant",
    "train.warmup_steps": 20_000,  # 10 million pictures
    "train.beta2": 0.999,
    "train.ema_decay": 0.9993,  # half-life of half a million pictures
    "train.compile": True,
    "train.validate_every_steps": 2000,
    "train.validation_images": 2048,
    "train.checkpoint_every_steps": 5000,
    "preview.every_steps": 5000,
    "sampling.sampling_steps": 18,
    "sampling.guidance": 1.0,
    "sampling.clip": False,
}

PRESETS = {
    preset.name: preset
    for preset in (
        _preset(
            "digits",
            "scikit-learn's 1,797 handwritten digits of 8 x 8, offline; seconds on two cores",
            _SMALL
            | {
                "data.dataset": "digits",
                "train.steps": 400,
                "train.validate_every_steps": 100,
                "preview.every_steps": 100,
                "judges.train": True,
            },
        ),
        _preset(
            "mnist",
            "70,000 handwritten digits of 28 x 28; two minutes on two cores",
            _SMALL | {"data.dataset": "mnist", "train.steps": 1000, "sampling.guidance": 2.0},
        ),
        _preset(
            "fashion-mnist",
            "70,000 pictures of clothes, 28 x 28; minutes on two cores, not yet measured",
            _SMALL
            | {
                "data.dataset": "fashion-mnist",
                "train.steps": 1500,
                "network.channels": 48,
                "sampling.guidance": 2.0,
            },
        ),
        _preset(
            "cifar10-small",
            "60,000 colour photographs of 32 x 32; shapes and colours of the classes in ten minutes on two cores",
            _SMALL
            | {
                "data.dataset": "cifar10",
                "network.channels": 64,
                "network.multipliers": (1, 2, 2),
                "train.batch_size": 64,
                "train.steps": 3400,
                "preview.every_steps": 500,
                "train.validate_every_steps": 500,
                "sampling.guidance": 2.5,
            },
        ),
        _preset(
            "cifar10",
            "60,000 colour photographs of 32 x 32, for a GPU: EDM's recipe; expected, not yet measured here",
            _EDM | {"data.dataset": "cifar10"},
        ),
    )
}


def preset(name: str) -> Preset:
    """A preset by its name. Raises UserError for another name."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS, "workbench run --preset digits")
    return PRESETS[name]
