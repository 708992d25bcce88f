"""A schedule in torch: which noise levels training meets, and which ones a sampler goes down."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from diffusion.config import ProcessConfig
from diffusion.process import tables


@dataclass(frozen=True, eq=False)
class Schedule:
    """The forward process x = x0 + sigma * noise of one run; made by make_schedule.

    alpha_bar: float64 [T] on the CPU, falling, entry t belongs to timestep t counted from 0; None for edm and flow.
    sigma_max: the highest level that sampling starts from, finite.
    """

    process: ProcessConfig
    alpha_bar: Tensor | None
    sigma_max: float
    # One copy of the discrete levels on each device: copying at every step would make the host wait for the device.
    _levels: dict[tuple[torch.device, torch.dtype], Tensor] = field(default_factory=dict, repr=False)

    def training_sigma(self, u: Tensor) -> Tensor:
        """The noise level at each quantile u in [0, 1) of training; same shape, dtype and device as u.

        Within [tables.SIGMA_FLOOR, tables.SIGMA_CAP], so that log-SNR is finite even at zero terminal SNR. What
        diffusion.process.tables.training_sigma does with numpy.
        """
        if self.alpha_bar is not None:
            levels = self._levels_like(u)
            return levels[(u * len(levels)).long().clamp(max=len(levels) - 1)]
        if self.process.schedule == "flow":
            sigma = u / (1 - u)
        else:
            sigma = (self.process.sigma_log_mean + self.process.sigma_log_std * torch.special.ndtri(u)).exp()
        return sigma.clamp(tables.SIGMA_FLOOR, tables.SIGMA_CAP)

    def sampling_sigmas(self, steps: int) -> Tensor:
        """float64 [steps + 1] on the CPU, strictly falling from sigma_max, the last is 0.

        Discrete: timesteps with trailing spacing; edm: Karras' grid with rho 7; flow: even in t = sigma / (1 + sigma).
        Raises UserError for steps below 1, or above T of a discrete schedule.
        """
        return torch.from_numpy(tables.sampling_sigmas(self.process, steps))

    def _levels_like(self, u: Tensor) -> Tensor:
        key = (u.device, u.dtype)
        if key not in self._levels:
            table = tables.sigma_table(self.process)
            assert table is not None
            self._levels[key] = torch.from_numpy(table).to(u.device, u.dtype)
        return self._levels[key]


def make_schedule(process: ProcessConfig) -> Schedule:
    """The schedule that the settings ask for. Raises UserError for settings that give none."""
    alpha_bar = tables.alpha_bar_table(process)
    levels = tables.sigma_table(process)
    return Schedule(
        process,
        alpha_bar=None if alpha_bar is None else torch.from_numpy(alpha_bar),
        sigma_max=process.sigma_max if levels is None else float(levels[-1]),
    )
