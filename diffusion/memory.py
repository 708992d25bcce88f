"""Too little memory, told as the input error that it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

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
