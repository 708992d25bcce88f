"""Judges that are kept: one folder each, whole or absent, and the features of pictures that were looked at before."""

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from diffusion.data.catalog import FOLDER_PREFIX, dataset_info
from diffusion.data.pictures import Pictures
from diffusion.errors import UserError

ABOUT = "judge.json"
FORMAT = 1
Encode = Callable[[Tensor], Tensor]  # uint8 [N, C, H, W] -> float32 [N, D]
BATCH = 256


def data_name(dataset: str, pictures: Pictures) -> str:
    """A data set's name inside a judge's: a folder's own name, and what tells it from others of that name."""
    if not dataset.startswith(FOLDER_PREFIX):
        return dataset
    last = re.sub(r"[^a-z0-9]+", "-", Path(dataset.removeprefix(FOLDER_PREFIX)).name.lower()).strip("-")
    return f"{last or 'folder'}-{pictures.checksum[:8]}"


def sized_name(dataset: str, pictures: Pictures) -> str:
    """data_name with the pictures' shape, where that is not the data set's own."""
    info, name = dataset_info(dataset), data_name(dataset, pictures)
    if (info.size, info.channels) == (pictures.size, pictures.channels):
        return name
    return f"{name}-{pictures.size}x{pictures.size}x{pictures.channels}"


def write_judge(judges: Path, name: str, about: dict[str, Any], write_files: Callable[[Path], None]) -> Path:
    """Keep a judge in judges/name: its files and what is said of it, all or nothing. Returns its folder.

    One of that name is replaced. Raises OSError, with what was there before left as it was.
    """
    judges.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, place = judges / f".{name}-{os.getpid()}.tmp", judges / name
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        write_files(part)
        (part / ABOUT).write_text(json.dumps({"format": FORMAT, "name": name} | about, indent=1) + "\n")
        for file in part.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        if place.exists():
            shutil.rmtree(place)
        with contextlib.suppress(FileExistsError):  # another process has just kept the same one
            part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place


def read_judge(judges: Path, name: str) -> dict[str, Any] | None:
    """What is said of a kept judge, or None where there is none. Raises UserError for one that is damaged."""
    path = judges / name / ABOUT
    try:
        about = json.loads(path.read_text())
        if not isinstance(about, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(
            f"the judge {name} cannot be read: {path}: {error}", next_command=f"rm -r '{judges / name}'"
        ) from error
    return about


def kept_judges(judges: Path) -> list[dict[str, Any]]:
    """What is said of each kept judge, by name."""
    if not judges.is_dir():
        return []
    found = (read_judge(judges, path.name) for path in sorted(judges.iterdir()) if not path.name.startswith("."))
    return [about for about in found if about is not None]


def check_data(about: dict[str, Any], dataset: str, pictures: Pictures) -> None:
    """Raise UserError for a judge that was trained on another data set."""
    if about.get("data_checksum") != pictures.checksum:
        raise UserError(
            f"the judge {about.get('name')} learned from other pictures ({about.get('dataset')}, "
            f"{about.get('data_checksum')}) than those of {dataset}, {pictures.checksum}",
            next_command=f"workbench judge train --dataset {dataset}",
        )


def file_digest(path: Path, *more: object) -> str:
    """16 hexadecimal digits that stand for a file's bytes and for what else decides the features made with it."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(repr(more).encode())
    return digest.hexdigest()[:16]


def content_digests(pixels: Tensor) -> list[bytes]:
    """SHA-256 of each picture of uint8 [N, C, H, W]: of its bytes as [H, W, C], as the record has it."""
    rows = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [hashlib.sha256(row.data).digest() for row in rows]


class Features:
    """Features of pictures by their content, kept in a folder for one encoder: a picture is encoded once.

    Files are only ever added, each whole, so any number of processes may share the folder.
    """

    def __init__(self, judges: Path, fingerprint: str) -> None:
        self.folder = judges / "features" / fingerprint

    def of(self, pixels: Tensor, encode: Encode, *, batch: int = BATCH) -> Generator[int, None, Tensor]:
        """float32 [N, D] for uint8 [N, C, H, W], on the CPU; yields how many of the N are done. Encodes what is new."""
        digests = content_digests(pixels)
        known = self._known(set(digests))
        new = list(dict.fromkeys(one for one in digests if one not in known))
        if new:
            row_of = {digest: row for row, digest in reversed(list(enumerate(digests)))}
            rows = torch.tensor([row_of[one] for one in new])
            made = []
            for part in torch.split(rows, batch):
                made.append(encode(pixels[part]).float().cpu())
                yield len(digests) - len(new) + sum(map(len, made))
            features = torch.cat(made)
            self._add(new, features)
            known |= dict(zip(new, features, strict=True))
        return torch.stack([known[one] for one in digests])

    def _known(self, wanted: set[bytes]) -> dict[bytes, Tensor]:
        found: dict[bytes, Tensor] = {}
        for path in sorted(self.folder.glob("*.safetensors")) if self.folder.is_dir() else []:
            try:
                tensors = load_file(path)
                digests = [bytes(row) for row in tensors["sha256"].numpy()]
                found |= {one: row for one, row in zip(digests, tensors["features"], strict=True) if one in wanted}
            except (OSError, SafetensorError, KeyError) as error:
                raise UserError(f"{path} is damaged: {error}", next_command=f"rm '{path}'") from error
        return found

    def _add(self, digests: Sequence[bytes], features: Tensor) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(b"".join(digests)).hexdigest()[:16]
        part = self.folder / f".{name}-{os.getpid()}.tmp"
        hashes = torch.frombuffer(bytearray(b"".join(digests)), dtype=torch.uint8).reshape(-1, 32)
        save_file({"sha256": hashes, "features": features.contiguous()}, part)
        part.replace(self.folder / f"{name}.safetensors")
