"""Recorded pictures, read back from their sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import UserError
from diffusion.events import Drawn, Picture

if TYPE_CHECKING:
    from runs.records import Image


def read_sheet(path: Path) -> Picture:
    """The pixels [H, W, C] of a picture that a run has kept. Raises UserError for one that is gone or damaged."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            pixels = np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"), dtype=np.uint8)
    except (OSError, UnidentifiedImageError) as error:
        raise UserError(f"the picture {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def cut(folder: Path, images: "Sequence[Image]") -> tuple[Drawn, ...]:
    """The pictures that rows stand for, each sheet in a run's folder read once."""
    sheets = {path: read_sheet(folder / path) for path in dict.fromkeys(one.path for one in images)}
    return tuple(
        Drawn(
            picture=sheets[one.path][one.top : one.top + one.height, one.left : one.left + one.width],
            label=-1 if one.label is None else one.label,
            seed=one.seed,
            index=one.index,
            sampling_step=one.sampling_step if one.kind == "trajectory" else None,
            sigma=one.sigma,
            content="x_t" if one.content == "x_t" else "x0",
        )
        for one in images
    )


def newest(images: "Sequence[Image]") -> "list[Image]":
    """The pictures that were drawn together last."""
    if not images:
        return []
    last = max(map(_when, images))
    return [one for one in images if _when(one) == last]


def own(images: "Sequence[Image]") -> "list[Image]":
    """The run's own newest pictures; where it has drawn none, those that were drawn beside it last."""
    return newest([one for one in images if one.attempt is not None]) or newest(images)


def _when(image: "Image") -> tuple[int, int, int, bool]:
    return (image.sample_set or 0, image.attempt or 0, image.step, image.weights == "ema")
