"""Lines of metrics that can be zoomed, moved, smoothed and read with a value cursor, by keys and by mouse.

`python -m workbench.widgets.curve` shows it with sample data.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from workbench.format import clipped, safe_text, width_of
from workbench.terminal.chart import AXIS, Frame, Piece
from workbench.terminal.curve_view import CurveView, draw_lines
from workbench.terminal.lines import Line, as_floats
from workbench.terminal.series import look_of

WIDE = 4  # cells that a key with shift moves the cursor
ZOOM = 0.5
WHEEL = 0.8
BOLD = Style(bold=True)


class Curve(Widget, can_focus=True):
    """One chart of several lines. Charts that share a view move together: see `Moved`."""

    DEFAULT_CSS = """
    Curve { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "cursor(-1)", "Value", tooltip="read values: move the cursor to the left", key_display="←→"),
        Binding("right,l", "cursor(1)", "Next value", show=False, tooltip="read values: move the cursor to the right"),
        Binding("plus,equals_sign", "zoom(0.5)", "Zoom", tooltip="zoom in at the cursor", key_display="+-"),
        Binding("minus", "zoom(2)", "Zoom out", show=False),
        Binding("shift+left,less_than_sign", "pan(-0.25)", "Move left", show=False, tooltip="when zoomed"),
        Binding("shift+right,greater_than_sign", "pan(0.25)", "Move right", show=False, tooltip="when zoomed"),
        Binding("0", "whole", "All", show=False, tooltip="see all of x again"),
        Binding("home,g", "first", "First point", show=False),
        Binding("end,G", "last", "Last point", show=False),
        Binding("full_stop", "smooth(1)", "Smooth", key_display=",.", tooltip="smooth more"),
        Binding("comma", "smooth(-1)", "Smooth less", show=False),
        Binding("L", "log_y", "Log y", tooltip="logarithmic or linear y"),
        Binding("X", "log_x", "Log x", show=False, tooltip="logarithmic or linear x"),
        Binding("x", "x_kind", "Axis", tooltip="step, images, epoch or time"),
        Binding("o", "clip", "Outliers", show=False, tooltip="leave outliers out of the range of y, or not"),
        Binding("y", "copy", "Copy", show=False, tooltip="copy the values at the cursor"),
        Binding("escape", "drop_cursor", "No cursor", show=False),
    ]

    class Moved(Message):
        """The view of a chart has changed."""

        def __init__(self, curve: "Curve") -> None:
            super().__init__()
            self.curve = curve

        @property
        def control(self) -> "Curve":
            """The chart."""
            return self.curve

    def __init__(
        self, *, log_y: bool = True, title: str = "", view: CurveView | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.view = view or CurveView(log_y=log_y)
        self.title = title
        self.lines: list[Line] = []
        self._frame: Frame | None = None
        self._rows: list[Strip] | None = None
        self._base: Style | None = None
        self._drag: tuple[int, tuple[float, float]] | None = None

    def set_series(self, name: str, xs: Sequence[float], ys: Sequence[float | None]) -> None:
        """Show these points of a series, rising in x, in place of what it had; None is a gap."""
        line = Line(name)
        line.extend(as_floats(xs), as_floats(ys))
        places = [at for at, known in enumerate(self.lines) if known.name == name]
        if places:
            self.lines[places[0]] = line
        else:
            self.lines.append(line)
        self.redraw()

    def add_points(self, name: str, xs: Sequence[float], ys: Sequence[float | None]) -> None:
        """Add points at the end of a series, which is made where it is missing."""
        line = next((known for known in self.lines if known.name == name), None)
        if line is None:
            self.set_series(name, xs, ys)
        else:
            line.extend(as_floats(xs), as_floats(ys))
            self.redraw()

    def remove_series(self, name: str) -> None:
        """Show a series no longer."""
        self.lines = [line for line in self.lines if line.name != name]
        self.redraw()

    def clear(self) -> None:
        """Show nothing."""
        self.show_lines([], self.title)

    def show_lines(self, lines: Sequence[Line], title: str) -> None:
        """Show lines that are kept elsewhere; after they have grown, call redraw()."""
        self.lines, self.title = list(lines), title
        self.redraw()

    def redraw(self) -> None:
        """Draw again what has changed in the lines or in the view."""
        self._rows = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the chart."""
        rows = self._drawn()
        return rows[y] if y < len(rows) else Strip.blank(self.size.width, Style())

    def _drawn(self) -> list[Strip]:
        """The chart, which is drawn whole when the first of its rows is asked for."""
        if self._rows is None or (self._rows and self._rows[0].cell_length != self.size.width):
            self._rows = self._draw()
        return self._rows

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some rows as they are: Textual's own way adds borders and padding, and takes longer than drawing."""
        if self.gutter or self.styles.tint.a or self.opacity < 1:
            return super().render_lines(crop)
        strips = self._drawn()[crop.y : crop.bottom]
        strips += [Strip.blank(self.size.width, Style())] * (crop.height - len(strips))
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def notify_style_update(self) -> None:
        """Textual's word that colours have changed."""
        super().notify_style_update()
        self._rows = self._base = None

    def on_resize(self) -> None:
        """The chart is drawn for its new size."""
        self._rows = None

    def _draw(self) -> list[Strip]:
        wide, high = self.size
        head = high > 3
        self._frame = draw_lines(self.lines, self.view, (wide, high - head)) if wide > 4 and high else None
        rows = [self._head()] if head else []
        if self._frame is None:
            rows.append([Piece(self._nothing(), AXIS, True)])
        else:
            rows += self._frame.rows
        if self._base is None:
            self._base = self.rich_style
        base = self._base
        styles: dict[tuple[int, bool], Style] = {}
        strips = [_strip(row, wide, base, styles) for row in rows]
        if head:
            strips[0] = _text_strip(rows[0], wide, base, bold=self.has_focus)
        return strips

    def _nothing(self) -> str:
        if not any(map(len, self.lines)):
            return "no points yet"
        return "nothing above 0 for a logarithmic axis (L: linear)" if self.view.log_y else "no finite value"

    def _head(self) -> list[Piece]:
        """The title, and each line's marker, name and value, as far as they fit."""
        pieces = [Piece(f"{self.title}  " if self.title else "", AXIS)]
        if self.view.cursor is not None:
            pieces.append(Piece(f"{self.view.x_text(self.view.cursor)}  ", AXIS))
        for index, (line, reading) in enumerate(zip(self.lines, self.view.readings(self.lines), strict=True)):
            pieces.append(Piece(f"{look_of(index).marker} ", index))
            name = safe_text(line.name.removesuffix(f"/{self.title}"))  # below the title loss, train/loss is train
            pieces.append(Piece(f"{name} {reading}  " if name != self.title else f"{reading}  ", AXIS, True))
        return pieces

    def on_focus(self) -> None:
        """The head is bold while the keys go here."""
        self.redraw()

    def on_blur(self) -> None:
        """The head is bold while the keys go here."""
        self.redraw()

    def _moved(self) -> None:
        self.redraw()
        self.post_message(self.Moved(self))

    def action_cursor(self, cells: int) -> None:
        """Move the value cursor."""
        columns = self._frame.columns if self._frame else self.size.width
        self.view.move_cursor(self.lines, cells, columns)
        self._moved()

    def action_zoom(self, factor: float) -> None:
        """See less or more of x."""
        self.view.zoom(self.lines, factor)
        self._moved()

    def action_pan(self, share: float) -> None:
        """Move what is seen."""
        self.view.pan(self.lines, share)
        self._moved()

    def action_whole(self) -> None:
        """See all of x."""
        self.view.window = None
        self._moved()

    def action_first(self) -> None:
        """The cursor to the first point that is seen."""
        if seen := self.view.shown(self.lines):
            self.view.put_cursor(self.lines, seen[0])
            self._moved()

    def action_last(self) -> None:
        """The cursor to the last point that is seen."""
        if seen := self.view.shown(self.lines):
            self.view.put_cursor(self.lines, seen[1])
            self._moved()

    def action_smooth(self, by: int) -> None:
        """More or less smoothing."""
        self.view.smooth(by)
        self._moved()

    def action_log_y(self) -> None:
        """Another kind of y axis."""
        self.view.log_y = not self.view.log_y
        self._moved()

    def action_log_x(self) -> None:
        """Another kind of x axis."""
        self.view.log_x = not self.view.log_x
        self.view.window = None
        self._moved()

    def action_x_kind(self) -> None:
        """Another quantity as x."""
        self.view.next_x_kind()
        self._moved()

    def action_clip(self) -> None:
        """Leave outliers out, or not."""
        self.view.clip = not self.view.clip
        self._moved()

    def action_copy(self) -> None:
        """Copy the values at the cursor, one line a series."""
        where = "newest" if self.view.cursor is None else self.view.x_text(self.view.cursor)
        rows = [f"{line.name}\t{text}" for line, text in zip(self.lines, self.view.readings(self.lines), strict=True)]
        self.app.copy_to_clipboard("\n".join([where, *rows]))

    def action_drop_cursor(self) -> None:
        """Hide the cursor; without one the key is the screen's."""
        if self.view.cursor is None:
            raise SkipAction
        self.view.cursor = None
        self._moved()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click reads values; a drag moves what is seen."""
        if self._frame is None or not self.can_focus:
            return
        seen = self.view.shown(self.lines)
        if self.view.window is not None and seen is not None:
            self._drag = (event.x, seen)
            self.capture_mouse()
        self.view.put_cursor(self.lines, self._frame.x_at(event.x))
        self._moved()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move what is seen along with the mouse."""
        if self._drag is None or self._frame is None or event.x == self._drag[0]:
            return
        start, seen = self._drag
        self.view.window, self.view.follow = seen, False
        self.view.pan(self.lines, (start - event.x) / max(1, self._frame.columns))
        self._moved()

    def on_mouse_up(self) -> None:
        """The end of a drag."""
        if self._drag is not None:
            self._drag = None
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in where the mouse is."""
        self._wheel(event, WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out where the mouse is."""
        self._wheel(event, 1 / WHEEL)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        if self._frame is None or not self.can_focus:
            return
        event.stop()
        self.view.zoom(self.lines, factor, self._frame.x_at(event.x))
        self._moved()


def _strip(pieces: Sequence[Piece], wide: int, base: Style, styles: dict[tuple[int, bool], Style]) -> Strip:
    """A row of the chart, whose characters are each one cell wide. styles has those of the rows before."""
    segments, length = [], 0
    for text, ink, faint in pieces:
        length += len(text)
        style = styles.get((ink, faint))
        if style is None:
            style = styles[ink, faint] = base + _style(ink, faint)
        segments.append(Segment(text, style))
    return Strip(segments, length).adjust_cell_length(wide, base)


def _text_strip(pieces: Sequence[Piece], wide: int, base: Style, bold: bool) -> Strip:
    """A row of any text, cut where it is too wide."""
    segments, left = [], wide
    for piece in pieces:
        text = clipped(piece.text, left)
        left -= width_of(text)
        style = base + _style(piece.ink, piece.faint)
        segments.append(Segment(text, style + BOLD if bold and piece.ink == AXIS and not piece.faint else style))
    return Strip([*segments, Segment(" " * left, base)], wide)


@lru_cache(maxsize=100)
def _style(ink: int, faint: bool) -> Style:
    return Style(dim=faint) if ink == AXIS else Style(color=look_of(ink).colour, dim=faint)


def main() -> None:
    """Show sample data."""
    import numpy as np

    from workbench.widgets.alone import show_alone

    def fill(curve: Curve) -> None:
        random = np.random.default_rng(0)
        steps = np.arange(20_000.0)
        loss = np.exp(-steps / 4000) + 0.05 + 0.05 * random.random(len(steps))
        loss[8000:8200] = np.nan
        curve.set_series("train/loss", steps.tolist(), loss.tolist())
        curve.set_series("val/loss", steps[::2000].tolist(), (loss[::2000] * 1.1).tolist())

    show_alone(Curve(title="loss"), fill)


if __name__ == "__main__":
    main()
