"""The run under the cursor, beside the list."""

from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.record import record
from runs.store import Store
from tests.workbench.streams import training
from tests.workbench.tui import BEGAN, filled_home, recorded, run_with, screen_text, until
from workbench.widgets.curve import Curve
from workbench.widgets.preview import Preview


def test_its_curves_grow(tmp_path):
    """What was read is kept, and only what is new comes; another run's curves begin anew."""
    home = Home(tmp_path / "home")
    recorded(home, "other")
    folder = recorded(home, "grows")

    async def test(app, pilot):
        curve = app.screen.query_one(Preview).query_one(Curve)
        await until(pilot, lambda: [len(line) for line in curve.lines] == [20, 1])
        kept = list(curve.lines)
        log = Log.new(folder, "attempt")
        log.add("attempt", {"format": 1, **this_process(), "command": "workbench resume"})
        for _ in record(training(25), folder, log):
            pass
        with Store.write(home) as store:
            ingest(store, folder.path)
        await until(pilot, lambda: [len(line) for line in curve.lines] == [25, 2])
        assert all(one is other for one, other in zip(curve.lines, kept, strict=True))
        await pilot.press("down")
        await until(pilot, lambda: [len(line) for line in curve.lines] == [20, 1])
        assert curve.lines[0] is not kept[0]

    run_with(home, test)


def test_a_run_that_does_not_change_grows_older(tmp_path):
    """Its age in the head line goes on as in the list, without an answer of the database."""
    home = filled_home(tmp_path / "home")

    async def test(app, pilot):
        await until(pilot, lambda: "made 12 h ago" in screen_text(app))
        app.now = lambda: BEGAN + 14 * 3600
        app.screen.query_one(Preview).show_head()
        await until(pilot, lambda: "made 14 h ago" in screen_text(app))

    run_with(home, test)
