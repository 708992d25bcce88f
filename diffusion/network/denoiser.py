"""The contract that samplers and judges know: x [N, C, H, W], sigma [] or [N], label [N] -> x0 [N, C, H, W].

x is x0 + sigma * noise with x0 in [-1, 1] and noise of unit variance; label counts from 0, and the number of classes
means "no class". D(x, sigma) = c_skip x + c_out F(c_in x, sigma) with F the network (Karras et al. 2022, eq. 7).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from diffusion.device import Numerics
from diffusion.process.parameterizations import Parameterization


def per_picture(values: Tensor) -> Tensor:
    """[N] -> [N, 1, 1, 1], to multiply pictures with."""
    return values[:, None, None, None]


class Denoiser:
    """A network with its parameterization, drawing or validating: no gradients unless the caller turns them on."""

    def __init__(
        self,
        network: Callable[[Tensor, Tensor, Tensor], Tensor],
        parameterization: Parameterization,
        numerics: Numerics,
    ) -> None:
        self.network = network
        self.parameterization = parameterization
        self.numerics = numerics

    def predict(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """F itself, in float32: x [N, C, H, W], sigma [N], label [N] -> [N, C, H, W]."""
        scaled = (per_picture(self.parameterization.c_in(sigma)) * x).to(memory_format=self.numerics.memory_format)
        with self.numerics.autocast():
            return self.network(scaled, sigma, label).float()

    def __call__(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """Predicted x0 [N, C, H, W] in float32; sigma [] or [N]."""
        sigma = sigma.to(x.device, torch.float32).expand(len(x))
        c_skip, c_out = self.parameterization.c_skip(sigma), self.parameterization.c_out(sigma)
        return per_picture(c_skip) * x + per_picture(c_out) * self.predict(x, sigma, label)
