"""Colours that a terminal promises."""

import pytest

from workbench.terminal.colours import Colours, colours_of


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, Colours.TRUE, id="truecolor"),
        pytest.param({"TERM": "xterm-256color", "COLORTERM": "24bit"}, Colours.TRUE, id="24bit"),
        pytest.param({"TERM": "xterm-direct"}, Colours.TRUE, id="direct terminfo"),
        pytest.param({"TERM": "xterm-256color"}, Colours.PALETTE, id="no COLORTERM"),
        pytest.param({"TERM": "screen", "COLORTERM": "yes"}, Colours.PALETTE, id="another COLORTERM"),
        pytest.param({"TERM": "dumb", "COLORTERM": "truecolor"}, Colours.PLAIN, id="dumb"),
        pytest.param({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, Colours.PLAIN, id="NO_COLOR"),
        pytest.param({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": ""}, Colours.TRUE, id="NO_COLOR empty"),
        pytest.param({}, Colours.PLAIN, id="no TERM"),
    ],
)
def test_environment_tells_the_colours(environ, expected):
    """NO_COLOR counts when it is not empty (no-color.org), and comes before COLORTERM."""
    assert colours_of(environ) is expected
