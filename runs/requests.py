"""What a person asks of a run: an append-only log in its folder, read by its worker and by ingest.

One line a request, {"event": "request", "what", "value", "attempts": the newest attempt's number then, "time"}:

    queue       value: {"position", "steps", "data_folder", "place"}; it waits for a worker, in the folder that it was
                queued in and nowhere else: a copy that was taken to another home does not start there by itself
    stop        with a checkpoint; takes it out of the queue where it waits there
    stop-now    without one
    pause       as stop, and the run counts as paused
    move        value: its new position in the queue
    rename, note, star, tag, untag    value: what it says; run.json stays as it was made
"""

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusion.errors import UserError
from runs.files import found_file, open_plain
from runs.folder import RunFolder
from runs.lines import BadLineError, Line
from runs.log import lines_from

LOG_NAME = "requests-0001.jsonl"
ENDS = ("stop", "stop-now", "pause")  # what takes a run off its worker or out of the queue
LARGEST = 64 << 20  # bytes of one run's requests that are read
LONGEST_NAME = 1000


@dataclass(frozen=True)
class Queued:
    """A run's place in the queue, as it was asked for."""

    position: int
    steps: int | None  # the goal that is asked for, where it is another one
    data_folder: str


def ask(folder: RunFolder, what: str, value: Any = None) -> None:
    """Write down what is asked of a run. Raises UserError where the folder cannot be written."""
    line = {"event": "request", "what": what, "value": value, "attempts": newest_attempt(folder), "time": time.time()}
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode(errors="surrogatepass")
    try:
        handle = open_plain(folder.path / LOG_NAME, os.O_RDWR | os.O_APPEND)
    except OSError as error:
        raise folder.unwritable(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # the kernel appends whole; this is for the torn line below
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"  # a writer died in the middle, or the disk was full
        written = os.write(handle, b"\n" + data if torn else data)
        if written < len(data) + bool(torn):
            os.ftruncate(handle, size)
            raise OSError(28, os.strerror(28), str(folder.path / LOG_NAME))
        os.fsync(handle)
    finally:
        os.close(handle)


def newest_attempt(folder: RunFolder) -> int:
    """The number of a run's newest attempt, 0 before the first."""
    logs = folder.logs()
    return int(logs[-1].stem.rpartition("-")[2]) if logs else 0


def queued(folder: RunFolder) -> Queued | None:
    """The place in the queue that a run still has: nothing was asked of it since, and no attempt has begun."""
    found: Queued | None = None
    for line in _requests(folder.path / LOG_NAME, 0)[0]:
        what = line.text("what")
        if what == "queue" and (place := _place(line, folder.path)):
            found = place if line.integer("attempts") >= newest_attempt(folder) else None
        elif what in ENDS:
            found = None
    return found


def name_now(path: Path) -> str | None:
    """The name that a run's folder was given last, where it was renamed."""
    asked = [line for line in _requests(path / LOG_NAME, 0)[0] if line.text("what") == "rename"]
    names = [line.text("value") for line in asked if is_name(line.raw("value"))]
    return names[-1] if names else None


def is_name(value: object) -> bool:
    """Whether a run may be called so by a request, which may be another person's."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


class Inbox:
    """What is asked of a run from now on, for the worker that has it. Looking costs one stat."""

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.path / LOG_NAME
        self._offset = self._size()

    def newest(self) -> str:
        """The newest of stop, stop-now and pause since the last look, or an empty text."""
        if self._size() == self._offset:
            return ""
        lines, self._offset = _requests(self._path, self._offset)
        found = [line.text("what") for line in lines if line.text("what") in ENDS]
        return found[-1] if found else ""

    def _size(self) -> int:
        try:
            return self._path.lstat().st_size
        except FileNotFoundError:
            return 0


def _requests(path: Path, offset: int) -> tuple[list[Line], int]:
    """The whole lines of a request log from an offset on that can be read, and the offset behind them."""
    found: list[Line] = []
    try:
        with found_file(path):
            pass
        while offset < LARGEST:
            lines, end, _ = lines_from(path, offset)
            found += [line for _, data in lines if (line := _line(data)) is not None]
            if end == offset:
                break
            offset = end
    except FileNotFoundError:
        return [], 0
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}", next_command="workbench doctor") from error
    return found, offset


def _line(data: bytes) -> Line | None:
    try:
        line = Line(data)
        line.text("what")
        line.integer("attempts")
    except BadLineError:  # ingest tells of it
        return None
    return line if line.event == "request" else None


def place_in_queue(line: Line, path: Path) -> Queued | None:
    """What a queue request says; None where it was made for another folder than the run's. Raises BadLineError."""
    value = Line.of(line.mapping("value"))
    place = Queued(value.integer("position"), value.integer_or_none("steps"), value.text("data_folder", ""))
    return place if value.text("place", "") == where(path) else None


def where(path: Path) -> str:
    """A folder by its one name, by whatever links and spellings it is reached."""
    return str(path.resolve())


def _place(line: Line, path: Path) -> Queued | None:
    try:
        return place_in_queue(line, path)
    except BadLineError:  # ingest tells of it
        return None
