"""Batches drawn from pictures that lie on the device: no worker processes, no copies from the host."""

import torch
from torch import Tensor

from diffusion.data.pictures import Split, to_unit
from diffusion.seeds import stream, stream_seed


class Batches:
    """The batch of each step, a function of (seed, step) alone: epoch after epoch, each in its own random order."""

    def __init__(self, split: Split, *, batch_size: int, seed: int, flip: bool) -> None:
        self.split = split
        self.batch_size = batch_size
        self.seed = seed
        self.flip = flip
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)
        self._device = split.pictures.device

    def rows(self, step: int) -> Tensor:
        """Row numbers [batch_size] of the step's pictures, on the pictures' device."""
        size = len(self.split)
        start, end = step * self.batch_size, (step + 1) * self.batch_size
        parts = []
        while start < end:
            epoch, offset = divmod(start, size)
            count = min(end - start, size - offset)
            parts.append(self._order_of(epoch)[offset : offset + count])
            start += count
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def at(self, step: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pictures float32 [N, C, H, W] in [-1, 1] and labels int64 [N]. generator: on the device, used for flips."""
        rows = self.rows(step)
        x0 = to_unit(self.split.pictures[rows])
        if self.flip:
            generator.manual_seed(stream_seed(self.seed, "flip", step))
            flipped = torch.rand(len(rows), generator=generator, device=self._device) < 0.5
            x0 = torch.where(flipped[:, None, None, None], x0.flip(-1), x0)
        return x0, self.split.labels[rows]

    def _order_of(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            order = torch.randperm(len(self.split), generator=stream(self.seed, "order", epoch))
            self._epoch, self._order = epoch, order.to(self._device)
        return self._order
