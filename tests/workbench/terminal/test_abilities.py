"""What the terminal can do."""

import io

import pytest

from workbench.terminal.abilities import abilities
from workbench.terminal.colours import Colours


class Terminal(io.StringIO):
    """A stream that a person reads."""

    encoding = "utf-8"

    def isatty(self):
        return True


class AsciiTerminal(Terminal):
    """One without UTF-8."""

    encoding = "ascii"


@pytest.fixture(autouse=True)
def _size(monkeypatch):
    monkeypatch.setenv("COLUMNS", "132")
    monkeypatch.setenv("LINES", "43")


def test_a_good_terminal():
    """Needs no hint."""
    found = abilities({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "half", Terminal())
    assert (found.cells, found.colours, found.blocks, found.hints) == ((132, 43), Colours.TRUE, True, ())
    assert found.pictures == "half blocks in 24-bit colour"


def test_a_pipe():
    """No size, no pictures, and no hints that nobody would see the use of."""
    found = abilities({"TERM": "xterm"}, "half", io.StringIO())
    assert (found.cells, found.hints) == (None, ())
    assert found.pictures == "left out: the output is no terminal"


@pytest.mark.parametrize(
    ("environ", "inside"),
    [
        pytest.param({}, (), id="none"),
        pytest.param({"SSH_CONNECTION": "a b c d"}, ("ssh",), id="ssh"),
        pytest.param({"SSH_TTY": "/dev/pts/1", "TMUX": "/tmp/tmux-0/default,1,0"}, ("ssh", "tmux"), id="tmux over ssh"),
        pytest.param({"STY": "12.pts-0.host"}, ("screen",), id="screen"),
    ],
)
def test_what_it_runs_in(environ, inside):
    """By the variables that each of them sets."""
    assert abilities(environ, "half", Terminal()).inside == inside


@pytest.mark.parametrize(
    ("environ", "images", "pictures"),
    [
        pytest.param({"TERM": "xterm-256color"}, "half", "half blocks in the 256 colours of xterm", id="palette"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, "half", "shades of characters, without colour", id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, "half", "shades of characters, without colour", id="dumb"),
        pytest.param({"TERM": "xterm"}, "off", "off, as settings.toml says", id="off"),
    ],
)
def test_pictures(environ, images, pictures):
    """What they are shown with."""
    assert abilities(environ, images, Terminal()).pictures == pictures


@pytest.mark.parametrize(
    ("environ", "hints"),
    [
        pytest.param({"TERM": "tmux-256color", "TMUX": "x"}, ["COLORTERM", "terminal-features"], id="tmux"),
        pytest.param({"TERM": "xterm"}, ["COLORTERM"], id="palette"),
        pytest.param({"TERM": "dumb"}, ["TERM is 'dumb'"], id="dumb"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, [], id="a person's choice"),
    ],
)
def test_hints(environ, hints):
    """What would make pictures better, and nothing about what was chosen."""
    found = abilities(environ, "half", Terminal()).hints
    assert len(found) == len(hints)
    assert all(word in hint for word, hint in zip(hints, found, strict=True))


def test_without_utf_8():
    """ASCII stands in, and it is said how to have more."""
    found = abilities({"TERM": "xterm", "COLORTERM": "24bit"}, "half", AsciiTerminal())
    assert (found.encoding, found.blocks) == ("ascii", False)
    assert "ASCII" in found.pictures
    assert ["PYTHONUTF8" in hint for hint in found.hints] == [True]
