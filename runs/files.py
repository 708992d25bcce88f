"""Files that are whole or not there: a temporary name, fsync, rename, fsync of the folder."""

import contextlib
import errno
import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from diffusion.errors import UserError

PRIVATE = 0o600


def write_whole(path: Path, write: Callable[[Path], None], *, temporary: str = "") -> None:
    """Let write fill a temporary file beside path, then put it in path's place.

    temporary names that file (path's own name with a dot before it and .tmp behind it, by default). When anything fails
    it is removed, whatever was at path is still there, and the error names path.
    """
    part = path.with_name(temporary or f".{path.name}.tmp")
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        write(part)
        part.chmod(PRIVATE)
        sync(part)
        part.replace(path)
        sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.add_note(f"{path} was not written")
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """A small file, whole or not at all, for its owner alone."""

    def write(part: Path) -> None:
        with new_file(part) as stream:
            stream.write(data)

    write_whole(path, write)


def new_file(path: Path) -> BinaryIO:
    """A file to write, for its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE), "wb")


class NotPlainError(UserError):
    """A link, a pipe or a folder where a file of ours should be: somebody put it there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a plain file", next_command=f"mv {shlex.quote(str(path))} elsewhere")


def open_plain(path: Path, flags: int) -> int:
    """A file to write into, made where it is missing, for its owner alone. Raises NotPlainError, and never waits."""
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise NotPlainError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotPlainError(path)
    return handle


def found_file(path: Path) -> BinaryIO:
    """A file to read, perhaps another person's. Raises ValueError for what is no plain file, OSError for a link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError("not a plain file")
    return os.fdopen(handle, "rb")


def sync(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
