"""Lines as dots."""

import numpy as np
import pytest

from workbench.terminal.pyramid import Pyramid
from workbench.terminal.raster import BLANK, Window, dots, spans


def drawn(xs, ys, window, columns, rows, dash=()):
    """The cells as text."""
    covered = spans(np.array(xs, dtype=float), Pyramid(np.array(ys, dtype=float)), window, columns * 2)
    bits = dots(covered, window, rows, dash)
    return ["".join(chr(BLANK + bit) if bit else " " for bit in row) for row in bits.tolist()]


@pytest.mark.parametrize(
    ("xs", "ys", "expected"),
    [
        pytest.param(range(8), range(8), ["  ⡠⠊", "⡠⠊  "], id="diagonal, one dot a column"),
        pytest.param([0, 7], [0, 7], ["  ⡠⠊", "⡠⠊  "], id="the same from its ends"),
        pytest.param([0, 7], [3, 3], ["    ", "⠉⠉⠉⠉"], id="level"),
        pytest.param([0, 1, 2, 7], [0, 7, 0, 0], ["⢸   ", "⡇⣇⣀⣀"], id="peak"),
        pytest.param([3], [4], [" ⢀  ", "    "], id="one point"),
        pytest.param([0, 3, 4, 7], [0, np.nan, 0, 0], ["    ", "⡀ ⣀⣀"], id="a gap is not bridged"),
        pytest.param([0, 7], [-7, 14], ["  ⡎ ", " ⡸  "], id="from below to above"),
        pytest.param([0, 7], [-9, -2], ["    ", "    "], id="outside"),
        pytest.param([], [], ["    ", "    "], id="nothing"),
    ],
)
def test_dots(xs, ys, expected):
    """Eight columns and eight rows of dots, a unit each."""
    assert drawn(list(xs), list(ys), Window(0, 7, 0, 7), 4, 2) == expected


def test_logarithmic_x():
    """Equal factors are equal ways."""
    assert drawn([1, 10, 100, 1000], [0, 1, 2, 3], Window(1, 1000, 0, 3, log_x=True), 2, 1) == ["⡠⠊"]


def test_dashes_leave_columns_out():
    assert drawn([0, 7], [0, 0], Window(0, 7, 0, 7), 4, 2, dash=(2, 2))[1] == "⣀ ⣀ "


def test_each_column_has_its_extremes():
    """Of many points none is left out: a single spike of 100,000 is seen."""
    ys = np.zeros(100_000)
    ys[54_321] = 7.0
    rows = drawn(np.arange(100_000.0), ys, Window(0, 99_999, 0, 7), 40, 2)
    assert rows[0].strip()
    assert rows[0].index(rows[0].strip()) == 54_321 * 79 // 99_999 // 2


def test_a_zoomed_window_shows_the_line_that_crosses_it():
    """Though no point is inside."""
    assert drawn([0, 100], [0, 100], Window(46, 53, 46, 53), 4, 2) == ["  ⡠⠊", "⡠⠊  "]
