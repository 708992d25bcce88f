"""What differs, and what is the same when it is asked for."""

from tests.workbench.screens.compare_home import compare_home, compared
from tests.workbench.tui import run_with, screen_text


def test_what_is_the_same_is_folded(tmp_path):
    """Until u unfolds it."""

    async def test(app, pilot):
        await compared(app, pilot)
        assert "settings are the same in all: u shows them" in screen_text(app)
        assert "train.batch_size" not in screen_text(app)
        await compared_again(app, pilot, "u")
        assert "the same in all" in screen_text(app)
        assert "process.timesteps" in screen_text(app)
        await compared_again(app, pilot, "u")
        assert "process.timesteps" not in screen_text(app)

    run_with(compare_home(tmp_path / "home"), test, (80, 60))


async def compared_again(app, pilot, key):
    """After one more key."""
    from tests.workbench.tui import settled

    await pilot.press(key)
    await settled(pilot)
