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
    """The command lines that the form amounts to now."""
    return [one.command for one in app.screen.plan]


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
        assert command(app) == ["workbench run --preset mnist"]
        await pilot.press(*find("process.schedule"), "left")
        assert command(app) == ["workbench run --preset mnist --schedule edm"]
        assert "● process.schedule" in screen_text(app).replace("●process", "● process")
        await pilot.press(*find("skip"), "space")
        assert command(app)[0].endswith("--set network.skip_connections=false")
        await pilot.press("m")
        await settled(pilot)
        assert "data.blur" not in screen_text(app)
        await pilot.press("m", *find("process.schedule"), "x", *find("skip"), "backspace")
        assert command(app) == ["workbench run --preset mnist"]

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
        await pilot.press("enter")
        assert app.screen.editing == "data.blur"
        await pilot.press("ctrl+u", *"1.5")
        await pilot.pause()
        assert command(app) == ["workbench run --preset digits --blur 1.5"]
        await pilot.press("escape")
        assert command(app) == ["workbench run --preset digits"]
        await pilot.press("enter", "ctrl+u", "2", "down")
        assert (command(app), app.screen.key) == (["workbench run --preset digits --blur 2"], "data.flip")

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


def test_a_study_is_made_whole_and_tagged(tmp_path, started):
    """Two schedules times three seeds."""
    home = Home(tmp_path / "home")

    async def test(app, pilot):
        assert "6 runs, tagged seed-schedule" in screen_text(app)
        await pilot.press("s")
        await until(pilot, lambda: "6 runs  6 queued" in screen_text(app))

    keys = [*find("seed"), "enter", "ctrl+u", *"0..2", "enter"]
    in_form(home, [*keys, *find("process.schedule"), "enter", "ctrl+u", *"flow,cosine", "enter"], test)
    with Store.read(home) as store:
        runs = store.runs()
    assert len({(run.seed, run.config.process.schedule) for run in runs}) == 6
    assert {run.tags for run in runs} == {("seed-schedule",)}
    assert [run.queue_position for run in runs] == [1, 2, 3, 4, 5, 6]


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
        assert command(app) == ["workbench run --preset digits --blur 1"]
        await pilot.press("escape")
        await until(pilot, lambda: "5 runs" in screen_text(app))

    run_with(home, test)


def test_the_commands_can_be_copied(tmp_path):
    """All of a study, a line each."""

    async def test(app, pilot):
        await pilot.press("y")
        assert app.clipboard.splitlines() == [f"workbench run --preset digits --seed {seed}" for seed in (0, 1)]

    in_form(Home(tmp_path / "home"), [*find("seed"), "enter", "ctrl+u", *"0,1", "enter"], test)


def test_a_setting_that_is_not_there_is_not_found(tmp_path):
    """Which is said; n goes to the next one that was found."""

    async def test(app, pilot):
        first = app.screen.key
        await pilot.press("n")
        assert app.screen.key != first
        assert "sigma" in first
        assert "sigma" in app.screen.key
        await pilot.press(*find("zzz"))
        await until(pilot, lambda: "no setting has 'zzz'" in screen_text(app))

    in_form(Home(tmp_path / "home"), find("sigma"), test)
