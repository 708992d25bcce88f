"""Drawing with CLIP at work: guided by its gradient, or the best of several by its cosine; and what that is worth."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffusion.checkpoints import read_state
from diffusion.config import SamplingConfig, with_settings
from diffusion.data.load import loading
from diffusion.device import pick_device
from diffusion.errors import UserError
from diffusion.events import Drawn, Event, Progress, Sample
from diffusion.generate import generate
from diffusion.judges.classifier import classifier_for
from diffusion.judges.hacking import Change, change, classifier_reading, clip_reading, verdict
from diffusion.judges.judged import pixels_of
from diffusion.judges.steering import Steering, steering_for

Reading = Callable[[Tensor, Tensor], NDArray[np.float64]]  # pixels uint8 [N, C, H, W], label [N] -> [N]


def generate_by_clip(
    checkpoint: Path,
    *,
    label: int | None = None,
    count: int = 16,
    best_of: int = 1,
    settings: SamplingConfig,
    seed: int = 0,
    device: str = "auto",
    judges: Path,
    data_folder: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Draw count pictures, each the best of so many by CLIP's cosine, with CLIP guidance as settings say.

    As generate, and after the Sample come two evaluations named gain: how CLIP's cosine, and the probability that the
    classifier gives the class, differ from the pictures of the same noise without CLIP; of a best of several, from the
    mean of its candidates. An Alert tells when the first rises and the second falls. A run that is not judged by CLIP
    takes the CLIP judge that is at hand. Raises UserError without a judge.
    """
    state = read_state(checkpoint)
    if state.config.network.conditioning == "none":
        raise UserError("this network knows no classes, so CLIP has none to look for", next_command="without CLIP")
    where = pick_device(device)
    pictures = yield from loading(with_settings(state.config, {"data.blur": 0}), data_folder)
    asked = state.config if state.config.judges.clip != "off" else with_settings(state.config, {"judges.clip": "auto"})
    steering = yield from steering_for(asked, pictures, judges, where)
    classifier = yield from classifier_for(pictures, asked, judges, where, train=asked.judges.train)
    shared: dict[str, Any] = {"label": label, "count": count, "seed": seed, "device": device}
    shared |= {"gradient": steering.gradient, "should_stop": should_stop}
    guided = yield from _sampled(generate(checkpoint, settings=settings, repeats=best_of, **shared))
    plain, by = guided, f"the best of {best_of}"
    if settings.clip_guidance > 0:
        off = replace(settings, clip_guidance=0.0)
        plain = (yield from _sampled(generate(checkpoint, settings=off, **shared))) if guided else None
        by = "CLIP guidance" + (f" with {by}" if best_of > 1 else "")
    if guided is None or plain is None:  # stopped
        return
    picked = _picked(steering, guided.drawn, count)
    told: dict[str, str | int | float | bool] = {"best_of": best_of, "judge": steering.clip.name, **guided.settings}
    kept = tuple(guided.drawn[row] for row in picked)
    yield Sample(guided.step, guided.weights, kept, told)
    changes = [_change(steering.clip.name, partial(clip_reading, steering), plain.drawn, kept)]
    if classifier is not None:
        changes.append(_change(classifier.name, partial(classifier_reading, classifier), plain.drawn, kept))
    yield from verdict(guided.step, by, changes[0], changes[1] if len(changes) > 1 else None)


def _sampled(events: Iterator[Event]) -> Generator[Progress, None, Sample | None]:
    """The pictures that a drawing ends with, or None when it was stopped."""
    for event in events:
        if isinstance(event, Progress):
            yield event
        elif isinstance(event, Sample):
            return event
    return None


def _picked(steering: Steering, drawn: tuple[Drawn, ...], count: int) -> list[int]:
    """Of each of the count pictures the row of its best candidate; candidates lie in rounds of count."""
    cosines = torch.from_numpy(clip_reading(steering, *_tensors(drawn))).reshape(-1, count)
    best = cosines.argmax(0)
    return (best * count + torch.arange(count)).tolist()


def _change(name: str, read: Reading, before: tuple[Drawn, ...], after: tuple[Drawn, ...]) -> Change:
    """How what a judge reads differs from the mean of each picture's candidates."""
    return change(name, read(*_tensors(before)).reshape(-1, len(after)).mean(axis=0), read(*_tensors(after)))


def _tensors(drawn: tuple[Drawn, ...]) -> tuple[Tensor, Tensor]:
    return pixels_of(drawn), torch.tensor([one.label for one in drawn])
