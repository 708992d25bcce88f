"""The charts of a run."""

import pytest

from diffusion.events import Metric
from runs.create import create_run
from runs.ingest import ingest
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.screens.rich_run import rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import run_with, screen_text, settled
from workbench.screens.tabs.curves import page
from workbench.widgets.curve import Curve


@pytest.fixture
def home(tmp_path):
    return rich_home(tmp_path / "home")


def shown(app):
    return [curve.title for curve in app.screen._tabs[0].query(Curve)]


def focused(app):
    return app.screen.focused.title


def test_training_and_validation_share_a_chart(home):
    """What tells of the machine is on another tab; gaps are marked."""

    async def test(app, pilot):
        await opened(app, pilot)
        assert shown(app) == ["loss", "x0_loss"]
        tab = app.screen._tabs[0]
        assert [line.name for line in next(iter(tab.query(Curve))).lines] == ["train/loss", "val/loss"]
        assert "×" in screen_text(app)

    run_with(home, test)


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["down"], "x0_loss"),
        (["j", "k"], "loss"),
        (["down", "down"], "x0_loss"),
        (["up"], "loss"),
        (["tab"], "x0_loss"),
        (["pagedown"], "x0_loss"),
        (["ctrl+d", "pageup"], "loss"),
        (["ctrl+d", "ctrl+u"], "loss"),
    ],
)
def test_choosing_a_chart(home, keys, chosen):
    async def test(app, pilot):
        await opened(app, pilot, *keys)
        assert focused(app) == chosen

    run_with(home, test)


def test_one_chart_alone(home):
    """And all again, by the same key or by escape; then escape leaves the screen."""

    async def test(app, pilot):
        await opened(app, pilot, "down", "enter")
        assert shown(app) == ["x0_loss"]
        await pilot.press("up")
        await settled(pilot)
        assert shown(app) == ["loss"]
        await pilot.press("enter")
        await settled(pilot)
        assert shown(app) == ["loss", "x0_loss"]
        await pilot.press("enter", "escape")
        await settled(pilot)
        assert shown(app) == ["loss", "x0_loss"]
        await pilot.press("escape")
        await settled(pilot)
        assert type(app.screen).__name__ == "RunsScreen"

    run_with(home, test)


def test_charts_move_together(home):
    """The cursor and the zoom of one are those of all."""

    async def test(app, pilot):
        await opened(app, pilot, "g", "plus")
        text = screen_text(app)
        assert "loss  step 0" in text
        assert "x0_loss  step 0" in text
        views = {id(curve.view) for curve in app.screen._tabs[0].query(Curve)}
        assert len(views) == 1
        assert next(iter(app.screen._tabs[0].query(Curve))).view.window == (0, 20)

    run_with(home, test)


def test_the_filter(home):
    """A regular expression, as it is typed; enter keeps it, escape takes it away; a wrong one changes nothing."""

    async def test(app, pilot):
        await opened(app, pilot, "slash", "x", "0")
        assert shown(app) == ["x0_loss"]
        await pilot.press("left_parenthesis")
        await settled(pilot)
        assert shown(app) == ["x0_loss"]
        await pilot.press("backspace", "enter")
        await settled(pilot)
        assert focused(app) == "x0_loss"
        assert "filter x0" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert shown(app) == ["loss", "x0_loss"]

    run_with(home, test)


def test_nothing_matches(home):
    async def test(app, pilot):
        await opened(app, pilot, "slash", "z", "z")
        assert "no metric matches" in screen_text(app)

    run_with(home, test)


def test_what_is_set_is_said(home):
    """Smoothing, axes, outliers below the charts."""

    async def test(app, pilot):
        await opened(app, pilot, "full_stop", "L", "X", "o", "x", "x")
        line = screen_text(app).splitlines()[-3]
        assert line.split("   ") == ["smoothing 0.6", "log x", "linear y", "outliers left out", "x: epoch"]

    run_with(home, test)


def test_more_charts_than_fit_are_on_pages(home):
    async def test(app, pilot):
        await opened(app, pilot)
        await pilot.resize_terminal(60, 16)
        await settled(pilot)
        assert shown(app) == ["loss"]
        assert "charts 1 to 1 of 2" in screen_text(app)
        await pilot.press("down")
        await settled(pilot)
        assert shown(app) == ["x0_loss"]

    run_with(home, test)


@pytest.fixture
def child(home):
    """A fork of the run at step 30, with other figures of the machine."""
    with Store.read(home) as store:
        parent = store.runs()[-1]
    folder = create_run(home, parent.config, preset="digits", command="workbench fork", name="child", parent=parent.id)
    told = [Metric(step, name, 0.1) for step in range(31, 51) for name in ("train/loss", "system/cpu_percent")]
    attempt(folder, told, checkpoint="step-00000030.safetensors")
    with Store.write(home) as store:
        ingest(store, folder.path)


def test_a_fork_is_joined_to_its_parent(home, child):
    """With a mark where it went on; what tells of the machine is its own worker's."""

    async def test(app, pilot):
        await opened(app, pilot)
        line = app.screen._tabs[0].lines["train/loss"]
        assert (line.steps.values[0], line.steps.values[-1], line.joins) == (1, 50, [30])
        assert app.screen._tabs[0].query(Curve).first().title == "loss"
        assert "┆" in screen_text(app)
        await pilot.press("6")
        await settled(pilot)
        assert app.screen._tabs[5].lines["system/cpu_percent"].steps.values[0] == 31

    run_with(home, test)


@pytest.mark.parametrize(
    ("charts", "size", "found"),
    [
        (4, (200, 56), (2, 2)),
        (6, (200, 56), (2, 3)),
        (4, (80, 20), (1, 2)),
        (1, (200, 56), (1, 1)),
        (2, (120, 36), (1, 2)),
        (100, (200, 56), (4, 6)),
        (3, (30, 5), (1, 1)),
        (0, (200, 56), (1, 1)),
    ],
)
def test_charts_stand_beside_each_other_where_it_is_wide(charts, size, found):
    """All of them where they fit; a page of the smallest ones else."""
    assert page(charts, *size) == found
