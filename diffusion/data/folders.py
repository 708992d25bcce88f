"""Image folders: each subfolder is a class."""

import contextlib
import os
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from diffusion.errors import UserError
from diffusion.events import Progress

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
MOST_UNREADABLE = 0.05  # above this share something is wrong with the folder, not with single files
MOST_BYTES = 8 << 30  # all pictures are kept in memory


@dataclass(frozen=True)
class FolderPictures:
    """pixels uint8 [N, C, S, S], labels int64 [N] counting from 0; skipped: the files that cannot be read, and why."""

    pixels: Tensor
    labels: Tensor
    class_names: tuple[str, ...]
    skipped: tuple[str, ...]


def read_folder(
    path: Path, image_size: int, channels: int, *, multiple: int = 8
) -> Generator[Progress, None, FolderPictures]:
    """Read every picture of a folder, telling of the files as it goes on; returns the pictures.

    image_size: S; 0 takes the commonest shorter side, at most 64, rounded down to a multiple of `multiple`. channels: 1
    or 3; 0 takes 1 when every picture is gray. The middle square of each picture is scaled to S (bicubic, antialiased).
    Hidden files are left out; links to files and to class folders are followed, links inside class folders are not.
    Raises UserError for a missing folder, fewer than two classes, a class of fewer than 4 pictures, more than 5 %
    unreadable files.
    """
    files, class_names = _find(path)
    size = image_size or _common_side([file for file, _ in files[:: -(-len(files) // 64)]], multiple)
    _refuse_too_much(path, len(files), size, channels or 3)
    pictures: list[Image.Image] = []
    labels: list[int] = []
    skipped: list[str] = []
    gray = channels != 3
    for number, (file, label) in enumerate(files):
        if number % 64 == 0:
            yield Progress("data", number, len(files))
        try:
            with Image.open(file) as opened:
                picture = _square(opened, size)
        except Exception as error:  # Pillow's decoders raise whatever broken files make them meet; each is listed
            skipped.append(f"{shown(file.relative_to(path))}: {_why(error)}")
            continue
        pictures.append(picture)
        labels.append(label)
        gray = gray and (channels == 1 or _is_gray(picture))
    _refuse_unreadable(path, skipped, len(files))
    _refuse_small_classes(path, labels, class_names)
    pixels = torch.from_numpy(np.stack([np.asarray(picture.convert("L" if gray else "RGB")) for picture in pictures]))
    pixels = pixels[:, None] if gray else pixels.permute(0, 3, 1, 2).contiguous()
    return FolderPictures(pixels, torch.tensor(labels), tuple(map(shown, class_names)), tuple(skipped))


def shown(path: Path | str) -> str:
    """A file name as text that can be printed and stored: bytes that are no UTF-8 as \\xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _find(path: Path) -> tuple[list[tuple[Path, int]], tuple[str, ...]]:
    try:
        if not path.is_dir():
            raise UserError(
                f"data.dataset names folder {shown(path)}, which {'is a file' if path.exists() else 'does not exist'}",
                next_command="--data folder:PATH, with one subfolder of pictures for each class",
            )
        classes = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
        by_class = {folder.name: _pictures_in(folder) for folder in classes}
    except OSError as error:
        raise UserError(
            f"data.dataset names folder {shown(path)}, which cannot be read: {error.strerror}",
            next_command="--data folder:PATH, a folder that you may read",
        ) from error
    names = tuple(name for name, files in by_class.items() if files)
    if len(names) < 2:
        raise UserError(
            f"{shown(path)} has {len(names)} subfolder{'' if len(names) == 1 else 's'} with pictures",
            allowed="2 or more, each one class",
            next_command=f"put pictures ({', '.join(sorted(SUFFIXES))}) into folders {shown(path)}/CLASS",
        )
    return [(file, label) for label, name in enumerate(names) for file in by_class[name]], names


def _pictures_in(folder: Path) -> list[Path]:
    found = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and not file.is_dir())
    return sorted(file for file in found if not any(part[0] == "." for part in file.relative_to(folder).parts))


def _common_side(files: list[Path], multiple: int) -> int:
    sides: Counter[int] = Counter()
    for file in files:
        with contextlib.suppress(Exception), Image.open(file) as opened:  # told by the caller, which reads every file
            sides[min(opened.size)] += 1
    side = sides.most_common(1)[0][0] if sides else 32
    return max(multiple, min(64, side) // multiple * multiple)


def _square(opened: Image.Image, size: int) -> Image.Image:
    """The middle of a picture as 8-bit gray or RGB [size, size], upright, transparency on white."""
    ImageOps.exif_transpose(opened, in_place=True)
    picture = _plain(opened)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BICUBIC)


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        # Pillow would clip 16 bits to 8 instead of scaling them
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise ValueError(f"pixels of Pillow's mode {picture.mode} have no known range")
    if picture.has_transparency_data:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _is_gray(picture: Image.Image) -> bool:
    if picture.mode == "L":
        return True
    red, green, blue = (np.asarray(channel) for channel in picture.split())
    return np.array_equal(red, green) and np.array_equal(green, blue)


def _why(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a picture"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _refuse_too_much(path: Path, count: int, size: int, channels: int) -> None:
    if (total := count * size * size * channels) > MOST_BYTES:
        raise UserError(
            f"the {count:,} pictures of {shown(path)} take {total / 2**30:.1f} GB at {size} pixels",
            allowed=f"at most {MOST_BYTES >> 30} GB, since all of them are kept in memory",
            next_command=f"--set data.image_size={size // 2}",
        )


def _refuse_unreadable(path: Path, skipped: list[str], found: int) -> None:
    if len(skipped) > MOST_UNREADABLE * found:
        listed = "; ".join(skipped[:3]) + ("; ..." if len(skipped) > 3 else "")
        raise UserError(
            f"{len(skipped)} of {found} pictures in {shown(path)} cannot be read ({listed})",
            allowed="at most 5 %",
            next_command="remove or replace them",
        )


def _refuse_small_classes(path: Path, labels: list[int], class_names: tuple[str, ...]) -> None:
    counts = Counter(labels)
    for label, name in enumerate(class_names):
        if counts[label] < 4:
            raise UserError(
                f"class '{shown(name)}' in {shown(path)} has {counts[label]} readable "
                f"picture{'' if counts[label] == 1 else 's'}",
                allowed="4 or more, so that training, validation and test each get some",
                next_command=f"add pictures to {shown(path / name)} or remove that folder",
            )
