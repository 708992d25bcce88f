"""Copies of training pictures and repeats of each other, among drawn pictures: by their pixels, without a judge."""

import hashlib
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from diffusion.data.blur import gaussian_blur
from diffusion.events import Alert, Event, Progress
from diffusion.judges.diversity import (
    COLLAPSED,
    MOST_SETS,
    REPEATING,
    UNSEEN,
    Nearness,
    Training,
    copies,
    distinct,
    repeats,
)
from diffusion.judges.estimate import baseline, evaluation, mean
from diffusion.judges.features import Features
from diffusion.judges.judged import Judged
from diffusion.judges.spectrum import blur_sigma, spectra
from diffusion.judges.telling import telling
from diffusion.seeds import stream

FEWEST = 4  # near-repeats of a class from which it can count as collapsed
PIXELS = "pixels"  # the judge of what needs no features


def pixel_events(judged: Judged) -> Generator[Progress, None, list[Event]]:
    """Copies, distance to the nearest training picture, and repeats, with their baselines and alerts.

    All against real pictures blurred as the run's: a copy is one of what the run learned from.
    """
    blur, real = judged.config.data.blur, judged.pictures
    yield Progress("evaluate", 0, len(judged.pixels), judged.step)
    train, val, test = (gaussian_blur(split.pictures, blur) for split in (real.train, real.val, real.test))
    unseen, other = shuffled(test), shuffled(val)
    training = Training(train, flip=real.flip)
    limits = yield from _known(judged, training, unseen[:UNSEEN])
    of_val = yield from _known(judged, training, other[:UNSEEN])
    yield Progress("evaluate", 0, len(judged.pixels), judged.step)
    found = copies(*training.nearest(judged.pixels), limits)
    known = copies(of_val, torch.zeros_like(of_val, dtype=torch.int64), limits)
    yield Progress("evaluate", len(judged.pixels), len(judged.pixels), judged.step)
    drawn = shuffled(judged.pixels)
    label = shuffled(judged.labels)
    again = repeats(drawn, as_blurred(torch.cat([unseen, shuffled(train)[: MOST_SETS * UNSEEN]]), drawn))
    usual = repeats(unseen[: len(drawn)], shuffled(train))
    return [*_of_copies(judged, found, known), *_of_repeats(judged, drawn, label, again, usual)]


def as_blurred(real: Tensor, drawn: Tensor) -> Tensor:
    """Real pictures uint8 [M, C, H, W], blurred until they are no sharper than drawn ones [N, C, H, W].

    Blurred pictures are nearer to their nearest one than sharp ones are, also in shares of their mean distance: of 320
    digits that were blurred by 2 pixels a third would count as near-repeats.
    """
    sigma = blur_sigma(spectra(drawn), spectra(real[:UNSEEN])).value
    return gaussian_blur(real, sigma) if sigma > 0 else real


def _known(judged: Judged, training: Training, pictures: Tensor) -> Generator[Progress, None, Tensor]:
    """Distances [N] of real pictures to the nearest training picture, measured once for all runs that learn from it."""
    key = (judged.pictures.checksum, judged.pictures.size, judged.pictures.channels, judged.config.data.blur)
    fingerprint = hashlib.sha256(repr(("nearest training picture", *key, judged.pictures.flip)).encode())
    work = Features(judged.judges, fingerprint.hexdigest()[:16]).of(
        pictures, lambda part: training.nearest(part)[0][:, None]
    )
    return (yield from telling(work, len(pictures), judged.step))[:, 0]


def _of_copies(judged: Judged, found: Nearness, known: Nearness) -> Iterator[Event]:
    yield evaluation(judged, PIXELS, "copies", found.share)
    yield evaluation(judged, PIXELS, "nearest", mean(found.distance))
    yield baseline(judged, PIXELS, "copies", "real", known.share)
    yield baseline(judged, PIXELS, "nearest", "real", mean(known.distance))
    if found.surprising:
        near, n = int(found.near.sum()), len(found.near)
        text = f"{near} of {n} pictures are near-copies of training pictures; of real test pictures 1 % are"
        yield Alert("warning", judged.step, text)


def _of_repeats(judged: Judged, drawn: Tensor, label: Tensor, found: Nearness, usual: Nearness) -> Iterator[Event]:
    yield evaluation(judged, PIXELS, "repeats", found.share)
    yield baseline(judged, PIXELS, "repeats", "real", usual.share)
    near, n = int(found.near.sum()), len(found.near)
    where = collapsed_classes(found.near, label[:n])
    if (near >= REPEATING * n or where) and found.surprising:
        what = "collapsed" if near >= COLLAPSED * n else "repeats"
        left = distinct(drawn[:n], found.limit)
        text = f"{what}: {near} of {n} pictures nearly repeat others, {left} are distinct"
        yield Alert("warning", judged.step, text + _told_classes([judged.class_names[one] for one in where]))


def collapsed_classes(near: Tensor, label: Tensor) -> list[int]:
    """Classes that mostly repeat, from near-repeats bool [N] and classes int64 [N]; none where most classes do."""
    seen = [one for one in torch.unique(label).tolist() if one >= 0]
    found = [one for one in seen if _is_collapsed(near[label == one])]
    return found if 2 * len(found) <= len(seen) else []


def _is_collapsed(near: Tensor) -> bool:
    return int(near.sum()) >= max(FEWEST, COLLAPSED * len(near))


def _told_classes(names: list[str]) -> str:
    return f"; most of {'classes' if len(names) > 1 else 'class'} {', '.join(names)} do" if names else ""


def shuffled(pictures: Tensor) -> Tensor:
    """Pictures in an order without meaning, always the same: data sets and drawn pictures are sorted in some way."""
    return pictures[torch.randperm(len(pictures), generator=stream(0, "shuffled"))]
