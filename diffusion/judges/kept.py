"""Judges that are kept: one folder each, whole or absent. No torch here: they are listed without it."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.data.catalog import FOLDER_PREFIX, dataset_info
from diffusion.errors import UserError
from diffusion.judges.turns import replacing

if TYPE_CHECKING:
    from diffusion.data.pictures import Pictures

ABOUT = "judge.json"
FORMAT = 1
DEFAULT_CLIP = "ViT-B-32/datacomp_xl_s13b_b90k"  # open_clip's MODEL/TAG; reads CIFAR-10 at 95.6 %, MNIST at 81.2 %
DEFAULT_HUB, DEFAULT_MB = "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", 605


def data_name(dataset: str, pictures: "Pictures") -> str:
    """A data set's name inside a judge's: a folder's own name, and what tells it from others of that name."""
    if not dataset.startswith(FOLDER_PREFIX):
        return dataset
    last = re.sub(r"[^a-z0-9]+", "-", Path(dataset.removeprefix(FOLDER_PREFIX)).name.lower()).strip("-")
    return f"{last or 'folder'}-{pictures.checksum[:8]}"


def sized_name(dataset: str, pictures: "Pictures") -> str:
    """data_name with the pictures' shape, where that is not the data set's own."""
    info, name = dataset_info(dataset), data_name(dataset, pictures)
    if (info.size, info.channels) == (pictures.size, pictures.channels):
        return name
    return f"{name}-{pictures.size}x{pictures.size}x{pictures.channels}"


def write_judge(judges: Path, name: str, about: dict[str, Any], write_files: Callable[[Path], None]) -> Path:
    """Keep a judge in judges/name: its files and what is said of it, all or nothing. Returns its folder.

    One of that name is replaced, at a moment when nobody reads it. Raises OSError, with what was there before left as
    it was.
    """
    judges.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = judges / name
    part, former = (Path(tempfile.mkdtemp(prefix=f".{name}-", suffix=".tmp", dir=judges)) for _ in range(2))
    try:
        write_files(part)
        (part / ABOUT).write_text(json.dumps({"format": FORMAT, "name": name} | about, indent=1) + "\n")
        for file in part.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        with replacing(judges, name):
            if place.exists():
                place.rename(former)  # an empty folder may be renamed over
            part.rename(place)
    finally:
        for folder in (part, former):
            shutil.rmtree(folder, ignore_errors=True)
    return place


def read_judge(judges: Path, name: str, *, mend: str = "") -> dict[str, Any] | None:
    """What is said of a kept judge, or None where there is none. Raises UserError for one that is damaged.

    mend: what to do about that, for a folder that is not ours to remove.
    """
    path = judges / name / ABOUT
    try:
        about = json.loads(path.read_text())
        if not isinstance(about, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(
            f"the judge {name} cannot be read: {path}: {error}", next_command=mend or f"rm -r '{judges / name}'"
        ) from error
    return about


def kept_judges(judges: Path) -> list[dict[str, Any]]:
    """What is said of each kept judge, by name."""
    if not judges.is_dir():
        return []
    found = (read_judge(judges, path.name) for path in sorted(judges.iterdir()) if not path.name.startswith("."))
    return [about for about in found if about is not None]


def check_data(about: dict[str, Any], dataset: str, pictures: "Pictures") -> None:
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
