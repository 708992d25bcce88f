"""A worker that tells a second party, outside the record, what it does and which steps are done: two plain files."""

import mmap
import os
from pathlib import Path
from unittest import mock

from diffusion.events import Checkpoint, Metric, Preview, Progress, Sample, TimestepLoss
from runs.folder import RunFolder
from runs.log import Log
from runs.record import Events, record

SIZE = 32
DOING = {"train": "training", "validate": "validating", "preview": "sampling", "sample": "sampling", "data": "starting"}
WRITING = {Checkpoint: "writing a checkpoint", Preview: "writing pictures", Sample: "writing pictures"}


class Marker:
    """A few bytes of a file in memory, which outlive the process that writes them: what it does just now."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), SIZE)

    def set(self, text: str) -> None:
        """Tell what is done now."""
        self._bytes[:SIZE] = text.encode().ljust(SIZE)

    def get(self) -> str:
        """What is done now."""
        return bytes(self._bytes[:SIZE]).decode().strip("\0 ")


def witnessed_worker(folder: str, home: str, marker: str, witness: str) -> int:
    """`python -m runs.worker`, with a marker of what it does and a witness of what it has completed."""
    from runs.worker import main

    mark = Marker(Path(marker))
    mark.set("starting")

    def recorded(events: Events, run: RunFolder, log: Log) -> Events:
        return _completed(record(_marked(events, mark), run, log), Path(witness), log.number)

    with mock.patch("runs.attempt.record", recorded):
        return main([folder, "--home", home])


def _marked(events: Events, mark: Marker) -> Events:
    """Before the recording: an event that is handed on is being written until the next one is asked for."""
    for event in events:
        doing = DOING[event.phase] if isinstance(event, Progress) else "training"  # a result ends its phase
        mark.set(WRITING.get(type(event), doing))
        yield event
        mark.set(doing)


def _completed(events: Events, path: Path, attempt: int) -> Events:
    """After the recording: a step's numbers are told when the event behind them has been recorded."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    waiting = ""
    for event in events:
        if isinstance(event, Metric):
            waiting += f"{attempt}\t{event.name}\t{event.step}\t{event.value!r}\n"
        elif waiting and not isinstance(event, TimestepLoss):  # those belong to the same validation, and come with it
            os.write(handle, waiting.encode())
            waiting = ""
        yield event


def witnessed(path: Path) -> list[tuple[int, str, int, float]]:
    """What a witness has written: attempt, name, step, value."""
    lines = path.read_text().splitlines() if path.exists() else []
    fields = [line.split("\t") for line in lines]
    return [(int(attempt), name, int(step), float(value)) for attempt, name, step, value in fields]
