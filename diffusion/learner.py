"""What a run learns with: network, averaged weights and optimizer, and the one step that changes them."""

import math
from pathlib import Path

import torch
from torch import Tensor

from diffusion.checkpoints import part, put_weights
from diffusion.config import RunConfig
from diffusion.data.batches import Batches
from diffusion.data.pictures import Pictures
from diffusion.device import Numerics
from diffusion.judges.steering import Steering
from diffusion.network.denoiser import Denoiser, per_picture
from diffusion.network.ema import EMA
from diffusion.network.unet import UNet
from diffusion.process.parameterizations import make_parameterization
from diffusion.process.schedules import make_schedule
from diffusion.process.weightings import make_weighting
from diffusion.seeds import stream_seed


def make_network(config: RunConfig, *, size: int, channels: int, classes: int) -> UNet:
    """A fresh network on the CPU, its first weights decided by config.seed alone."""
    with torch.random.fork_rng(devices=[]):  # torch's initializers know only the global stream
        torch.manual_seed(stream_seed(config.seed, "weights"))
        return UNet(config.network, size=size, picture_channels=channels, classes=classes)


def learning_rate(config: RunConfig, step: int, share_done: float) -> float:
    """The learning rate of a step (from 0): it rises evenly over the warm-up, then follows config.train.lr_schedule.

    inverse-sqrt falls as 1 / sqrt(step / warmup_steps) (Vaswani et al. 2017, arXiv:1706.03762, eq. 3; as in EDM2,
    arXiv:2312.02696, eq. 67). linear and cosine fall to 0 over the share of the goal that is done, in [0, 1].
    """
    train = config.train
    warmup = max(1, train.warmup_steps)
    share = min(1.0, share_done)
    factor = {
        "constant": 1.0,
        "inverse-sqrt": math.sqrt(warmup / max(step + 1, warmup)),
        "linear": 1 - share,
        "cosine": 0.5 * (1 + math.cos(math.pi * share)),
    }[train.lr_schedule]
    return train.learning_rate * min(1.0, (step + 1) / warmup) * factor


def _laid_out_as(parameter: Tensor, moment: Tensor) -> Tensor:
    """moment in the parameter's memory layout: a fused optimizer walks through both in the order of the memory."""
    return moment if moment.shape != parameter.shape else torch.empty_like(parameter).copy_(moment)


class Learner:
    """The state of training on one device. A step depends on the state, the config and the step's number only."""

    def __init__(
        self, config: RunConfig, pictures: Pictures, numerics: Numerics, steering: Steering | None = None
    ) -> None:
        self.config = config
        self.steering = steering
        self.numerics = numerics
        self.device = device = numerics.device
        self.classes = len(pictures.class_names)
        network = make_network(config, size=pictures.size, channels=pictures.channels, classes=self.classes)
        self.network = network.to(device).to(memory_format=numerics.memory_format)
        self.ema = EMA(self.network, config.train.ema_decay)
        self.parameters = list(self.network.parameters())
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=config.train.learning_rate,
            betas=(0.9, config.train.beta2),
            weight_decay=config.train.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self.schedule = make_schedule(config.process)
        self.parameterization = make_parameterization(config.process)
        self.weighting = make_weighting(config.process)
        self.batches = Batches(
            pictures.train.to(device), batch_size=config.train.batch_size, seed=config.seed, flip=pictures.flip
        )
        self.shape = (pictures.channels, pictures.size, pictures.size)
        self.step = 0
        self.rate = 0.0  # the learning rate of the last step
        self.seconds = 0.0  # since the start, in all attempts, drawing and validating included
        self.window = torch.zeros(3, device=device)  # sums since the last recorded loss: loss, gradient norm, steps
        self._generator = torch.Generator(device)
        forward = torch.compile(self.network, dynamic=False) if config.train.compile else self.network
        self._denoiser = Denoiser(forward, self.parameterization, numerics)

    def denoiser(self, weights: str) -> Denoiser:
        """The denoiser with the averaged ("ema") or the current ("raw") weights."""
        network = self.ema.network if weights == "ema" else self.network.eval()
        return Denoiser(network, self.parameterization, self.numerics)

    def is_finite(self) -> bool:
        """Whether every weight and every averaged weight is a number. Waits for the device."""
        weights = [*self.parameters, *self.ema.network.parameters()]
        norms = torch._foreach_norm([weight.detach() for weight in weights], ord=math.inf)
        return bool(torch.isfinite(torch.stack(norms)).all())

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps, by name: parameters, their average, the optimizer's moments, the window."""
        found = {f"network.{name}": tensor for name, tensor in self.network.named_parameters()}
        found |= {f"ema.{name}": tensor for name, tensor in self.ema.network.named_parameters()}
        for number, parameter in enumerate(self.parameters):
            for name, tensor in self.optimizer.state.get(parameter, {}).items():
                found[f"optimizer.{number}.{name}"] = tensor
        return found | {"window": self.window}

    def restore(self, tensors: dict[str, Tensor], *, step: int, seconds: float, path: Path) -> None:
        """Go back to where a checkpoint's tensors were taken. Raises UserError when they are of another network."""
        put_weights(self.network, part(tensors, "network"), path)
        put_weights(self.ema.network, part(tensors, "ema"), path)
        moments = part(tensors, "optimizer")
        if moments:
            state = self.optimizer.state_dict()
            state["state"] = {
                number: {name: _laid_out_as(parameter, moment) for name, moment in part(moments, str(number)).items()}
                for number, parameter in enumerate(self.parameters)
            }
            self.optimizer.load_state_dict(state)
        self.window = tensors["window"].to(self.device)
        self.step, self.seconds = step, seconds

    def _seeded(self, purpose: str) -> torch.Generator:
        return self._generator.manual_seed(stream_seed(self.config.seed, purpose, self.step))

    def draw_batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The step's x0 [N, C, H, W], label [N], sigma [N] and noise [N, C, H, W].

        Noise levels are stratified over the batch, u_i = (u + i / N) mod 1, which lowers the variance of the loss
        without bias (Kingma et al. 2021, arXiv:2107.00630, appendix I.1).
        """
        x0, label = self.batches.at(self.step, self._generator)
        count, device = len(label), self.device
        dtype = torch.float32 if device.type == "mps" else torch.float64  # Apple's GPUs have no float64
        u = torch.rand(1, generator=self._seeded("time"), device=device, dtype=dtype)
        u = (u + torch.arange(count, device=device, dtype=dtype) / count) % 1
        sigma = self.schedule.training_sigma(u).float()
        noise = torch.randn(x0.shape, generator=self._seeded("noise"), device=device)
        if self.config.train.label_dropout:
            hidden = torch.rand(count, generator=self._seeded("label"), device=device) < self.config.train.label_dropout
            label = torch.where(hidden, self.classes, label)
        return x0, label, sigma, noise

    def loss(self, denoiser: Denoiser, x0: Tensor, label: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
        """Weighted mean squared error [N] of each picture's prediction, in the space of the prediction."""
        F = denoiser.predict(x0 + per_picture(sigma) * noise, sigma, label)
        return self._error(F, x0, sigma, noise)

    def _error(self, F: Tensor, x0: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
        error = F - self.parameterization.target(x0, noise, sigma)
        return self.weighting(sigma) * error.square().mean(dim=(1, 2, 3))

    def _losses(self, x0: Tensor, label: Tensor, sigma: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The mean loss that is told, and the one that is followed: with CLIP's part where the config asks for it."""
        if self.steering is None or not self.config.train.clip_loss_weight:
            loss = self.loss(self._denoiser, x0, label, sigma, noise).mean()
            return loss, loss
        x = x0 + per_picture(sigma) * noise
        F = self._denoiser.predict(x, sigma, label)
        loss = self._error(F, x0, sigma, noise).mean()
        c_skip, c_out = self.parameterization.c_skip(sigma), self.parameterization.c_out(sigma)
        predicted = per_picture(c_skip) * x + per_picture(c_out) * F
        return loss, loss + self.config.train.clip_loss_weight * self.steering.loss(predicted, label, sigma)

    def train_step(self, share_done: float) -> None:
        """One optimizer step: forward, backward, clip, AdamW, EMA. Never waits for the device."""
        config = self.config.train
        if self.config.network.dropout:  # dropout knows only the global stream
            torch.manual_seed(stream_seed(self.config.seed, "dropout", self.step))
        batch = self.draw_batch()
        self.network.train()
        loss, followed = self._losses(*batch)
        self.optimizer.zero_grad(set_to_none=True)
        followed.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, config.gradient_clip or math.inf, foreach=True)
        self.rate = learning_rate(self.config, self.step, share_done)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.step()
        self.ema.update(self.network, self.step)
        self.window += torch.stack([loss.detach(), norm.detach(), torch.ones_like(norm)])
        self.step += 1
