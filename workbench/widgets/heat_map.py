"""A table of numbers as a heat map, with the row and the column that are looked at.

`python -m workbench.widgets.heat_map` shows it with sample data.
"""

import os
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from workbench.format import width_of
from workbench.terminal.cells import half_block_cells, shade_cells
from workbench.terminal.colours import Colours, colours_of
from workbench.terminal.heat import Floats, heat_map
from workbench.widgets.tiles import cell_segments

FAINT, CHOSEN = Style(dim=True), Style(bold=True, reverse=True)


class HeatMap(Widget, can_focus=True):
    """Rows and columns of numbers as colours; one row and one column are marked at the edges."""

    DEFAULT_CSS = """
    HeatMap { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "column(-1)", "Step", key_display="←→", tooltip="another column"),
        Binding("right,l", "column(1)", "Next step", show=False, tooltip="another column"),
        Binding("up,k", "row(-1)", "Log-SNR", key_display="↑↓", tooltip="another row"),
        Binding("down,j", "row(1)", "Lower log-SNR", show=False, tooltip="another row"),
        Binding("home,g", "column(-1000000)", "First step", show=False),
        Binding("end,G", "column(1000000)", "Last step", show=False),
    ]

    class Chosen(Message):
        """Another row or column is looked at."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table: Floats = np.empty((0, 0))
        self.row_names: Sequence[str] = ()
        self.column_names: Sequence[str] = ()
        self.row, self.column = 0, 0
        self._at: Floats = np.empty(0)
        self._down = 1

    def show(self, table: Floats, row_names: Sequence[str], column_names: Sequence[str]) -> None:
        """Show a table [rows, columns], NaN where nothing is known. The newest column stays chosen if it was."""
        newest = self.column >= self.table.shape[1] - 1
        self.table, self.row_names, self.column_names = table, row_names, column_names
        self.row = min(self.row, max(0, len(row_names) - 1))
        self.column = len(column_names) - 1 if newest else min(self.column, len(column_names) - 1)
        self.refresh()

    def render_lines(self, crop):  # type: ignore[no-untyped-def]
        """All rows are drawn together."""
        self._strips = self._draw()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, Style())

    def _draw(self) -> list[Strip]:
        wide, high = self.size
        if not self.table.size or wide < 12 or high < 3:
            return []
        margin = max(map(width_of, self.row_names)) + 1
        cells = (wide - margin, high - 1)
        picture, shown, self._at = heat_map(self.table, cells)
        self._down = max(1, 2 * cells[1] // len(self.row_names))
        plain = colours_of(os.environ) is Colours.PLAIN
        rows = shade_cells(picture, shown) if plain else half_block_cells(picture, shown)
        strips = [
            Strip([*self._edge(y, margin), *cell_segments(row)]).adjust_cell_length(wide, Style())
            for y, row in enumerate(rows)
        ]
        used = min(cells[1], -(-len(self.row_names) * self._down // 2))
        return [*strips[:used], self._foot(margin, wide)]

    def _edge(self, y: int, margin: int) -> list[Segment]:
        """The name of the row that begins in this line of cells; the chosen one is marked."""
        rows = [row for row in range(len(self.row_names)) if (row * self._down + self._down // 2) // 2 == y]
        if not rows:
            return [Segment(" " * margin, Style())]
        row = self.row if self.row in rows else rows[0]
        text = self.row_names[row].rjust(margin - 1)
        return [Segment(text, CHOSEN if row == self.row else FAINT), Segment(" ", Style())]

    def _foot(self, margin: int, wide: int) -> Strip:
        """The names of the first, the chosen and the last column below them."""
        line: list[Segment] = []
        used = 0
        for column in sorted({0, self.column, len(self.column_names) - 1}, key=lambda at: (at != self.column, at)):
            line.append(Segment(self.column_names[column], CHOSEN if column == self.column else FAINT))
        named = dict(zip([self.column, *sorted({0, len(self.column_names) - 1} - {self.column})], line, strict=True))
        found: list[Segment] = []
        for column in sorted(named):
            places = np.flatnonzero(np.abs(self._at - column) == np.min(np.abs(self._at - column)))
            length = width_of(named[column].text)
            start = min(max(margin + int(places[len(places) // 2]) - length // 2, 0), wide - length)
            if start < used and column != self.column:
                continue
            start = max(start, used)
            found += [Segment(" " * (start - used), Style()), named[column]]
            used = start + length + 0
        return Strip(found).adjust_cell_length(wide, Style())

    def action_column(self, by: int) -> None:
        """Another column."""
        self.column = max(0, min(self.column + by, len(self.column_names) - 1))
        self.refresh()
        self.post_message(self.Chosen())

    def action_row(self, by: int) -> None:
        """Another row."""
        self.row = max(0, min(self.row + by, len(self.row_names) - 1))
        self.refresh()
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """The row and the column under the mouse."""
        margin = max(map(width_of, self.row_names), default=-1) + 1
        if self.table.size and 0 <= event.x - margin < len(self._at):
            self.column = round(self._at[event.x - margin])
            self.row = min(2 * event.y // self._down, len(self.row_names) - 1)
            self.refresh()
            self.post_message(self.Chosen())


def main() -> None:
    """Show sample data."""
    from workbench.widgets.alone import show_alone

    def fill(heat: HeatMap) -> None:
        rows, columns = np.arange(20.0)[:, None], np.arange(30.0)[None, :]
        names = [str(round(10 - row)) for row in range(20)]
        heat.show(np.exp(-columns / 10) + (rows / 20) ** 2, names, [f"{100 * at:,}" for at in range(30)])

    show_alone(HeatMap(), fill)


if __name__ == "__main__":
    main()
