"""Whole charts as text, and their inks."""

import time

import numpy as np
import pytest

from workbench.terminal.chart import AXIS, Axes, Trace, draw_chart, y_window
from workbench.terminal.pyramid import Pyramid
from workbench.terminal.raster import Window
from workbench.terminal.series import look_of


def trace(ys, ink=0, xs=None, **more):
    xs = np.arange(float(len(ys))) if xs is None else np.array(xs, dtype=float)
    return Trace(look_of(ink), ink, xs, Pyramid(np.array(ys, dtype=float)), **more)


def text(frame):
    return ["".join(piece.text for piece in row) for row in frame.rows]


def test_a_line_with_its_axes():
    """Ticks where they are, the marker at the end."""
    assert text(draw_chart([trace(range(16))], Window(0, 15, 0, 15), (11, 5), Axes())) == [
        "  │      ⡠●",
        "10┤    ⡠⠊  ",
        "  │  ⡠⠊    ",
        " 0┤⡠⠊      ",
        "   0   10  ",
    ]


def test_few_points_have_a_marker_each():
    frame = draw_chart([trace([0, 3], xs=[0, 15])], Window(0, 15, 0, 3), (14, 3), Axes())
    assert text(frame)[0].endswith("●")
    assert text(frame)[1].startswith("0┤●")


def test_gaps_joins_and_the_cursor_are_marked():
    """A × at the foot, a dotted line, a line."""
    marked = trace(range(32), gaps=np.array([12.0]), joins=np.array([22.0]))
    rows = text(draw_chart([marked], Window(0, 31, 0, 31), (19, 5), Axes(), cursor=4.0))
    assert rows[3][3 + 6] == "×"
    assert [row[3 + 11] for row in rows[2:4]] == ["┆", "┆"]
    assert rows[0][3 + 2] == "│"


def test_a_smoothed_line_is_before_the_raw_one():
    """Cells where both are have the front one's ink, and only its dots."""
    front, raw = trace([2] * 8), trace([0, 4] * 4, faint=True)
    frame = draw_chart([front, raw], Window(0, 7, 0, 4), (6, 2), Axes())
    kinds = {(piece.ink, piece.faint) for piece in frame.rows[0][1:]}
    assert kinds == {(0, False)}


def test_inks_follow_the_traces():
    """Each in its own, the axis in none."""
    frame = draw_chart([trace([0] * 40), trace([7] * 40, ink=1)], Window(0, 39, 0, 7), (24, 4), Axes())
    assert frame.rows[0][0].ink == AXIS
    assert {piece.ink for piece in frame.rows[0][1:]} == {1}
    assert {piece.ink for piece in frame.rows[2][1:]} == {0}


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 1), (20, 3), (80, 24), (200, 60)])
def test_it_fits(size):
    """Rows as wide and as many as asked for."""
    frame = draw_chart([trace(np.sin(np.arange(500)))], Window(0, 499, -1, 1), size, Axes())
    rows = text(frame)
    assert len(rows) == min(size[1], len(rows)) == size[1]
    assert all(len(row) == size[0] for row in rows) or size[0] < 3


def test_the_place_under_a_cell():
    """For the mouse: the ends of the plot are the ends of the window."""
    frame = draw_chart([trace(range(10))], Window(10, 1000, 0, 9, log_x=True), (40, 6), Axes(log_x=True))
    assert frame.x_at(frame.left) == pytest.approx(10)
    assert frame.x_at(frame.left + frame.columns - 1) == pytest.approx(1000)


def test_the_range_of_y():
    """Of what is between two x; without outliers when they are left out."""
    ys = np.linspace(1, 2, 1000)
    ys[500] = 1e6
    assert y_window([trace(ys)], 0, 999, clip=False, log_y=False) == (1, 1e6)
    low, high = y_window([trace(ys)], 0, 999, clip=True, log_y=False)
    assert 1 <= low < 1.02
    assert 1.98 < high < 2.1
    assert y_window([trace(ys)], 0, 99, clip=False, log_y=False) == (1, ys[99])
    assert y_window([trace([np.nan])], 0, 1, clip=True, log_y=False) is None
    assert y_window([trace([3.0])], 0, 1, clip=False, log_y=False) == pytest.approx((2.85, 3.15))


def test_a_million_points_stay_under_a_frame():
    """Steadily, after the first: a sixtieth of a second, the best of five on a machine that does other things too."""
    line = trace(np.exp(-np.arange(1e6) / 2e5))
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        low, high = y_window([line], 0, 999_999, clip=False, log_y=False)
        draw_chart([line], Window(0, 999_999, low, high), (200, 58), Axes())
        best = min(best, time.perf_counter() - began)
    assert best < 1 / 60
