"""Scikit-learn's copy of the UCI optical digits, read without importing it (1 s), and without torch."""

import csv
import gzip
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffusion.errors import UserError

LEVELS = 16  # the brightest of the 17 gray levels that the file has


def read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The pictures uint8 [1797, 8, 8] and their classes int64 [1797]. Raises UserError without scikit-learn."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("the digits data come with scikit-learn, which is not installed", next_command="pip install .")
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(path, "rt", encoding="ascii") as lines:
        table = np.array(list(csv.reader(lines)), dtype=np.float32)
    pixels = np.rint(table[:, :64] * (255 / LEVELS)).astype(np.uint8)
    return pixels.reshape(-1, 8, 8), table[:, 64].astype(np.int64)
