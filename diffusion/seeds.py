"""Random streams made from (seed, purpose, step, sample), never from global state.

A stream depends on nothing but these four, so a resumed run draws what the uninterrupted one would have drawn, and two
runs that differ in one setting see the same data order and the same noise.
"""

import hashlib
import struct
from collections.abc import Sequence

import torch
from torch import Tensor


def stream_seed(seed: int, purpose: str, step: int = 0, sample: int = 0) -> int:
    """A seed in [0, 2^63) for one stream; different arguments give unrelated seeds (BLAKE2b)."""
    key = struct.pack("<qqq", seed, step, sample) + purpose.encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1


def stream(
    seed: int, purpose: str, step: int = 0, sample: int = 0, device: torch.device | None = None
) -> torch.Generator:
    """A fresh generator at the start of one stream, on the CPU unless a device is given."""
    return torch.Generator(device=device or "cpu").manual_seed(stream_seed(seed, purpose, step, sample))


class SampleNoise:
    """Standard-normal noise for drawing pictures: one stream a picture, so a picture does not depend on its batch.

    Each call gives the next tensor [N, C, H, W] of float32. Made on the CPU and moved, so that every device draws the
    same noise.
    """

    def __init__(self, seed: int, indices: Sequence[int], shape: tuple[int, int, int], device: torch.device) -> None:
        self._streams = [stream(seed, "sample", 0, index) for index in indices]
        self._shape = shape
        self._device = device

    def __call__(self) -> Tensor:
        """The next noise of each picture, [N, C, H, W]."""
        drawn = torch.empty(len(self._streams), *self._shape)
        for row, generator in zip(drawn, self._streams, strict=True):
            row.normal_(generator=generator)
        return drawn.to(self._device, non_blocking=True)
