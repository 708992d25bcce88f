"""CLIP put to work on predicted pictures."""

import pytest
import torch

from diffusion.config import with_settings
from diffusion.errors import UserError
from diffusion.judges.prompts import templates_for
from diffusion.judges.steering import Steering, steering_for, uses_clip
from tests.diffusion.judges.sets import digits
from tests.diffusion.small import small


@pytest.fixture
def steering(clip):
    """The digits CLIP with the digits' classes."""
    return Steering(clip, clip.classes(digits().class_names, templates_for("digits")))


def batch():
    """Real pictures in [-1, 1] with their classes, the last one without."""
    x0 = digits().test.pictures[:6].float() / 127.5 - 1
    label = digits().test.labels[:6].clone()
    label[-1] = 10
    return 0.9 * x0, label


def test_the_gradient_is_that_of_the_log_probability(steering):
    """Against central differences in a random direction; no class, no gradient."""
    x0, label = batch()
    direction = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    h = 1e-3
    ahead, behind = (steering.log_probability(x0 + sign * h * direction, label) for sign in (1, -1))
    wanted = (ahead - behind) / (2 * h)
    found = (steering.gradient(x0, label) * direction).sum((1, 2, 3))
    assert torch.allclose(found, wanted, rtol=0.05, atol=0.02)
    assert float(steering.gradient(x0, label)[-1].abs().max()) == 0


def test_a_picture_is_steered_by_itself(steering, monkeypatch):
    """Not by those beside it, whatever the size of the parts."""
    x0, label = batch()
    together = steering.gradient(x0, label)
    monkeypatch.setattr("diffusion.judges.steering.AT_ONCE", 2)
    assert torch.allclose(steering.gradient(x0, label), together, atol=1e-5)


def test_the_loss_is_a_weighted_distance(steering):
    """1 - cosine, times alpha-bar, without pictures that have no class."""
    x0, label = batch()
    sigma = torch.tensor([0.0, 1.0, 2.0, 0.5, 3.0, 0.1])
    with torch.no_grad():
        cosine = (steering.clip.encode_x0(x0[:-1]) * steering.classes[label[:-1]]).sum(1)
        wanted = ((1 - cosine) / (1 + sigma[:-1] ** 2)).sum() / 6
    assert float(steering.loss(x0, label, sigma)) == pytest.approx(float(wanted), rel=1e-5)


def test_what_needs_clip(clip_judges):
    """A run that uses CLIP does not begin without a folder of judges."""
    assert not uses_clip(small())
    assert uses_clip(with_settings(small(), {"sampling.clip_guidance": 1}))
    assert uses_clip(with_settings(small(), {"train.clip_loss_weight": 0.5}))
    with pytest.raises(UserError, match="no folder of judges"):
        list(steering_for(small(), digits(), None, torch.device("cpu")))
