"""Too little memory is an input error, with a batch size that has a chance."""

import pytest
import torch

from diffusion.errors import UserError
from diffusion.memory import free_bytes, memory_errors_told, refuse_too_large_a_batch
from tests.diffusion.small import small

CPU = torch.device("cpu")


def test_a_batch_that_cannot_fit():
    """Linux would grant the memory and kill the process at its use."""
    with pytest.raises(
        UserError, match=r"train\.batch_size 100000000000 takes 409,600\.0 GB or more, and cpu has"
    ) as caught:
        refuse_too_large_a_batch(small(train__batch_size=10**11), 8, CPU)
    advised = int(caught.value.next_command.rpartition("=")[2])
    refuse_too_large_a_batch(small(train__batch_size=advised), 8, CPU)


def test_what_fits_is_let_through():
    """And other devices tell of their memory themselves."""
    refuse_too_large_a_batch(small(), 8, CPU)
    refuse_too_large_a_batch(small(train__batch_size=10**11), 8, torch.device("meta"))
    assert free_bytes() > 1_000_000


def test_the_allocators_own_words():
    """torch's CPU allocator raises a plain RuntimeError; another RuntimeError stays what it is."""
    with pytest.raises(UserError) as caught, memory_errors_told(CPU, "drawing 9 pictures", "--device cpu"):
        torch.empty(1 << 58, dtype=torch.uint8)
    assert str(caught.value) == "drawing 9 pictures does not fit into the memory of cpu; next: --device cpu"
    with pytest.raises(RuntimeError, match="shape"), memory_errors_told(CPU, "", ""):
        torch.zeros(2).reshape(3)
