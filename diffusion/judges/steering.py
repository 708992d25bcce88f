"""CLIP put to work on what the network predicts: a gradient to sample by, and a loss to train with."""

from collections.abc import Generator
from pathlib import Path

import torch
from torch import Tensor

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures
from diffusion.errors import UserError
from diffusion.events import Progress
from diffusion.judges.clip import Clip, clip_for
from diffusion.judges.prompts import templates_for

AT_ONCE = 64  # pictures whose gradient is held at once


class Steering:
    """A CLIP judge and the unit vectors [C, D] of the classes. Labels are int64 [N]; C and above mean no class."""

    def __init__(self, clip: Clip, classes: Tensor) -> None:
        self.clip = clip
        self.classes = classes

    def log_probability(self, x0: Tensor, label: Tensor) -> Tensor:
        """ln p(label | x0) [N] for x0 [N, C, H, W] in [-1, 1]: softmax over the classes; 0 where there is none."""
        logits = self.clip.scale * self.clip.encode_x0(x0) @ self.classes.T
        known = label < len(self.classes)
        own = logits.log_softmax(1).gather(1, label.clamp(max=len(self.classes) - 1)[:, None])[:, 0]
        return torch.where(known, own, torch.zeros_like(own))

    def gradient(self, x0: Tensor, label: Tensor) -> Tensor:
        """The gradient of ln p(label | x0) with respect to x0, [N, C, H, W], each picture's by itself."""
        found = []
        with torch.enable_grad():
            for part, mine in zip(torch.split(x0, AT_ONCE), torch.split(label, AT_ONCE), strict=True):
                leaf = part.detach().clone().requires_grad_()
                found.append(torch.autograd.grad(self.log_probability(leaf, mine).sum(), leaf)[0])
        return torch.cat(found)

    def loss(self, x0: Tensor, label: Tensor, sigma: Tensor) -> Tensor:
        """1 - cosine between predicted pictures and their classes, weighted by 1 / (1 + sigma^2), mean over the batch.

        The weight is alpha-bar: from much noise only a mean of many pictures can be predicted, which CLIP cannot read.
        """
        known = label < len(self.classes)
        own = self.classes[label.clamp(max=len(self.classes) - 1)]
        distance = 1 - (self.clip.encode_x0(x0) * own).sum(1)
        return (known * distance / (1 + sigma.square())).mean()


def uses_clip(config: RunConfig) -> bool:
    """Whether a run trains with CLIP or draws by it, so that it cannot begin without."""
    return config.sampling.clip_guidance > 0 or config.train.clip_loss_weight > 0


def steering_for(
    config: RunConfig, pictures: Pictures, judges: Path | None, device: torch.device
) -> Generator[Progress, None, Steering]:
    """The steering by config's CLIP judge for these pictures, sharp ones. Raises UserError without a judge."""
    if judges is None:
        raise UserError("no folder of judges is given, and CLIP is to steer")
    clip = yield from clip_for(config, pictures, judges, device)
    templates = templates_for(config.data.dataset, config.judges.templates)
    return Steering(clip, clip.classes(pictures.class_names, templates))
