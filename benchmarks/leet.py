"""The same curves as W&B keeps them on the disk, so that its terminal viewer LEET can be measured beside the workbench.

A .wandb file is a log of LevelDB's format with a header of its own; each entry is a record of wandb's protocol.
"""

import json
import math
import random
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

BLOCK = 32768
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
HEADER = struct.Struct("<IHB")  # checksum, length, kind


class RunLog:
    """One run's .wandb file, open for writing. Needs wandb installed."""

    def __init__(self, folder: Path, name: str, shown: str, day: str = "20260101_000000") -> None:
        place = folder / f"run-{day}-{name}"
        place.mkdir(parents=True)
        self._stream = (place / f"run-{name}.wandb").open("wb")
        self._stream.write(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
        self._count = 0
        self._put(run=self._protocol().RunRecord(run_id=name, display_name=shown, project="p"))

    @staticmethod
    def _protocol() -> Any:
        from wandb.proto import wandb_internal_pb2

        return wandb_internal_pb2

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """The metrics of one step."""
        history = self._protocol().HistoryRecord()
        history.step.num = step
        for key, value in {"_step": step, **values}.items():
            history.item.add(nested_key=[key], value_json=json.dumps(value))
        self._put(history=history)

    def end(self) -> None:
        """The run is over."""
        self._put(exit=self._protocol().RunExitRecord(exit_code=0))

    def _put(self, **content: Any) -> None:
        self._count += 1
        record = self._protocol().Record(num=self._count, **content)
        self._stream.write(logged(record.SerializeToString(), self._stream.tell()))

    def flush(self) -> None:
        """All of it is in the file."""
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()


def write_runs(folder: Path, runs: int, points: int) -> Path:
    """So many runs with so many points of train/loss. Returns the folder that LEET opens."""
    for number in range(runs):
        day = f"20260101_{number // 60 % 60:04d}{number % 60:02d}"
        chance = random.Random(number)
        exponent, floor = chance.uniform(0.3, 0.6), chance.uniform(0.02, 0.2)
        with RunLog(folder, f"run{number:05d}", f"name-{number}", day) as log:
            for step in range(1, points + 1):
                log.add(step, {"train/loss": floor + step**-exponent * math.exp(chance.gauss(0, 0.08))})
            log.end()
    return folder


def logged(entry: bytes, offset: int) -> bytes:
    """One entry as it is written from an offset on: blocks of 32 KiB, an entry in one piece or several."""
    out = bytearray()
    left, first = entry, True
    while first or left:
        room = BLOCK - (offset + len(out)) % BLOCK
        if room < HEADER.size:
            out += b"\0" * room
            room = BLOCK
        piece, left = left[: room - HEADER.size], left[room - HEADER.size :]
        kind = FULL if first and not left else FIRST if first else MIDDLE if left else LAST
        out += HEADER.pack(zlib.crc32(piece, zlib.crc32(bytes([kind]))), len(piece), kind) + piece
        first = False
    return bytes(out)
