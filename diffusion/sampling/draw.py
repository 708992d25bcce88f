"""Drawing pictures: which noise, which class, in which batches, and what is kept on the way."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from diffusion.config import SamplingConfig
from diffusion.data.pictures import to_uint8
from diffusion.events import Drawn, Picture, Progress
from diffusion.process.schedules import Schedule
from diffusion.sampling.guidance import LabelledDenoise, LabelledGradient, make_denoise
from diffusion.sampling.samplers import SamplingStep, make_sampler
from diffusion.seeds import SampleNoise

BATCH_PIXELS = (
    2**18
)  # pictures of one batch: enough to fill a device, and 56M-parameter networks at 32 x 32 stay below 2 GB
MOST_AT_ONCE = 512


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn. Picture i has class labels[i] (-1: none) and the noise of (seed, indices[i])."""

    labels: Sequence[int]
    indices: Sequence[int]
    seed: int
    snapshots_of: int = 0  # how many of the pictures, the first ones, are also kept on their way
    snapshot_every: int = 1  # sampling steps between two snapshots; the first and the last are always kept


def in_turn(count: int, classes: int, label: int | None = None) -> tuple[list[int], list[int]]:
    """Labels and indices of count pictures: one class, or all in turn. More pictures begin with the same ones."""
    labels = [index % classes if label is None else label for index in range(count)]
    return labels, list(range(count))


@torch.no_grad()
def draw(
    denoise: LabelledDenoise,
    schedule: Schedule,
    settings: SamplingConfig,
    drawing: Drawing,
    *,
    shape: tuple[int, int, int],
    classes: int,
    device: torch.device,
    progress: Progress,
    gradient: LabelledGradient | None = None,
) -> Generator[Progress, None, tuple[Drawn, ...]]:
    """Draw pictures of shape [C, H, W], yielding progress after each sampling step of each batch; returns them.

    progress: phase and optimizer step of what is yielded. gradient: of CLIP guidance, where the settings ask for it.
    The snapshots come first in what is returned, then the finished pictures, in the order of drawing.
    """
    sigmas = schedule.sampling_sigmas(settings.sampling_steps)
    sampler = make_sampler(settings)
    at_once = max(1, min(MOST_AT_ONCE, BATCH_PIXELS // (shape[1] * shape[2])))
    starts = range(0, len(drawing.labels), at_once)
    total = len(starts) * settings.sampling_steps
    snapshots: list[Drawn] = []
    finished: list[Drawn] = []
    for batch, start in enumerate(starts):
        rows = slice(start, start + at_once)
        labels, indices = drawing.labels[rows], drawing.indices[rows]
        label = torch.tensor([classes if one < 0 else one for one in labels], device=device)
        noise = SampleNoise(drawing.seed, indices, shape, device)
        bound = make_denoise(denoise, label, settings, classes, gradient)
        kept = max(0, min(len(labels), drawing.snapshots_of - start))
        step = None
        for step in sampler(bound, float(sigmas[0]) * noise(), sigmas, noise=noise):
            last = step.index == settings.sampling_steps
            if kept and (last or step.index % drawing.snapshot_every == 0):
                snapshots += _snapshots(step, labels[:kept], indices[:kept], drawing.seed)
            yield replace(progress, done=batch * settings.sampling_steps + step.index, total=total)
        assert step is not None
        pixels = _pixels(step.x)
        finished += [
            Drawn(picture, one, drawing.seed, index)
            for picture, one, index in zip(pixels, labels, indices, strict=True)
        ]
    return (*snapshots, *finished)


def _pixels(x: torch.Tensor) -> list[Picture]:
    """Floats [N, C, H, W] in [-1, 1] as pictures [H, W, C]."""
    return list(to_uint8(x).permute(0, 2, 3, 1).cpu().contiguous().numpy())


def _snapshots(step: SamplingStep, labels: Sequence[int], indices: Sequence[int], seed: int) -> list[Drawn]:
    """x_t, scaled to unit variance as the network sees it, and the predicted x0, of the first pictures."""
    scale = (1 + step.sigma**2) ** -0.5
    contents: tuple[tuple[Literal["x_t", "x0"], torch.Tensor], ...] = (("x_t", scale * step.x), ("x0", step.x0))
    return [
        Drawn(picture, label, seed, index, step.index, step.sigma, content)
        for content, x in contents
        for picture, label, index in zip(_pixels(x[: len(labels)]), labels, indices, strict=True)
    ]
