"""What a terminal is asked, and what its answers mean."""

import fcntl
import os
import struct
import termios

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.terminal import asking
from workbench.terminal.asking import (
    Abilities,
    Answers,
    cell_of,
    from_tmux,
    has_placeholders,
    promised,
    questions,
    told,
)
from workbench.terminal.colours import Colours

TRUE = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
YES, CELL = "\x1b_Gi=31;OK\x1b\\", "\x1b[6;18;9t"
KITTY = YES + "\x1bP>|kitty(0.41.1)\x1b\\" + CELL + "\x1b[?62;c"
OLD_KITTY = YES + "\x1bP>|kitty(0.26.5)\x1b\\" + CELL + "\x1b[?62;c"
FOOT = "\x1bP>|foot(1.13.1)\x1b\\" + CELL + "\x1b[?62;4;22c"


def known(answers, environ=TRUE):
    abilities = promised(environ)
    for answer in Answers().feed(answers)[1]:
        abilities = told(abilities, answer)
    return abilities


@pytest.mark.parametrize(
    ("answers", "environ", "way"),
    [
        pytest.param(KITTY, TRUE, "kitty", id="kitty"),
        pytest.param(OLD_KITTY, TRUE, "half", id="a kitty without placeholders"),
        pytest.param(FOOT, TRUE, "sixel", id="foot"),
        pytest.param("\x1b[?62;4;22c", TRUE, "half", id="sixel without a cell's size"),
        pytest.param(CELL + "\x1b[?1;2;4c", {**TRUE, "TMUX": "1"}, "half", id="sixel in tmux"),
        pytest.param("\x1b[?6c", TRUE, "half", id="linux"),
        pytest.param("", TRUE, "half", id="no answer"),
        pytest.param(KITTY, {"TERM": "xterm-256color"}, "half", id="numbers need true colour"),
        pytest.param(KITTY, {**TRUE, "NO_COLOR": "1"}, "half", id="no colour"),
        pytest.param("\x1b_Gi=31;EINVAL:no\x1b\\\x1bP>|kitty(0.41.1)\x1b\\", TRUE, "half", id="graphics refused"),
    ],
)
def test_the_way_that_is_chosen(answers, environ, way):
    assert known(answers, environ).way() == way


@pytest.mark.parametrize("wanted", ["half", "kitty", "sixel", "off"])
def test_what_is_wanted_is_done(wanted):
    assert known("").way(wanted) == wanted


@pytest.mark.parametrize(
    ("program", "has"),
    [
        ("kitty(0.28.0)", True),
        ("kitty 0.41.1", True),
        ("kitty(0.27.9)", False),
        ("kitty(1.0.0)", True),
        ("ghostty 1.0.1", True),
        ("XTerm(379)", False),
        ("", False),
    ],
)
def test_placeholders_by_name(program, has):
    assert has_placeholders(program) == has


def test_what_is_asked():
    """The attributes last: every terminal answers them, so nothing comes after."""
    assert questions(promised(TRUE)) == "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[>q\x1b[16t\x1b[c"
    in_tmux = questions(promised({**TRUE, "TMUX": "/tmp/tmux,1,0"}))
    assert in_tmux.startswith("\x1bPtmux;\x1b\x1b_G")
    assert in_tmux.endswith("\x1b[16t\x1b[c")


@pytest.mark.parametrize("cut", range(1, len(KITTY)))
def test_answers_that_come_in_pieces(cut):
    """Between what is typed: keys pass, answers do not."""
    answers = Answers()
    first, found = answers.feed("a" + KITTY[:cut])
    second, more = answers.feed(KITTY[cut:] + "b\x1b[A")
    assert first + second == "ab\x1b[A"
    assert len(found + more) == 4


@given(st.text(st.characters(max_codepoint=127)))
def test_what_is_typed_is_not_lost(text):
    """Whatever it is, as long as it is no answer."""
    answers = Answers()
    rest, found = answers.feed(text)
    assert found or rest + answers.flush() == text


def test_an_escape_key_waits_for_no_answer():
    """It is kept as it may begin one, and given back when nothing follows."""
    answers = Answers()
    assert answers.feed("\x1b") == ("", [])
    assert answers.flush() == "\x1b"
    assert answers.flush() == ""


@pytest.mark.parametrize(
    ("size", "cell"),
    [((24, 80, 720, 432), (18, 9)), ((24, 80, 0, 0), None), ((0, 0, 720, 432), None)],
)
def test_the_size_of_a_cell_by_the_kernel(size, cell):
    """For terminals that do not answer; rows, columns, pixels across and down."""
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size))
        assert cell_of(slave) == cell
    finally:
        os.close(master)
        os.close(slave)


def test_what_is_no_terminal_has_no_cells(tmp_path):
    with (tmp_path / "file").open("w") as stream:
        assert cell_of(stream.fileno()) is None


@pytest.mark.parametrize(
    ("said", "kitty", "cell"),
    [
        ("kitty(0.41.1)\t1\t18\t9\n", True, (18, 9)),
        ("kitty(0.41.1)\tall\t\t\n", True, None),
        ("kitty(0.41.1)\t0\t18\t9\n", False, (18, 9)),
        ("XTerm(379)\t1\t18\t9\n", False, (18, 9)),
        ("\t1\t\t\n", None, None),
    ],
)
def test_what_tmux_says(monkeypatch, said, kitty, cell):
    """Of the terminal around it, and whether it lets pictures through."""

    class Answer:
        stdout, returncode = said, 0

    monkeypatch.setattr(asking.subprocess, "run", lambda *args, **more: Answer)
    found = from_tmux(Abilities(Colours.TRUE, tmux=True))
    if kitty is None:
        assert found is None
    else:
        assert (found.kitty and found.placeholders, found.cell) == (kitty, cell)
