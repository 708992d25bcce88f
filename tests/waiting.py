"""Waiting for what other threads and processes do: until it is there, and never for ever."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 40.0
Found = TypeVar("Found")


def until(look: Callable[[], Found], told: Callable[[], object] = lambda: "it did not come to be") -> Found:
    """The first true answer of look; a failed test, with what told says, when there is none in PATIENCE_S."""
    ends = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < ends, told()
        time.sleep(0.01)
    return found
