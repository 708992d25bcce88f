"""The pictures that training draws: previews from fixed seeds, with their way out of the noise, and final samples."""

import dataclasses
from collections.abc import Generator
from typing import Literal

from diffusion.config import RunConfig, SamplingConfig
from diffusion.events import Drawn, Event, Preview, Progress, Sample
from diffusion.learner import Learner
from diffusion.sampling.draw import Drawing, draw, in_turn

MOST_CLASSES = 10  # with a preview of their own; of data sets with more, the first ones
SNAPSHOTS = 10  # of a trajectory beside the start, unless preview.trajectory_every says otherwise

Events = Generator[Event, None, None]
Weights = Literal["ema", "raw"]


def sampling_of(config: RunConfig, **changes: object) -> SamplingConfig:
    """config.sampling with changes; without classes there is nothing to guide by, so guidance is 1."""
    settings = dataclasses.replace(config.sampling, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(settings, guidance=1.0) if config.network.conditioning == "none" else settings


def known_labels(config: RunConfig, labels: list[int]) -> list[int]:
    """labels, or -1 for each when the network knows no classes."""
    return [-1] * len(labels) if config.network.conditioning == "none" else labels


def plain_settings(settings: SamplingConfig) -> dict[str, str | int | float | bool]:
    """Sampling settings as plain values, for the record."""
    return dict(dataclasses.asdict(settings))


def trajectory_every(config: RunConfig, sampling_steps: int) -> int:
    """Sampling steps between two snapshots of a trajectory."""
    return config.preview.trajectory_every or max(1, round(sampling_steps / SNAPSHOTS))


def preview(learner: Learner) -> Events:
    """The class grid with averaged and with current weights, and the trajectory of one picture of each class."""
    config = learner.config
    settings = sampling_of(config, sampling_steps=config.preview.sampling_steps or config.sampling.sampling_steps)
    shown = min(learner.classes, MOST_CLASSES)
    labels, indices = in_turn(config.preview.per_class * shown, shown)
    drawn: dict[Weights, tuple[Drawn, ...]] = {}
    kinds: tuple[Weights, ...] = ("ema", "raw")
    for weights in kinds:
        drawing = Drawing(
            known_labels(config, labels),
            indices,
            config.seed,
            snapshots_of=shown if weights == "ema" else 0,
            snapshot_every=trajectory_every(config, settings.sampling_steps),
        )
        drawn[weights] = yield from _drawn(learner, weights, settings, drawing, "preview")
    trajectory = tuple(one for one in drawn["ema"] if one.sampling_step is not None)
    yield Preview(learner.step, "trajectory", "ema", trajectory)
    for weights in kinds:
        finished = tuple(one for one in drawn[weights] if one.sampling_step is None)
        yield Preview(learner.step, "grid", weights, finished)


def final_samples(learner: Learner, snapshots_of: int = 0) -> Generator[Event, None, tuple[Drawn, ...]]:
    """sampling.per_class pictures of each class, with the weights that config.sampling names.

    Returns them, after the snapshots of the first snapshots_of of them at every sampling step.
    """
    settings = sampling_of(learner.config)
    drawn = yield from drawn_for_judges(learner, settings.per_class, snapshots_of)
    finished = tuple(one for one in drawn if one.sampling_step is None)
    yield Sample(learner.step, _weights(settings), finished, plain_settings(settings))
    return drawn


def drawn_for_judges(
    learner: Learner, per_class: int, snapshots_of: int = 0
) -> Generator[Progress, None, tuple[Drawn, ...]]:
    """The first per_class pictures of each class that final_samples would draw now, after their snapshots."""
    settings = sampling_of(learner.config)
    labels, indices = in_turn(per_class * learner.classes, learner.classes)
    drawing = Drawing(known_labels(learner.config, labels), indices, learner.config.seed, snapshots_of=snapshots_of)
    return (yield from _drawn(learner, _weights(settings), settings, drawing, "sample"))


def _weights(settings: SamplingConfig) -> Weights:
    return "ema" if settings.weights == "ema" else "raw"


def _drawn(
    learner: Learner, weights: Weights, settings: SamplingConfig, drawing: Drawing, phase: Literal["preview", "sample"]
) -> Generator[Progress, None, tuple[Drawn, ...]]:
    return draw(
        learner.denoiser(weights),
        learner.schedule,
        settings,
        drawing,
        shape=learner.shape,
        classes=learner.classes,
        device=learner.device,
        progress=Progress(phase, 0, 0, learner.step),
        gradient=learner.steering.gradient if learner.steering else None,
    )
