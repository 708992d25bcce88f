"""Losses on fixed banks."""

import math

import pytest
import torch

from diffusion.data.load import load
from diffusion.data.pictures import Split
from diffusion.device import numerics
from diffusion.events import Metric, Progress, TimestepLoss
from diffusion.learner import Learner
from diffusion.validation import BINS, LOG_SNR_LIMIT, Bank, Validation
from tests.diffusion.small import small


def validated(denoise=None, **changes):
    """The events of one validation."""
    config = small(train__validation_images=320, **changes)
    pictures = load(config)
    learner = Learner(config, pictures, numerics(config, torch.device("cpu"), pictures.size))
    return list(Validation(learner, pictures.train, pictures.val).run(learner)), pictures


def test_results_come_after_all_progress():
    """So that a validation that is given up tells nothing; every picture counts twice in both splits."""
    events, _ = validated()
    kinds = [type(event) for event in events]
    assert kinds.index(Metric) == kinds.count(Progress)
    last = events[kinds.count(Progress) - 1]
    assert (last.done, last.total) == (1280, 1280)


@pytest.mark.parametrize("split", ["train", "val"])
def test_bins_cover_log_snr_evenly(split):
    """Sixteen bins of width 1 from -8 to 8, 20 pictures each."""
    bins = [event for event in validated()[0] if isinstance(event, TimestepLoss) and event.split == split]
    assert [one.log_snr_low for one in bins] == [-LOG_SNR_LIMIT + number for number in range(BINS)]
    assert [one.n for one in bins] == [20] * BINS
    assert all(math.isfinite(one.value) for one in bins)


def test_one_loss_compares_all_runs():
    """val/x0_loss is the mean over the bins of the validation pictures."""
    events, _ = validated()
    bins = [event.value for event in events if isinstance(event, TimestepLoss) and event.split == "val"]
    found = next(event.value for event in events if isinstance(event, Metric) and event.name == "val/x0_loss")
    assert found == pytest.approx(sum(bins) / BINS)


def test_an_untrained_network_errs_as_the_theory_says():
    """F = 0 at first, so with v the error is that of D = x / (1 + sigma^2), (sigma^2 E x0^2 + sigma^2) sigma^2 / (1 +
    sigma^2)^2 / sigma^2 in expectation: E x0^2 at low SNR, sigma^2 at high SNR."""
    events, pictures = validated(schedule="cosine", prediction="v")
    bins = {
        event.log_snr_low: event.value for event in events if isinstance(event, TimestepLoss) and event.split == "val"
    }
    power = (pictures.val.pictures / 127.5 - 1).square().mean().item()
    for low, value in bins.items():
        snr = math.exp(low + 0.5)
        expected = (power / (1 + snr) ** 2) + snr / (1 + snr) ** 2
        assert value == pytest.approx(expected, rel=0.35), low


@pytest.mark.parametrize(
    "changes", [{"schedule": "linear"}, {"schedule": "edm", "prediction": "edm"}, {"seed": 5}], ids=str
)
def test_the_bank_of_log_snr_is_the_same_for_every_run(changes):
    """The same pictures, levels and noise whatever the schedule and the seed: the best constant guess errs the same."""
    banks = []
    for config in (small(), small(**changes)):
        pictures = load(config)
        learner = Learner(config, pictures, numerics(config, torch.device("cpu"), pictures.size))
        banks.append(Bank(pictures.val, learner, 64))
    first, second = (list(bank._parts((-bank._log_snr / 2).exp())) for bank in banks)
    assert all(torch.equal(a, b) for a, b in zip(first[0], second[0], strict=True))


def test_the_averaged_weights_are_validated():
    """Not the current ones, and in the middle of training."""
    config = small(train__validation_images=32, learning_rate=0.1)
    pictures = load(config)
    learner = Learner(config, pictures, numerics(config, torch.device("cpu"), pictures.size))
    for _ in range(3):
        learner.train_step(0.0)
    bank = Bank(pictures.val, learner, 32)
    with torch.no_grad():
        parts = list(bank._parts(bank._sigma))
        expected = torch.cat([learner.loss(learner.denoiser("ema"), *part) for part in parts]).mean()
        other = torch.cat([learner.loss(learner.denoiser("raw"), *part) for part in parts]).mean()
    events = Validation(learner, pictures.train, pictures.val).run(learner)
    found = next(event.value for event in events if isinstance(event, Metric) and event.name == "val/loss")
    assert found == pytest.approx(expected.item())
    assert found != pytest.approx(other.item())


def test_a_bank_holds_every_class_of_pictures_that_lie_sorted():
    """As those of folders do: about as many of each."""
    config = small()
    pictures = load(config)
    order = pictures.train.labels.argsort()
    ordered = Split(pictures.train.pictures[order], pictures.train.labels[order])
    learner = Learner(config, pictures, numerics(config, torch.device("cpu"), pictures.size))
    counts = torch.bincount(Bank(ordered, learner, 320)._labels, minlength=10)
    assert counts.min() >= 18
    assert counts.max() <= 50
