"""An attempt's own log: JSON lines, appended by one writer, never rewritten; and the reading of what is new in one."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runs.files import found_file
from runs.folder import RunFolder

SYNC_EVERY_S = 5.0
CHUNK = 4 << 20  # bytes read at once
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode  # made once: it is slow
LONGEST_LINE = 64 << 20  # bytes; what is longer is no log of ours


class Log:
    """The one writer of one log. Lines wait in memory until `flush`, which writes them with one call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._handle = os.open(path, flags, 0o600)
        self._waiting: list[str] = []
        self._length = 0
        self._synced = time.monotonic()

    @classmethod
    def new(cls, folder: RunFolder, kind: str) -> "Log":
        """The next log of a kind (attempt, samples) in a run's folder; two processes never get the same one."""
        number = int(([*folder.logs(kind)] or [Path(f"{kind}-0000.jsonl")])[-1].stem.rpartition("-")[2])
        while True:
            number += 1
            try:
                return cls(folder.path / f"{kind}-{number:04d}.jsonl")
            except FileExistsError:
                continue

    @property
    def number(self) -> int:
        """The number in the log's name."""
        return int(self.path.stem.rpartition("-")[2])

    def add(self, event: str, values: Mapping[str, Any]) -> None:
        """Put one line in the queue; it has a time of its own. values hold no NaN: strict JSON knows none."""
        line = {"event": event, **values, "time": round(time.time(), 3)}
        self._waiting.append(_as_json(line) + "\n")

    def flush(self, sync: bool = False) -> None:
        """Write what waits. After an OSError the log ends at its last whole line, and the error names it."""
        try:
            if self._waiting:
                self._write("".join(self._waiting).encode(errors="surrogatepass"))
                self._waiting.clear()
            if sync or time.monotonic() - self._synced > SYNC_EVERY_S:
                os.fsync(self._handle)
                self._synced = time.monotonic()
        except OSError as error:
            error.add_note(f"{self.path} was not written")
            raise

    def _write(self, data: bytes) -> None:
        written = os.write(self._handle, data)
        try:
            while written < len(data):  # the disk is nearly full: the next call tells
                written += os.write(self._handle, data[written:])
        except OSError:
            os.ftruncate(self._handle, self._length)
            raise
        self._length += written

    def close(self) -> None:
        """Close the file; what waits is dropped."""
        os.close(self._handle)


def lines_from(path: Path, offset: int) -> tuple[list[tuple[int, bytes]], int, int]:
    """Whole lines of a log from a byte offset on, at most about CHUNK bytes of them.

    Returns (offset, line) pairs, the offset behind them, and the size of the file; a torn last line is left for later.
    Raises ValueError for what is not a plain file or no log at all.
    """
    with found_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if offset > size:
            raise ValueError(f"it is shorter than the {offset} bytes that were read of it before")
        stream.seek(offset)
        data = stream.read(CHUNK)
        while data and b"\n" not in data and offset + len(data) < size:
            if len(data) > LONGEST_LINE:
                raise ValueError(f"the line at byte {offset} has no end")
            data += stream.read(CHUNK)
    end = data.rfind(b"\n") + 1
    lines, at = [], offset
    for line in data[:end].split(b"\n")[:-1]:
        lines.append((at, line))
        at += len(line) + 1
    return lines, at, size
