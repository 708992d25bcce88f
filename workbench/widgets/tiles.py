"""A widget of pictures and labels in cells: half blocks, or what the terminal draws itself where it can."""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import geometry
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench.format import width_of
from workbench.terminal.cells import NO_COLOUR, Cells, half_block_cells, shade_cells
from workbench.terminal.colours import Colours, colours_of
from workbench.terminal.kitty import MOST_CELLS, placeholder_rows
from workbench.terminal.tiles import Arrangement, Label, Size, Tile, canvas
from workbench.widgets.painted_app import Span
from workbench.widgets.painter import Painter, painter_of

LABELS = {"": Style(), "faint": Style(dim=True), "bold": Style(bold=True), "chosen": Style(bold=True, reverse=True)}
Plan = Callable[[Size, Size], Arrangement]
LATER_S = 0.1
OVER = "Toast, Tooltip"  # what Textual lays over other widgets of the same screen
OFF = Label("pictures are off", 0, 0, "faint")


class Tiles(Widget):
    """Pictures as a plan lays them out for a size in cells and a unit (see terminal/tiles.py)."""

    DEFAULT_CSS = """
    Tiles { height: 1fr; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.arrangement: Arrangement | None = None
        self._plan: Plan | None = None
        self._rows: list[Strip] | None = None
        self._drawn_for = geometry.Size(0, 0)
        self._painted: set[tuple[bytes, int, int]] = set()  # as sixels, over the cells as they are now
        self._will_paint = False

    @property
    def painter(self) -> Painter:
        """The way to the terminal."""
        return painter_of(self.app)

    def lay_out(self, plan: Plan | None) -> None:
        """Show what plan() makes of the widget's size; None: nothing."""
        self._plan = plan
        self.redraw()

    def redraw(self) -> None:
        """Lay out and draw again; rows that stay as they are are not sent again."""
        before, self._rows = self._rows, None
        if before is None or not self.is_attached or self._drawn_for != self.size:
            self.refresh()
            return
        self._rows = self._draw()
        if len(before) != len(self._rows):
            self.refresh()
        elif changed := [y for y, (old, new) in enumerate(zip(before, self._rows, strict=True)) if old != new]:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))
        self._paint_soon()

    def pictures_came(self) -> None:
        """Some of the finer pictures can be shown now."""
        if self.is_attached and self.arrangement is not None:
            if self.painter.way == "sixel":
                self._paint_soon()
            else:
                self.redraw()

    def on_resize(self) -> None:
        """The pictures are laid out anew when they are drawn, which is before this is told."""
        self.painter.resized()

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if self._rows is None or self._drawn_for != self.size:
            self._rows = self._draw()
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, Style())

    def _draw(self) -> list[Strip]:
        wide, high = self._drawn_for = self.size
        if self._plan is None or not wide or not high:
            self.arrangement = None
            return []
        painter = self.painter
        painter.shows(self)
        if painter.way == "off":
            return labelled([Strip([])], (OFF,), wide)
        self.arrangement = self._plan((wide, high), painter.unit)
        rows = [Strip(cell_segments(row), wide) for row in tile_cells(self.arrangement, painter.unit)]
        if painter.way == "kitty":
            self._put_placeholders(rows)
        return labelled(rows, self.arrangement.labels, wide)

    def _put_placeholders(self, rows: list[Strip]) -> None:
        """Placeholders in the cells of the pictures that the terminal has."""
        assert self.arrangement is not None
        for tile in self.arrangement.tiles:
            if max(tile.wide, tile.high) > MOST_CELLS:
                continue
            number = self.painter.number_of(tile)
            if number is None:
                continue
            style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
            for row, cells in enumerate(placeholder_rows(tile.wide, tile.high)):
                if tile.top + row < len(rows):
                    strip = Strip([Segment("".join(cells), style)], tile.wide)
                    rows[tile.top + row] = _put(rows[tile.top + row], strip, tile.left)

    def drawn_over(self, spans: Sequence[Span]) -> None:
        """Cells of the screen were drawn, which wiped out the sixels that were over them."""
        if self.arrangement is None:
            return
        left, top = self.content_region.offset
        for tile in self.arrangement.tiles:
            area = Region(left + tile.left, top + tile.top, tile.wide, tile.high)
            if any(y in area.line_range and start < area.right and end > area.x for y, start, end in spans):
                self._painted.discard(_place(tile))
        self._paint_soon()

    def _paint_soon(self) -> None:
        if not self._will_paint and self.painter.way == "sixel":
            self._will_paint = self.call_after_refresh(self._paint_sixels)

    def _paint_sixels(self) -> None:
        """Draw over the half blocks, where the whole widget is seen and nothing lies over it."""
        self._will_paint = False
        if self.arrangement is None or not self.is_attached or self.screen is not self.app.screen:
            return
        if not self.is_on_screen or self.region != self.screen.find_widget(self).visible_region:
            return
        if not self.painter.knows_size():
            return
        over = [widget.region for widget in self.screen.query(OVER) if widget.display]
        parts = []
        for tile in self.arrangement.tiles:
            if _place(tile) in self._painted or not (part := self._sixels_at(tile, over)):
                continue
            if not self.painter.has_room():
                self.set_timer(LATER_S, self._paint_soon)
                break
            self.painter.use(len(part))
            self._painted.add(_place(tile))
            parts.append(part)
        if parts:
            self.painter.write("\x1b[?2026h\x1b7" + "".join(parts) + "\x1b8\x1b[?2026l")

    def _sixels_at(self, tile: Tile, over: Sequence[Region]) -> str:
        """A picture at its place; nothing when it is not encoded yet, or when something lies over it."""
        found = self.painter.sixels_of(tile)
        left, top = self.content_region.offset
        area = Region(left + tile.left, top + tile.top, tile.wide, tile.high)
        if found is None or any(area.overlaps(other) for other in over):
            return ""
        return _erased_edges(area, tile, self.painter.unit) + f"\x1b[{area.y + 1};{area.x + 1}H{found}"


def _place(tile: Tile) -> tuple[bytes, int, int]:
    return tile.key, tile.left, tile.top


def _erased_edges(area: Region, tile: Tile, unit: Size) -> str:
    """Blanks for the half blocks of the last row and column of cells where the picture's pixels do not fill them."""
    height, width = tile.pixels.shape[:2]
    parts = ["\x1b[m"]
    if height < tile.high * unit[1]:
        parts.append(f"\x1b[{area.bottom};{area.x + 1}H\x1b[{tile.wide}X")
    if width < tile.wide * unit[0]:
        parts += [f"\x1b[{y + 1};{area.right}H\x1b[X" for y in area.line_range]
    return "".join(parts)


def tile_cells(arrangement: Arrangement, unit: Size) -> list[list[Cells]]:
    """The pictures of an arrangement as half blocks, in this terminal's colours."""
    pixels, shown = canvas(arrangement, unit)
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


def _put(strip: Strip, part: Strip, left: int) -> Strip:
    """A strip with a part of it replaced."""
    return Strip.join([strip.crop(0, left), part, strip.crop(left + part.cell_length, strip.cell_length)])


def labelled(rows: list[Strip], labels: tuple[Label, ...], wide: int) -> list[Strip]:
    """Rows with labels written over them."""
    strips = list(rows)
    for label in labels:
        if 0 <= label.top < len(strips) and label.text:
            text = Strip([Segment(label.text, LABELS[label.style])], width_of(label.text))
            strips[label.top] = _put(strips[label.top].adjust_cell_length(wide, Style()), text, label.left)
    return [strip.adjust_cell_length(wide, Style()) for strip in strips]
