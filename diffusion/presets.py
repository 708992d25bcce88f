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
                "preview.every_steps": 100,
                "train.validate_every_steps": 100,
            },
        ),
        _preset(
            "mnist",
            "70,000 handwritten digits of 28 x 28; minutes on two cores",
            _SMALL | {"data.dataset": "mnist", "train.steps": 1000, "sampling.guidance": 2.0},
        ),
    )
}


def preset(name: str) -> Preset:
    """A preset by its name. Raises UserError for another name."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS, "workbench run --preset digits")
    return PRESETS[name]
