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


PRESETS = {
    preset.name: preset
    for preset in (
        _preset(
            "digits",
            "scikit-learn's 1,797 handwritten digits of 8 x 8, offline; seconds on two cores",
            {
                "data.dataset": "digits",
                "process.schedule": "flow",
                "process.prediction": "flow",
                "train.steps": 600,
            },
        ),
    )
}


def preset(name: str) -> Preset:
    """A preset by its name. Raises UserError for another name."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS, "workbench run --preset digits")
    return PRESETS[name]
