"""The same curves as W&B keeps them on the disk, so that its terminal viewer LEET can be measured beside the workbench.

A .wandb file is a log of LevelDB's format with a header of its own; each entry is a record of wandb's protocol.
"""

import json
import math
import random
import struct
import zlib
from pathlib import Path

BLOCK = 32768
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
HEADER = struct.Struct("<IHB")  # checksum, length, kind


def write_runs(folder: Path, runs: int, points: int) -> Path:
    """So many runs with so many points of train/loss. Returns the folder that LEET opens. Needs wandb installed."""
    from wandb.proto import wandb_internal_pb2 as protocol

    for number in range(runs):
        name = f"run{number:05d}"
        place = folder / f"run-20260101_{number // 60 % 60:04d}{number % 60:02d}-{name}"
        place.mkdir(parents=True)
        records = [protocol.Record(run=protocol.RunRecord(run_id=name, display_name=f"name-{number}", project="p"))]
        chance = random.Random(number)
        exponent, floor = chance.uniform(0.3, 0.6), chance.uniform(0.02, 0.2)
        for step in range(1, points + 1):
            loss = floor + step**-exponent * math.exp(chance.gauss(0, 0.08))
            record = protocol.Record(history=protocol.HistoryRecord())
            record.history.step.num = step
            for key, value in (("_step", step), ("train/loss", loss)):
                record.history.item.add(nested_key=[key], value_json=json.dumps(value))
            records.append(record)
        records.append(protocol.Record(exit=protocol.RunExitRecord(exit_code=0)))
        for index, record in enumerate(records, start=1):
            record.num = index
        (place / f"run-{name}.wandb").write_bytes(logged([record.SerializeToString() for record in records]))
    return folder


def logged(entries: list[bytes]) -> bytes:
    """Entries as a log: blocks of 32 KiB, an entry in one piece or several."""
    out = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for entry in entries:
        left, first = entry, True
        while True:
            room = BLOCK - len(out) % BLOCK
            if room < HEADER.size:
                out += b"\0" * room
                room = BLOCK
            piece, left = left[: room - HEADER.size], left[room - HEADER.size :]
            kind = FULL if first and not left else FIRST if first else MIDDLE if left else LAST
            out += HEADER.pack(zlib.crc32(piece, zlib.crc32(bytes([kind]))), len(piece), kind) + piece
            first = False
            if not left:
                break
    return bytes(out)
