"""Too little memory, told as the input error that it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from diffusion.config import RunConfig
from diffusion.errors import UserError

CPU_SIGN = "can't allocate memory"  # torch has no exception of its own for the CPU's allocator


@contextmanager
def memory_errors_told(device: torch.device, what: str, next_command: str) -> Iterator[None]:
    """Turn an allocation that failed inside into a UserError: what did not fit, on which device, what to type."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        free, total = torch.cuda.mem_get_info(device) if device.type == "cuda" else (0, 0)
        room = f", which has {free / 1e9:.1f} of {total / 1e9:.1f} GB free" if total else ""
        raise UserError(f"{what} does not fit into the memory of {device}{room}", next_command=next_command) from error
    except RuntimeError as error:
        if CPU_SIGN not in str(error):
            raise
        raise UserError(f"{what} does not fit into the memory of {device}", next_command=next_command) from error


def refuse_too_large_a_batch(config: RunConfig, size: int, device: torch.device) -> None:
    """Raise UserError when a batch cannot fit into the CPU's memory: Linux grants it all and kills the process later.

    Counts only what the blocks of the first level keep for the way back, four maps each, two bytes a number: the true
    need is several times that, so nothing that fits is refused. size: side of the pictures in pixels.
    """
    if device.type != "cpu":
        return
    network, batch = config.network, config.train.batch_size
    picture = 8 * network.channels * network.multipliers[0] * (size // network.patch) ** 2 * 2 * network.blocks
    free = free_bytes()
    if batch * picture > free:
        fitting = max(1, free // (8 * picture))
        raise UserError(
            f"training with train.batch_size {batch} takes {batch * picture / 1e9:,.1f} GB or more, and cpu has "
            f"{free / 1e9:.1f} GB free",
            next_command=f"--set train.batch_size={1 << (fitting.bit_length() - 1)}",
        )


def free_bytes() -> int:
    """Memory that this machine can still give, swap included."""
    import psutil

    return int(psutil.virtual_memory().available + psutil.swap_memory().free)
