"""What judges say, drawn in characters."""

import pytest

from tests.workbench.test_judges_page import BASELINES, CURVES, EVALUATIONS, NAMES, known, said
from workbench.format import width_of
from workbench.judge_graphs import Bar, bar_lines, confusion_lines, emergence_chart, graphs

CLIP = "clip-x"


def test_a_bar_with_its_interval_and_its_baselines():
    """On one axis from 0 to the highest number; the value is where the interval is crossed."""
    bars = [Bar("cat", 0.5, 0.25, 0.75, (("◆", 1.0),)), Bar("dog", 0.25)]
    assert bar_lines(bars, 33) == [
        "cat █████├────┼────┤    ◆  0.500",
        "dog ██████                 0.250",
        "    0                 1.0",
        "█ drawn, ├┼┤ its 95 % interval   ◆ real pictures   ○ noise   △ another class",
    ]


def test_an_axis_goes_below_zero_where_a_number_does():
    """As cosines of another class do; bars begin at zero, which is marked."""
    assert bar_lines([Bar("cat", 0.5, marks=(("△", -0.5),))], 40)[:2] == [
        "cat △             ██████████████  0.500",
        "    -0.50         0         0.50",
    ]


@pytest.mark.parametrize("width", [20, 40, 78, 200])
def test_bars_fit(width):
    """Long names are cut."""
    lines = bar_lines([Bar("a class with a very long name", 0.5, 0.1, 0.9)], width)
    assert max(map(width_of, lines[:-1])) <= max(width, 36)


def test_confusion():
    """A row for each class that was asked for, a column for each that was read."""
    lines = confusion_lines([one for one in EVALUATIONS if one.name.startswith("confusion/")], NAMES)
    assert lines[1:-1] == ["     cat  dog", "cat   75   25"]
    assert confusion_lines([], NAMES) == []


def test_graphs_by_section():
    """Each where its table is; what nobody said is not drawn."""
    clip = [said("cosine", 0.3, label, CLIP, low=0.2, high=0.4) for label in (0, 1)]
    real = [known("cosine", 0.35, label=0, judge=CLIP)]
    found = graphs([*EVALUATIONS, *clip], [*BASELINES, *real], CURVES, NAMES, 78)
    assert list(found) == ["CLIP scores", "classes", "sharpness"]
    assert found["CLIP scores"][0] == "cosine by class, clip-x"
    assert "◆" in found["CLIP scores"][1]
    assert "◆" not in found["CLIP scores"][2]
    assert found["classes"][0] == "accuracy by class, classifier-digits"
    assert "● drawn   ▲ real pictures" in found["sharpness"]
    assert graphs([], [], [], NAMES, 78) == {}
    assert emergence_chart(CURVES, 78) == []
