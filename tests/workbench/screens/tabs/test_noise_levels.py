"""Losses by noise level."""

import pytest

from tests.workbench.screens.rich_run import rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import filled_home, run_with, screen_text


@pytest.fixture
def home(tmp_path):
    return rich_home(tmp_path / "home")


@pytest.mark.parametrize(
    ("keys", "words", "curve"),
    [
        ([], "val loss 0.06957   log-SNR 2   step 40", "step 40 by log-SNR"),
        (["down"], "val loss 0.2200   log-SNR 0   step 40", "step 40 by log-SNR"),
        (["j", "left"], "val loss 0.3667   log-SNR 0   step 20", "step 20 by log-SNR"),
        (["j", "k", "home"], "val loss 0.3479   log-SNR 2   step 0", "step 0 by log-SNR"),
        (["c"], "val loss 0.06957   log-SNR 2   step 40", "log-SNR 2 over training"),
        (["c", "down"], "val loss 0.2200   log-SNR 0   step 40", "log-SNR 0 over training"),
        (["c", "c"], "val loss 0.06957   log-SNR 2   step 40", "step 40 by log-SNR"),
        (["v"], "train loss 0.06325   log-SNR 2   step 40", "step 40 by log-SNR"),
        (["v", "v"], "val loss 0.06957   log-SNR 2   step 40", "step 40 by log-SNR"),
    ],
)
def test_keys(home, keys, words, curve):
    """Along the steps and the noise levels; the curve of a row or a column; the other split."""

    async def test(app, pilot):
        await opened(app, pilot, "4", *keys)
        text = screen_text(app)
        assert text.splitlines()[2].startswith(words)
        assert curve in text

    run_with(home, test, (80, 24))


def test_the_curve_has_its_own_cursor(home):
    async def test(app, pilot):
        await opened(app, pilot, "4", "tab", "left", "left")
        assert "log-SNR 0  ● val 0.2200" in screen_text(app)

    run_with(home, test, (80, 24))


def test_one_step(tmp_path):
    """A single column, whose curve over training is a point."""

    async def test(app, pilot):
        await pilot.press("down")
        await opened(app, pilot, "4", "c", "v", "left", "down")
        assert "loss 0.2500" in screen_text(app)

    run_with(filled_home(tmp_path / "home"), test, (80, 24))
