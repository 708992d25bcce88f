"""Output that the terminal does not take at once."""

import io

import pytest

from workbench.terminal import backlog
from workbench.terminal.backlog import Backlog, Outlet


class Seen:
    """What a backlog has asked for, in order, and the outlet that tells it what is written."""

    def __init__(self):
        self.asked = []
        self.stream = io.StringIO()
        self.backlog = Backlog(lambda: self.asked.append("hold"), lambda: self.asked.append("release"))
        self.outlet = Outlet(self.stream, self.backlog)


@pytest.mark.parametrize(
    ("pieces", "held"),
    [
        pytest.param(["x"] * backlog.MOST_PIECES, False, id="some pieces"),
        pytest.param(["x"] * (backlog.MOST_PIECES + 1), True, id="many pieces"),
        pytest.param(["x" * backlog.MOST_CHARACTERS], False, id="a screen"),
        pytest.param(["x" * backlog.MOST_CHARACTERS, "x"], True, id="more than a screen"),
    ],
)
def test_much_output_holds_the_drawing_back(pieces, held):
    """Once, until all of it is taken; then it begins anew."""
    seen = Seen()
    for _ in range(2):
        for text in pieces:
            seen.backlog.add(text)
        assert (seen.backlog.held, seen.asked) == (held, ["hold"] * held)
        for text in pieces:
            seen.outlet.write(text)
        assert seen.backlog.held == held  # it may be in the stream's buffer still
        seen.outlet.flush()
        assert (seen.backlog.held, seen.asked) == (False, ["hold", "release"] * held)
        seen.asked.clear()
    assert seen.stream.getvalue() == "".join(pieces) * 2


def test_what_comes_while_it_is_held_is_waited_for_too():
    """The frame in which it began has more pieces; a flush in between does not end it."""
    seen = Seen()
    for _ in range(backlog.MOST_PIECES + 3):
        seen.backlog.add("x")
    for _ in range(backlog.MOST_PIECES):
        seen.outlet.write("x")
    seen.outlet.flush()
    assert seen.asked == ["hold"]
    for _ in range(3):
        seen.outlet.write("x")
    seen.outlet.flush()
    assert seen.asked == ["hold", "release"]
