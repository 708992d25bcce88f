"""One training step, piece by piece, each against a second way to compute it."""

import math

import pytest
import torch

from diffusion.data.load import load
from diffusion.device import numerics
from diffusion.learner import Learner, learning_rate
from diffusion.network.denoiser import per_picture
from diffusion.process.weightings import make_weighting
from diffusion.train import train
from tests.diffusion.small import small

CPU = torch.device("cpu")


def learner(**changes) -> Learner:
    config = small(**changes)
    return Learner(config, load(config), numerics(config, CPU, 8))


def perturbed(**changes) -> Learner:
    """A learner whose network answers: fresh ones end in zeros."""
    made = learner(**changes)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in made.parameters:
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return made


def test_noise_levels_are_stratified_over_the_batch():
    """One quantile in each 1 / N of [0, 1), all shifted by one number; flow's t = sigma / (1 + sigma) is it."""
    _, _, sigma, _ = learner().draw_batch()
    t = (sigma / (1 + sigma)).double().sort().values
    assert torch.equal((t * 32).floor().long(), torch.arange(32))
    assert torch.diff(t).sub(1 / 32).abs().max() < 1e-6


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_hidden_labels_become_the_null_label(share):
    """About so many of them, and all others stay what the batch has."""
    made = learner(train__label_dropout=share, batch_size=512)
    _, label, _, _ = made.draw_batch()
    _, real = made.batches.at(0, torch.Generator())
    hidden = label == made.classes
    assert hidden.float().mean().item() == pytest.approx(share, abs=0.06)
    assert torch.equal(label[~hidden], real[~hidden])


@pytest.mark.parametrize("weighting", ["uniform", "min-snr", "edm"])
def test_the_loss_is_the_weighted_error_of_the_prediction(weighting):
    """With the batch's own labels, noise and noise levels."""
    made = perturbed(weighting=weighting, prediction="v", train__label_dropout=0)
    x0, label, sigma, noise = made.draw_batch()
    with torch.no_grad():
        found = made.loss(made.denoiser("raw"), x0, label, sigma, noise)
        scale = (1 + sigma**2).rsqrt()
        x_t = per_picture(scale) * (x0 + per_picture(sigma) * noise)
        v = per_picture(scale) * (noise - per_picture(sigma) * x0)
        error = (made.network(x_t, sigma, label) - v).square().mean(dim=(1, 2, 3))
        other = (made.network(x_t, sigma, (label + 1) % 10) - v).square().mean(dim=(1, 2, 3))
    weight = make_weighting(made.config.process)(sigma)
    torch.testing.assert_close(found, weight * error)
    assert not torch.allclose(found, weight * other)


def test_a_step_is_adamw_with_the_settings():
    """Clipped gradient, betas (0.9, beta2), weight decay, warmed-up rate: two steps equal torch's own AdamW."""
    changes = {"train__weight_decay": 0.3, "train__beta2": 0.9, "train__gradient_clip": 0.01, "learning_rate": 0.01}
    made, twin = perturbed(**changes), perturbed(**changes)
    optimizer = torch.optim.AdamW(twin.parameters, lr=1.0, betas=(0.9, 0.9), weight_decay=0.3, foreach=False)
    for step in range(2):
        batch = twin.draw_batch()
        optimizer.zero_grad()
        twin.loss(twin.denoiser("raw"), *batch).mean().backward()
        norm = torch.sqrt(sum(parameter.grad.square().sum() for parameter in twin.parameters))
        for parameter in twin.parameters:
            parameter.grad *= 0.01 / norm
        optimizer.param_groups[0]["lr"] = 0.01 * (step + 1) / 4
        optimizer.step()
        twin.step += 1
        made.train_step(0.0)
        assert made.rate == pytest.approx(0.01 * (step + 1) / 4)
    for mine, other in zip(made.parameters, twin.parameters, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


def test_the_average_follows_the_weights_with_its_warm_up():
    """a_t = w_t + d_t (a_(t-1) - w_t) with d_t = min(decay, (1 + t) / (10 + t))."""
    made = learner()
    average = [parameter.detach().clone() for parameter in made.parameters]
    for step in range(5):
        made.train_step(0.0)
        decay = (1 + step) / (10 + step)
        average = [w + decay * (a - w) for a, w in zip(average, made.parameters, strict=True)]
    for found, expected in zip(made.ema.network.parameters(), average, strict=True):
        torch.testing.assert_close(found, expected)


def test_raw_and_averaged_weights_draw_each_for_themselves_and_without_dropout():
    """Also right after a training step."""
    made = learner(network__dropout=0.5, learning_rate=0.1)
    for _ in range(3):
        made.train_step(0.0)
    x, sigma, label = torch.randn(4, 1, 8, 8), torch.ones(4), torch.arange(4)
    with torch.no_grad():
        raw, again, averaged = (made.denoiser(weights)(x, sigma, label) for weights in ("raw", "raw", "ema"))
        own = made.network.eval()(x / 2, sigma, label)
    assert torch.equal(raw, again)
    assert not torch.allclose(raw, averaged)
    torch.testing.assert_close(raw, x / 2 - own / 2)  # flow at sigma 1: D = x / 2 - F(x / 2) / 2


@pytest.mark.parametrize(
    ("schedule", "step", "share", "expected"),
    [
        ("constant", 99, 0.9, 1.0),
        ("inverse-sqrt", 399, 0.9, 0.1),
        ("inverse-sqrt", 3, 0.0, 1.0),
        ("linear", 99, 0.25, 0.75),
        ("cosine", 99, 0.5, 0.5),
        ("cosine", 99, 1.5, 0.0),
        ("cosine", 0, 0.0, 0.25),
    ],
)
def test_learning_rates(schedule, step, share, expected):
    """Warm-up over four steps, then as the schedule says."""
    config = small(train__lr_schedule=schedule, learning_rate=1.0)
    assert learning_rate(config, step, share) == pytest.approx(expected)


def test_of_steps_and_minutes_the_first_ends_the_run():
    """A thousand steps would take longer than 0.6 ms."""
    events = list(train(small(epochs=100, minutes=1e-5, preview__every_steps=0, sampling__per_class=0)))
    assert events[-1].step < 100
    assert math.isfinite(events[-1].figures["val/loss"])
