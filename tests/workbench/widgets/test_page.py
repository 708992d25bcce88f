"""A page of lines."""

import pytest

from tests.workbench.widgets.conftest import lines
from workbench.widgets.page import Page


@pytest.fixture
def page():
    made = Page()
    made.show([(f"line {at} " + "x" * 100, "") for at in range(100)])
    return made


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        ([], 0),
        (["down", "j", "k"], 1),
        (["pagedown"], 11),
        (["ctrl+d", "space", "pageup"], 11),
        (["G"], 88),
        (["end", "up"], 87),
        (["end", "g"], 0),
        (["end", "home"], 0),
        (["ctrl+u"], 0),
    ],
)
def test_keys(alone, page, keys, first):
    async def test(pilot):
        await pilot.press(*keys)
        await pilot.pause()
        assert lines(pilot.app)[0].startswith(f"line {first} ")
        assert lines(pilot.app)[0].endswith("…")

    alone(page, test)


def test_long_lines_are_moved_along(alone, page):
    async def test(pilot):
        await pilot.press("right")
        assert lines(pilot.app)[0].startswith("x")
        await pilot.press("left")
        assert lines(pilot.app)[0].startswith("line 0")

    alone(page, test)


def test_a_hundred_thousand_lines(alone):
    """Only those that are seen are drawn."""
    made = Page()
    made.show([("line", "")] * 100_000)

    async def test(pilot):
        await pilot.press("G")
        await pilot.pause()
        assert made.scroll_offset.y == 100_000 - 12

    alone(made, test)
