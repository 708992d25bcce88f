"""The lock of a run's folder: who works on it. The system takes it away when its process ends, however that ends."""

import fcntl
import os
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from diffusion.errors import UserError
from runs.files import found_file, open_plain

FILE = "lock"
PATIENCE_S = 0.3  # somebody who only looks holds it for microseconds


class HeldError(UserError):
    """Another process works on the run."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a folder, as it says itself."""

    text: str  # process 123 on host

    @property
    def pid(self) -> int:
        """Its id, 0 where it says none."""
        match = re.match(r"process (\d+) on ", self.text)
        return int(match[1]) if match else 0

    @property
    def host(self) -> str:
        """Its machine, empty where it says none."""
        return self.text.partition(" on ")[2]


@contextmanager
def hold(folder: Path, name: str) -> Iterator[None]:
    """Hold a run's folder for this process. Raises HeldError, naming the process, while another one holds it."""
    handle = open_plain(folder / FILE, os.O_RDWR)
    try:
        ends = time.monotonic() + PATIENCE_S
        while not _taken(handle, fcntl.LOCK_EX):
            if time.monotonic() > ends:
                raise HeldError(
                    f"run {name} is being trained by {_said(handle)}",
                    next_command=f"workbench show {shlex.quote(name)}",
                )
            time.sleep(0.01)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def holder(folder: Path) -> Holder | None:
    """Who holds a run's folder now, or None. What its logs say of processes counts for nothing here: those of a copy,
    or of a folder from elsewhere, may name any.
    """
    if not (folder / FILE).exists():
        return None
    handle = open_plain(folder / FILE, os.O_RDWR)
    try:
        return None if _taken(handle, fcntl.LOCK_SH) else Holder(_said(handle))
    finally:
        os.close(handle)


def last_holder(folder: Path) -> Holder:
    """Who held a run's folder last, on whatever machine: a lock on a network file system may not be seen from here."""
    try:
        with found_file(folder / FILE) as stream:
            return Holder(stream.read(200).decode(errors="replace").strip())
    except (OSError, ValueError):  # nobody did, or no lock of ours
        return Holder("")


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _said(handle: int) -> str:
    return os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
