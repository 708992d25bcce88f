"""The list of runs, key by key."""

import asyncio

import pytest

from runs import actions
from runs.home import Home
from runs.store import Store
from tests.workbench.tui import check_golden, filled_home, recorded, run_with, screen_text, settled, until
from workbench.run_filter import parse_filter


@pytest.fixture
def home(tmp_path):
    """Five runs."""
    return filled_home(tmp_path / "home")


def listed(app):
    """The names of the lines, from above."""
    return [line.run.name for line in app.screen.list.lines.values()]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(home, size):
    """The whole screen, with the run under the cursor."""

    async def test(app, pilot):
        check_golden(app, f"runs-{size[0]}x{size[1]}")

    run_with(home, test, size)


def test_no_runs_yet(tmp_path):
    """Says which key makes one, and makes nothing itself."""

    async def test(app, pilot):
        assert "no runs yet: n makes one" in screen_text(app)

    run_with(Home(tmp_path / "home"), test)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (1, 1)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_small_terminal(home, size):
    """Shows less, and every key still works."""

    async def test(app, pilot):
        await pilot.press("j", "space", "z", "slash", "x", "escape", "escape", "escape", "v", "escape", "w")
        await pilot.press("question_mark", "escape")
        await pilot.resize_terminal(100, 30)
        await settled(pilot)
        assert "flow-one" in screen_text(app)

    run_with(home, test, size)


def test_it_follows_what_is_recorded(home):
    """A run that another process adds is there, and the cursor stays where it is."""

    async def test(app, pilot):
        await pilot.press("j")
        before = app.screen.table.key
        await asyncio.to_thread(recorded, home, "another")
        await until(pilot, lambda: "another" in listed(app))
        assert app.screen.table.key == before
        assert "6 runs" in screen_text(app)

    run_with(home, test)


def test_the_filter(home):
    """Typed with completion; what is wrong is said; Escape leaves the line, then takes the filter away."""

    async def test(app, pilot):
        await pilot.press("slash", *"sched")
        await until(pilot, lambda: app.screen.query_one("#filter")._suggestion == "schedule=")
        await pilot.press("right", *"cosine")
        assert listed(app) == ["cosine-b", "cosine-a"]
        assert "2 of 5 runs" in screen_text(app)
        await pilot.press("space", *"lss=1")
        await pilot.pause()
        assert "did you mean loss?" in screen_text(app)
        await pilot.press(*["backspace"] * 6)
        assert listed(app) == ["cosine-b", "cosine-a"]
        await pilot.press("escape")
        assert app.screen.table.has_focus
        await pilot.press("escape")
        await pilot.pause()
        assert len(listed(app)) == 5

    run_with(home, test)


def test_a_filter_typed_in_a_burst_is_applied_once(home, monkeypatch):
    """With its last letter, before the key that follows acts on the list; typed slowly, with each letter."""
    applied = []
    monkeypatch.setattr("workbench.screens.runs.parse_filter", lambda text: applied.append(text) or parse_filter(text))

    async def test(app, pilot):
        for key in ("slash", *"flow", "enter", "space"):
            app.simulate_key(key)
        await until(pilot, lambda: "1 marked" in screen_text(app))
        assert applied == ["flow"]
        assert app.screen.list.runs_of(sorted(app.screen.marked)) == [run for run in app.runs if run.name == "flow-one"]
        await pilot.press("slash", *"-o")
        assert applied == ["flow", "flow-", "flow-o"]

    run_with(home, test)


def test_tab_completes_the_filter_and_never_leaves_it(home):
    """What is typed behind it is a filter still, not keys that act on runs; the foot says so."""

    async def test(app, pilot):
        await pilot.press("slash", *"sched", "tab", *"cos", "tab")
        line = app.screen.query_one("#filter")
        assert line.value == "schedule=cosine"
        assert "enter list  tab complete  esc leave" in screen_text(app).splitlines()[-1]
        await pilot.press("tab", "shift+tab", *" xyz", "tab", *"ns")
        assert (line.value, line.has_focus) == ("schedule=cosine xyzns", True)
        assert listed(app) == []
        await pilot.press("home", "tab")
        assert line.has_focus

    run_with(home, test)


def test_nothing_that_matches_empties_the_preview(home):
    """And the run is shown again when it matches."""

    async def test(app, pilot):
        await pilot.press("slash", *"spoiledx")
        await settled(pilot)
        text = screen_text(app)
        assert "no run matches the filter" in text
        assert "seed 0" not in text
        assert "train/loss" not in text
        await pilot.press("backspace")
        await until(pilot, lambda: "spoiled  diverged  seed 0" in screen_text(app))
        await until(pilot, lambda: "train/loss" in screen_text(app))

    run_with(home, test)


def test_sorting_keeps_the_cursor_in_sight(home):
    """In a table of two lines, whose curves are asked for again."""

    async def test(app, pilot):
        asked = []
        app.screen._watches[2].again = lambda: asked.append(1)
        await pilot.press("greater_than_sign", "greater_than_sign")
        await pilot.pause()
        assert app.screen.table.cursor == 4
        assert "spoiled" in screen_text(app)
        assert asked

    run_with(home, test, (80, 6))


def test_sorting(home):
    """By the columns to the left and right, turned around, and by a click on a heading."""

    async def test(app, pilot):
        screen = app.screen
        await pilot.press("greater_than_sign")
        assert (screen.list.sorted_by, listed(app)[0]) == ("status", "spoiled")
        await pilot.press("full_stop")
        assert (screen.list.sorted_by, listed(app)[0]) == ("name", "blurred")
        await pilot.press("i")
        assert listed(app)[0] == "spoiled"
        await pilot.press("less_than_sign")
        assert screen.list.sorted_by == "status"
        heading = screen_text(app).splitlines()[1]
        await pilot.click("#runs", offset=(heading.index("BLUR"), 0))
        assert screen.list.sorted_by == "blur"
        await pilot.click("#runs", offset=(heading.index("BLUR"), 0))
        assert listed(app)[0] == "blurred"

    run_with(home, test)


def test_the_next_session_has_the_list_as_it_was_left(home):
    """Columns, order and the preview's place; not the filter."""

    async def leave(app, pilot):
        await pilot.press("greater_than_sign", "greater_than_sign", "w", "v", "j", "j", "space", "enter")
        await pilot.press("slash", *"cosine", "enter")
        await settled(pilot)

    async def come_back(app, pilot):
        assert listed(app) == ["blurred", "cosine-a", "cosine-b", "flow-one", "spoiled"]
        assert app.screen.place == "below"
        assert " DATA " not in screen_text(app)

    run_with(home, leave)
    run_with(home, come_back)


def test_columns_are_chosen(home):
    """Space takes one away; the list of columns says what each is."""

    async def test(app, pilot):
        await pilot.press("v")
        await pilot.pause()
        assert "[x] SCHEDULE  noise schedule" in screen_text(app)
        assert "[ ] SEED" in screen_text(app)
        await pilot.press("j", "j", "space")
        assert "[ ] DATA" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert " DATA " not in screen_text(app)
        assert "SCHEDULE" in screen_text(app)

    run_with(home, test)


def test_seeds_fold(home):
    """Into one line with mean and spread, which opens and closes; keys act on all of its runs."""

    async def test(app, pilot):
        await pilot.press("z")
        assert "▸ 2 seeds  cosine-b" in screen_text(app)
        assert "0.05000 ±0" in screen_text(app)
        await pilot.press("j", "j")
        assert sorted(run.name for run in app.screen.chosen_runs()) == ["cosine-a", "cosine-b"]
        await pilot.press("right")
        assert [line.run.name for line in app.screen.list.lines.values() if line.inner] == ["cosine-a", "cosine-b"]
        await pilot.press("j", "h")
        assert not any(line.inner for line in app.screen.list.lines.values())
        assert app.screen.table.key.startswith("fold ")
        await pilot.press("enter")
        assert any(line.inner for line in app.screen.list.lines.values())
        await pilot.press("z")
        assert len(listed(app)) == 5

    run_with(home, test)


def test_marks(home):
    """Space marks and goes on, a marks all or none, Escape takes them away."""

    async def test(app, pilot):
        await pilot.press("space", "j", "space")
        assert [run.name for run in app.screen.chosen_runs()] == ["spoiled", "cosine-b"]
        assert "2 marked" in screen_text(app)
        await pilot.press("a")
        assert len(app.screen.chosen_runs()) == 5
        await pilot.press("a")
        assert [run.name for run in app.screen.chosen_runs()] == ["cosine-a"]
        await pilot.press("space", "escape")
        assert not app.screen.marked

    run_with(home, test)


def test_the_preview_has_its_place(home):
    """Below on a narrow terminal, beside on a wide one, off where there is no room; w moves it."""

    async def test(app, pilot):
        body = app.screen.query_one("#body")
        assert body.has_class("below")
        await pilot.resize_terminal(200, 50)
        await settled(pilot)
        assert body.has_class("beside")
        await pilot.press("w", "w", "w")
        await settled(pilot)
        assert body.has_class("off")
        assert "val/loss" not in screen_text(app)
        await pilot.press("w")
        await pilot.resize_terminal(100, 15)
        await settled(pilot)
        assert body.has_class("off")

    run_with(home, test)


def test_the_preview_follows_the_cursor(home):
    """Its head line, its curve and its pictures."""

    async def test(app, pilot):
        await pilot.press("G")
        await until(pilot, lambda: "flow-one  completed  seed 0" in screen_text(app))
        await settled(pilot)
        text = screen_text(app)
        assert "train/loss 0.05" in text
        assert "▀" in text

    run_with(home, test)


def test_foreign_text_is_harmless(tmp_path):
    """A name that looks like markup, a note with escape sequences."""
    home = Home(tmp_path / "home")
    folder = recorded(home, "[red]x[⁄]")
    with Store.read(home) as store:
        actions.note(home, store.find(folder.id), "a\x1b[2Jb[bold]c")

    async def test(app, pilot):
        text = screen_text(app)
        assert "[red]x[⁄]" in text
        assert "a\\x1b[2Jb[bold]c" in text

    run_with(home, test)
