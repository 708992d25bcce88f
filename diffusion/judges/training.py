"""Training the judges of a data set on its own pictures, before any run needs them."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from diffusion.config import RunConfig, with_settings
from diffusion.data.load import loading
from diffusion.device import pick_device, set_threads
from diffusion.events import Alert, Progress
from diffusion.judges.turns import turn_to_train

KINDS = ("clip", "classifier")


def train_judges(
    dataset: str, kinds: Sequence[str], judges: Path, *, data_folder: Path | None = None, device: str = "auto"
) -> Generator[Progress | Alert, None, list[dict[str, Any]]]:
    """Train judges of these kinds for a data set and keep them in a folder.

    Returns what is said of each, as its judge.json has it. One of the same name is replaced. Raises UserError for a
    data set that cannot be used.
    """
    where = pick_device(device)
    config = with_settings(RunConfig(), {"data.dataset": dataset, "network.multipliers": "1"})  # any side will do
    pictures = yield from loading(config, data_folder)
    set_threads(pictures.size)
    found = []
    for kind in kinds:
        if kind == "clip":
            from diffusion.judges.clip import trained_name
            from diffusion.judges.clip_train import train_clip

            with (yield from turn_to_train(judges, trained_name(dataset, pictures))):
                found.append((yield from train_clip(pictures, dataset, judges, where)))
        else:
            from diffusion.judges.classifier_train import classifier_name, train_classifier

            with (yield from turn_to_train(judges, classifier_name(dataset, pictures))):
                found.append((yield from train_classifier(pictures, dataset, judges, where)))
    return found
