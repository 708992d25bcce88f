"""What the network F predicts, and how its output becomes a predicted x0.

D(x, sigma) = c_skip x + c_out F(c_in x, sigma)   (Karras et al. 2022, arXiv:2206.00364, eq. 7), x = x0 + sigma * noise.
Training asks F for a target that is a mixture of x0 and noise; with it D(x, sigma) = x0 exactly.

    name    target                            c_skip             c_out                   c_in
    noise   noise                             1                  -sigma                  1/sqrt(1+sigma^2)
    x0      x0                                0                  1                       1/sqrt(1+sigma^2)
    v       (noise-sigma x0)/sqrt(1+sigma^2)  1/(1+sigma^2)      -sigma/sqrt(1+sigma^2)  1/sqrt(1+sigma^2)
    flow    noise - x0                        1/(1+sigma)        -sigma/(1+sigma)        1/(1+sigma)
    edm     (sigma x0/s - s noise)/S          s^2/S^2            sigma s/S               1/S

with s = sigma_data and S = sqrt(sigma^2 + s^2). c_in of noise, x0 and v turns x into DDPM's x_t = sqrt(alpha_bar) x,
that of flow into x_t = (1 - t) x0 + t noise with t = sigma / (1 + sigma). edm with s = 1 is v with the sign turned.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from diffusion.config import PREDICTIONS, ProcessConfig
from diffusion.errors import unknown_name

OfSigma = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Parameterization:
    """One way to train F. Each function maps sigma of any shape to that shape.

    c_skip, c_out, c_in: see the module. of_x0, of_noise: the target is of_x0(sigma) x0 + of_noise(sigma) noise.
    """

    name: str
    c_skip: OfSigma
    c_out: OfSigma
    c_in: OfSigma
    of_x0: OfSigma
    of_noise: OfSigma

    def target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """What F should give for x0 + sigma * noise: x0 and noise [N, C, H, W], sigma [] or [N] -> [N, C, H, W]."""
        return spread(self.of_x0(sigma), x0) * x0 + spread(self.of_noise(sigma), x0) * noise

    def x0(self, x: Tensor, output: Tensor, sigma: Tensor) -> Tensor:
        """The x0 that an output F(c_in x, sigma) [N, C, H, W] stands for; sigma [] or [N]."""
        return spread(self.c_skip(sigma), x) * x + spread(self.c_out(sigma), x) * output

    def output(self, x: Tensor, x0: Tensor, sigma: Tensor) -> Tensor:
        """The output that stands for x0, the inverse of the method x0; sigma [] or [N], above 0."""
        return (x0 - spread(self.c_skip(sigma), x) * x) / spread(self.c_out(sigma), x)


def spread(sigma: Tensor, x: Tensor) -> Tensor:
    """sigma [] or [N] as [] or [N, 1, 1, 1], to multiply pictures x [N, C, H, W] with."""
    return sigma if sigma.ndim == 0 else sigma.reshape(-1, *[1] * (x.ndim - 1))


def vp_scale(sigma: Tensor) -> Tensor:
    """sqrt(alpha_bar) = 1 / sqrt(1 + sigma^2)."""
    return (1 + sigma**2).rsqrt()


def predict_noise() -> Parameterization:
    """F predicts the noise (Ho et al. 2020, arXiv:2006.11239, eq. 14)."""
    return Parameterization(
        "noise",
        c_skip=torch.ones_like,
        c_out=torch.neg,
        c_in=vp_scale,
        of_x0=torch.zeros_like,
        of_noise=torch.ones_like,
    )


def predict_x0() -> Parameterization:
    """F predicts the picture (Ho et al. 2020, section 3.2, the other choice)."""
    return Parameterization(
        "x0",
        c_skip=torch.zeros_like,
        c_out=torch.ones_like,
        c_in=vp_scale,
        of_x0=torch.ones_like,
        of_noise=torch.zeros_like,
    )


def predict_v() -> Parameterization:
    """F predicts v = sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) x0 (Salimans & Ho 2022, arXiv:2202.00512)."""
    return Parameterization(
        "v",
        c_skip=lambda sigma: 1 / (1 + sigma**2),
        c_out=lambda sigma: -sigma * vp_scale(sigma),
        c_in=vp_scale,
        of_x0=lambda sigma: -sigma * vp_scale(sigma),
        of_noise=vp_scale,
    )


def predict_flow() -> Parameterization:
    """F predicts noise - x0, the slope of the straight line between them (Liu et al. 2022, arXiv:2209.03003, eq. 1)."""
    return Parameterization(
        "flow",
        c_skip=lambda sigma: 1 / (1 + sigma),
        c_out=lambda sigma: -sigma / (1 + sigma),
        c_in=lambda sigma: 1 / (1 + sigma),
        of_x0=lambda sigma: -torch.ones_like(sigma),
        of_noise=torch.ones_like,
    )


def predict_edm(sigma_data: float) -> Parameterization:
    """F predicts a target of unit variance for data of standard deviation sigma_data (Karras et al. 2022, table 1)."""

    def c_in(sigma: Tensor) -> Tensor:
        """The factor of x before the network: its input has unit variance at any sigma."""
        return (sigma**2 + sigma_data**2).rsqrt()

    return Parameterization(
        "edm",
        c_skip=lambda sigma: sigma_data**2 / (sigma**2 + sigma_data**2),
        c_out=lambda sigma: sigma * sigma_data * c_in(sigma),
        c_in=c_in,
        of_x0=lambda sigma: sigma / sigma_data * c_in(sigma),
        of_noise=lambda sigma: -sigma_data * c_in(sigma),
    )


def make_parameterization(process: ProcessConfig) -> Parameterization:
    """The parameterization that process.prediction names. Raises UserError for another name."""
    match process.prediction:
        case "noise":
            return predict_noise()
        case "x0":
            return predict_x0()
        case "v":
            return predict_v()
        case "flow":
            return predict_flow()
        case "edm":
            return predict_edm(process.sigma_data)
    raise unknown_name("prediction", process.prediction, PREDICTIONS, "--set process.prediction=v")


# Conversions between what can be known of a noised x [N, C, H, W] = x0 + sigma * noise; sigma [] or [N], above 0.


def noise_from_x0(x: Tensor, x0: Tensor, sigma: Tensor) -> Tensor:
    """The noise in x, given its x0."""
    return (x - x0) / spread(sigma, x)


def x0_from_noise(x: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """The picture in x, given its noise."""
    return x - spread(sigma, x) * noise


def v_from_x0(x: Tensor, x0: Tensor, sigma: Tensor) -> Tensor:
    """v = sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) x0 (Salimans & Ho 2022)."""
    s = spread(sigma, x)
    return (noise_from_x0(x, x0, sigma) - s * x0) * vp_scale(s)


def x0_from_v(x: Tensor, v: Tensor, sigma: Tensor) -> Tensor:
    """The picture in x, given v: sqrt(alpha_bar) x_t - sqrt(1 - alpha_bar) v with x_t = sqrt(alpha_bar) x."""
    s = spread(sigma, x)
    return (x * vp_scale(s) - s * v) * vp_scale(s)


def noise_from_v(x: Tensor, v: Tensor, sigma: Tensor) -> Tensor:
    """The noise in x, given v: sqrt(alpha_bar) v + sqrt(1 - alpha_bar) x_t with x_t = sqrt(alpha_bar) x."""
    s = spread(sigma, x)
    return (v + s * vp_scale(s) * x) * vp_scale(s)


def score_from_x0(x: Tensor, x0: Tensor, sigma: Tensor) -> Tensor:
    """Gradient of the log density of x, (x0 - x) / sigma^2 = -noise / sigma (Karras et al. 2022, eq. 3)."""
    return (x0 - x) / spread(sigma, x) ** 2


def x0_from_score(x: Tensor, score: Tensor, sigma: Tensor) -> Tensor:
    """The expected picture behind x, given the score there (Tweedie's formula)."""
    return x + spread(sigma, x) ** 2 * score
