"""How much each noise level counts in the loss: a weight on the mean squared error of F, in the space of its target.

Papers give the weight w(sigma) on the error of x0. D - x0 = c_out (F - target), so the weight on the error of F is
w(sigma) c_out(sigma)^2; for noise, x0 and v this gives each paper's own forms.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from diffusion.config import WEIGHTINGS, ProcessConfig
from diffusion.errors import unknown_name
from diffusion.process.parameterizations import make_parameterization

Weighting = Callable[[Tensor], Tensor]  # sigma of any shape, above 0 -> weight of that shape, 0 or more


def min_snr(sigma: Tensor, gamma: float) -> Tensor:
    """Weight min(SNR, gamma) on the error of x0 (Hang et al. 2023, arXiv:2303.09556, section 3.4)."""
    return (sigma**-2).clamp(max=gamma)


def edm(sigma: Tensor, sigma_data: float) -> Tensor:
    """Weight (sigma^2 + s^2) / (sigma s)^2 on the error of x0, s = sigma_data (Karras et al. 2022, table 1)."""
    return (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2


def make_weighting(process: ProcessConfig) -> Weighting:
    """The weight on the error of F that process.weighting and process.prediction name. Raises UserError.

    uniform weights F's own error by 1, whatever F predicts, as each prediction's paper trains it.
    """
    c_out = make_parameterization(process).c_out
    match process.weighting:
        case "uniform":
            return torch.ones_like
        case "min-snr":
            return lambda sigma: min_snr(sigma, process.min_snr_gamma) * c_out(sigma) ** 2
        case "edm":
            return lambda sigma: edm(sigma, process.sigma_data) * c_out(sigma) ** 2
    raise unknown_name("weighting", process.weighting, WEIGHTINGS, "--set process.weighting=uniform")
