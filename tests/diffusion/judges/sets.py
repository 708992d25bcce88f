"""Sets of pictures whose judgement is known: real digits, noise, blurred, without a class, repeated, copied."""

import functools

import torch

from diffusion.config import RunConfig, with_settings
from diffusion.data.blur import gaussian_blur
from diffusion.data.load import load
from diffusion.data.pictures import Split
from diffusion.events import Drawn
from diffusion.judges.accuracy import as_many_of_each_class
from diffusion.judges.judged import Judged

PER_CLASS = 16


@functools.cache
def digits():
    """The data set, read once."""
    return load(RunConfig())


def held_out():
    """Test pictures, as many of each class."""
    return as_many_of_each_class(digits().test, torch.full((10,), PER_CLASS))


def noise():
    """Pictures of nothing."""
    generator = torch.Generator().manual_seed(11)
    shape = (10 * PER_CLASS, 1, 8, 8)
    return Split(torch.randint(256, shape, generator=generator, dtype=torch.uint8), held_out().labels)


def without(label):
    """Test pictures of all classes but one."""
    real = held_out()
    kept = real.labels != label
    return Split(real.pictures[kept], real.labels[kept])


def repeated():
    """Ten pictures, one of each class, again and again."""
    ten = as_many_of_each_class(digits().test, torch.ones(10, dtype=torch.int64))
    return Split(ten.pictures.repeat(PER_CLASS, 1, 1, 1), ten.labels.repeat(PER_CLASS))


def copied():
    """Test pictures, every twentieth of them a training picture of its class."""
    real, train = held_out(), digits().train
    pictures = real.pictures.clone()
    for row in range(0, len(real), 20):
        pictures[row] = train.pictures[train.labels == real.labels[row]][row % 7]
    return Split(pictures, real.labels)


def blurred(sigma=1.0):
    """Test pictures, blurred."""
    return Split(gaussian_blur(held_out().pictures, sigma), held_out().labels)


def judged(split, judges, trajectory=(), **changes):
    """What a judge is given: CLIP off, other judges trained where they are missing."""
    config = with_settings(RunConfig(), {"judges.clip": "off", "judges.train": True} | changes)
    rows = zip(split.pictures.permute(0, 2, 3, 1).contiguous().numpy(), split.labels.tolist(), strict=True)
    drawn = tuple(Drawn(picture, label, 0, index) for index, (picture, label) in enumerate(rows))
    return Judged(config, digits(), drawn, 7, torch.device("cpu"), judges, trajectory=tuple(trajectory))
