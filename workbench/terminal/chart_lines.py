"""A chart of several lines as text, with its legend below: for pages that are printed."""

from collections.abc import Sequence

from workbench.format import clipped, width_of
from workbench.terminal.chart import AXIS, Piece
from workbench.terminal.colours import Colours
from workbench.terminal.curve_view import CurveView, draw_lines
from workbench.terminal.lines import Line
from workbench.terminal.palette import nearest_xterm
from workbench.terminal.screen import Screen
from workbench.terminal.series import look_of

WIDEST = 100
GAP = "   "


def chart_lines(lines: Sequence[Line], view: CurveView, screen: Screen, high: int = 10) -> list[str]:
    """The chart in as many cells as the screen has, at most 100, and so many lines; empty without a point to draw."""
    frame = draw_lines(lines, view, (min(screen.wide, WIDEST) - 2, high))
    if frame is None:
        return []
    return ["".join(_inked(piece, screen) for piece in row).rstrip() for row in frame.rows]


def legend(names: Sequence[str], screen: Screen) -> list[str]:
    """Each line's marker and name, as many to a row as fit."""
    wide = min(screen.wide, WIDEST) - 2
    rows: list[list[str]] = [[]]
    used = 0
    for index, name in enumerate(names):
        entry = clipped(f"{look_of(index).marker} {name}", wide)
        if rows[-1] and used + width_of(entry) > wide:
            rows.append([])
            used = 0
        rows[-1].append(_inked(Piece(entry, index), screen))
        used += width_of(entry) + len(GAP)
    return [GAP.join(row) for row in rows if row]


def _inked(piece: Piece, screen: Screen) -> str:
    """A piece in its line's colour, and what is behind or of the axis faint."""
    if piece.ink == AXIS or not piece.text.strip():
        return screen.styled(piece.text, "2") if piece.text.strip() else piece.text
    return screen.styled(piece.text, _colour(look_of(piece.ink).colour, screen.colours))


def _colour(hexadecimal: str, colours: Colours) -> str:
    """The SGR style of a colour that is written #RRGGBB."""
    import numpy as np

    rgb = tuple(int(hexadecimal[at : at + 2], 16) for at in (1, 3, 5))
    if colours is Colours.TRUE:
        return f"38;2;{rgb[0]};{rgb[1]};{rgb[2]}"
    return f"38;5;{int(nearest_xterm(np.array([rgb], dtype=np.uint8))[0])}"
