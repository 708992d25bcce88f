"""The machine's charts."""

from tests.workbench.screens.rich_run import rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import run_with, screen_text
from workbench.widgets.curve import Curve


def test_what_tells_of_the_machine(tmp_path):
    """Over time, on linear axes."""

    async def test(app, pilot):
        await opened(app, pilot, "6")
        tab = app.screen._tabs[5]
        assert [curve.title for curve in tab.query(Curve)] == ["cpu_percent", "images_per_s"]
        assert "linear y   x: time" in screen_text(app)

    run_with(rich_home(tmp_path / "home"), test)
