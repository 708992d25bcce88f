"""The chart as a widget: every key, the mouse, and that it draws no more than it must."""

import numpy as np
import pytest

from tests.workbench.widgets.conftest import lines
from workbench.terminal.curve_view import CurveView
from workbench.widgets.curve import Curve


@pytest.fixture
def curve():
    """Two lines, 101 and 3 points."""
    made = Curve(title="loss")
    made.set_series("train/loss", list(range(101)), [100.0 - step for step in range(100)] + [None])
    made.set_series("val/loss", [0, 50, 100], [90.0, 45.0, 5.0])
    return made


def test_how_it_looks(alone, curve):
    """Title, markers, names and newest values; ticks; the gap marked at the foot."""

    async def test(pilot):
        assert lines(pilot.app) == [
            "loss  ● train NaN  ▲ val 5.000",
            "100┤▲⠛⠛⠵⠒⠲⠶⠶⣒⡢⠤⣤⡤⠤⢄⣀⣀⣀⣀",
            "   │            ⠈⠉⠉ ⠈⠑⠒⠛⠋⠉⠭⠵⠶⠶⠢⢤▲⠤⣀⣀⡀",
            "   │                             ⠉⠑⠂⠈⢍⣉⠑⠒⠢⠤⠤⣀⡀",
            "   │                                   ⠉⠑ ⠠⢄⣀⠈⠉⠒⠢⢄⡀",
            " 10┤                                         ⠉⠁ ⠤⢄⣈⠑⠒⢄⡀",
            "   │                                               ⠉ ⠐⠬⢦⣀",
            "   │                                                    ⠑⣅ ▲",
            "   │                                                     ⠘⡄",
            "   │                                                      ⢱",
            "  1┤                                                      ⠈×",
            "    0                          50                        100",
        ]

    alone(curve, test)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        pytest.param(["left"], {"cursor": 100.0}, id="the cursor comes at the last point"),
        pytest.param(["left", "left"], {"cursor": 98.0}, id="a cell to the left"),
        pytest.param(["h", "h", "l"], {"cursor": 100.0}, id="and on"),
        pytest.param(["home"], {"cursor": 0.0}, id="first point"),
        pytest.param(["g", "end"], {"cursor": 100.0}, id="last point"),
        pytest.param(["G", "escape"], {"cursor": None}, id="no cursor"),
        pytest.param(["plus"], {"window": (25.0, 75.0)}, id="zoom in"),
        pytest.param(["home", "equals_sign", "right_square_bracket"], {"window": (0.0, 50.0)}, id="at the cursor"),
        pytest.param(["plus", "minus"], {"window": None}, id="zoom out"),
        pytest.param(["plus", "shift+left"], {"window": (12.5, 62.5)}, id="pan to the left"),
        pytest.param(["plus", "greater_than_sign"], {"window": (37.5, 87.5)}, id="pan to the right"),
        pytest.param(["plus", "0"], {"window": None}, id="all again"),
        pytest.param(["full_stop"], {"smoothing": 0.6}, id="smooth"),
        pytest.param(["full_stop", "comma"], {"smoothing": 0.0}, id="smooth less"),
        pytest.param(["L"], {"log_y": False}, id="linear y"),
        pytest.param(["X"], {"log_x": True}, id="logarithmic x"),
        pytest.param(["x"], {"x_kind": "images"}, id="kind of x"),
        pytest.param(["o"], {"clip": True}, id="outliers"),
    ],
)
def test_keys(alone, curve, keys, wanted):
    """What each key does to the view."""

    async def test(pilot):
        await pilot.press(*keys)
        assert {name: getattr(curve.view, name) for name in wanted} == wanted

    alone(curve, test)


def test_the_values_at_the_cursor_are_read_and_copied(alone, curve):
    async def test(pilot):
        await pilot.press("home")
        assert "step 0" in lines(pilot.app)[0]
        assert "train 100.0" in lines(pilot.app)[0]
        await pilot.press("y")
        assert pilot.app.clipboard == "step 0\ntrain/loss\t100.0\nval/loss\t90.00"

    alone(curve, test)


def test_the_mouse(alone, curve):
    """A click reads, the wheel zooms where it is, a drag moves."""

    async def test(pilot):
        await pilot.click(curve, offset=(30, 5))
        clicked = curve.view.cursor
        assert 40 < clicked < 60
        curve.view.window = (40.0, 60.0)
        curve.redraw()
        await pilot.pause()
        await pilot.mouse_down(curve, offset=(30, 5))
        await pilot.hover(curve, offset=(20, 5))
        await pilot.mouse_up(curve, offset=(20, 5))
        low, high = curve.view.window
        assert low > 42
        assert high - low == pytest.approx(20)

    alone(curve, test)


def test_it_is_drawn_once_a_change(alone, curve, monkeypatch):
    """However many of its rows are asked for."""
    drawn = []
    draw = Curve._draw
    monkeypatch.setattr(Curve, "_draw", lambda self: drawn.append(1) or draw(self))

    async def test(pilot):
        before = len(drawn)
        curve.add_points("train/loss", [101, 102], [1.0, 1.0])
        await pilot.pause()
        assert len(drawn) == before + 1
        await pilot.pause(0.1)
        assert len(drawn) == before + 1

    alone(curve, test)


@pytest.mark.parametrize("size", [(1, 1), (4, 2), (10, 3), (200, 60)])
def test_any_size(alone, curve, size):
    async def test(pilot):
        await pilot.press("left", "plus")
        assert all(len(line) <= size[0] for line in lines(pilot.app))

    alone(curve, test, size)


def test_nothing_to_draw_is_said(alone):
    made = Curve()

    async def test(pilot):
        assert lines(pilot.app)[1] == "no points yet"
        made.set_series("a", [1], [-1.0])
        await pilot.pause()
        assert lines(pilot.app)[1] == "nothing above 0 for a logarithmic axis (L: linear)"
        await pilot.press("L")
        assert "no" not in lines(pilot.app)[1]
        made.clear()
        await pilot.pause()
        assert lines(pilot.app)[1] == "no points yet"

    alone(made, test)


def test_series_come_and_go(alone, curve):
    async def test(pilot):
        curve.remove_series("val/loss")
        await pilot.pause()
        assert "val" not in lines(pilot.app)[0]
        curve.add_points("new", [1], [1.0])
        await pilot.pause()
        assert "new 1.000" in lines(pilot.app)[0]

    alone(curve, test)


def test_a_name_with_escapes_is_harmless(alone):
    made = Curve()
    made.set_series("[red]\x1b[2J", [1, 2], [1.0, 2.0])

    async def test(pilot):
        assert "[red]\\x1b[2J" in lines(pilot.app)[0]

    alone(made, test)


def test_charts_that_share_a_view_are_told(alone):
    """By a message of the one that has the keys."""
    told = []
    made = Curve(view=CurveView())
    made.set_series("a", [1, 2], [1.0, 2.0])
    made.post_message = lambda message, post=made.post_message: told.append(type(message).__name__) or post(message)

    async def test(pilot):
        await pilot.press("left")
        assert "Moved" in told

    alone(made, test)


def test_a_live_batch_is_quick(alone):
    """50 more of 100,000 points, smoothed with the raw ones behind: the best of ten in under 6 ms on a busy machine."""
    import time

    made = Curve()
    steps = np.arange(100_000.0)
    made.set_series("a", steps.tolist(), (np.exp(-steps / 2e4) + 0.01).tolist())
    made.view.smoothing = 0.9

    async def test(pilot):
        best = 1.0
        for at in range(10):
            began = time.perf_counter()
            start = 100_000 + 50 * at
            made.lines[0].extend(np.arange(start, start + 50.0), np.full(50, 0.3))
            made._rows = made._draw()
            best = min(best, time.perf_counter() - began)
        assert best < 0.006

    alone(made, test, (100, 28))
