"""Classifiers that learn from real pictures alone, to read drawn ones: an SVM, a small CNN, a ResNet."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
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


def train_classifier(pictures: Pictures, resnet20: Path | None = None) -> Classifier:
    """The classifier for a data set, trained on its training split; for CIFAR-10 a ResNet-20 from a weights file."""
    if resnet20 is not None and pictures.channels == 3:
        name, predict = "ResNet-20", _resnet20(resnet20)
    else:
        name, predict = ("SVM", _svm(pictures.train)) if pictures.size < 16 else ("CNN", _cnn(pictures))
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


class _Residual(nn.Module):
    """Two convolutions beside a path that only drops pixels and adds empty channels (He et al. 2016, option A)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.stride = outputs // inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        added = (h.shape[1] - x.shape[1]) // 2
        return F.relu(h + F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, added, added)))


class _ResNet20(nn.Module):
    """He et al. 2016, arXiv:1512.03385, section 4.2, n = 3; names as in akamaster/pytorch_resnet_cifar10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[_Residual(16, 16) for _ in range(3)])
        self.layer2 = nn.Sequential(_Residual(16, 32), _Residual(32, 32), _Residual(32, 32))
        self.layer3 = nn.Sequential(_Residual(32, 64), _Residual(64, 64), _Residual(64, 64))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(h.mean(dim=(2, 3)))


def _resnet20(weights: Path) -> Callable[[Tensor], Labels]:
    net = _ResNet20()
    net.load_state_dict({name.removeprefix("module."): tensor for name, tensor in load_file(weights).items()})
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return _predictor(net, lambda found: (found.float() / 255 - mean) / std)


def _predictor(net: nn.Module, prepared: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Labels]:
    net.eval()

    @torch.no_grad()
    def predict(found: Tensor) -> Labels:
        return torch.cat([net(prepared(part)).argmax(1) for part in found.split(500)]).numpy()

    return predict


def _cnn(pictures: Pictures, epochs: int = 3, batch: int = 128) -> Callable[[Tensor], Labels]:
    torch.manual_seed(0)
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
    return _predictor(net, lambda found: found.float() / 255)


def near_copies(drawn: Tensor, pictures: Pictures) -> float:
    """The share of drawn pictures nearer to a training picture than 99 % of real test pictures are (pixel distance)."""

    def nearest(found: Tensor) -> Tensor:
        train = pictures.train.pictures.flatten(1).float()
        return torch.cat([torch.cdist(part.flatten(1).float(), train).min(1).values for part in found.split(200)])

    limit = nearest(pictures.test.pictures[:2000]).quantile(0.01)
    return float((nearest(drawn) < limit).float().mean())
