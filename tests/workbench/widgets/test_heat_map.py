"""The heat map's keys and mouse."""

import numpy as np
import pytest

from tests.workbench.widgets.conftest import lines
from workbench.widgets.heat_map import HeatMap


@pytest.fixture
def heat():
    made = HeatMap()
    made.show(np.arange(12.0).reshape(4, 3), ["3", "1", "-1", "-3"], ["0", "100", "200"])
    return made


@pytest.mark.parametrize(
    ("keys", "row", "column"),
    [
        ([], 0, 2),
        (["left"], 0, 1),
        (["h", "right"], 0, 2),
        (["l"], 0, 2),
        (["down", "j", "k"], 1, 2),
        (["up"], 0, 2),
        (["home"], 0, 0),
        (["g", "end"], 0, 2),
        (["g", "G"], 0, 2),
    ],
)
def test_keys(alone, heat, keys, row, column):
    async def test(pilot):
        await pilot.press(*keys)
        assert (heat.row, heat.column) == (row, column)

    alone(heat, test)


def test_how_it_looks(alone, heat):
    """Names at the left and below; the newest column is chosen."""

    async def test(pilot):
        shown = lines(pilot.app)
        assert [line[:2].strip() for line in shown if line[:2].strip()] == ["3", "1", "-1", "-3"]
        assert "200" in shown[max(at for at, line in enumerate(shown) if line)]

    alone(heat, test)


def test_a_click_chooses(alone, heat):
    async def test(pilot):
        await pilot.click(heat, offset=(4, 9))
        assert (heat.row, heat.column) == (3, 0)

    alone(heat, test)


def test_a_new_column_is_followed_only_from_the_newest(alone, heat):
    async def test(pilot):
        wider = np.arange(16.0).reshape(4, 4)
        names = ["0", "100", "200", "300"]
        heat.show(wider, heat.row_names, names)
        assert heat.column == 3
        await pilot.press("left", "left")
        heat.show(np.arange(20.0).reshape(4, 5), heat.row_names, [*names, "400"])
        assert heat.column == 1

    alone(heat, test)


@pytest.mark.parametrize("size", [(5, 2), (12, 3), (200, 60)])
def test_any_size(alone, heat, size):
    async def test(pilot):
        await pilot.press("left", "down")
        assert all(len(line) <= size[0] for line in lines(pilot.app))

    alone(heat, test, size)
