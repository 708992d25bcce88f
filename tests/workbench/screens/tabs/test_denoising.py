"""The trajectories of a run."""

import pytest

from diffusion.events import Finished, Started
from tests.workbench.screens.rich_run import more, preview, rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.streams import NAMES
from tests.workbench.tui import run_with, screen_text, settled, until
from workbench.screens.tabs.denoising import noise_words


@pytest.fixture
def home(tmp_path):
    return rich_home(tmp_path / "home")


def another():
    """A later attempt with a preview at step 60."""
    yield Started({}, NAMES)
    yield from preview(60)
    yield Finished("completed", 60, 1.0)


def told(app):
    return screen_text(app).splitlines()[2]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "step 40   class 0   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["left"], "step 40   class 0   sampling step 15   log-SNR -1.8   sigma 2.51"),
        (["home"], "step 40   class 0   sampling step 0   log-SNR -4.6   sigma 10.0"),
        (["up"], "step 20   class 0   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["k", "k", "k"], "step 0   class 0   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["up", "j"], "step 40   class 0   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["c"], "step 40   class 1   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["c", "c"], "step 40   class 0   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["C"], "step 40   class 1   sampling step 20   log-SNR 9.2   sigma 0.0100"),
        (["home", "up", "c"], "step 20   class 1   sampling step 0   log-SNR -4.6   sigma 10.0"),
    ],
)
def test_keys(home, keys, words):
    """Along the sampling steps, along the training, from class to class; the other places stay."""

    async def test(app, pilot):
        await opened(app, pilot, "2", *keys)
        assert told(app) == words

    run_with(home, test, (80, 24))


@pytest.mark.parametrize(
    ("sigma", "words"),
    [(1.0, ["log-SNR 0.0", "sigma 1.00"]), (0.0, ["log-SNR ∞", "sigma 0"]), (None, [])],
)
def test_noise_in_words(sigma, words):
    """The last sampling step leaves no noise, and says so."""
    assert noise_words(sigma) == words


def test_play_and_pause(home, monkeypatch):
    monkeypatch.setattr("workbench.widgets.filmstrip.PLAY_S", 0.01)

    async def test(app, pilot):
        await opened(app, pilot, "2")
        await pilot.press("space")
        await until(pilot, lambda: "playing" in screen_text(app) or "sampling step 20" in told(app))
        await until(pilot, lambda: "sampling step 20" in told(app) and "playing" not in screen_text(app))

    run_with(home, test, (80, 24))


def test_a_new_preview_is_followed_from_the_newest(home):
    async def test(app, pilot):
        await opened(app, pilot, "2")
        more(home, another)
        await until(pilot, lambda: told(app).startswith("step 60"))

    run_with(home, test, (80, 24))


@pytest.mark.parametrize("keys", [["left"], ["up"], ["up", "down"], ["c"]], ids="-".join)
def test_a_new_preview_never_steals_the_place(home, keys):
    """It is told of, and one key goes there."""

    async def test(app, pilot):
        await opened(app, pilot, "2", *keys)
        before = told(app)
        more(home, another)
        await until(pilot, lambda: "newest at step 60" in screen_text(app))
        assert told(app) == before
        await pilot.press("down", "down", "down")
        await settled(pilot)
        assert told(app).startswith("step 60")

    run_with(home, test, (80, 24))


def test_no_previews(tmp_path):
    from tests.workbench.tui import filled_home

    async def test(app, pilot):
        await opened(app, pilot, "2", "left", "up", "c", "space")
        assert "no preview yet" in screen_text(app)

    run_with(filled_home(tmp_path / "home"), test, (80, 24))
