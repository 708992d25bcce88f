"""Zoom, pan, the value cursor, kinds of x: pure functions of lines and a view."""

import math

import numpy as np
import pytest

from workbench.terminal.curve_view import SMOOTHINGS, CurveView, draw_lines
from workbench.terminal.lines import Line


def line(steps, values=None, times=None, name="train/loss"):
    made = Line(name)
    steps = np.array(steps, dtype=float)
    made.extend(steps, np.array(steps if values is None else values, dtype=float), times)
    return made


TEN = [line(range(11))]


def test_all_is_seen_at_first():
    assert CurveView().shown(TEN) == (0, 10)
    assert CurveView().shown([Line("empty")]) is None


@pytest.mark.parametrize(
    ("cursor", "at", "expected"),
    [
        pytest.param(None, None, (2.5, 7.5), id="the middle"),
        pytest.param(2.0, None, (1.0, 6.0), id="the cursor"),
        pytest.param(20.0, None, (2.5, 7.5), id="a cursor elsewhere"),
        pytest.param(2.0, 10.0, (5.0, 10.0), id="the mouse"),
    ],
)
def test_zooming_keeps_a_place_where_it_is(cursor, at, expected):
    view = CurveView(cursor=cursor)
    view.zoom(TEN, 0.5, at)
    assert view.shown(TEN) == expected
    view.zoom(TEN, 4)
    assert view.window is None


def test_zooming_has_an_end():
    """However often, the window keeps a width."""
    view = CurveView()
    for _ in range(100):
        view.zoom(TEN, 0.5)
    low, high = view.shown(TEN)
    assert 0 < high - low < 1e-4


def test_panning_stops_at_the_ends():
    view = CurveView(window=(2.0, 4.0))
    view.pan(TEN, 0.5)
    assert view.shown(TEN) == (3, 5)
    view.pan(TEN, 100)
    assert view.shown(TEN) == (8, 10)
    view.pan(TEN, -100)
    assert view.shown(TEN) == (0, 2)


def test_a_window_at_the_end_goes_on_with_the_run():
    """One elsewhere stays."""
    grows = [line(range(11))]
    at_end, elsewhere = CurveView(), CurveView()
    at_end.zoom(grows, 0.5, 10.0)
    elsewhere.zoom(grows, 0.5, 0.0)
    grows[0].extend(np.array([11.0, 12.0]), np.array([1.0, 1.0]))
    assert at_end.shown(grows) == (7, 12)
    assert elsewhere.shown(grows) == (0, 5)


def test_logarithmic_x_leaves_out_what_is_not_above_zero():
    """And zooms by equal factors."""
    view = CurveView(log_x=True)
    powers = [line([0, 1, 10, 100])]
    assert view.shown(powers) == (1, 100)
    view.zoom(powers, 0.5, 1.0)
    assert view.shown(powers) == pytest.approx((1, 10))


def test_the_cursor_walks_from_point_to_point():
    """By cells where points are close, by points where they are far apart."""
    view = CurveView()
    sparse = [line([0, 5, 10])]
    view.move_cursor(sparse, -1, 80)
    assert view.cursor == 10
    view.move_cursor(sparse, -1, 80)
    assert view.cursor == 5
    view.move_cursor(sparse, 1, 80)
    assert view.cursor == 10
    dense = [line(range(1000))]
    view.cursor = 500.0
    view.move_cursor(dense, 1, 101)
    assert view.cursor == pytest.approx(510, abs=1)


def test_readings_are_those_at_the_cursor():
    """Smoothed with the raw one in brackets; the newest without a cursor; NaN is said."""
    lines = [line(range(100), np.full(100, 2.0)), line([0, 50], [1.0, math.nan], name="val/loss"), Line("empty")]
    view = CurveView(smoothing=0.9)
    assert view.readings(lines) == ["2.000 (2.000)", "NaN", "-"]
    view.cursor = 0.0
    assert view.readings(lines) == ["2.000 (2.000)", "1.000", "-"]


def test_few_points_are_not_smoothed():
    """An average over three validations would lag far behind them."""
    few = [line(range(10))]
    assert CurveView(smoothing=0.99).readings(few) == ["9.000"]


def test_kinds_of_x():
    """Step, images, epochs where their length is known, and seconds since the start."""
    view = CurveView(batch_size=32, epoch_images=320, origin=1000.0)
    timed = line([0, 10], times=np.array([1000.0, 1090.0]))
    seen = []
    for _ in range(4):
        seen.append((view.x_kind, view.xs(timed)[-1], view.x_text(view.xs(timed)[-1])))
        view.next_x_kind()
    assert seen == [
        ("step", 10, "step 10"),
        ("images", 320, "images 320"),
        ("epoch", 1, "epoch 1.00"),
        ("time", 90, "1 min 30 s"),
    ]
    assert "epoch" not in CurveView().x_kinds()
    assert CurveView(x_unit="log-SNR").x_text(-2.5) == "log-SNR -2.5"


def test_smoothing_goes_step_by_step_and_stops():
    view = CurveView()
    for _ in range(20):
        view.smooth(1)
    assert view.smoothing == SMOOTHINGS[-1]
    for _ in range(20):
        view.smooth(-1)
    assert view.smoothing == 0


def test_what_cannot_be_drawn_is_nothing():
    assert draw_lines([Line("empty")], CurveView(), (40, 8)) is None
    assert draw_lines([line([1, 2], [0.0, -1.0])], CurveView(log_y=True), (40, 8)) is None
    assert draw_lines([line([1, 2], [0.0, -1.0])], CurveView(log_y=False), (40, 8)) is not None


def test_one_point_is_drawn():
    frame = draw_lines([line([5], [1.0])], CurveView(), (40, 8))
    assert any("●" in piece.text for row in frame.rows for piece in row)


def test_a_sparse_line_is_before_a_dense_one():
    """Else its few points would be hidden."""
    dense, sparse = line(range(2000), np.full(2000, 1.0)), line(range(0, 2000, 400), [1.0] * 5, name="val/loss")
    frame = draw_lines([dense, sparse], CurveView(), (40, 6))
    assert sum(piece.text.count("▲") for row in frame.rows for piece in row if piece.ink == 1) == 5


def test_a_line_in_its_band_and_with_pictures_of_its_own():
    """The edges are faint, widen nothing, and are not in the way of the line; images are counted line by line."""
    middle = line([0, 10], [1.0, 2.0])
    middle.step_images = 64.0
    alone = draw_lines([middle], CurveView(log_y=False), (40, 8))
    middle.band = (line([0, 10], [0.5, 1.5]), line([0, 10], [1.5, 9.0]))
    banded = draw_lines([middle], CurveView(log_y=False), (40, 8))
    assert alone.window == banded.window
    assert not any(piece.faint and piece.ink == 0 for row in alone.rows for piece in row)
    assert any(piece.faint and piece.ink == 0 for row in banded.rows for piece in row)
    assert CurveView(x_kind="images", batch_size=8).extent([middle, line([0, 20])]) == (0.0, 640.0)
