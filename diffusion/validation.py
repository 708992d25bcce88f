"""The loss on fixed banks of (picture, noise level, noise): the same numbers mean the same thing in every run."""

import math
from collections.abc import Generator
from typing import Literal

import torch
from torch import Tensor

from diffusion.data.pictures import Split, to_unit
from diffusion.events import Event, Metric, Progress, TimestepLoss
from diffusion.learner import Learner
from diffusion.network.denoiser import Denoiser, per_picture
from diffusion.seeds import stream

BANK_SEED = 0  # not the run's: runs with other seeds are measured on the same noise
LOG_SNR_LIMIT, BINS = 8.0, 16  # sigma from 54.6 to 0.018: below is hardly any picture, above hardly any noise
AT_ONCE = 256


class Bank:
    """Pictures of one split with noise of their own, and two noise levels each: the schedule's, and one of log-SNR.

    The first follows the run's training distribution, so that its mean is the training loss of unseen pictures. The
    second is even over log-SNR -8 to 8 whatever the schedule, so that schedules are compared at equal noise.
    """

    def __init__(self, split: Split, learner: Learner, count: int) -> None:
        generator = stream(BANK_SEED, "bank")
        order = torch.randperm(len(split), generator=stream(BANK_SEED, "bank rows"))  # folders lie sorted by class
        rows = order[torch.arange(count) % len(split)]  # small splits come round again, with other noise
        self.count, self.device = count, learner.device
        self._pictures, self._labels = split.pictures.cpu()[rows], split.labels.cpu()[rows]
        u = (torch.rand(1, generator=generator, dtype=torch.float64) + torch.arange(count) / count) % 1
        shuffled = u[torch.randperm(count, generator=generator)]
        self._sigma = learner.schedule.training_sigma(shuffled).float()
        self._log_snr = (2 * shuffled - 1) * LOG_SNR_LIMIT
        self._bin = ((self._log_snr + LOG_SNR_LIMIT) / (2 * LOG_SNR_LIMIT) * BINS).long().clamp(max=BINS - 1)
        self._noise = torch.randn(self._pictures.shape, generator=generator)

    def _parts(self, sigma: Tensor) -> Generator[tuple[Tensor, Tensor, Tensor, Tensor], None, None]:
        for start in range(0, self.count, AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            part = (to_unit(self._pictures[rows]), self._labels[rows], sigma[rows], self._noise[rows])
            x0, label, at, noise = (tensor.to(self.device) for tensor in part)
            yield x0, label, at, noise

    def loss(self, learner: Learner, denoiser: Denoiser) -> Generator[int, None, float]:
        """The run's own loss, weighted as in training: its mean is returned, the pictures done are yielded."""
        found = []
        for part in self._parts(self._sigma):
            found.append(learner.loss(denoiser, *part))
            yield len(found[-1])
        return float(torch.cat(found).mean())

    def by_log_snr(self, denoiser: Denoiser) -> Generator[int, None, list[tuple[float, int]]]:
        """Mean squared error of predicted x0 and number of pictures in each bin of log-SNR, the lowest first.

        Predictions are clamped to [-1, 1], as samplers do: from predicted noise at sigma 50 an error of 0.02 would else
        count as a whole picture, and on no picture does clamping add to the error.
        """
        found = []
        for x0, label, sigma, noise in self._parts((-self._log_snr / 2).exp().float()):
            predicted = denoiser(x0 + per_picture(sigma) * noise, sigma, label).clamp(-1, 1)
            found.append((predicted - x0).square().mean(dim=(1, 2, 3)))
            yield len(x0)
        error = torch.cat(found).cpu().double()
        counts = torch.bincount(self._bin, minlength=BINS)
        sums = torch.zeros(BINS, dtype=torch.float64).index_add_(0, self._bin, error)
        return [(float(s / n) if n else math.nan, int(n)) for s, n in zip(sums, counts, strict=True)]


class Validation:
    """A bank of validation pictures and one of training pictures with the same noise: their gap is overfitting."""

    def __init__(self, learner: Learner, train: Split, val: Split) -> None:
        count = learner.config.train.validation_images
        self._banks: dict[Literal["train", "val"], Bank] = {
            "train": Bank(train, learner, count),
            "val": Bank(val, learner, count),
        }

    @torch.no_grad()
    def run(self, learner: Learner) -> Generator[Event, None, None]:
        """Progress, then val/loss, train/bank_loss, val/x0_loss, and both splits' loss by log-SNR; averaged weights.

        val/x0_loss is the mean squared error of the predicted picture, the mean over log-SNR -8 to 8: the one loss in
        which runs of any schedule, prediction and weighting can be compared.
        """
        events: list[Event] = []
        done, total = 0, 2 * sum(bank.count for bank in self._banks.values())
        judging = self._judged(learner, events)
        for count in judging:
            done += count
            yield Progress("validate", done, total, learner.step)
        yield from events

    def _judged(self, learner: Learner, events: list[Event]) -> Generator[int, None, None]:
        denoiser, step, width = learner.denoiser("ema"), learner.step, 2 * LOG_SNR_LIMIT / BINS
        for split, bank in self._banks.items():
            loss = yield from bank.loss(learner, denoiser)
            events.append(Metric(step, "val/loss" if split == "val" else "train/bank_loss", loss))
            bins = yield from bank.by_log_snr(denoiser)
            for number, (value, n) in enumerate(bins):
                low = -LOG_SNR_LIMIT + number * width
                events.append(TimestepLoss(step, split, low, low + width, value, n))
            if split == "val":  # every bin counts the same: the mean over log-SNR
                known = [value for value, n in bins if n]
                events.append(Metric(step, "val/x0_loss", sum(known) / len(known)))
