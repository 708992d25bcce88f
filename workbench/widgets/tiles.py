"""A widget of pictures and labels in cells, drawn with half blocks."""

import os
from collections.abc import Callable
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from workbench.format import width_of
from workbench.terminal.cells import NO_COLOUR, Cells, half_block_cells, shade_cells
from workbench.terminal.palette import Colours, colours_of
from workbench.terminal.tiles import HALF, Arrangement, Label, Size, canvas

LABELS = {"": Style(), "faint": Style(dim=True), "bold": Style(bold=True), "chosen": Style(bold=True, reverse=True)}
Arrange = Callable[[Size, Size], Arrangement]


class Tiles(Widget):
    """Pictures as arrange() lays them out for a size in cells and a unit (see terminal/tiles.py)."""

    DEFAULT_CSS = """
    Tiles { height: 1fr; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plan: Arrange | None = None
        self.arrangement: Arrangement | None = None
        self._rows: list[Strip] | None = None

    def lay_out(self, arrange: Arrange | None) -> None:
        """Show what arrange() makes of the widget's size; None: nothing."""
        self._plan = arrange
        self.redraw()

    def redraw(self) -> None:
        """Lay out and draw again."""
        self._rows = None
        self.refresh()

    def on_resize(self) -> None:
        """The pictures are laid out anew."""
        self._rows = None

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if self._rows is None:
            self._rows = self._draw()
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)

    def _draw(self) -> list[Strip]:
        wide, high = self.size
        if self._plan is None or not wide or not high:
            self.arrangement = None
            return []
        self.arrangement = self._plan((wide, high), HALF)
        rows = [cell_segments(row) for row in tile_cells(self.arrangement)]
        return labelled(rows, self.arrangement.labels, wide)


def tile_cells(arrangement: Arrangement) -> list[list[Cells]]:
    """The pictures of an arrangement as this terminal can show them."""
    pixels, shown = canvas(arrangement)
    plain = colours_of(os.environ) is Colours.PLAIN
    return shade_cells(pixels, shown) if plain else half_block_cells(pixels, shown)


def cell_segments(row: list[Cells]) -> list[Segment]:
    """A row of cells as segments."""
    return [Segment(text, _style(front, back)) for text, front, back in row]


@lru_cache(maxsize=65_536)
def _style(front: int, back: int) -> Style:
    return Style(color=_colour(front), bgcolor=_colour(back))


def _colour(packed: int) -> Color | None:
    return None if packed == NO_COLOUR else Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)


def labelled(rows: list[list[Segment]], labels: tuple[Label, ...], wide: int) -> list[Strip]:
    """Rows with labels written over them."""
    strips = [Strip(row, wide) for row in rows]
    for label in sorted(labels, key=lambda label: label.left):
        if not 0 <= label.top < len(strips) or not label.text:
            continue
        strip, end = strips[label.top], label.left + width_of(label.text)
        text = Strip([Segment(label.text, LABELS[label.style])], width_of(label.text))
        strips[label.top] = Strip.join([strip.crop(0, label.left), text, strip.crop(end, wide)])
    return [strip.adjust_cell_length(wide) for strip in strips]
