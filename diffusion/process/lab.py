"""The schedule lab: what a forward process does, in numbers and in noised pictures, before anything is trained.

No torch here.

Time is t / T for the discrete schedules; for edm and flow, which have no timesteps, it is the share of training that is
spent at lower noise. So equal time means the same thing for all of them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffusion.config import ProcessConfig
from diffusion.data.heat import heat_matrix
from diffusion.process import tables
from diffusion.process.tables import Table

Pixels = NDArray[np.uint8]
QUANTILES = 10_000  # at which the noise levels of training are looked at


@dataclass(frozen=True)
class Curves:
    """A process over its time; all float64 [N]. beta is None for edm and flow; log-SNR may be -inf at the end."""

    time: Table
    beta: Table | None
    alpha_bar: Table
    log_snr: Table


def curves(process: ProcessConfig, points: int = 1000) -> Curves:
    """The table of a discrete schedule, every timestep; of edm and flow so many evenly spaced times.

    Raises UserError for settings that give no schedule.
    """
    alpha_bar = tables.alpha_bar_table(process)
    if alpha_bar is not None:
        tables.sigma_table(process)  # raises where two timesteps are one level
        time = (np.arange(len(alpha_bar)) + 1) / len(alpha_bar)
        return Curves(time, tables.betas_from_alpha_bar(alpha_bar), alpha_bar, tables.log_snr(alpha_bar))
    time = (np.arange(points) + 0.5) / points
    log_snr = -2 * np.log(tables.training_sigma(process, time))
    return Curves(time, None, 1 / (1 + np.exp(-log_snr)), log_snr)


def training_shares(process: ProcessConfig, edges: Table) -> Table:
    """The share of training steps between each two edges of log-SNR [N], rising; [N - 1], what is outside left out."""
    counts, _ = np.histogram(_training_log_snr(process), edges)
    shares: Table = counts / QUANTILES
    return shares


def share_outside(process: ProcessConfig, limit: float) -> tuple[float, float]:
    """The shares of training steps below log-SNR -limit and above limit."""
    log_snr = _training_log_snr(process)
    return float((log_snr < -limit).mean()), float((log_snr > limit).mean())


def _training_log_snr(process: ProcessConfig) -> Table:
    u = (np.arange(QUANTILES) + 0.5) / QUANTILES
    log_snr: Table = -2 * np.log(tables.training_sigma(process, u))
    return log_snr


def sigma_at(process: ProcessConfig, time: float) -> float:
    """The noise level at a time in [0, 1]; 0 at the start, before any noise."""
    if time <= 0:
        return 0.0
    return float(tables.training_sigma(process, np.array([min(time, 1.0) - 1e-9]))[0])


def time_of(process: ProcessConfig, log_snr: float) -> float | None:
    """The first time at which the log-SNR is this or lower; None for a process that never gets there."""
    found = curves(process)
    reached = np.flatnonzero(found.log_snr <= log_snr)
    return float(found.time[reached[0]]) if len(reached) else None


def sigma_of(log_snr: float) -> float:
    """The noise level with this log-SNR."""
    return math.exp(-log_snr / 2)


def noised(picture: Pixels, sigma: float, noise: Table) -> Pixels:
    """A picture uint8 [H, W, C] at a noise level, at the scale that it has in the forward process of DDPM.

    noise: standard normal [H, W, C]. What leaves [-1, 1] is cut, as a screen would.
    """
    x0 = picture / 127.5 - 1
    x = (x0 + sigma * noise) / math.sqrt(1 + sigma**2)
    return _as_pixels(x)


def blurred(picture: Pixels, sigma: float) -> Pixels:
    """A picture uint8 [H, W, C] blurred by sigma pixels, exactly as the training pictures are."""
    rows, columns = heat_matrix(picture.shape[0], sigma), heat_matrix(picture.shape[1], sigma)
    x0 = np.einsum("ab,bcd->acd", rows, picture / 127.5 - 1)
    return _as_pixels(np.einsum("ab,cbd->cad", columns, x0))


def _as_pixels(x: Table) -> Pixels:
    pixels: Pixels = np.clip(np.rint((x + 1) * 127.5), 0, 255).astype(np.uint8)
    return pixels
