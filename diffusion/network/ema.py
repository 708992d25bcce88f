"""Averaged weights."""

import copy

import torch
from torch import Tensor, nn


class EMA:
    """An exponential moving average of a network's parameters, with warm-up.

    The decay at step t (from 0) is min(decay, (1 + t) / (10 + t)), so that early weights are soon forgotten (the rule
    of TensorFlow's ExponentialMovingAverage with num_updates). The network must have no buffers, which it asserts.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        assert not list(network.buffers()), "buffers would not be averaged"
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self._averaged: list[Tensor] = list(self.network.parameters())

    def decay_at(self, step: int) -> float:
        """The decay used by the update after optimizer step number step, from 0."""
        return min(self.decay, (1 + step) / (10 + step))

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the average towards the network's parameters: one fused pass over all tensors."""
        current: list[Tensor] = list(network.parameters())
        torch._foreach_lerp_(self._averaged, current, 1 - self.decay_at(step))
