"""What the keys of the list do to runs: each action, marked runs together, deleting."""

from dataclasses import dataclass, field

import pytest

from diffusion.errors import UserError
from runs import actions
from runs.store import Store
from tests.workbench.tui import filled_home, run_with, screen_text, settled, until


@pytest.fixture
def home(tmp_path):
    """Five runs."""
    return filled_home(tmp_path / "home")


def listed(app):
    """The names of the lines, from above."""
    return [line.run.name for line in app.screen.list.lines.values()]


@dataclass
class Asked:
    """What the actions were asked."""

    calls: list[tuple[object, ...]] = field(default_factory=list)


@pytest.fixture
def asked(monkeypatch):
    """The actions, which note what they are asked and do nothing."""
    seen = Asked()

    def noting(name, answer=None):
        def act(home, run, *args, **options):
            label = getattr(run, "name", run)  # of a run or of a run's folder
            seen.calls.append((name, label, *args, *sorted(options.items())))
            if callable(answer):
                return answer(label)
            return answer

        return act

    monkeypatch.setattr(actions, "stop", noting("stop", lambda name: f"{name} was asked to stop"))
    monkeypatch.setattr(actions, "pause", noting("pause", "paused"))
    monkeypatch.setattr(actions, "enqueue", noting("enqueue"))
    monkeypatch.setattr(actions, "fork", noting("fork", lambda name: type("Folder", (), {"name": "child"})()))
    monkeypatch.setattr(actions, "delete", noting("delete", 1_500_000))
    monkeypatch.setattr(actions, "star", noting("star"))
    monkeypatch.setattr(actions, "tag", noting("tag", ()))
    monkeypatch.setattr(actions, "note", noting("note"))
    monkeypatch.setattr(actions, "rename", noting("rename"))
    monkeypatch.setattr(actions, "move_up", noting("move_up"))
    return seen


@pytest.mark.parametrize(
    ("keys", "call", "told"),
    [
        pytest.param(["s"], ("stop", "spoiled"), "spoiled was asked to stop", id="stop"),
        pytest.param(["p"], ("pause", "spoiled"), "paused", id="pause"),
        pytest.param(["r", "y"], ("enqueue", "spoiled", ("steps", None)), "1 run put into the queue", id="resume"),
        pytest.param(
            ["j", "r", "ctrl+u", *"99", "enter"],
            ("enqueue", "blurred", ("steps", 99)),
            "1 run put into the queue",
            id="resume a completed one with a new goal",
        ),
        pytest.param(
            ["f", *"steps=50", "enter"],
            ("fork", "spoiled", {"train.steps": "50"}, ("command", "workbench fork spoiled --set train.steps=50")),
            "child put into the queue",
            id="fork",
        ),
        pytest.param(["d", "y"], ("delete", "spoiled"), "1 run deleted, 1.5 MB freed", id="delete"),
        pytest.param(["asterisk"], ("star", "spoiled", True), "", id="star"),
        pytest.param(
            ["t", *"a", "space", *"-b", "enter"], ("tag", "spoiled", ("add", ["a"]), ("remove", ["b"])), "", id="tag"
        ),
        pytest.param(["e", *"hi", "enter"], ("note", "spoiled", "hi"), "", id="note"),
        pytest.param(["R", "ctrl+u", *"new", "enter"], ("rename", "spoiled", "new"), "", id="rename"),
        pytest.param(["u"], ("move_up", "spoiled", ("top", False)), "", id="up"),
        pytest.param(["U"], ("move_up", "spoiled", ("top", True)), "", id="top"),
    ],
)
def test_each_action_has_a_key(home, asked, keys, call, told):
    """It asks the action once, of the run under the cursor, and says what was done."""

    async def test(app, pilot):
        await pilot.press(*keys)
        await until(pilot, lambda: asked.calls)
        assert asked.calls[:1] == [call]
        if told:
            await until(pilot, lambda: told in screen_text(app))

    run_with(home, test)


def test_marked_runs_are_acted_on_together(home, asked):
    """And what cannot be done with one keeps nobody from the others."""

    async def test(app, pilot):
        def stop(home, run):
            if run.name == "blurred":
                raise UserError("run blurred is completed: nothing works on it")
            asked.calls.append(run.name)
            return f"{run.name} stops"

        actions.stop = stop
        await pilot.press("space", "space", "space", "s")
        await until(pilot, lambda: "nothing works on it" in screen_text(app))
        assert asked.calls == ["spoiled", "cosine-b"]
        assert "cosine-b stops" in screen_text(app)

    run_with(home, test)


def test_deleting_asks_and_takes_no_for_an_answer(home, asked):
    """With the names of all that would go."""

    async def test(app, pilot):
        await pilot.press("space", "space", "d")
        await pilot.pause()
        text = screen_text(app)
        assert "delete 2 runs and all files for good?" in text
        assert "blurred  completed  step 20" in text
        await pilot.press("n")
        await pilot.press("d", "escape")
        await settled(pilot)
        assert asked.calls == []

    run_with(home, test)


def test_a_run_that_works_is_not_deleted(home, monkeypatch):
    """The question says that it stays; when one begins after the question nothing is deleted at all."""
    working = {"blurred"}
    monkeypatch.setattr("workbench.screens.run_actions._held", lambda run: run.name in working)

    async def test(app, pilot):
        await pilot.press("space", "space", "d")
        await settled(pilot)
        assert "delete 1 run and all files for good?" in screen_text(app)
        assert "stays: blurred is completed, s stops it first" in screen_text(app)
        working.add("spoiled")
        await pilot.press("y")
        await until(pilot, lambda: "nothing was deleted: spoiled is running" in screen_text(app))
        await pilot.press("d")
        await until(pilot, lambda: "nothing to delete" in screen_text(app))
        assert len(listed(app)) == 5

    run_with(home, test)


def test_a_terminal_of_five_lines_says_what_is_deleted(home):
    """The list has names where there is room for one column, and the question has the run's name and its keys."""

    async def test(app, pilot):
        assert all(name in screen_text(app) for name in ("NAME", "spoiled", "blurred"))
        await pilot.press("d")
        await until(pilot, lambda: "for good?" in screen_text(app))
        told = screen_text(app)
        assert all(text in told for text in ("delete 1 run", "spoiled", "y yes", "n no"))

    run_with(home, test, (20, 5))


def test_a_deleted_run_is_gone_at_once(home, monkeypatch):
    """Also from an answer of the database that is older than the deletion."""
    monkeypatch.setattr(actions, "delete", lambda home, run: 1)

    async def test(app, pilot):
        old = app.runs
        await pilot.press("d", "y")
        await until(pilot, lambda: "4 runs" in screen_text(app))
        await app.screen._runs_read(old)
        assert "spoiled" not in listed(app)

    run_with(home, test)


def test_the_real_actions(home):
    """Star, tag, note, rename and delete, seen on the screen and in the database."""

    async def test(app, pilot):
        await pilot.press("asterisk")
        await until(pilot, lambda: "★spoiled" in screen_text(app))
        await pilot.press("t", *"odd", "enter")
        await until(pilot, lambda: "#odd" in screen_text(app))
        await pilot.press("R", "ctrl+u", *"renamed", "enter")
        await until(pilot, lambda: "★renamed" in screen_text(app))
        await pilot.press("d", "y")
        await until(pilot, lambda: "4 runs" in screen_text(app))

    run_with(home, test)
    with Store.read(home) as store:
        assert [run.name for run in store.runs()] == ["flow-one", "cosine-a", "cosine-b", "blurred"]
    assert not (home.runs / "spoiled").exists()
