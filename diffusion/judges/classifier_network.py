"""The classifier's network: a small residual network for pictures of 8 to 64 pixels, and larger ones shrunk to that."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LARGEST = 64  # pixels; a larger picture is shrunk, which keeps its class and the cost


class Block(nn.Sequential):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class ClassifierNetwork(nn.Module):
    """x float [N, C, H, W] in [-1, 1] -> logits [N, classes]; features(x) -> [N, D], what the last layer reads.

    Each level halves the side until it is 4 or less and doubles the width; the deeper ones have a residual pair.
    """

    def __init__(self, *, channels: int, size: int, classes: int, width: int) -> None:
        super().__init__()
        self.size = min(size, LARGEST)
        levels = max(1, (self.size // 4).bit_length() - 1)
        self.stem = Block(channels, width)
        widths = [width << level for level in range(levels + 1)]
        self.down = nn.ModuleList([Block(a, b) for a, b in pairwise(widths)])
        self.residual = nn.ModuleList([nn.Sequential(Block(b, b), Block(b, b)) for b in widths[1:]])
        self.head = nn.Linear(widths[-1], classes)

    def features(self, x: Tensor) -> Tensor:
        """What the last layer reads, [N, D], 0 or more."""
        if x.shape[-1] > self.size:
            x = F.interpolate(x, size=(self.size, self.size), mode="bicubic", antialias=True)
        x = self.stem(x)
        for down, residual in zip(self.down, self.residual, strict=True):
            x = F.max_pool2d(down(x), 2)
            x = x + residual(x)
        return x.mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, classes]."""
        logits: Tensor = self.head(self.features(x))
        return logits


def initialised(network: ClassifierNetwork, generator: torch.Generator) -> ClassifierNetwork:
    """The same weights from the same generator, whatever was drawn before."""
    for parameter in network.parameters():
        if parameter.ndim > 1:
            bound = (6 / parameter[0].numel()) ** 0.5  # He et al. 2015, arXiv:1502.01852, for uniform weights
            parameter.data.uniform_(-bound, bound, generator=generator)
    network.head.bias.data.zero_()
    return network
