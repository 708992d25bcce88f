"""A run's log."""

import pytest

from diffusion.errors import UserError
from runs.store import Store
from tests.workbench.screens.rich_run import rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import run_with, screen_text, settled, until
from workbench.screens.tabs.log import LogFile


@pytest.fixture
def home(tmp_path):
    return rich_home(tmp_path / "home")


def seen(app):
    return screen_text(app).splitlines()[2:-3]


def log_of(home):
    return home.runs / "rich" / "output.log"


def test_it_opens_at_the_end_and_follows(home):
    """What is written while it is looked at comes, as long as the end is seen."""

    async def test(app, pilot):
        await opened(app, pilot, "7")
        assert seen(app)[-1] == "step 40  loss 0.400"
        with log_of(home).open("a") as stream:
            stream.write("step 41\nhalf a li")
        app.screen._tabs[6]._watch.again()
        await until(pilot, lambda: seen(app)[-1] == "step 41")
        await pilot.press("up", "up")
        with log_of(home).open("a") as stream:
            stream.write("ne\nstep 43\n")
        app.screen._tabs[6]._watch.again()
        await until(pilot, lambda: "43 lines" in screen_text(app))
        await settled(pilot)
        assert seen(app)[-1] == "step 39  loss 0.408"
        await pilot.press("G")
        await settled(pilot)
        assert seen(app)[-2:] == ["half a line", "step 43"]

    run_with(home, test, (80, 24))


def test_search(home):
    """As it is typed; enter goes to the newest, n and b around; escape ends it."""

    async def test(app, pilot):
        await opened(app, pilot, "7", "slash", *"step 1")
        assert "11 have it" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert any("step 19" in line for line in seen(app))
        assert "11 of 11 have it" in screen_text(app)
        await pilot.press("n")
        await settled(pilot)
        assert seen(app)[0] == "step 1  loss 1.818"
        assert " 1 of 11 have it" in screen_text(app)
        await pilot.press("b")
        await settled(pilot)
        assert any("step 19" in line for line in seen(app))
        await pilot.press("escape")
        await settled(pilot)
        assert "have it" not in screen_text(app)
        assert type(app.screen).__name__ == "RunScreen"

    run_with(home, test, (80, 24))


def test_nothing_in_it_does_any_harm(home):
    """Cursor movements, colours, a title, a progress bar, bytes that are no text, a line of 10 MB."""
    with log_of(home).open("wb") as stream:
        stream.write(b"\x1b[2J\x1b[31mred\x1b[0m [bold]x[/]\n10%\r50%\r100%\n\x1b]0;title\x07after\n\xff\xfe\n")
        stream.write(b"x" * 10_000_000 + b"\nlast\n")

    async def test(app, pilot):
        await opened(app, pilot, "7")
        assert seen(app)[-1] == "last" or "last" in seen(app)
        assert app.screen._tabs[6].file.skipped > 0

    run_with(home, test, (80, 24))


def test_what_is_said_in_a_terminal_is_said_here(home):
    """The last of what a bar drew over and over; escapes are gone, markup is text."""
    log_of(home).write_bytes(b"\x1b[2J\x1b[31mred\x1b[0m [bold]x[/]\n10%\r50%\r100%\n\x1b]0;title\x07after\n\xff\n")
    with Store.read(home) as store:
        file = LogFile(store.find("rich"))
    assert file.new_lines() == ["red [bold]x[/]", "100%", "after", "\ufffd"]
    assert file.new_lines() == []
    file.close()


@pytest.mark.parametrize(
    ("written", "lines"),
    [(b"first\nsecond\nthird\n", ["second", "third"]), (b"first\n0123456789abcdef\n", ["3456789abcdef"])],
    ids=["whole lines", "one long line"],
)
def test_the_end_of_a_long_log_begins_with_a_whole_line(home, monkeypatch, written, lines):
    """A torn number reads as another one. Where the end is one line there is no whole one, and its end is shown."""
    monkeypatch.setattr("workbench.screens.tabs.log.END_BYTES", 14)
    log_of(home).write_bytes(written)
    with Store.read(home) as store:
        file = LogFile(store.find("rich"))
    assert file.new_lines() == lines
    file.close()


def test_a_log_that_is_no_plain_file(home):
    """Told, not followed."""
    log_of(home).unlink()
    log_of(home).symlink_to("/etc/hostname")
    with Store.read(home) as store, pytest.raises(UserError, match=r"the log .* cannot be read"):
        LogFile(store.find("rich")).new_lines()


def test_no_log(home):
    log_of(home).unlink()

    async def test(app, pilot):
        await opened(app, pilot, "7", "n", "b")
        assert "no log yet" in screen_text(app)

    run_with(home, test, (80, 24))
