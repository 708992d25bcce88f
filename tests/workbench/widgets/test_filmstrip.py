"""The filmstrip's keys."""

import numpy as np
import pytest

from tests.workbench.widgets.conftest import lines
from workbench.terminal.tiles import Moment
from workbench.widgets.filmstrip import Filmstrip


@pytest.fixture
def strip():
    made = Filmstrip()
    pictures = [np.full((8, 8, 1), 20 * at, dtype=np.uint8) for at in range(11)]
    made.show([Moment(str(at), (one, one)) for at, one in enumerate(pictures)])
    return made


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ([], 10),
        (["left"], 9),
        (["h", "h", "l"], 9),
        (["right"], 10),
        (["home"], 0),
        (["g", "left"], 0),
        (["g", "G"], 10),
        (["g", "end"], 10),
    ],
)
def test_keys(alone, strip, keys, chosen):
    async def test(pilot):
        await pilot.press(*keys)
        assert strip.chosen == chosen
        assert f"▸{chosen}" in lines(pilot.app)[0]

    alone(strip, test)


def test_play_goes_from_the_start_to_the_end_and_stops(alone, strip, monkeypatch):
    """From where it is when that is not the end; pause keeps the place."""

    async def test(pilot):
        await pilot.press("space")
        assert (strip.playing, strip.chosen) == (True, 0)
        strip._play_on()
        await pilot.press("space")
        assert (strip.playing, strip.chosen) == (False, 1)
        await pilot.press("space")
        for _ in range(10):
            strip._play_on()
        assert (strip.playing, strip.chosen) == (False, 10)

    monkeypatch.setattr("workbench.widgets.filmstrip.PLAY_S", 1e6)
    alone(strip, test)


def test_more_moments_do_not_move_the_chosen_one(alone, strip):
    async def test(pilot):
        await pilot.press("home", "right", "right")
        strip.show([*strip.moments, Moment("new", (None, None))])
        await pilot.pause()
        assert strip.chosen == 2

    alone(strip, test)
