"""Twins: pictures of several runs from the same noise."""

import pytest

from tests.workbench.screens.compare_home import compare_home, compared
from tests.workbench.tui import run_with, screen_text, settled


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return compare_home(tmp_path_factory.mktemp("pictures") / "home")


def told(app):
    """What is looked at, and how."""
    lines = screen_text(app).splitlines()
    return lines[3], next(line for line in lines if line.startswith("columns:"))


STEPS = [  # a key after the other, and what is said then
    ("l", "class 1   step 40   sampling step 20   x0", "columns: class"),
    ("left", "class 0   step 40   sampling step 20   x0", "run 1 of 2"),
    ("down", "class 0   step 40   sampling step 20   x0", "run 2 of 2"),
    ("k", "class 0   step 40   sampling step 20   x0", "run 1 of 2   the same noise for all"),
    ("comma", "class 0   step 40   sampling step 10   log-SNR -0.8   x0", "locked on sampling step"),
    ("L", "class 0   step 40   sampling step 0   log-SNR -2.2   x0", "locked on log-SNR"),  # as noisy as linear at 15
    ("down", "class 0   step 40   sampling step 15   log-SNR -1.8   x0", ""),
    ("home", "class 0   step 40   sampling step 0   log-SNR -4.6   x0", ""),
    ("full_stop", "class 0   step 40   sampling step 5   log-SNR -4.0", ""),
    ("end", "class 0   step 40   sampling step 20   x0", ""),
    ("less_than_sign", "class 0   step 20   sampling step 20   x0", ""),
    ("v", "class 0   step 20   sampling step 20   x0", "columns: sampling step"),
    ("h", "class 0   step 20   sampling step 15", ""),
    ("c", "class 1   step 20   sampling step 15", ""),
    ("C", "class 0   step 20   sampling step 15", ""),
    ("greater_than_sign", "class 0   step 40   sampling step 15", ""),
    ("v", "class 0   step 40   sampling step 15", "columns: training step"),
    ("less_than_sign", "class 0   step 20   sampling step 15", ""),
    ("comma", "class 0   step 20   sampling step 10", ""),
    ("x", "class 0   step 20   sampling step 10   log-SNR -3.2   x_t", ""),
    ("d", "class 0   step 20   sampling step 10   log-SNR -3.2   x_t   difference", ""),
]


def test_keys(home):
    """One slider moves all rows; what was chosen stays chosen when other things become columns."""

    async def test(app, pilot):
        await compared(app, pilot, "4")
        for key, what, how in STEPS:
            await pilot.press(key)
            await settled(pilot)
            assert told(app)[0].startswith(what), key
            assert how in told(app)[1], key

    run_with(home, test, (80, 24))


def test_enlarged_and_blinking(home):
    """All twins large; two in one place, one after the other on one key; escape leads back to all, then away."""

    async def test(app, pilot):
        await compared(app, pilot, "4", "enter")
        names = screen_text(app).splitlines()[4].split("  ")
        assert [name.strip() for name in names if name] == ["1 schedule cosi…", "2 schedule line…"]
        seen = []
        for key in ("b", "b", "b", "escape"):
            await pilot.press(key)
            await settled(pilot)
            seen.append(screen_text(app).splitlines()[-4].strip())
        assert seen[:3] == ["1 schedule cosine", "2 schedule linear", "1 schedule cosine"]
        assert app.screen._tabs[3].look.enlarged
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert "4 runs" in screen_text(app).splitlines()[0]

    run_with(home, test, (80, 24))
