"""Drawings: that each is XML, where its points lie, and that nothing is told by colour alone."""

import numpy as np
import pytest

from tests.workbench.report.drawings import HOSTILE, line, parsed, words
from workbench.report import svg
from workbench.report.document import Bar, Bars, Heat, Line, Plot


def paths(drawing, **attributes):
    """The paths that are lines of a plot."""
    found = [one for one in parsed(drawing).iter() if one.tag.endswith("path") and one.get("stroke")]
    return [one for one in found if all(one.get(key) == value for key, value in attributes.items())]


def numbers(path):
    return [tuple(map(float, part.split())) for part in path.get("d")[1:].replace("M", "L").split("L")]


def test_a_line_goes_through_its_points():
    """From the lower left to the upper right, within the frame."""
    drawing = svg.plot_svg(Plot("rises", "step", "loss", (line("a", 1.0, 2.0, 4.0),)))
    (way, _legend) = paths(drawing)
    (x0, y0), (_, y1), (x2, y2) = numbers(way)
    assert (x0, x2) == (svg.LEFT, svg.WIDE - svg.RIGHT)
    assert y0 > y1 > y2
    assert (y0 - y1) * 2 == pytest.approx(y1 - y2, abs=0.2)
    assert {"rises"} == {parsed(drawing).get("aria-label")}
    assert {"step", "loss", "a"} <= set(words(drawing))


def test_a_gap():
    """Where a value is not finite the line is broken."""
    drawing = svg.plot_svg(Plot("c", "x", "y", (line("a", 1.0, 2.0, np.nan, 2.0, 1.0),)))
    assert len(paths(drawing)) == 3  # two parts, and the legend


def test_lines_differ_by_dash_and_marker():
    """Not by colour alone; a number given fixes the look in every plot."""
    drawing = svg.plot_svg(Plot("c", "x", "y", (line("a", 1.0, 2.0), line("b", 2.0, 1.0), line("c", 1.0, 1.5, look=1))))
    dashes = [one.get("stroke-dasharray") for one in paths(drawing)][::2]
    assert dashes[0] is None
    assert dashes[1] == dashes[2] is not None


def test_a_band():
    """Around the line, closed."""
    drawing = svg.plot_svg(
        Plot("c", "x", "y", (line("a", 2.0, 2.0, low=np.array([1.0, 1.5]), high=np.array([3.0, 2.5])),))
    )
    (band,) = [one for one in parsed(drawing).iter() if one.get("fill-opacity")]
    assert band.get("d").endswith("Z")


def test_peaks_of_long_lines_stay():
    """A hundred thousand points become as many as can be seen, and the one high value is among them."""
    ys = np.zeros(100_000)
    ys[54_321] = 7.0
    drawing = svg.plot_svg(Plot("c", "x", "y", (Line("a", np.arange(100_000.0), ys),)))
    assert len(drawing) < 40_000
    heights = [y for _, y in numbers(paths(drawing)[0])]
    assert min(heights) < svg.TOP + 20


def test_a_plot_of_nothing():
    """Axes and no line."""
    drawing = svg.plot_svg(Plot("c", "x", "y", (line("a"), line("b", np.nan))))
    assert len(paths(drawing)) == 2  # of the legend


def test_bars():
    """Value, interval and marks, with the number beside it."""
    bar = Bar("3", 0.5, 0.4, 0.7, (("real", 0.9), ("noise", 0.1)))
    drawing = svg.bars_svg(Bars("by class", "accuracy", (bar, Bar("4", 0.6, None, None))))
    assert {"3", "4", "0.500", "0.600", "real", "noise", "accuracy"} <= set(words(drawing))
    intervals = [one for one in parsed(drawing).iter() if one.get("class") == "interval"]
    assert len(intervals) == 1


def test_heat():
    """A cell as dark as its share, with the percent in it; none where there is no number."""
    shares = np.array([[0.25, np.nan], [0.0, 1.0]])
    drawing = svg.heat_svg(Heat("c", ("a", "b"), ("a", "b"), shares))
    cells = [one.get("fill-opacity") for one in parsed(drawing).iter() if one.get("class") == "shade"]
    assert cells == ["0.250", "0.000", "1.000"]
    assert {"25", "100"} <= set(words(drawing))


@pytest.mark.parametrize(
    "drawing",
    [
        svg.plot_svg(Plot(HOSTILE, HOSTILE, HOSTILE, (line(HOSTILE, 1.0, 2.0),))),
        svg.bars_svg(Bars(HOSTILE, HOSTILE, (Bar(HOSTILE, 1.0, None, None, ((HOSTILE, 1.0),)),))),
        svg.heat_svg(Heat(HOSTILE, (HOSTILE,), (HOSTILE,), np.array([[1.0]]))),
    ],
    ids=["plot", "bars", "heat"],
)
def test_names_of_others_are_text(drawing):
    """No element of theirs, no control character."""
    assert "<script" not in drawing
    assert "\x1b" not in drawing
    parsed(drawing)


def test_alone():
    """A file of its own has paper and style."""
    drawing = svg.alone(svg.plot_svg(Plot("c", "x", "y", (line("a", 1.0, 2.0),))))
    assert parsed(drawing)[0].text == svg.STYLE
