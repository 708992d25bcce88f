"""Curves of several arms overlaid."""

import numpy as np
import pytest

from runs.arms import arms
from runs.comparison import Comparison
from runs.store import Store
from tests.workbench.screens.compare_home import add_run, compare_home, compared
from tests.workbench.tui import run_with, screen_text, settled, until
from workbench.screens.compare_tabs.curves import Chart, charts_of, lines_of
from workbench.widgets.curve import Curve


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return compare_home(tmp_path_factory.mktemp("curves") / "home")


def test_charts_and_their_lines(home):
    """What compares alone; mean and interval over seeds; other pictures a step and seconds are each line's own."""
    with Store.read(home) as store:
        found = Comparison(store, arms(store.runs()))
        assert charts_of(found) == (Chart("val/x0_loss", (1, 2), True), Chart("images_per_s", (1, 2), True))
        first, second = lines_of(found, found.curves(found.arms, "val/x0_loss"), seconds=True)
        assert (first.name, second.name, first.step_images) == ("1", "2", 32.0)
        means = [np.mean([1.1 / (1 + (1 + 0.1 * seed) * step / 10) for seed in (0, 1)]) for step in (0, 20, 40)]
        assert first.values.values == pytest.approx(means)
        low, high = first.band
        assert (low.values.values < first.values.values)[1:].all()
        assert (high.values.values > first.values.values)[1:].all()
        assert len(first.times) == 3


def test_keys(home):
    """The run screen's keys, and seconds of work as x."""

    async def test(app, pilot):
        await compared(app, pilot, "2")
        tab, (first, second) = app.screen._tabs[1], list(app.screen.query(Curve))
        assert (first.title, second.title) == ("val/x0_loss", "images_per_s")
        await pilot.press("x")
        await settled(pilot)
        assert tab.view.x_kind == "images"
        assert first.view.extent(first.lines) == (0.0, 1280.0)
        await pilot.press("x")
        await until(pilot, lambda: len(first.lines[0].times) and np.isfinite(first.lines[0].times.values).all())
        assert tab.view.x_kind == "time"
        await pilot.press("x", "full_stop", "L", "down", "enter")
        await settled(pilot)
        assert [curve.title for curve in app.screen.query(Curve)] == ["images_per_s"]
        await pilot.press("escape", "slash", *"x0", "enter")
        await settled(pilot)
        assert [curve.title for curve in app.screen.query(Curve)] == ["val/x0_loss"]
        assert "smoothing 0.6" in screen_text(app)

    run_with(home, test, (80, 24))


def test_a_run_that_goes_on_is_followed(tmp_path):
    """Its points come without a key; a line that has not moved is not read again."""
    home = compare_home(tmp_path / "home")

    async def test(app, pilot):
        app.compare(app.runs, "two")
        await until(pilot, lambda: getattr(app.screen, "told", None))
        await pilot.press("2")
        await settled(pilot)
        add_run(home, "sigmoid-0", "sigmoid", ends=False, steps=20)
        await until(pilot, lambda: len(curve_of(app).lines) == 3 and len(curve_of(app).lines[2]) == 2)

    def curve_of(app):
        return app.screen.query(Curve).first()

    run_with(home, test, (80, 24))


def test_curves_of_arms_that_stand_still_are_kept(home):
    """Another comparison of the same runs reads none of them again."""
    with Store.read(home) as store:
        first = Comparison(store, arms(store.runs()))
        curves = first.curves(first.arms, "val/x0_loss")
        second = Comparison(store, arms(store.runs()))
        second.keep(first)
        assert all(one is other for one, other in zip(second.curves(second.arms, "val/x0_loss"), curves, strict=True))
        second.forget_curves(["val/x0_loss"])
        assert second.curves(second.arms, "val/x0_loss")[0] is not curves[0]
