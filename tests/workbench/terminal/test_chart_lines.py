"""Charts as printed text."""

import re

import numpy as np

from workbench.terminal.chart_lines import chart_lines, legend
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Line
from workbench.terminal.screen import Screen

PIPE = Screen(80, 24, terminal=False)


def line(name, values):
    found = Line(name)
    found.extend(np.arange(len(values), dtype=float), np.array(values, dtype=float))
    return found


def test_two_lines_are_told_apart_without_colour():
    """By their markers, in the chart as in the legend; nothing is coloured in a pipe."""
    drawn = chart_lines([line("up", [0, 1, 2]), line("down", [2, 1, 0])], CurveView(log_y=False), PIPE, high=6)
    assert len(drawn) == 6
    text = "\n".join([*drawn, *legend(["up", "down"], PIPE)])
    assert "\x1b" not in text
    assert text.count("●") + text.count("▲") >= 4
    assert text.endswith("● up   ▲ down")


def test_a_terminal_gets_the_colours_of_the_series(monkeypatch):
    """Line and legend in the same one."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = Screen(80, 24, terminal=True)
    (told,) = legend(["up"], shown)
    colour = re.search(r"\x1b\[(38;2;[\d;]+)m", told)[1]
    assert any(colour in row for row in chart_lines([line("up", [0, 1, 2])], CurveView(log_y=False), shown))


def test_a_legend_breaks_where_the_screen_ends():
    """No row is wider than the screen, and no name is lost."""
    names = [f"schedule-{number}" for number in range(12)]
    rows = legend(names, Screen(40, 24, terminal=False))
    assert max(map(len, rows)) <= 38
    assert [name for name in names if name in "\n".join(rows)] == names


def test_nothing_to_draw():
    """No chart."""
    assert chart_lines([Line("empty")], CurveView(), PIPE) == []
