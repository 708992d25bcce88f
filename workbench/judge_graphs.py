"""What judges say, drawn in characters: bars by class with intervals and baselines, who is taken for whom, curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.clip_page import newest_look
from workbench.format import clipped, number, padded, safe_text, width_of
from workbench.judges_page import Known
from workbench.pictures import class_name
from workbench.terminal.chart_lines import chart_lines, legend
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Line, as_floats
from workbench.terminal.screen import Screen

if TYPE_CHECKING:
    from runs.records import Baseline, Curve, Evaluation

MARKS = {"real": "◆", "noise": "○", "other-class": "△"}
LEGEND = "█ drawn, ├┼┤ its 95 % interval   ◆ real pictures   ○ noise   △ another class"
NAME, VALUE, LONGEST_BAR = 16, 7, 72  # cells
CHART_HIGH = 10
ALONG = {
    "x0_accuracy": "class right in predicted x0",
    "x_t_accuracy": "class right in x_t",
    "x0_similarity": "likeness of predicted x0",
    "x_t_similarity": "likeness of x_t",
}


@dataclass(frozen=True)
class Bar:
    """A number with its interval, and the same number of known pictures by their mark."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    marks: tuple[tuple[str, float], ...] = ()

    @property
    def numbers(self) -> list[float]:
        """All that has to be in sight."""
        every = [self.value, self.low, self.high, *(value for _, value in self.marks)]
        return [value for value in every if value is not None]


def graphs(
    evaluations: "Sequence[Evaluation]",
    baselines: "Sequence[Baseline]",
    curves: "Sequence[Curve]",
    names: Sequence[str],
    width: int,
) -> dict[str, list[str]]:
    """What can be drawn, by the title of the section that it belongs to (see `judges_page`)."""
    known = Known(baselines)
    readers = dict.fromkeys(one.judge for one in evaluations if one.name == "entropy")
    found: dict[str, list[str]] = {"CLIP scores": [], "classes": []}
    for judge in dict.fromkeys(one.judge for one in evaluations if one.name == "cosine"):
        found["CLIP scores"] += _by_class(evaluations, known, (judge, "cosine"), names, width)
    for judge in readers:
        found["classes"] += _by_class(evaluations, known, (judge, "accuracy"), names, width)
        found["classes"] += confusion_lines(_of(evaluations, judge), names)
    found["sharpness"] = spectrum_lines(curves, width)
    found["emergence"] = emergence_chart(curves, width)
    return {title: lines for title, lines in found.items() if lines}


def _of(evaluations: "Sequence[Evaluation]", judge: str) -> "list[Evaluation]":
    return newest_look([one for one in evaluations if one.judge == judge])


def _by_class(
    evaluations: "Sequence[Evaluation]", known: Known, of: tuple[str, str], names: Sequence[str], width: int
) -> list[str]:
    judge, name = of
    look = newest_look([one for one in evaluations if (one.judge, one.name) == of])
    said = {one.label: one for one in look if one.label is not None}
    bars = []
    for label in sorted(label for label in said if label is not None):
        one = said[label]
        marks = [(mark, known.value(one, pictures)) for pictures, mark in MARKS.items()]
        there = tuple((mark, value) for mark, value in marks if value is not None)
        if one.value is not None:
            bars.append(Bar(class_name(label, names), one.value, one.low, one.high, there))
    return [f"{name} by class, {safe_text(judge)}", *bar_lines(bars, width), ""] if bars else []


def bar_lines(bars: Sequence[Bar], width: int) -> list[str]:
    """A bar a line from 0 on, the interval drawn into it, baselines as marks; ends of the axis and legend below."""
    wide = min(NAME, max(width_of(bar.name) for bar in bars))
    room = max(10, min(LONGEST_BAR, width - wide - VALUE - 2))
    every = [number for bar in bars for number in bar.numbers]
    low, high = min(0.0, *every), max(every)
    high = high if high > low else low + 1
    lines = [
        f"{padded(clipped(bar.name, wide), wide)} {_drawn(bar, low, high, room)} {number(bar.value, 3):>{VALUE - 1}}"
        for bar in bars
    ]
    return [*lines, " " * (wide + 1) + _axis(low, high, room), LEGEND]


def _axis(low: float, high: float, room: int) -> str:
    """The ends of the axis, and its zero where that is neither."""
    first, last = number(low, 2), number(high, 2)
    zero = _cell(0.0, low, high, room)
    middle = "0" if len(first) < zero < room - len(last) - 1 else ""
    return (first + middle.rjust(zero + 1 - len(first)) if middle else first).ljust(room - len(last)) + last


def _cell(value: float, low: float, high: float, room: int) -> int:
    return max(0, min(room - 1, round((value - low) / (high - low) * (room - 1))))


def _drawn(bar: Bar, low: float, high: float, room: int) -> str:
    def at(value: float) -> int:
        return _cell(value, low, high, room)

    cells = [" "] * room
    start, end = sorted((at(0.0), at(bar.value)))
    cells[start : end + 1] = "█" * (end + 1 - start)
    if bar.low is not None and bar.high is not None:
        left, right = at(bar.low), at(bar.high)
        cells[left : right + 1] = "─" * (right + 1 - left)
        cells[left], cells[right] = "├", "┤"
        cells[at(bar.value)] = "┼"
    for mark, value in bar.marks:
        cells[at(value)] = mark
    return "".join(cells)


def confusion_lines(said: "Sequence[Evaluation]", names: Sequence[str]) -> list[str]:
    """Percent of the pictures of each class, a row, that are read as each class, a column; none is a dot."""
    shares = {
        (one.label, int(one.name.removeprefix("confusion/"))): one.value or 0.0
        for one in said
        if one.name.startswith("confusion/") and one.label is not None
    }
    if not shares:
        return []
    asked = sorted({label for label, _ in shares if label is not None})
    labels = sorted({*asked, *(read for _, read in shares)})
    texts = {label: clipped(class_name(label, names), NAME) for label in labels}
    wide, cell = max(map(width_of, texts.values())), 1 + max(4, *(min(6, width_of(text)) for text in texts.values()))
    head = " " * wide + "".join(padded(clipped(texts[read], cell - 1), cell, right=True) for read in labels)
    rows = [
        padded(texts[label], wide) + "".join(_percent(shares.get((label, read), 0.0)).rjust(cell) for read in labels)
        for label in asked
    ]
    return ["confusion: percent of each row's class that is read as each column's", head, *rows, ""]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share else "·"


def spectrum_lines(curves: "Sequence[Curve]", width: int) -> list[str]:
    """The power of drawn and of real pictures by frequency."""
    titles = {"power": "drawn", "power_real": "real pictures"}
    return _chart(_last(curves, titles, "frequency"), titles, width, "power by cycles a pixel, log scale", log_y=True)


def emergence_chart(curves: "Sequence[Curve]", width: int) -> list[str]:
    """Class and likeness along the way out of the noise, over all classes."""
    title = "along the share of sampling steps done"
    return _chart(_last(curves, ALONG, "fraction"), ALONG, width, title, log_y=False)


def _last(curves: "Sequence[Curve]", names: dict[str, str], axis: str) -> "list[Curve]":
    """The curves with these names over all classes, of the pictures that were judged last."""
    mine = [one for one in curves if one.name in names and one.axis == axis and one.label is None]
    last = {one.name: one for one in mine if one.step == mine[-1].step}
    return [last[name] for name in names if name in last]


def _chart(curves: "Sequence[Curve]", titles: dict[str, str], width: int, title: str, *, log_y: bool) -> list[str]:
    lines = []
    for one in curves:
        line = Line(titles[one.name])
        xs, ys = zip(*one.points, strict=True) if one.points else ((), ())
        line.extend(as_floats(xs), as_floats(ys))
        lines.append(line)
    plain = Screen(width, CHART_HIGH, terminal=False)
    view = CurveView(log_y=log_y)
    view.x_unit = ""
    drawn = chart_lines(lines, view, plain, CHART_HIGH)
    return [title, *drawn, *legend([line.name for line in lines], plain), ""] if drawn else []
