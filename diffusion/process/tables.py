"""Noise schedules as float64 tables, with numpy alone: for training, for sampling grids, for plots and for the linter.

Everything speaks sigma, the noise level of x = x0 + sigma * noise with x0 in [-1, 1]. A discrete schedule is a table of
alpha-bar, the share of signal variance left after each step: alpha_bar = 1 / (1 + sigma^2), log-SNR = -2 ln sigma.
Entry t (counted from 0) belongs to timestep t.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from diffusion.config import DISCRETE_SCHEDULES, ProcessConfig
from diffusion.errors import UserError

Table = NDArray[np.float64]

MAX_BETA = 0.999  # Nichol & Dhariwal 2021 clip beta here: a beta of 1 leaves no signal to divide by
SIGMA_CAP = 1e4  # a picture of unit size is 1e-4 of this noise: nothing is left to see, yet float32 still resolves 1e-3
SIGMA_FLOOR = 1e-5  # u = 0 would give sigma 0 and an infinite log-SNR; no picture of 8 bits shows noise of 1e-5
KARRAS_RHO = 7.0


def linear_betas(timesteps: int, start: float, end: float, *, scaled: bool = True) -> Table:
    """Noise variance of each step, rising evenly from start to end, before any clipping; [T].

    scaled: multiply by 1000 / T, so that about as little signal is left at any T as at T = 1000.
    Source: Ho et al. 2020, arXiv:2006.11239, section 4; the factor is that of Nichol & Dhariwal's published code.
    """
    factor = 1000 / timesteps if scaled else 1.0
    betas: Table = np.linspace(start * factor, end * factor, timesteps)
    return betas


def cosine_betas(timesteps: int, offset: float = 0.008) -> Table:
    """Noise variance of each step of the cosine schedule, before any clipping; [T], the last is 1.

    offset: small shift s of time. Source: Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 17.
    """
    time = np.linspace(0, 1, timesteps + 1)
    f: Table = np.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
    betas: Table = 1 - f[1:] / f[:-1]
    return betas


def sigmoid_betas(timesteps: int, start: float = -3.0, end: float = 3.0, tau: float = 1.0) -> Table:
    """Noise variance of each step of the sigmoid schedule, before any clipping; [T], the last is 1.

    start, end: the piece of the logistic function that is used, start below end; tau: its temperature.
    Source: Jabri et al. 2022, arXiv:2212.11972, algorithm 1 ("sigmoid_schedule").
    """
    time = np.linspace(0, 1, timesteps + 1)
    # 1 / (1 + e^-z) by tanh, which does not overflow for a small tau
    logistic = 0.5 * (1 + np.tanh((time * (end - start) + start) / tau / 2))
    with np.errstate(all="ignore"):  # where the logistic function saturates, gamma is 0 / 0 or does not fall
        gamma = (logistic[-1] - logistic) / (logistic[-1] - logistic[0])
        betas: Table = np.clip(np.nan_to_num(1 - gamma[1:] / gamma[:-1], nan=1.0), 0, 1)
    return betas


def unclipped_betas(process: ProcessConfig) -> Table | None:
    """The betas [T] that the formula of the schedule gives, some of them above MAX_BETA; None for edm and flow."""
    T = process.timesteps
    match process.schedule:
        case "linear" | "linear-unscaled":
            return linear_betas(T, process.beta_start, process.beta_end, scaled=process.schedule == "linear")
        case "cosine":
            return cosine_betas(T, process.cosine_offset)
        case "sigmoid":
            if process.sigmoid_start >= process.sigmoid_end:
                raise UserError(
                    f"process.sigmoid_start {process.sigmoid_start:g} is not below process.sigmoid_end "
                    f"{process.sigmoid_end:g}",
                    next_command="--set process.sigmoid_start=-3 --set process.sigmoid_end=3",
                )
            return sigmoid_betas(T, process.sigmoid_start, process.sigmoid_end, process.sigmoid_tau)
    return None


def alpha_bar_from_betas(betas: Table) -> Table:
    """Signal variance left after each step, betas [T] clipped at MAX_BETA; [T], falling, in (0, 1)."""
    return np.cumprod(1 - np.minimum(betas, MAX_BETA))


def betas_from_alpha_bar(alpha_bar: Table) -> Table:
    """Noise variance of each step [T]; 1 where a step leaves nothing."""
    betas: Table = 1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]])
    return betas


def zero_terminal_snr(alpha_bar: Table) -> Table:
    """alpha_bar [T] shifted and stretched so that its last entry is 0 and its first stays.

    Source: Lin et al. 2023, arXiv:2305.08891, algorithm 1.
    """
    root = np.sqrt(alpha_bar)
    stretched: Table = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    return stretched


def alpha_bar_table(process: ProcessConfig) -> Table | None:
    """alpha-bar [T] of a discrete schedule, falling, in [0, 1); None for edm and flow. Raises UserError."""
    betas = unclipped_betas(process)
    if betas is None:
        return None
    alpha_bar = alpha_bar_from_betas(betas)
    return zero_terminal_snr(alpha_bar) if process.zero_terminal_snr else alpha_bar


def sigma_from_alpha_bar(alpha_bar: Table) -> Table:
    """sqrt((1 - alpha_bar) / alpha_bar), inf where alpha_bar is 0."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.sqrt((1 - alpha_bar) / alpha_bar)


def log_snr(alpha_bar: Table) -> Table:
    """ln(alpha_bar / (1 - alpha_bar)), -inf where alpha_bar is 0."""
    with np.errstate(divide="ignore"):
        return np.log(alpha_bar) - np.log1p(-alpha_bar)


def posterior_variance(alpha_bar: Table) -> Table:
    """beta-tilde [T], the variance of x_(t-1) given x_t and x0; the first is 0. Source: Ho et al. 2020, eq. 7."""
    before = np.concatenate([[1.0], alpha_bar[:-1]])
    return (1 - before) / (1 - alpha_bar) * betas_from_alpha_bar(alpha_bar)


def capped(sigma: Table) -> Table:
    """sigma bent below SIGMA_CAP: unchanged up to half of it, then rising to it as sigma goes to infinity.

    Bent and not cut, so that levels that differ still differ: a grid with two equal levels has steps of size 0. Needed
    because zero terminal SNR means sigma = inf, and the last levels of the cosine schedule come close to that.
    """
    half = SIGMA_CAP / 2
    return np.where(sigma <= half, sigma, SIGMA_CAP - half**2 / np.maximum(sigma, half))


def sigma_table(process: ProcessConfig) -> Table | None:
    """The sigma [T] that a discrete schedule trains and samples at, rising, at most SIGMA_CAP; None for edm and flow.

    Raises UserError for settings that make two timesteps the same level, which no sampler could step between.
    """
    alpha_bar = alpha_bar_table(process)
    if alpha_bar is None:
        return None
    sigma = capped(sigma_from_alpha_bar(alpha_bar))
    rising = np.diff(sigma, prepend=0.0) > 0
    if not rising.all():
        where = int(np.argmin(rising))
        fix = "process.sigmoid_tau=1" if process.schedule == "sigmoid" else "process.timesteps=1000"
        raise UserError(
            f"the {process.schedule} schedule with process.timesteps {process.timesteps} adds no noise at timestep "
            f"{where}: sigma stays at {sigma[where]:g}",
            allowed="settings with which the noise grows at every timestep",
            next_command=f"--set {fix}",
        )
    return sigma


def training_sigma(process: ProcessConfig, u: Table) -> Table:
    """The noise level that training meets at each quantile u in [0, 1); same shape, in [SIGMA_FLOOR, SIGMA_CAP].

    Discrete: the level of timestep floor(u T). edm: log-normal (Karras et al. 2022, arXiv:2206.00364, table 1). flow:
    t = u uniform, sigma = t / (1 - t) (Liu et al. 2022, arXiv:2209.03003).
    """
    table = sigma_table(process)
    if table is not None:
        return table[np.minimum((u * len(table)).astype(np.int64), len(table) - 1)]
    if process.schedule == "flow":
        return np.clip(u / (1 - u), SIGMA_FLOOR, SIGMA_CAP)
    normal = NormalDist(process.sigma_log_mean, process.sigma_log_std)
    quantile = [normal.inv_cdf(float(value)) if value > 0 else -math.inf for value in u.flat]
    with np.errstate(over="ignore"):
        sigma: Table = np.clip(np.exp(np.reshape(quantile, u.shape)), SIGMA_FLOOR, SIGMA_CAP)
    return sigma


def trailing_timesteps(timesteps: int, steps: int) -> NDArray[np.int64]:
    """The timesteps [steps] that sampling visits, falling from T - 1; with steps = T each one once.

    Spacing "trailing" of Lin et al. 2023, arXiv:2305.08891, table 2: it starts where training ends, at T - 1.
    """
    left = np.arange(steps, 0, -1)
    return np.round(left * timesteps / steps).astype(np.int64) - 1


def karras_sigmas(steps: int, low: float, high: float) -> Table:
    """Levels [steps] falling from high to low. Source: Karras et al. 2022, arXiv:2206.00364, eq. 5, rho = 7."""
    place = np.arange(steps) / max(steps - 1, 1)
    root_high, root_low = high ** (1 / KARRAS_RHO), low ** (1 / KARRAS_RHO)
    levels: Table = (root_high + place * (root_low - root_high)) ** KARRAS_RHO
    levels[0] = high  # the root of a power is off by a rounding
    return levels


def flow_sigmas(steps: int, low: float, high: float) -> Table:
    """Levels [steps] even in t = sigma / (1 + sigma), from high on; one more even step leads to 0.

    With so many steps that the last level would be below low, it is low.
    """
    t_high, t_low = high / (1 + high), low / (1 + low)
    t = np.linspace(t_high, max(t_high / steps, t_low), steps)
    return t / (1 - t)


def sampling_sigmas(process: ProcessConfig, steps: int) -> Table:
    """The levels [steps + 1] that a sampler goes down, strictly falling, the last is 0.

    Raises UserError for steps below 1, or above T of a discrete schedule.
    """
    discrete = process.schedule in DISCRETE_SCHEDULES
    if steps < 1 or (discrete and steps > process.timesteps):
        raise UserError(
            f"sampling.sampling_steps is {steps}",
            allowed=f"1 to process.timesteps {process.timesteps}" if discrete else "a whole number, 1 or more",
            next_command="--sampling-steps 20",
        )
    table = sigma_table(process)
    if table is not None:
        levels = table[trailing_timesteps(process.timesteps, steps)]
    elif process.schedule == "flow":
        levels = flow_sigmas(steps, process.sigma_min, process.sigma_max)
    else:
        levels = karras_sigmas(steps, process.sigma_min, process.sigma_max)
    return np.concatenate([levels, [0.0]])
