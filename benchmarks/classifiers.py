"""Classifiers that learn from real pictures alone, to read drawn ones: an SVM for digits, a small CNN for the rest."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from diffusion.data.pictures import Pictures, Split

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Classifier:
    """predict(pictures uint8 [N, C, H, W]) -> labels [N]; accuracy is that on the real test pictures."""

    name: str
    predict: Callable[[Tensor], Labels]
    accuracy: float


def train_classifier(pictures: Pictures, seed: int = 0) -> Classifier:
    """The classifier for a data set, trained on its training split."""
    small = pictures.size < 16
    name, predict = ("SVM", _svm(pictures.train)) if small else ("CNN", _cnn(pictures, seed))
    found = predict(pictures.test.pictures)
    return Classifier(name, predict, float((found == pictures.test.labels.numpy()).mean()))


def _svm(train: Split) -> Callable[[Tensor], Labels]:
    from sklearn.svm import SVC

    def rows(pictures: Tensor) -> NDArray[np.float32]:
        return pictures.flatten(1).numpy().astype(np.float32) / 255

    machine = SVC(gamma="scale", C=10).fit(rows(train.pictures), train.labels.numpy())
    return lambda pictures: np.asarray(machine.predict(rows(pictures)), dtype=np.int64)


class _Net(nn.Sequential):
    def __init__(self, channels: int, size: int, classes: int) -> None:
        side = size // 4
        super().__init__(
            nn.Conv2d(channels, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * side * side, 128), nn.ReLU(), nn.Linear(128, classes),
        )  # fmt: skip


def _cnn(pictures: Pictures, seed: int, epochs: int = 3, batch: int = 128) -> Callable[[Tensor], Labels]:
    torch.manual_seed(seed)
    net = _Net(pictures.channels, pictures.size, len(pictures.class_names))
    train = pictures.train
    steps = epochs * (len(train) // batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for step in range(steps):
        if step % (len(train) // batch) == 0:
            order = torch.randperm(len(train))
        rows = order[(step * batch) % len(train) :][:batch]
        loss = F.cross_entropy(net(train.pictures[rows].float() / 255), train.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()

    @torch.no_grad()
    def predict(found: Tensor) -> Labels:
        parts = [net(part.float() / 255).argmax(1) for part in found.split(500)]
        return torch.cat(parts).numpy()

    return predict


def near_copies(drawn: Tensor, pictures: Pictures) -> float:
    """The share of drawn pictures nearer to a training picture than 99 % of real test pictures are (pixel distance)."""

    def nearest(found: Tensor) -> Tensor:
        train = pictures.train.pictures.flatten(1).float()
        return torch.cat([torch.cdist(part.flatten(1).float(), train).min(1).values for part in found.split(200)])

    limit = nearest(pictures.test.pictures[:2000]).quantile(0.01)
    return float((nearest(drawn) < limit).float().mean())
