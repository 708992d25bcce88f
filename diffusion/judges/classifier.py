"""The classifier judge: a network that learned from real pictures alone reads the drawn ones."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures, to_unit
from diffusion.errors import UserError
from diffusion.events import Alert, Progress
from diffusion.judges.classifier_network import ClassifierNetwork
from diffusion.judges.classifier_train import BATCH, WEIGHTS, classifier_name, train_classifier, training_seconds
from diffusion.judges.cost import told_seconds
from diffusion.judges.kept import check_data, file_digest, read_judge
from diffusion.judges.turns import reading, turn_to_train


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network that reads pictures uint8 [N, C, H, W]. accuracy: its share of right answers on the test split.

    fingerprint stands for its weights, for features that are kept. seconds: what its training took.
    """

    name: str
    network: ClassifierNetwork = field(repr=False)
    device: torch.device
    accuracy: float
    n: int
    fingerprint: str
    seconds: float

    @torch.no_grad()
    def features(self, pixels: Tensor) -> Tensor:
        """What the last layer reads of each picture, float32 [N, D] on the CPU, 0 or more."""
        parts = [self.network.features(to_unit(part.to(self.device))).cpu() for part in torch.split(pixels, BATCH)]
        return torch.cat(parts)

    @torch.no_grad()
    def probabilities_of(self, features: Tensor) -> Tensor:
        """Probability of each class from features [N, D], float32 [N, classes] on the CPU."""
        logits: Tensor = self.network.head(features.to(self.device))
        return logits.softmax(1).cpu()

    def probabilities(self, pixels: Tensor) -> Tensor:
        """Probability of each class for pictures, float32 [N, classes] on the CPU."""
        return self.probabilities_of(self.features(pixels))


def classifier_for(
    pictures: Pictures, config: RunConfig, judges: Path, device: torch.device, *, train: bool
) -> Generator[Progress | Alert, None, Classifier | None]:
    """The kept classifier for these pictures; where there is none it is trained and kept, or None without train.

    pictures: the real ones, sharp; it learns from their training split. Raises UserError for one that is damaged or
    learned from other pictures.
    """
    name = classifier_name(config.data.dataset, pictures)
    if read_judge(judges, name) is None:
        if not train:
            return None
        with (yield from turn_to_train(judges, name)):
            if read_judge(judges, name) is None:
                yield from train_classifier(pictures, config.data.dataset, judges, device)
    with reading(judges, name):
        about = read_judge(judges, name)
        if about is None:  # it was removed just now
            return None
        check_data(about, config.data.dataset, pictures)
        return _loaded(about, judges / name / WEIGHTS, pictures, device)


def untrained_message(pictures: Pictures, config: RunConfig, device: torch.device) -> str:
    """What to say where a classifier is wanted and none is kept: the command, and what it costs here."""
    seconds = training_seconds(pictures.train, classes=len(pictures.class_names), device=device)
    return (
        f"no classifier is kept for {config.data.dataset}, so classes, fidelity and emergence are not judged; next: "
        f"workbench judge train --dataset {config.data.dataset} --kind classifier ({told_seconds(seconds)} here)"
    )


def _loaded(about: dict[str, Any], path: Path, pictures: Pictures, device: torch.device) -> Classifier:
    network = ClassifierNetwork(
        channels=pictures.channels, size=pictures.size, classes=len(pictures.class_names), width=int(about["width"])
    )
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read: {error}", next_command=f"rm -r '{path.parent}'") from error
    wrong = _unfitting(tensors, network)
    if wrong:
        told = ", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
        raise UserError(f"the weights in {path} do not fit: {told}", next_command=f"rm -r '{path.parent}'")
    network.load_state_dict(tensors)
    network.to(device).eval()
    return Classifier(
        str(about["name"]),
        network,
        device,
        float(about["accuracy"]),
        int(about["n"]),
        file_digest(path),
        float(about.get("seconds", 0.0)),
    )


def _unfitting(tensors: dict[str, Tensor], network: ClassifierNetwork) -> Sequence[str]:
    """Names of tensors that are missing, unknown or of another shape."""
    wanted = network.state_dict()
    return sorted(
        set(wanted.keys() ^ tensors.keys())
        | {key for key in wanted.keys() & tensors.keys() if wanted[key].shape != tensors[key].shape}
    )
