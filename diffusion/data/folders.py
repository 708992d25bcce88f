"""Image folders: each subfolder is a class."""

from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from diffusion.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
MOST_UNREADABLE = 0.05  # above this share something is wrong with the folder, not with single files
MOST_BYTES = 8 << 30  # all pictures are kept in memory


def read_folder(path: Path, image_size: int, channels: int) -> tuple[Tensor, Tensor, tuple[str, ...], tuple[str, ...]]:
    """Pictures uint8 [N, C, S, S], labels int64 [N], class names, and the files that could not be read.

    image_size: S; 0 takes the commonest shorter side of the first pictures, at most 64. channels: 1 or 3; 0 takes 1
    when every picture is gray. Pictures are scaled by their shorter side (bicubic, antialiased) and cropped to the
    middle. Raises UserError for a missing folder, fewer than two classes, a class of fewer than 4 pictures, more than
    5 % unreadable files.
    """
    files, class_names = _find(path)
    size = image_size or _common_side([file for file, _ in files[:64]])
    pictures: list[Image.Image] = []
    labels: list[int] = []
    skipped: list[str] = []
    for file, label in files:
        try:
            with Image.open(file) as opened:
                pictures.append(_square(_plain(opened), size))
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            skipped.append(f"{file.relative_to(path)}: {error}")
            continue
        labels.append(label)
        if len(pictures) * size * size * 3 > MOST_BYTES:
            raise UserError(
                f"{path} holds more than {MOST_BYTES >> 30} GB of pictures at {size} pixels",
                next_command=f"--set data.image_size={size // 2}",
            )
    _refuse_unreadable(path, skipped, len(files))
    _refuse_small_classes(path, labels, class_names)
    gray = channels == 1 or (channels == 0 and all(picture.mode == "L" for picture in pictures))
    rows = [np.asarray(picture.convert("L" if gray else "RGB")) for picture in pictures]
    pixels = torch.from_numpy(np.stack(rows))
    pixels = pixels[:, None] if gray else pixels.permute(0, 3, 1, 2).contiguous()
    return pixels, torch.tensor(labels), class_names, tuple(skipped)


def _find(path: Path) -> tuple[list[tuple[Path, int]], tuple[str, ...]]:
    if not path.is_dir():
        raise UserError(
            f"data.dataset names folder {path}, which does not exist",
            next_command="--data folder:PATH, with one subfolder of pictures for each class",
        )
    classes = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    by_class = {
        folder.name: sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES) for folder in classes
    }
    by_class = {name: files for name, files in by_class.items() if files}
    if len(by_class) < 2:
        raise UserError(
            f"{path} has {len(by_class)} subfolder{'' if len(by_class) == 1 else 's'} with pictures",
            allowed="2 or more, each one class",
            next_command=f"put the pictures into {path}/CLASS/ folders, with one of {', '.join(sorted(SUFFIXES))}",
        )
    names = tuple(by_class)
    return [(file, label) for label, name in enumerate(names) for file in by_class[name]], names


def _common_side(files: list[Path]) -> int:
    sides: Counter[int] = Counter()
    for file in files:
        try:
            with Image.open(file) as opened:
                sides[min(opened.size)] += 1
        except (UnidentifiedImageError, OSError):
            continue  # counted and told by the caller, which reads every file
    side = sides.most_common(1)[0][0] if sides else 32
    return min(64, max(8, side // 8 * 8))


def _plain(picture: Image.Image) -> Image.Image:
    """Gray or RGB, transparency on white."""
    if picture.mode in ("1", "L", "I", "F") or picture.mode.startswith("I;16"):
        if picture.mode.startswith("I;16"):  # Pillow would clip 16 bits to 8 instead of scaling them
            return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        return picture.convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def _square(picture: Image.Image, size: int) -> Image.Image:
    width, height = picture.size
    scale = size / min(width, height)
    if scale != 1:
        shape = (max(size, round(width * scale)), max(size, round(height * scale)))
        picture = picture.resize(shape, Image.Resampling.BICUBIC)
    left, top = (picture.width - size) // 2, (picture.height - size) // 2
    return picture.crop((left, top, left + size, top + size))


def _refuse_unreadable(path: Path, skipped: list[str], found: int) -> None:
    if len(skipped) > MOST_UNREADABLE * found:
        listed = "; ".join(skipped[:3]) + ("; ..." if len(skipped) > 3 else "")
        raise UserError(
            f"{len(skipped)} of {found} pictures in {path} cannot be read ({listed})",
            allowed="at most 5 %",
            next_command="remove or replace them",
        )


def _refuse_small_classes(path: Path, labels: list[int], class_names: tuple[str, ...]) -> None:
    counts = Counter(labels)
    for label, name in enumerate(class_names):
        if counts[label] < 4:
            raise UserError(
                f"class '{name}' in {path} has {counts[label]} readable pictures",
                allowed="4 or more, so that training, validation and test each get some",
                next_command=f"add pictures to {path / name} or remove that folder",
            )
