"""Which device, arithmetic and memory layout a run uses, from what the config asks and what the machine has."""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from diffusion.config import RunConfig
from diffusion.errors import UserError

ENOUGH_PIXELS = 14  # side of the network's first level from which more threads and bfloat16 pay on a CPU


def available_devices() -> list[str]:
    """Names that a run can be given on this machine, the best first."""
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def pick_device(name: str) -> torch.device:
    """The device that a config's name means; "auto" takes the first one. Raises UserError for one that is not here."""
    names = available_devices()
    if name == "auto":
        return torch.device(names[0])
    if name == "cuda" and "cuda:0" in names:
        return torch.device("cuda:0")
    if name not in names:
        seen = "" if torch.cuda.is_available() or not name.startswith("cuda") else "; torch sees no CUDA device here"
        raise UserError(f"device is '{name}'{seen}", allowed=", ".join(["auto", *names]), next_command="--device auto")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """What the device calls itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' * (threads != 1)}"


@dataclass(frozen=True)
class Numerics:
    """How the network computes: bfloat16 by autocast or float32, and the memory layout of pictures."""

    dtype: torch.dtype
    memory_format: torch.memory_format
    device: torch.device

    def autocast(self) -> AbstractContextManager[object]:
        """A context in which matrix products and convolutions run in the chosen dtype."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware: AVX-512 BF16 or AMX."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def numerics(config: RunConfig, device: torch.device, size: int) -> Numerics:
    """The config's dtype and memory format for pictures of this side in pixels, "auto" resolved.

    auto is bfloat16 on CUDA devices that have bfloat16 units (compute capability 8.0 or more), and on CPUs that have
    them when the network works on 14 pixels or more. Measured on two cores with AVX-512 BF16, in images/s against
    float32: 1.6 times at 14 pixels, 1.0 at 4 (benchmarks/README.md). auto is channels_last on both: 1.2 times there.
    """
    train = config.train
    if device.type == "cuda":
        fast = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        fast = device.type == "cpu" and cpu_has_bfloat16() and size // config.network.patch >= ENOUGH_PIXELS
    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16}.get(
        train.dtype, torch.bfloat16 if fast else torch.float32
    )
    layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}.get(
        train.memory_format, torch.contiguous_format if device.type == "mps" else torch.channels_last
    )
    return Numerics(dtype, layout, device)


def set_threads(side: int) -> int:
    """Give torch its threads: OMP_NUM_THREADS as the person set it, else the cores that this process may run on, and of
    these no more than WORKBENCH_THREADS, a worker's share of them.

    One where the network works on less than 14 pixels: there a second thread gains a tenth, and beside another busy
    process threads that wait for each other cost six times the time (measured on two cores: 17 s against 105).
    """
    share = os.environ.get("WORKBENCH_THREADS", "")
    if share.isdigit() or not os.environ.get("OMP_NUM_THREADS", "").isdigit():
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        most = min(cores, int(share)) if share.isdigit() else min(cores, torch.get_num_threads())
        torch.set_num_threads(1 if side < ENOUGH_PIXELS else max(1, most))
    return torch.get_num_threads()
