"""Pictures from a checkpoint."""

import math

import numpy as np
import pytest
import torch

from diffusion.config import with_settings
from diffusion.data.pictures import to_uint8
from diffusion.errors import UserError
from diffusion.events import Preview, Progress, Sample
from diffusion.generate import generate
from diffusion.sampling import draw
from diffusion.seeds import SampleNoise
from diffusion.train import train
from tests.diffusion.small import run, small


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A trained network, weights and averaged weights."""
    return run(train(small()), tmp_path_factory.mktemp("run"))


def drawn(path, count=6, **options):
    """What is drawn, as labels and pixels."""
    *progress, sample = generate(path, count=count, device="cpu", **options)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(sample, Sample)
    return [one.label for one in sample.drawn], np.stack([one.picture for one in sample.drawn])


@pytest.mark.parametrize("at_once", [1, 4, 512])
@pytest.mark.parametrize("sampler", ["heun", "ddpm"])
def test_a_picture_does_not_depend_on_its_batch(checkpoint, monkeypatch, sampler, at_once):
    """The same seed and index give the same picture at any batch size and count, up to one grey level of rounding."""
    settings = with_settings(small(), {"sampler": sampler}).sampling
    labels, pixels = drawn(checkpoint[1], 12, settings=settings)
    monkeypatch.setattr(draw, "MOST_AT_ONCE", at_once)
    fewer_labels, fewer = drawn(checkpoint[1], 7, settings=settings)
    assert fewer_labels == labels[:7]
    assert np.abs(fewer.astype(int) - pixels[:7]).max() <= 1
    assert len({picture.tobytes() for picture in pixels}) == 12


def test_the_run_s_own_samples_can_be_drawn_again(checkpoint):
    """With its seed and settings, by default."""
    sample = next(event for event in checkpoint[0] if isinstance(event, Sample))
    labels, pixels = drawn(checkpoint[1], 20)
    assert labels == [one.label for one in sample.drawn]
    assert (pixels == np.stack([one.picture for one in sample.drawn])).all()


@pytest.mark.parametrize("label", [0, 3, 9])
def test_one_class(checkpoint, label):
    """All of it."""
    assert drawn(checkpoint[1], 4, label=label)[0] == [label] * 4


def test_settings_matter(checkpoint):
    """Seed, weights, sampler and guidance each change what is drawn."""
    base = drawn(checkpoint[1], 4)[1]
    assert (drawn(checkpoint[1], 4, seed=1)[1] != base).any()
    for change in ({"sampling.weights": "raw"}, {"sampler": "euler"}, {"guidance": 4}, {"sampling_steps": 9}):
        settings = with_settings(small(), change).sampling
        assert (drawn(checkpoint[1], 4, settings=settings)[1] != base).any(), change


def test_snapshots_of_x_t_have_unit_variance_as_the_network_sees_them(checkpoint):
    """The first is sigma noise / sqrt(1 + sigma^2), whatever the highest sigma is."""
    preview = next(event for event in checkpoint[0] if isinstance(event, Preview) and event.kind == "trajectory")
    first = next(one for one in preview.drawn if (one.content, one.sampling_step, one.label) == ("x_t", 0, 3))
    noise = SampleNoise(0, [first.index], (1, 8, 8), torch.device("cpu"))()
    expected = to_uint8(noise * first.sigma / math.hypot(1, first.sigma))[0, 0]
    assert np.abs(first.picture[..., 0].astype(int) - expected.numpy().astype(int)).max() <= 1


def test_a_stop_is_heard(checkpoint):
    """After the next sampling step, and nothing is told as drawn."""
    events = list(generate(checkpoint[1], should_stop=lambda: True, device="cpu"))
    assert [type(event) for event in events] == [Progress]


def test_a_class_that_does_not_occur(checkpoint):
    """The error tells those that do."""
    with pytest.raises(UserError, match="class 10 does not occur; allowed: 0 to 9"):
        list(generate(checkpoint[1], label=10))


def test_a_network_without_classes_draws_without_guidance(tmp_path):
    """Guidance would only cost time."""
    _, path = run(train(small(conditioning="none", steps=2)), tmp_path)
    *_, sample = generate(path, count=2, device="cpu")
    assert sample.settings["guidance"] == 1
    assert [one.label for one in sample.drawn] == [-1, -1]
    with pytest.raises(UserError, match="this network knows no classes"):
        list(generate(path, label=1, device="cpu"))
