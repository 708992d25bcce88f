"""Locks on files beside the judges: who trains one, while others wait for it, and when one may be read or replaced.

The system takes a lock away when its process ends, however that ends.
"""

import fcntl
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from diffusion.events import Progress

POLL_S = 0.2


def turn_to_train(judges: Path, name: str) -> Generator[Progress, None, IO[bytes]]:
    """Wait until no other process trains the judge of this name, yielding Progress; closing what it returns ends the
    turn. Look again whether the judge is there: who had the turn before may have trained it.

    Raises OSError where the folder cannot be written, or knows no locks.
    """
    handle = _lock_file(judges, f".{name}.training")
    try:
        while not _taken(handle):
            yield Progress("judge", 0, 1)
            time.sleep(POLL_S)
    except BaseException:
        handle.close()
        raise
    return handle


@contextmanager
def replacing(judges: Path, name: str) -> Iterator[None]:
    """Nobody reads the judge meanwhile."""
    with _lock_file(judges, f".{name}.lock") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def reading(judges: Path, name: str) -> Iterator[None]:
    """Nobody replaces the judge meanwhile. A folder that cannot be written may be read."""
    try:
        handle = (judges / f".{name}.lock").open("rb")
    except FileNotFoundError:  # it has never been replaced
        yield
        return
    with handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def _lock_file(judges: Path, name: str) -> IO[bytes]:
    judges.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(judges / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb+")


def _taken(handle: IO[bytes]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
