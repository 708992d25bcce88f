"""The line of tabs."""

import pytest

from tests.workbench.widgets.conftest import lines
from workbench.widgets.tab_line import TabLine

NAMES = ("Curves", "Denoising", "Samples", "Noise levels")


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (60, "1 Curves 2 Denoising 3 Samples 4 Noise levels"),
        (40, "1 Curve 2 Denoising 3 Sampl 4 Noise"),
        (30, "1 Cur 2 Denoising 3 Sam 4 Noi"),
        (20, "1 2 Denoising 3 4"),
    ],
)
def test_what_does_not_fit_is_shortened(alone, width, expected):
    """The chosen one keeps its name."""
    line = TabLine(NAMES)
    line.choose(1)

    async def test(pilot):
        assert lines(pilot.app)[0] == expected

    alone(line, test, (width, 1))


def test_a_click_tells_which(alone):
    line, told = TabLine(NAMES), []
    post = line.post_message
    line.post_message = lambda message: told.append(getattr(message, "index", None)) or post(message)

    async def test(pilot):
        await pilot.click(line, offset=(11, 0))
        assert 1 in told

    alone(line, test, (60, 1))
