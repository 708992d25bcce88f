"""Emergence: when, on the way out of the noise, a picture can be read, and when its class is settled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffusion.config import ProcessConfig
from diffusion.events import Curve, Drawn, Event, Progress
from diffusion.judges.accuracy import Reading
from diffusion.judges.classifier import Classifier, classifier_for
from diffusion.judges.estimate import evaluation, mean
from diffusion.judges.judged import Judged, Judging, UnfitPicturesError
from diffusion.judges.pixels import PIXELS
from diffusion.process import tables

MOST_STEPS = 50  # sampling steps that are read, evenly spaced: 1000 of 100 pictures would be 200,000 pictures
SIMILAR = 0.5  # correlation with the final picture from which it can be made out

Content = Literal["x_t", "x0"]
CONTENTS: tuple[Content, ...] = ("x0", "x_t")
Table = NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """T pictures at S moments of their drawing, the last one finished.

    steps: sampling steps taken at each moment, rising. sigma: noise level of each, falling. labels int64 [T]. pixels
    uint8 [T, S, C, H, W].
    """

    steps: tuple[int, ...]
    sigma: tuple[float, ...]
    labels: Tensor
    pixels: Tensor


def paths_of(trajectory: Sequence[Drawn], content: Content) -> Paths | None:
    """The snapshots of one content, picture by picture; None where there are fewer than two of each.

    Pictures whose snapshots are not at the same sampling steps as the first one's are left out.
    """
    of: dict[tuple[int, int, int], dict[int, Drawn]] = {}
    for one in trajectory:
        if one.content == content and one.sampling_step is not None and one.sigma is not None:
            of.setdefault((one.seed, one.index, one.label), {})[one.sampling_step] = one
    if not of:
        return None
    steps = thinned(sorted(next(iter(of.values()))), MOST_STEPS)
    whole = [snapshots for snapshots in of.values() if all(step in snapshots for step in steps)]
    if len(steps) < 2:
        return None
    pixels = np.stack([np.stack([snapshots[step].picture for step in steps]) for snapshots in whole])
    return Paths(
        tuple(steps),
        tuple(float(whole[0][step].sigma or 0.0) for step in steps),
        torch.tensor([snapshots[steps[0]].label for snapshots in whole]),
        torch.from_numpy(pixels).permute(0, 1, 4, 2, 3).contiguous(),
    )


def thinned(steps: list[int], most: int) -> list[int]:
    """At most so many of the steps, evenly spaced, with the first and the last."""
    if len(steps) <= most:
        return steps
    places = np.linspace(0, len(steps) - 1, most).round().astype(int)
    return [steps[place] for place in places]


def decided_at(found: Tensor) -> Tensor:
    """The first moment int64 [T] from which on the decision int64 [T, S] stays what it is at the end."""
    differs = found != found[:, -1:]
    moments = torch.arange(1, found.shape[1] + 1)
    return (differs * moments).amax(1)  # one after the last moment that differs


def similarity(pixels: Tensor) -> Tensor:
    """Correlation of the pixels at each moment with the finished picture, uint8 [T, S, C, H, W] -> [T, S]."""
    x = pixels.flatten(2).float()
    x = x - x.mean(2, keepdim=True)
    norm = x.norm(dim=2)
    found: Tensor = (x * x[:, -1:]).sum(2) / (norm * norm[:, -1:]).clamp(min=1e-6)
    return found


def axes(process: ProcessConfig, steps: Sequence[int], sigma: Sequence[float]) -> dict[str, Table]:
    """Where each moment stands: "fraction" of the sampling steps, "timestep", "log_snr" = -2 ln sigma; NaN for none.

    timestep counts from 0 to T - 1 in discrete schedules; of flow it is t = sigma / (1 + sigma) times T; edm has none.
    """
    level = np.array(sigma, dtype=np.float64)
    noisy = level > 0
    found = {"fraction": np.array(steps, dtype=np.float64) / max(1, steps[-1])}
    table = tables.sigma_table(process)
    if table is not None:
        timestep = np.abs(np.log(table)[None, :] - np.log(np.where(noisy, level, table[0]))[:, None]).argmin(1)
        found["timestep"] = np.where(noisy, timestep, np.nan)
    elif process.schedule == "flow":
        found["timestep"] = process.timesteps * level / (1 + level)
    found["log_snr"] = np.where(noisy, -2 * np.log(np.where(noisy, level, 1.0)), np.nan)
    return found


def judge_emergence(judged: Judged) -> Judging:
    """Class accuracy, entropy, settled decisions and likeness to the final picture, along the way out of the noise."""
    if not judged.trajectory:
        return
    classifier: Classifier | None = None
    if judged.config.judges.classifier != "off":
        classifier = yield from classifier_for(
            judged.pictures, judged.config, judged.judges, judged.device, train=judged.config.judges.train
        )
    events: list[Event] = []
    for content in CONTENTS:
        paths = paths_of(judged.trajectory, content)
        if paths is None:
            raise UnfitPicturesError("the way out of the noise was recorded at fewer than two sampling steps")
        places = axes(judged.config.process, paths.steps, paths.sigma)
        events += _likeness(judged, content, paths, places)
        if classifier is None:
            continue
        read = []
        for row in range(len(paths.labels)):
            yield Progress("evaluate", row, len(paths.labels), judged.step)
            read.append(classifier.probabilities(paths.pixels[row]))
        events += _decisions(judged, classifier.name, content, paths, torch.stack(read), places)
    yield from events


def _likeness(judged: Judged, content: Content, paths: Paths, places: dict[str, Table]) -> Iterator[Event]:
    alike = similarity(paths.pixels)
    yield from _curves(judged, PIXELS, f"{content}_similarity", alike.mean(0), places)
    first = (alike >= SIMILAR).int().argmax(1)
    yield from _moments(judged, PIXELS, f"{content}_similar_at", first, places)


def _decisions(
    judged: Judged, judge: str, content: Content, paths: Paths, probabilities: Tensor, places: dict[str, Table]
) -> Iterator[Event]:
    """probabilities [T, S, classes]."""
    moments, classes = probabilities.shape[1:]
    labels = paths.labels[:, None].expand(-1, moments)
    reading = Reading(labels.reshape(-1), probabilities.reshape(-1, classes))
    entropy = reading.entropy().reshape(-1, moments)
    settled = decided_at(reading.found.reshape(-1, moments))
    decided = settled[:, None] <= torch.arange(moments)
    yield from _curves(judged, judge, f"{content}_entropy", entropy.mean(0), places)
    yield from _curves(judged, judge, f"{content}_decided", decided.double().mean(0), places)
    yield from _moments(judged, judge, f"{content}_decided_at", settled, places)
    if (paths.labels < 0).any():  # drawn without a class: nothing is right
        return
    right = reading.right.reshape(-1, moments).double()
    yield from _curves(judged, judge, f"{content}_accuracy", right.mean(0), places)
    fraction = {"fraction": places["fraction"]}
    for label in torch.unique(paths.labels).tolist():
        mine = paths.labels == label
        yield from _curves(judged, judge, f"{content}_accuracy", right[mine].mean(0), fraction, label)
        yield from _curves(judged, judge, f"{content}_decided", decided[mine].double().mean(0), fraction, label)
        yield from _moments(judged, judge, f"{content}_decided_at", settled[mine], fraction, label)


def _curves(
    judged: Judged, judge: str, name: str, values: Tensor, places: dict[str, Table], label: int | None = None
) -> Iterator[Event]:
    for axis, place in places.items():
        points = [(float(x), float(y)) for x, y in zip(place, values.tolist(), strict=True) if not np.isnan(x)]
        yield Curve(judged.step, judge, name, axis, tuple(points), label)


def _moments(
    judged: Judged, judge: str, name: str, moments: Tensor, places: dict[str, Table], label: int | None = None
) -> Iterator[Event]:
    """The mean of a moment over the pictures, on each axis; the fraction's has the plain name."""
    for axis, place in places.items():
        known = np.flatnonzero(~np.isnan(place))
        at = place[np.minimum(moments.numpy(), known[-1])]  # the end has no log-SNR: the last moment before it
        plain = name if axis == "fraction" else f"{name}_{axis}"
        yield evaluation(judged, judge, plain, mean(torch.from_numpy(at)), label)
