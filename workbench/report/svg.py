"""Plots as SVG: lines with bands, points with intervals, matrices as shades. Nothing is told by colour alone.

The drawings take their ink from the page (currentColor), so that they read on a dark page and on paper.
"""

from collections.abc import Iterator
from html import escape

import numpy as np
from numpy.typing import NDArray

from workbench.format import clipped, number, safe_text
from workbench.report.axes import Axis, axis_over
from workbench.report.document import Bar, Bars, Heat, Line, Plot
from workbench.terminal.series import Look, look_of

WIDE, HIGH = 560, 300  # units of a plot, which is as wide as the page allows
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 12, 44
SHORT, LONGEST = 28, 64  # letters of a name in the legend: two names beside each other, one alone
MOST_POINTS = 600  # of a line: more than there are places across
SHAPES = {  # markers by the names that charts in the terminal know, around 0, 0
    "●": '<circle r="3.5"/>',
    "○": '<circle r="3" fill="none" stroke-width="1.5"/>',
    "▲": '<path d="M-4 3.5 0-4 4 3.5Z"/>',
    "▼": '<path d="M-4-3.5 0 4 4-3.5Z"/>',
    "■": '<path d="M-3.2-3.2h6.4v6.4h-6.4Z"/>',
    "◆": '<path d="M0-4.5 4.5 0 0 4.5-4.5 0Z"/>',
    "★": '<path d="M0-5 1.5-1.5 5-1.2 2.3 1 3.2 4.6 0 2.6-3.2 4.6-2.3 1-5-1.2-1.5-1.5Z"/>',
}
INK = 'class="ink"'
KNOWN = (("real", "▲"), ("noise", "○"), ("other-class", "■"))  # marks of bars, where other pictures lie

STYLE = (  # of the page that holds the drawings, or of a drawing in a file of its own
    "svg text{font:13px system-ui,sans-serif;fill:currentColor}svg .small{font-size:11px}"
    "svg .over{font-size:11px;fill:#fff}.grid{stroke:currentColor;stroke-opacity:.15}"
    ".axis{stroke:currentColor;stroke-opacity:.6}.interval{stroke:currentColor;stroke-width:1.5;fill:none}"
    ".value,.shade{fill:#0072B2}.ink{fill:currentColor;stroke:currentColor;stroke-width:0}"
)


def plot_svg(plot: Plot) -> str:
    """Lines over axes, with their bands and a legend below."""
    across = 1 if any(len(line.name) > SHORT for line in plot.lines) else 2
    rows = -(-len(plot.lines) // across)
    whole = HIGH + 20 * rows
    x = axis_over([line.xs for line in plot.lines], LEFT, WIDE - RIGHT)
    reach = [part for line in plot.lines for part in (line.ys, line.low, line.high) if part is not None]
    y = axis_over(reach, HIGH - BOTTOM, TOP, log=plot.log_y, margin=0.04)
    drawn = [*_frame(x, y, plot)]
    for index, line in enumerate(plot.lines):
        look = look_of(index if line.look is None else line.look)
        drawn += _line(_thinned(line), look, x, y)
        at = (LEFT + index % across * (WIDE - LEFT) / 2, HIGH + 14 + 20 * (index // across))
        drawn += _legend(line.name, look, *at)
    return _svg(WIDE, whole, plot.caption, drawn)


def bars_svg(bars: Bars) -> str:
    """Each number as a point on a line of its own, with its interval, and marks where other pictures lie."""
    names = list(dict.fromkeys(name for bar in bars.bars for name, _ in bar.marks))
    foot = TOP + 22 * len(bars.bars) + 10
    whole = foot + 42 + (20 if names else 0)
    values = [np.array([value for value in _values(bar) if value is not None]) for bar in bars.bars]
    x = axis_over(values, 130.0, WIDE - RIGHT - 70, margin=0.03)
    drawn = [_rule(place, TOP, place, foot, "grid") + _label(place, foot + 16, name) for place, name in x.ticks(6)]
    drawn.append(_label((x.first + x.last) / 2, foot + 34, bars.x_name))
    for row, bar in enumerate(bars.bars):
        drawn += _bar(bar, x, TOP + 22 * row + 14, names)
    for place, name in enumerate(names):
        at = 130 + 130 * place
        drawn += [_mark(_shape(name), at, whole - 8, INK), _label(at + 10, whole - 4, name, "start")]
    return _svg(WIDE, whole, bars.caption, drawn)


def heat_svg(heat: Heat) -> str:
    """A matrix, each cell as dark as its share is large, with the number in it where there is room."""
    rows, columns = heat.shares.shape
    side = min(40.0, (WIDE - 110) / max(columns, 1))
    drawn = []
    for column, name in enumerate(heat.column_names):
        drawn.append(_label(104 + side * (column + 0.5), 14, name[: max(1, int(side / 6))]))
    for row in range(rows):
        top = 22 + side * row
        drawn.append(_label(98, top + side / 2 + 4, heat.row_names[row][:14], "end"))
        for column in range(columns):
            drawn += _cell(float(heat.shares[row, column]), 104 + side * column, top, side)
    return _svg(WIDE, 26 + side * rows, heat.caption, drawn)


def alone(drawing: str) -> str:
    """A drawing as a file of its own, on white paper."""
    head, rest = drawing.split(">", 1)
    return f'{head} color="#222"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{rest}\n'


def _cell(share: float, left: float, top: float, side: float) -> Iterator[str]:
    if not np.isfinite(share):
        return
    shade = f'<rect x="{left:.1f}" y="{top:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}" '
    yield shade + f'class="shade" fill-opacity="{max(0.0, min(1.0, share)):.3f}"/>'
    if side >= 26 and share >= 0.005:
        kind = "over" if share > 0.55 else "small"
        yield _label(left + side / 2, top + side / 2 + 4, f"{100 * share:.0f}", kind=kind)


def _frame(x: Axis, y: Axis, plot: Plot) -> Iterator[str]:
    for place, name in y.ticks(6):
        yield _rule(LEFT, place, WIDE - RIGHT, place, "grid") + _label(LEFT - 6, place + 4, name, "end")
    for place, name in x.ticks(7):
        yield _rule(place, HIGH - BOTTOM, place, HIGH - BOTTOM + 4, "axis") + _label(place, HIGH - BOTTOM + 18, name)
    yield _rule(LEFT, HIGH - BOTTOM, WIDE - RIGHT, HIGH - BOTTOM, "axis")
    yield _label((LEFT + WIDE - RIGHT) / 2, HIGH - 6, plot.x_name)
    middle = (TOP + HIGH - BOTTOM) / 2
    yield f'<text transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle">{_told(plot.y_name)}</text>'


def _line(line: Line, look: Look, x: Axis, y: Axis) -> Iterator[str]:
    xs = x.at(line.xs)
    if line.low is not None and line.high is not None:
        yield _band(xs, y.at(line.low), y.at(line.high), look)
    ys = y.at(line.ys)
    whole = np.isfinite(xs) & np.isfinite(ys)
    for part in np.split(np.arange(len(xs)), np.flatnonzero(np.diff(whole)) + 1):
        if len(part) and whole[part[0]]:
            yield f'<path d="{_way(xs[part], ys[part])}" fill="none" {_stroke(look)}/>'
    shown = np.flatnonzero(whole)
    every = shown if len(shown) <= 12 else shown[np.linspace(0, len(shown) - 1, 9).astype(int)]
    for at in every:
        yield _mark(look.marker, float(xs[at]), float(ys[at]), _ink(look))


def _band(xs: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], look: Look) -> str:
    known = np.isfinite(xs) & np.isfinite(low) & np.isfinite(high)
    if known.sum() < 2:
        return ""
    there = _way(xs[known], high[known])
    back = _way(xs[known][::-1], low[known][::-1]).replace("M", "L", 1)
    return f'<path d="{there}{back}Z" fill="{look.colour}" fill-opacity="0.18"/>'


def _way(xs: NDArray[np.float64], ys: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))


def _thinned(line: Line) -> Line:
    """At most MOST_POINTS points: of each stretch its lowest and its highest, so that no peak is lost."""
    if len(line.xs) <= MOST_POINTS:
        return line
    kept: list[int] = []
    for part in np.array_split(np.arange(len(line.xs)), MOST_POINTS // 2):
        known = part[np.isfinite(line.ys[part])]
        chosen = [int(known[line.ys[known].argmin()]), int(known[line.ys[known].argmax()])] if len(known) else []
        kept += sorted({*chosen, *([] if len(known) == len(part) else [int(part[~np.isin(part, known)][0])])})
    rows = np.array(kept)
    ends = (None if part is None else part[rows] for part in (line.low, line.high))
    return Line(line.name, line.xs[rows], line.ys[rows], *ends)


def _bar(bar: Bar, x: Axis, y: float, names: list[str]) -> Iterator[str]:
    yield _label(122, y + 4, bar.name[:16], "end")
    if bar.low is not None and bar.high is not None:
        low, high = x.at(np.array([bar.low, bar.high])).tolist()
        yield f'<path d="M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 4}v8M{high:.1f} {y - 4}v8" class="interval"/>'
    for name, value in bar.marks:
        yield _mark(_shape(name), float(x.at(np.array([value]))[0]), y, INK)
    yield _mark("●", float(x.at(np.array([bar.value]))[0]), y, 'class="value"')
    yield _label(WIDE - RIGHT, y + 4, number(bar.value, 3), "end")


def _values(bar: Bar) -> list[float | None]:
    return [bar.value, bar.low, bar.high, *(value for _, value in bar.marks)]


def _shape(name: str) -> str:
    return dict(KNOWN).get(name, "◆")


def _legend(name: str, look: Look, x: float, y: float) -> Iterator[str]:
    yield f'<path d="M{x:.0f} {y:.0f}h26" fill="none" {_stroke(look)}/>'
    yield _mark(look.marker, x + 13, y, _ink(look))
    yield _label(x + 32, y + 4, clipped(name, LONGEST), "start")


def _stroke(look: Look) -> str:
    dash = f' stroke-dasharray="{" ".join(str(part) for part in look.dash)}"' if look.dash else ""
    return f'stroke="{look.colour}" stroke-width="2"{dash}'


def _ink(look: Look) -> str:
    return f'fill="{look.colour}" stroke="{look.colour}"'


def _mark(marker: str, x: float, y: float, paint: str) -> str:
    return f'<g transform="translate({x:.1f} {y:.1f})" {paint}>{SHAPES[marker]}</g>'


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" class="{kind}"/>'


def _label(x: float, y: float, text: str, anchor: str = "middle", kind: str = "") -> str:
    more = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{_told(text)}</text>'


def _told(text: str) -> str:
    return escape(safe_text(text))


def _svg(wide: float, high: float, caption: str, drawn: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" role="img" '
        f'aria-label="{_told(caption)}">{"".join(drawn)}</svg>'
    )
