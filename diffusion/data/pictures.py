"""A data set as uint8 tensors, split once and for all."""

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from diffusion.config import DataConfig
from diffusion.data.blur import by_parts, gaussian_blur
from diffusion.data.catalog import DatasetInfo

SPLIT_SEED = 20_201_112  # fixed for ever: a split that moved would let test pictures into training


@dataclass(frozen=True)
class Split:
    """pictures uint8 [N, C, H, W], labels int64 [N] counting from 0."""

    pictures: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Split":
        """The same pictures on another device."""
        return Split(self.pictures.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Pictures:
    """A data set ready for use: three splits that never overlap."""

    train: Split
    val: Split
    test: Split
    class_names: tuple[str, ...]
    checksum: str  # of all pictures and labels before blur and resizing (a folder's are resized as they are read)
    flip: bool
    skipped: tuple[str, ...] = ()  # files that could not be read

    @property
    def channels(self) -> int:
        """1 or 3."""
        return self.train.pictures.shape[1]

    @property
    def size(self) -> int:
        """Side in pixels."""
        return self.train.pictures.shape[-1]


def to_unit(pictures: Tensor) -> Tensor:
    """uint8 [0, 255] -> float32 [-1, 1]."""
    return pictures.to(torch.float32).div_(127.5).sub_(1)


def to_uint8(x: Tensor) -> Tensor:
    """Floats in [-1, 1], clamped -> uint8 [0, 255], rounded."""
    return x.float().add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def standard_deviation(split: Split) -> float:
    """Of the pictures in [-1, 1], over the first 2048 of them and all their pixels."""
    return float(to_unit(split.pictures[:2048]).std())


def checksum(*tensors: Tensor) -> str:
    """SHA-256 of the tensors' bytes, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()[:16]


def stratified_split(labels: Tensor, fractions: tuple[float, ...]) -> list[Tensor]:
    """Row numbers of the leading parts, each a fraction of every class, then of what is left; always the same ones."""
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    parts: list[list[Tensor]] = [[] for _ in range(len(fractions) + 1)]
    for label in torch.unique(labels):
        rows = torch.nonzero(labels == label)[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        start = 0
        for part, fraction in zip(parts, fractions, strict=False):
            count = max(1, round(len(rows) * fraction)) if len(rows) > len(fractions) else 0
            part.append(rows[start : start + count])
            start += count
        parts[-1].append(rows[start:])
    return [torch.cat(part).sort().values for part in parts]


def transformed(pictures: Pictures, config: DataConfig, info: DatasetInfo) -> Pictures:
    """pictures as the run wants them: channels, size and blur. Blur acts on the training and validation pictures only.

    The test split stays sharp, because it is what drawn pictures are judged against.
    """
    flip = {"on": True, "off": False, "auto": info.flip}[config.flip]
    splits = {name: _shaped(getattr(pictures, name), config) for name in ("train", "val", "test")}
    for name in ("train", "val"):
        blurred = gaussian_blur(splits[name].pictures, config.blur)
        splits[name] = Split(blurred, splits[name].labels)
    return replace(pictures, **splits, flip=flip)  # type: ignore[arg-type]


def _shaped(split: Split, config: DataConfig) -> Split:
    pictures, side = split.pictures, config.image_size
    if config.channels == 3:
        pictures = pictures.expand(-1, 3, -1, -1).contiguous()
    elif config.channels == 1 and pictures.shape[1] == 3:
        pictures = by_parts(pictures, _luma)
    if side and side != pictures.shape[-1]:
        pictures = by_parts(pictures, lambda part: _resized(part, side))
    return Split(pictures, split.labels)


def _luma(pictures: Tensor) -> Tensor:
    """RGB -> gray by the weights of ITU-R BT.601."""
    return (pictures * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)


def _resized(pictures: Tensor, side: int) -> Tensor:
    return torch.nn.functional.interpolate(
        pictures, size=(side, side), mode="bicubic", antialias=True, align_corners=False
    )
