"""Warnings about settings of the forward process that spoil a run; each says the number and what to set. No torch."""

import math
from collections.abc import Iterator

import numpy as np

from diffusion.config import DISCRETE_SCHEDULES, ProcessConfig, RunConfig
from diffusion.data.catalog import dataset_info
from diffusion.process import tables

SIGNAL_LEFT = 1e-4  # linear at T = 1000 leaves 4.0e-5
EDM_LEFT = 1.6e-4  # of edm and flow, where sampling starts at sigma_max: just above the 1.56e-4 of EDM's 80
LOG_SNR_LIMIT = 5.0  # at log-SNR -5 and 5 (sigma 12 and 0.08) the picture, or the noise, is hard to see
WASTED_SHARE = 0.4  # above linear's 31.9 % at T = 1000 and 36 % at T = 50: a known choice and no mistake
NOISE_SIGMA_MAX = 1000.0  # linear ends at 157; beyond, an error of 0.001 in predicted noise is as large as the picture
FEW_TIMESTEPS = 20
WEIGHT_RATIO = 1000.0  # largest weight over the one at sigma_data
STD_RATIO = 1.4  # beyond, the variance that edm's scaling should make 1 is 2 or 1/2


def lint(config: RunConfig, data_std: float | None = None) -> list[str]:
    """One full sentence for each setting of config.process that is likely a mistake; an empty list when all is well.

    data_std: standard deviation of the training pictures in [-1, 1], as measured; None takes what the catalog has for
    the data set, where it has one. Raises UserError for settings that give no schedule at all.
    """
    checks = (signal_left, clipped_betas, unscaled_betas, noise_at_high_sigma, wasted_training, exploding_weights)
    found = [sentence for check in checks for sentence in check(config.process)]
    std = known_std(config) if data_std is None else data_std
    return [*found, *unfitting_sigma_data(config.process, std)]


def known_std(config: RunConfig) -> float:
    """Standard deviation of the run's training pictures in [-1, 1] as the catalog has it; 0 where it has none."""
    data = config.data
    changed = data.blur or data.image_size or data.channels
    return 0.0 if changed else dataset_info(data.dataset).std


def unfitting_sigma_data(process: ProcessConfig, data_std: float) -> Iterator[str]:
    """edm's prediction and weighting scale by sigma_data, so that targets have unit variance when it is the data's."""
    if "edm" not in (process.prediction, process.weighting) or not data_std:
        return
    ratio = process.sigma_data / data_std
    if not 1 / STD_RATIO <= ratio <= STD_RATIO:
        yield (
            f"process.sigma_data is {process.sigma_data:g}, and the standard deviation of the pictures is "
            f"{data_std:.2g}, so that edm's scaling does not fit them: set process.sigma_data={data_std:.2g}."
        )


def signal_left(process: ProcessConfig) -> Iterator[str]:
    """Sampling starts from pure noise, so training must end there too (Lin et al. 2023, arXiv:2305.08891)."""
    alpha_bar = tables.alpha_bar_table(process)
    left = float(alpha_bar[-1]) if alpha_bar is not None else 1 / (1 + process.sigma_max**2)
    if left <= (SIGNAL_LEFT if alpha_bar is not None else EDM_LEFT):
        return
    percent = 100 * math.sqrt(left)
    number = f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
    size = f"alpha-bar {left:.3g}, which is {number} % of the picture's size"
    if alpha_bar is None:
        yield (
            f"process.sigma_max {process.sigma_max:g} leaves {size}, although sampling starts from pure noise: "
            "set process.sigma_max=80."
        )
        return
    fix = "process.zero_terminal_snr=true"
    if process.schedule == "linear-unscaled" and process.timesteps < 1000:
        fix = "process.schedule=linear, which scales beta with 1000/T"
    elif process.prediction == "noise":
        fix += " and process.prediction=v"
    yield (
        f"The {process.schedule} schedule with T = {process.timesteps} leaves {size}, although sampling starts from "
        f"pure noise: set {fix}."
    )


def clipped_betas(process: ProcessConfig) -> Iterator[str]:
    """Cosine and sigmoid end at a beta of 1, so one clipped beta is normal; each more is a step wasted."""
    betas = tables.unclipped_betas(process)
    clipped = 0 if betas is None else int((betas > tables.MAX_BETA).sum())
    if clipped <= 1:
        return
    fix = {"sigmoid": "process.sigmoid_tau=1", "cosine": "process.timesteps=1000"}.get(
        process.schedule, "process.timesteps=1000" if process.timesteps < 1000 else "process.beta_end=0.02"
    )
    yield (
        f"{clipped} of the {process.timesteps} betas of the {process.schedule} schedule are clipped at "
        f"{tables.MAX_BETA:g}, so that these steps each destroy the whole picture: set {fix}."
    )


def unscaled_betas(process: ProcessConfig) -> Iterator[str]:
    """The literal betas 1e-4..0.02 belong to T = 1000."""
    if process.schedule == "linear-unscaled" and process.timesteps != 1000:
        yield (
            f"linear-unscaled keeps beta at {process.beta_start:g}..{process.beta_end:g} although T is "
            f"{process.timesteps}, which adds up to {process.timesteps / 1000:g} times the noise of T = 1000: "
            "set process.schedule=linear, which scales beta with 1000/T."
        )


def noise_at_high_sigma(process: ProcessConfig) -> Iterator[str]:
    """x0 = x - sigma * noise, so an error in predicted noise counts sigma times (Salimans & Ho 2022, section 4)."""
    if process.prediction != "noise":
        return
    table = tables.sigma_table(process)
    highest = process.sigma_max if table is None else float(table[-1])
    if process.zero_terminal_snr:
        yield (
            "With process.zero_terminal_snr the last timestep is pure noise, and from predicted noise the picture "
            "cannot be recovered there (0 / 0): set process.prediction=v."
        )
    elif highest > NOISE_SIGMA_MAX:
        yield (
            f"The {process.schedule} schedule reaches sigma {highest:.0f}, where an error of 0.01 in the predicted "
            f"noise moves the predicted picture by {0.01 * highest:.0f}: set process.prediction=v."
        )


def wasted_training(process: ProcessConfig) -> Iterator[str]:
    """Little is learned where the picture or the noise is hard to see (Nichol & Dhariwal 2021, section 3.2)."""
    u = (np.arange(10_000) + 0.5) / 10_000
    log_snr = -2 * np.log(tables.training_sigma(process, u))
    below, above = float((log_snr < -LOG_SNR_LIMIT).mean()), float((log_snr > LOG_SNR_LIMIT).mean())
    if below + above <= WASTED_SHARE:
        return
    defaults = {
        "cosine": "process.cosine_offset=0.008",
        "sigmoid": "process.sigmoid_start=-3, process.sigmoid_end=3 and process.sigmoid_tau=1",
        "edm": "process.sigma_log_mean=-1.2 and process.sigma_log_std=1.2",
    }
    fix = defaults.get(process.schedule, "process.schedule=cosine")
    if process.timesteps < FEW_TIMESTEPS and process.schedule in DISCRETE_SCHEDULES:  # a few levels, most at the ends
        fix = "process.timesteps=1000"
    yield (
        f"{100 * below:.0f} % of training is spent below log-SNR -{LOG_SNR_LIMIT:g}, where hardly anything of the "
        f"picture is left, and {100 * above:.0f} % above {LOG_SNR_LIMIT:g}, where hardly any noise is: set {fix}."
    )


def exploding_weights(process: ProcessConfig) -> Iterator[str]:
    """EDM's weight suits a target of unit variance; on noise it grows as sigma^2, on x0 as 1 / sigma^2."""
    if process.weighting != "edm" or process.prediction not in ("noise", "x0"):
        return
    quantiles = np.array([0.001, 0.999])  # of a log-normal sigma there is no largest
    low, high = tables.training_sigma(process, quantiles)
    sigma = float(high if process.prediction == "noise" else low)
    s = process.sigma_data
    c_out = sigma / s if process.prediction == "noise" else 1.0  # relative to the one at sigma_data
    ratio = (sigma**2 + s**2) / (sigma * s) ** 2 * c_out**2 / (2 / s**2)
    if ratio > WEIGHT_RATIO:
        yield (
            f"process.weighting edm with process.prediction {process.prediction} counts sigma {sigma:.3g} "
            f"{ratio:,.0f} times as much as sigma {s:g}: set process.prediction={_balanced(process)}, "
            "or process.weighting=uniform."
        )


def _balanced(process: ProcessConfig) -> str:
    """The prediction to advise in place of noise or x0: one whose edm weight is even."""
    return "v" if process.schedule in DISCRETE_SCHEDULES else "edm"
