"""Runs beside each other: how each tab looks, how one gets there, what happens while the runs go on."""

import pytest

from runs.store import Store
from tests.workbench.screens.compare_home import add_run, compare_home, compared
from tests.workbench.tui import check_golden, run_with, screen_text, settled, until
from workbench.screens.compare import TABS, CompareScreen, key_lines


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two schedules of two seeds each; read only."""
    return compare_home(tmp_path_factory.mktemp("compare") / "home")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_each_tab_looks(home, size):
    """The key to the arms above all of them; what differs first."""

    async def test(app, pilot):
        await compared(app, pilot)
        for at, (_, name, _) in enumerate(TABS, start=1):
            await pilot.press(str(at))
            await settled(pilot)
            check_golden(app, f"compare-{name}-{size[0]}x{size[1]}")

    run_with(home, test, size)


def test_the_ways_there_and_back(home):
    """Marked runs, a fold, the palette; one run alone is too few; the tabs by bracket; back by escape."""

    async def test(app, pilot):
        await pilot.press("c")
        await settled(pilot)
        assert "two runs or more" in screen_text(app)
        await pilot.press("z")
        await settled(pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.told)
        assert app.screen.told.names == ("cosine-0", "cosine-1")  # seeds alone: each for itself
        await pilot.press("right_square_bracket", "right_square_bracket", "left_square_bracket")
        await settled(pilot)
        assert app.screen.chosen == 1
        await pilot.press("escape", "z", "a", "colon", *"compare")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.told)
        assert app.screen.told.runs == 4
        await pilot.press("backspace")
        await settled(pilot)
        assert not isinstance(app.screen, CompareScreen)

    run_with(home, test, (80, 24))


def test_along_another_axis_and_help(home):
    """Where two arms differ in one setting both ways are one pair; the keys are listed."""

    async def test(app, pilot):
        await compared(app, pilot)
        assert "each with the first" in screen_text(app)
        await pilot.press("a")
        await until(pilot, lambda: "along process.schedule" in screen_text(app).splitlines()[0])
        await pilot.press("a")
        await until(pilot, lambda: "each with the first" in screen_text(app).splitlines()[0])
        await pilot.press("question_mark")
        await settled(pilot)
        assert "compare along the next axis" in screen_text(app)

    run_with(home, test, (120, 40))


def test_all_sizes_without_colour(home, monkeypatch):
    """Nothing is told by colour alone: what the arms are called by is a marker and a number."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def test(app, pilot):
        await compared(app, pilot)
        for tab in range(len(TABS)):
            for size in ((200, 60), (20, 5), (80, 24)):
                await pilot.resize_terminal(*size)
                await pilot.press(str(tab + 1))
                await settled(pilot)
            text = screen_text(app)
            assert "● 1 schedule cosine" in text
            assert "▲ 2 schedule linear" in text
            styles = {segment.style for strip in app.screen._compositor.render_strips() for segment in strip}
            assert not any(style and style.color and not style.color.is_default for style in styles)

    run_with(home, test, (80, 24))


def test_runs_that_go_on_and_go_away(tmp_path):
    """A new run of the study is another arm at once; where less than two are left, it says so and goes back."""
    home = compare_home(tmp_path / "home")

    async def test(app, pilot):
        app.compare(app.runs, "two")
        await until(pilot, lambda: getattr(app.screen, "told", None))
        add_run(home, "sigmoid-0", "sigmoid", ends=False, steps=10)
        await until(pilot, lambda: "3 schedule sigmoid" in screen_text(app))
        await until(pilot, lambda: "step 10" in screen_text(app))
        with Store.write(home) as store:
            for run in store.runs()[1:]:
                store.forget(run.id)
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "a comparison needs two runs" in screen_text(app))

    run_with(home, test, (80, 24))


@pytest.mark.parametrize("wide", [20, 40, 80, 200])
def test_the_key_to_many_arms(wide):
    """Eight long names: two lines, none wider than the screen, each number there."""
    names = [f"schedule {name}, learning rate 0.00{at}" for at, name in enumerate(("linear", "cosine") * 4)]
    lines = key_lines(names, wide)
    assert len(lines) <= 2
    assert all(line.cell_len <= wide for line in lines)
    if wide >= 80:
        assert all(f" {at} " in " ".join(line.plain for line in lines) for at in range(1, 9))
