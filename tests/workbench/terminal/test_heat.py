"""Heat maps."""

import numpy as np
import pytest

from workbench.terminal.heat import colours, heat_map


def test_colours_grow_lighter():
    """Evenly, so that they read the same in grey."""
    found = colours(np.linspace(0, 1, 50), 0, 1).astype(float)
    light = found @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()
    assert colours(np.array([np.nan, -5.0, 0.0]), 0, 1).tolist() == [[0, 0, 0], found[0].tolist(), found[0].tolist()]


@pytest.mark.parametrize(
    ("shape", "cells", "across", "down"),
    [((4, 3), (30, 8), 10, 4), ((20, 100), (40, 10), 1, 1), ((3, 40), (40, 2), 1, 1)],
)
def test_each_number_is_some_whole_cells(shape, cells, across, down):
    """Columns whole cells, rows half ones."""
    table = np.arange(float(shape[0] * shape[1])).reshape(shape)
    picture, shown, at = heat_map(table, cells)
    assert picture.shape == (2 * cells[1], cells[0], 3)
    assert (picture[:down] == picture[0]).all()
    assert len(at) == min(cells[0], shape[1] * across)
    assert at[0] == 0
    assert at[-1] == shape[1] - 1
    assert shown[: min(down * shape[0], 2 * cells[1]), : len(at)].all()


def test_missing_numbers_are_left_out():
    _, shown, _ = heat_map(np.array([[1.0, np.nan]]), (4, 1))
    assert shown.tolist() == [[True, True, False, False]] * 2
    _, shown, _ = heat_map(np.full((1, 2), np.nan), (4, 1))
    assert not shown.any()
