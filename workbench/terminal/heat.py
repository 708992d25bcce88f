"""A table of numbers as colours: dark blue is low, yellow is high, and a number that is none is left out."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Twelve places on a path through CIELAB whose lightness rises evenly, so that it reads the same in grey and for
# colour-blind people: from dark blue over green to yellow.
_PLACES = np.array(
    [
        *([20, 11, 52], [42, 28, 96], [50, 56, 122], [46, 84, 131], [39, 109, 132], [34, 133, 129], [45, 157, 118]),
        *([88, 179, 98], [140, 198, 77], [190, 212, 66], [228, 224, 82], [252, 240, 130]),
    ],
    dtype=np.float64,
)


def colours(values: Floats, low: float, high: float) -> NDArray[np.uint8]:
    """The colour [..., 3] of each value between low and high; what is beyond has the end's colour, NaN is black."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0) if high > low else np.full(values.shape, 0.5)
    place = np.nan_to_num(share) * (len(_PLACES) - 1)
    channels = [np.interp(place, np.arange(len(_PLACES)), _PLACES[:, channel]) for channel in range(3)]
    found = np.stack(channels, axis=-1)
    found[np.isnan(values)] = 0.0
    whole: NDArray[np.uint8] = np.rint(found).astype(np.uint8)
    return whole


def heat_map(table: Floats, cells: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_], Floats]:
    """table [rows, columns] as a half-block picture [2 * high, wide, 3] of (wide, high) cells, where it has pixels, and
    which table column each cell column shows.

    A column of the table is as many whole cells wide as there is room for; of more columns than cells, evenly chosen
    ones are shown, the last among them. Rows are as high as fits, in half cells.
    """
    wide, high = cells
    rows, columns = table.shape
    across = max(1, wide // columns)
    chosen = np.arange(columns).repeat(across) if columns <= wide else np.rint(np.linspace(0, columns - 1, wide))
    chosen = chosen.astype(np.intp)
    down = max(1, 2 * high // rows)
    low, high_value = np.nanmin(table, initial=np.inf), np.nanmax(table, initial=-np.inf)
    picture = np.zeros((2 * high, wide, 3), dtype=np.uint8)
    shown = np.zeros((2 * high, wide), dtype=np.bool_)
    seen = table[:, chosen].repeat(down, axis=0)[: 2 * high]
    picture[: len(seen), : len(chosen)] = colours(seen, float(low), float(high_value))
    shown[: len(seen), : len(chosen)] = np.isfinite(seen)
    return picture, shown, chosen.astype(np.float64)
