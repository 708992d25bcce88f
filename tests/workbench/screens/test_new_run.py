"""The form of a new run, key by key."""

import pytest

from runs import queue
from runs.home import Home
from runs.store import Store
from tests.workbench.tui import check_golden, filled_home, run_with, screen_text, settled, until


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """Nothing is trained here: who would have been started."""
    seen = []
    monkeypatch.setattr(queue, "start_dispatcher", lambda home: seen.append("dispatcher"))
    return seen


def command(app):
    """The command line that the form amounts to now."""
    return app.screen.plan.command


def in_form(home, keys, test, size=(120, 40)):
    """Open the form, press keys, and run a test's coroutine."""

    async def steps(app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: app.screen.query("#fields"))
        await pilot.press(*keys)
        await settled(pilot)
        await test(app, pilot)

    run_with(home, steps, size)


def find(name):
    """The keys that go to a setting."""
    return ["slash", "ctrl+u", *name, "enter"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(tmp_path, size):
    """With one setting changed."""

    async def test(app, pilot):
        check_golden(app, f"new-run-{size[0]}x{size[1]}")

    in_form(Home(tmp_path / "home"), [*find("process.schedule"), "right"], test, size)


def test_choices_and_the_command(tmp_path):
    """Arrows turn through presets and choices, x takes the preset's own again; the command follows."""

    async def test(app, pilot):
        assert command(app) == "workbench run --preset mnist"
        await pilot.press(*find("process.schedule"), "left")
        assert command(app) == "workbench run --preset mnist --schedule edm"
        assert "● process.schedule" in screen_text(app).replace("●process", "● process")
        await pilot.press(*find("skip"), "space")
        assert command(app).endswith("--set network.skip_connections=false")
        await pilot.press("m")
        await settled(pilot)
        assert "data.blur" not in screen_text(app)
        await pilot.press("m", *find("process.schedule"), "x", *find("skip"), "backspace")
        assert command(app) == "workbench run --preset mnist"

    in_form(Home(tmp_path / "home"), ["right"], test)


def test_what_is_typed_is_checked_as_it_is_typed(tmp_path):
    """Help, limits and unit are below; a value that cannot be used stays in the line until it is mended."""

    async def test(app, pilot):
        await pilot.press("enter", "ctrl+u", *"99")
        await pilot.pause()
        text = screen_text(app)
        assert "Gaussian blur of the training pictures" in text
        assert "a number from 0 to 64 (pixels of sigma)" in text
        assert "data.blur is '99'; allowed: a number from 0 to 64" in text
        assert "workbench" not in text  # neither a command line of another value nor one that explains settings
        await pilot.press("enter")
        assert app.screen.editing == "data.blur"
        await pilot.press("ctrl+u", *"1.5")
        await pilot.pause()
        assert command(app) == "workbench run --preset digits --blur 1.5"
        await pilot.press("escape")
        assert command(app) == "workbench run --preset digits"
        await pilot.press("enter", "ctrl+u", "2", "down")
        assert (command(app), app.screen.key) == ("workbench run --preset digits --blur 2", "data.flip")

    in_form(Home(tmp_path / "home"), find("blur"), test)


def test_a_mistake_of_the_forward_process_is_warned_of(tmp_path):
    """Before anything is trained."""

    async def test(app, pilot):
        assert "leaves alpha-bar" in " ".join(screen_text(app).split())

    keys = [*find("process.schedule"), "enter", "ctrl+u", *"linear-unscaled", "enter"]
    in_form(Home(tmp_path / "home"), [*keys, *find("timesteps"), "enter", "ctrl+u", *"100", "enter"], test)


def test_a_run_is_put_into_the_queue(tmp_path, started):
    """With the command that would make it, and the list's cursor is at it."""
    home = filled_home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "queued 1" in screen_text(app))
        await until(pilot, lambda: app.screen.chosen_runs()[0].name == "mine")

    in_form(home, ["j", "enter", *"mine", "enter", *find("train.steps"), "enter", "ctrl+u", *"5", "enter"], test)
    with Store.read(home) as store:
        run = store.find("mine")
    assert (run.config.train.steps, run.status) == (5, "queued")
    assert run.command == "workbench run --preset digits --set train.steps=5 --name mine"
    assert started == ["dispatcher"]


def test_a_study_is_made_whole(tmp_path, started):
    """Two schedules times three seeds: a study as `workbench study` makes it, which asked again finds it done."""
    home = Home(tmp_path / "home")

    async def test(app, pilot):
        assert "study schedule of 6:  workbench study --vary seed=0..2 --vary process.schedule=flow,cosine" in " ".join(
            screen_text(app).split("\n")
        )
        await pilot.press("s")
        await until(pilot, lambda: "6 runs  6 queued" in screen_text(app))

    keys = [*find("seed"), "enter", "ctrl+u", *"0..2", "enter"]
    in_form(home, [*keys, *find("process.schedule"), "enter", "ctrl+u", *"flow,cosine", "enter"], test)
    with Store.read(home) as store:
        runs = store.runs()
    assert len({(run.seed, run.config.process.schedule) for run in runs}) == 6
    assert {run.study for run in runs} == {"schedule"}
    assert "schedule-cosine-seed2" in {run.name for run in runs}
    assert {run.command for run in runs} == {
        "workbench study --vary seed=0..2 --vary process.schedule=flow,cosine --preset digits"
    }
    assert [run.queue_position for run in runs] == [1, 2, 3, 4, 5, 6]


def test_a_large_study_is_asked_for_twice(tmp_path, started):
    """As the command asks."""
    home = Home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "Make the 61 runs of study seeds" in screen_text(app))
        await pilot.press("n")
        await settled(pilot)
        assert app.screen.query("#fields")

    in_form(home, [*find("seed"), "enter", "ctrl+u", *"0..60", "enter"], test)
    assert (started, home.root.exists()) == ([], False)


def test_what_cannot_be_started_is_not(tmp_path, started):
    """The reason is in the form, and the key says where to look."""
    home = Home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "this cannot be started" in screen_text(app))
        assert "do not fit network.patch 3" in " ".join(screen_text(app).split())

    in_form(home, [*find("patch"), "enter", "ctrl+u", "3", "enter"], test)
    assert (started, home.root.exists()) == ([], False)


def test_a_taken_name_is_told(tmp_path, started):
    """And the form stays."""
    home = filled_home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "which is taken" in screen_text(app))
        assert app.screen.query("#fields")

    in_form(home, ["j", "enter", *"blurred", "enter"], test)
    assert started == []


def test_again_with_one_change(tmp_path):
    """From the run under the cursor: its settings are the form's."""
    home = filled_home(tmp_path / "home")

    async def test(app, pilot):
        await pilot.press("j", "N")
        await until(pilot, lambda: app.screen.query("#fields"))
        await settled(pilot)
        assert "again: blurred" in screen_text(app)
        assert command(app) == "workbench run --preset digits --blur 1"
        await pilot.press("escape")
        await until(pilot, lambda: "5 runs" in screen_text(app))

    run_with(home, test)


def test_the_command_can_be_copied(tmp_path):
    """One for a whole study, too."""

    async def test(app, pilot):
        await pilot.press("y")
        assert app.clipboard == "workbench study --vary seed=0,1 --preset digits"

    in_form(Home(tmp_path / "home"), [*find("seed"), "enter", "ctrl+u", *"0,1", "enter"], test)


def test_a_setting_that_is_not_there_is_not_found(tmp_path):
    """Which is said; n goes to the next one that was found."""

    async def test(app, pilot):
        first = app.screen.key
        await pilot.press("n")
        assert app.screen.key != first
        assert "sigma" in first
        assert "sigma" in app.screen.key
        at = app.screen.key
        await pilot.press(*find("zzz"), "enter", *"30")
        assert "no setting has 'zzz" in screen_text(app)  # and the dialog stays: no key of it goes elsewhere
        await pilot.press("escape")
        assert (app.screen.key, command(app)) == (at, "workbench run --preset digits")

    in_form(Home(tmp_path / "home"), find("sigma"), test)


def test_a_setting_is_found_although_only_changed_ones_are_shown(tmp_path):
    """What is typed then goes to it, and not to the row that was under the cursor."""

    async def test(app, pilot):
        await pilot.press("m", *find("train.steps"), "enter", "ctrl+u", *"30", "enter")
        assert command(app) == "workbench run --preset digits --set train.steps=30"

    in_form(Home(tmp_path / "home"), [], test)


def test_a_click_elsewhere_ends_the_typing(tmp_path):
    """What can be used is taken, what cannot is not; a click on the line begins it."""

    async def test(app, pilot):
        await pilot.press("enter", "ctrl+u", *"2")
        await pilot.click("#fields", offset=(3, 3))
        await settled(pilot)
        assert (command(app), app.screen.editing) == ("workbench run --preset digits --blur 2", None)
        await pilot.press(*find("blur"))
        await pilot.click("#value")
        await pilot.press("ctrl+u", *"99")
        await pilot.click("#fields", offset=(3, 3))
        await settled(pilot)
        assert command(app) == "workbench run --preset digits --blur 2"
        assert "'99'" not in screen_text(app)

    in_form(Home(tmp_path / "home"), find("blur"), test)


def test_every_schedule_of_a_study_is_warned_of(tmp_path):
    """Not only the first run's."""

    async def test(app, pilot):
        assert "The linear-unscaled schedule with T = 100 leaves" in " ".join(screen_text(app).split())

    keys = [*find("process.schedule"), "enter", "ctrl+u", *"flow,linear-unscaled", "enter"]
    in_form(Home(tmp_path / "home"), [*keys, *find("timesteps"), "enter", "ctrl+u", *"100", "enter"], test)
