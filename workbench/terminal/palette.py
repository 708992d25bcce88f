"""The nearest of the xterm palette's 256 colours to any other."""

import numpy as np
from numpy.typing import NDArray


def _xterm_colours() -> NDArray[np.int32]:
    """Colours 16 to 255: a cube of six levels a channel, then 24 greys. The first 16 are the user's own to choose."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [(red, green, blue) for red in levels for green in levels for blue in levels]
    greys = [(8 + 10 * step,) * 3 for step in range(24)]
    return np.array(cube + greys, dtype=np.int32)


XTERM = _xterm_colours()
FIRST = 16


def nearest_xterm(colours: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The xterm colour number nearest to each RGB colour [N, 3], by squared distance; of two, the lower number."""
    unique, where = np.unique(colours.reshape(-1, 3), axis=0, return_inverse=True)
    found = np.empty(len(unique), dtype=np.int32)
    for start in range(0, len(unique), 4096):  # 4096 x 240 distances at a time: a photograph stays below 12 MB
        block = unique[start : start + 4096].astype(np.int32)
        distance = ((block[:, None, :] - XTERM[None, :, :]) ** 2).sum(axis=2)
        found[start : start + 4096] = distance.argmin(axis=1) + FIRST
    return found[where.reshape(-1)]
