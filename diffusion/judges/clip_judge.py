"""CLIP scores: one row a picture in all three conventions, means with intervals, and the baselines beside them."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffusion.data.pictures import Split
from diffusion.events import Alert, Baseline, ClipScore, ClipScores, Evaluation, Event, Progress
from diffusion.judges.clip import AbsentClipError, Clip, clip_for
from diffusion.judges.estimate import Estimate, Kind, baseline
from diffusion.judges.features import Features, content_digests
from diffusion.judges.intervals import bootstrap_interval, share_interval
from diffusion.judges.judged import Judged, Judging, UnfitPicturesError
from diffusion.judges.prompts import prompt_set_name, templates_for
from diffusion.seeds import stream

BASELINE_PICTURES = 1000  # real test pictures, and as many of noise: 8 s of ViT-B/32 on two cores, once


@dataclass(frozen=True)
class Scores:
    """CLIP's numbers for N pictures: cosine and probability float64 [N], best and label int64 [N]."""

    cosine: NDArray[np.float64]
    probability: NDArray[np.float64]
    best: NDArray[np.int64]
    label: NDArray[np.int64]

    def named(self) -> dict[str, NDArray[np.float64]]:
        """Each convention's value of each picture, by the name of its evaluation."""
        return {
            "cosine": self.cosine,
            "clip_score_100": clip_score_100(self.cosine),
            "clip_score_2.5": clip_score_25(self.cosine),
            "probability": self.probability,
            "accuracy": (self.best == self.label).astype(np.float64),
        }


def clip_score_100(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """100 x cosine, whose mean over pictures is torchmetrics' CLIPScore, which calls a mean below 0 a 0."""
    return 100 * cosine


def clip_score_25(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """2.5 x max(cosine, 0). Source: Hessel et al. 2021, arXiv:2104.08718, section 3."""
    return 2.5 * np.maximum(cosine, 0)


def scores_of(features: Tensor, classes: Tensor, label: Tensor, scale: float) -> Scores:
    """Scores of unit vectors [N, D] against those of the classes [C, D] for each picture's own label [N].

    probability: softmax over the classes of scale x cosine, scale being the model's logit scale, as in CLIP's README.
    """
    cosines = features.double().cpu() @ classes.double().cpu().T
    own = label.cpu()[:, None]
    return Scores(
        cosine=cosines.gather(1, own)[:, 0].numpy(),
        probability=(scale * cosines).softmax(1).gather(1, own)[:, 0].numpy(),
        best=cosines.argmax(1).numpy(),
        label=label.cpu().numpy(),
    )


def judge_clip(judged: Judged) -> Judging:
    """CLIP scores of drawn pictures: one row a picture, means of all and of each class, baselines.

    Without a judge at hand it tells where to get one. Raises UnfitPicturesError when none was drawn as a class.
    """
    config, names = judged.config, judged.class_names
    if not bool((judged.labels >= 0).any()):
        raise UnfitPicturesError("no picture was drawn as a class, so there is no prompt that it should fit")
    templates = templates_for(config.data.dataset, config.judges.templates)
    try:
        clip = yield from clip_for(config, judged.pictures, judged.judges, judged.device)
    except AbsentClipError as error:
        yield Alert("info", judged.step, str(error))
        return
    kept = torch.nonzero(judged.labels >= 0)[:, 0]
    features = yield from embedded(clip, judged, judged.pixels[kept])
    classes = clip.classes(names, templates)
    scores = scores_of(features, classes, judged.labels[kept], clip.scale)
    prompt_set = prompt_set_name(templates, names)
    baselines = yield from _baselines(clip, judged, classes, prompt_set)
    if judged.recorded:
        rows = _rows(scores, content_digests(judged.pixels[kept]))
        yield ClipScores(judged.step, clip.name, clip.model, clip.weights, prompt_set, rows)
    for name, label, value, low, high, n in summaries(scores):
        yield Evaluation(judged.step, clip.name, name, value, n, label, low, high, prompt_set)
    yield from baselines
    yield from _absent_classes(judged, scores)


def embedded(clip: Clip, judged: Judged, pixels: Tensor) -> Generator[Progress, None, Tensor]:
    """Unit vectors [N, D] of pictures, each encoded once for all time."""
    work = Features(judged.judges, clip.fingerprint).of(pixels, clip.encode)
    while True:
        try:
            yield Progress("evaluate", next(work), len(pixels), judged.step)
        except StopIteration as end:
            found: Tensor = end.value
            return found


def noise_pictures(count: int, shape: tuple[int, int, int]) -> Tensor:
    """Uniform noise, uint8 [count, C, H, W], always the same: pictures that show nothing."""
    return torch.randint(0, 256, (count, *shape), generator=stream(0, "noise pictures"), dtype=torch.uint8)


def _baselines(
    clip: Clip, judged: Judged, classes: Tensor, prompt_set: str
) -> Generator[Progress, None, list[Baseline]]:
    real, other = (_spread(split, BASELINE_PICTURES) for split in (judged.unseen, judged.others))
    if not len(real):
        return []
    shape = real.pictures.shape
    noise = Split(noise_pictures(len(real), (shape[1], shape[2], shape[3])), real.labels)
    found: list[Baseline] = []
    kinds: tuple[tuple[Kind, Split], ...] = (("real", real), ("noise", noise), ("other-class", other))
    for kind, split in kinds:
        features = yield from embedded(clip, judged, split.pictures)
        for name, of, value, low, high, n in summaries(scores_of(features, classes, split.labels, clip.scale)):
            told = baseline(judged, clip.name, name, kind, Estimate(value, n, low, high), of)
            found.append(replace(told, prompts=prompt_set))
    return found


def _spread(split: Split, most: int) -> Split:
    """At most so many pictures, of each class about as many, always the same ones."""
    place = torch.zeros_like(split.labels)
    for label in torch.unique(split.labels):
        mine = split.labels == label
        place[mine] = torch.arange(int(mine.sum()))
    rows = torch.argsort(place, stable=True)[:most].sort().values
    return Split(split.pictures[rows], split.labels[rows])


def summaries(scores: Scores) -> Iterator[tuple[str, int | None, float, float | None, float | None, int]]:
    """(name, label, mean, low, high, n) of all pictures (label None) and of each class that has some."""
    for name, values in scores.named().items():
        yield name, None, *_mean(name, values)
        for label in np.unique(scores.label):
            yield name, int(label), *_mean(name, values[scores.label == label])


def _mean(name: str, values: NDArray[np.float64]) -> tuple[float, float | None, float | None, int]:
    interval = share_interval(int(values.sum()), len(values)) if name == "accuracy" else bootstrap_interval(values)
    return float(values.mean()), *interval, len(values)


def _rows(scores: Scores, digests: list[bytes]) -> tuple[ClipScore, ...]:
    columns = zip(digests, scores.label, scores.cosine, scores.probability, scores.best, strict=True)
    return tuple(
        ClipScore(digest.hex(), int(label), float(cosine), float(probability), int(best))
        for digest, label, cosine, probability, best in columns
    )


def _absent_classes(judged: Judged, scores: Scores) -> Iterator[Event]:
    """Classes without pictures have no row: that is told, and not taken for a zero."""
    absent = sorted(set(range(len(judged.class_names))) - set(scores.label.tolist()))
    if absent and judged.recorded:
        names = ", ".join(judged.class_names[label] for label in absent[:5]) + (", ..." if len(absent) > 5 else "")
        yield Alert("info", judged.step, f"no pictures were judged of {names}")
