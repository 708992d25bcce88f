"""A table of any length with a cursor, marks and a fixed heading. Only the lines that are seen are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.format import padded, width_of

GAP = 2
GUTTER = 1  # for the mark
MARK = "●"
Cell = str | tuple[str, str]  # text, or text and a style
Content = tuple[Cell, ...] | None


@dataclass(frozen=True)
class Column:
    """One column. Where a table that fits its width is too wide, the columns of the highest rank are left out first."""

    key: str
    title: str
    right: bool = False
    shrinks_to: int | None = None
    rank: int = 0


@dataclass(frozen=True)
class Row:
    """One line: key is its identity, which the cursor and the marks follow."""

    key: object
    cells: tuple[Cell, ...]


Headings = list[tuple[Column, int]]


class Table(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a heading. fit: columns shrink and give way so that the table is as wide as the widget."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "First", show=False),
        Binding("end,G", "edge(-1)", "Last", show=False),
        Binding("enter", "select", "Open", tooltip="open the line under the cursor"),
    ]
    DEFAULT_CSS = "Table { height: 1fr; width: 1fr; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }"

    class Highlighted(Message):
        """The cursor is at another line, or at none (key None)."""

        def __init__(self, table: "Table", key: object) -> None:
            super().__init__()
            self.table, self.key = table, key

    class Selected(Message):
        """Enter, or a second click, on a line."""

        def __init__(self, table: "Table", key: object) -> None:
            super().__init__()
            self.table, self.key = table, key

    class HeadingClicked(Message):
        """A click on a column's heading."""

        def __init__(self, table: "Table", column: str) -> None:
            super().__init__()
            self.table, self.column = table, column

    def __init__(self, *, fit: bool = True, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.fit, self.empty = fit, empty
        self.columns: Sequence[Column] = ()
        self.rows: Sequence[Row] = ()
        self.marked: frozenset[object] = frozenset()
        self.cursor = 0
        self._natural: Sequence[int] = ()
        self._laid_out: tuple[int, list[tuple[int, int]]] = (-1, [])  # for a width: the columns' indices and widths
        self._told: object = None

    def show(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        widths: Sequence[int] | None = None,
        marked: frozenset[object] = frozenset(),
        keep: Callable[[Sequence[Row], object], int | None] | None = None,
    ) -> None:
        """Show these rows; the cursor stays at its key, and in sight if it was.

        widths: of the columns' texts, where counting would be long.
        """
        key = self.key
        before = (self._headings(), self._contents(), self.marked)
        self.columns, self.rows, self.marked = columns, rows, marked
        self._natural = widths if widths is not None else natural_widths(columns, rows)
        self._laid_out = (-1, [])
        self.virtual_size = self._resized()
        find = keep or _index_of
        found = find(rows, key) if key is not None else None
        cursor, in_sight = self.cursor, self.cursor in self._seen()
        self.cursor = max(0, min(self.cursor if found is None else found, len(rows) - 1))
        for at in {cursor, self.cursor} if cursor != self.cursor else ():
            self._refresh_row(at)
        if self.is_attached:
            self._refresh_changed(before)
            if in_sight:
                self.follow()
        self._tell()

    def _refresh_changed(self, before: tuple[Headings, list[Content], frozenset[object]]) -> None:
        headings, contents, marked = before
        now = self._contents()
        if headings != self._headings() or marked != self.marked or len(contents) != len(now):
            self.refresh()
            return
        for line, (old, new) in enumerate(zip(contents, now, strict=True), start=1):
            if new is None or old is None:
                if new is not old:
                    self.refresh(Region(0, line, self.size.width, 1))
            elif new != old:
                self.refresh(self._changed_part(old, new, line))

    def _changed_part(self, old: tuple[Cell, ...], new: tuple[Cell, ...], line: int) -> Region:
        """From the first to the last cell of a line that is another one now."""
        left, first, last = GUTTER, -1, 0
        for place, (_, wide) in enumerate(self._shown):
            if old[place] != new[place]:
                first = left if first < 0 else first
                last = left + wide
            left += wide + GAP
        return Region(max(0, first) - self.scroll_offset.x, line, max(0, last - max(0, first)), 1)

    def _seen(self) -> range:
        top = self.scroll_offset.y
        return range(top, top + max(0, self.size.height - 1))

    def _headings(self) -> Headings:
        """Of the columns that there is room for, and how wide they are."""
        return [(self.columns[index], wide) for index, wide in self._shown]

    def _contents(self) -> list[Content]:
        """What is seen of each line that is scrolled to; None where there is no line."""
        shown, rows = [index for index, _ in self._shown], self.rows
        return [tuple(rows[at].cells[index] for index in shown) if at < len(rows) else None for at in self._seen()]

    @property
    def key(self) -> object:
        """The key of the line under the cursor, None where there is none."""
        return self.rows[self.cursor].key if self.cursor < len(self.rows) else None

    @property
    def shown_columns(self) -> list[str]:
        """The keys of the columns that there is room for."""
        return [self.columns[index].key for index, _ in self._shown]

    @property
    def _shown(self) -> list[tuple[int, int]]:
        """The columns that are shown, by index, with their widths."""
        width = self.size.width - GUTTER - self.styles.scrollbar_size_vertical if self.fit else 0
        if self._laid_out[0] != width:
            every = list(enumerate(self._natural))
            self._laid_out = (width, fitted(self.columns, self._natural, width) if self.fit and width > 0 else every)
        return self._laid_out[1]

    def _resized(self) -> Size:
        whole = sum(wide + GAP for wide in self._natural) - GAP + GUTTER
        return Size(0 if self.fit else whole, len(self.rows) + 1)

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.follow()

    def render_line(self, y: int) -> Strip:
        """Line 0 is the heading; the others are rows, from the first that is scrolled to."""
        width, left = self.size.width, self.scroll_offset.x
        if y == 0:
            return self._heading().crop_extend(left, left + width, Style())
        at = y - 1 + self.scroll_offset.y
        if at < len(self.rows):
            return self._line(at).crop_extend(left, left + width, self._cursor_style(at))
        if not self.rows and y == 2 and self.empty:
            return Strip([Segment(" " + self.empty, Style(dim=True))]).crop_extend(0, width, Style())
        return Strip.blank(width, Style())

    def _heading(self) -> Strip:
        texts = [padded(self.columns[index].title, wide, self.columns[index].right) for index, wide in self._shown]
        return Strip([Segment(" " * GUTTER + (" " * GAP).join(texts), Style(bold=True))])

    def _cursor_style(self, at: int) -> Style:
        return Style(reverse=True) if at == self.cursor and self.has_focus else Style()

    def _line(self, at: int) -> Strip:
        row, plain = self.rows[at], self._cursor_style(at)
        marked = row.key in self.marked
        text = MARK if marked else "›" if at == self.cursor and not self.has_focus else " "
        segments: list[Segment] = []
        for place, (index, wide) in enumerate(self._shown):
            cell = row.cells[index]
            content, style = (cell, "") if isinstance(cell, str) else cell
            content = padded(content, wide, self.columns[index].right) + (
                " " * GAP if place < len(self._shown) - 1 else ""
            )
            if style and not plain.reverse:
                segments += [Segment(text, plain), Segment(content, Style.parse(style))]
                text = ""
            else:
                text += content
        return Strip([*segments, Segment(text, plain)])

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor looks different without the focus."""
        super().watch_has_focus(has_focus)
        self._refresh_row(self.cursor)

    def _refresh_row(self, at: int) -> None:
        self.refresh(Region(0, at + 1 - self.scroll_offset.y, self.size.width, 1))

    def move_to(self, at: int) -> None:
        """Put the cursor on a line, by its index."""
        at = max(0, min(at, len(self.rows) - 1))
        if at != self.cursor:
            self._refresh_row(self.cursor)
            self.cursor = at
            self._refresh_row(at)
        self.follow()
        self._tell()

    def follow(self) -> None:
        """Scroll to the cursor where it is not in sight; forced, since before the first layout Textual would not."""
        seen = max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True, immediate=True)
        elif self.cursor >= top + seen:
            self.scroll_to(y=self.cursor - seen + 1, animate=False, force=True, immediate=True)

    def _tell(self) -> None:
        if self.key != self._told:
            self._told = self.key
            self.post_message(self.Highlighted(self, self.key))

    def action_move(self, by: int) -> None:
        """Move the cursor by so many lines."""
        self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by so many screens."""
        self.move_to(self.cursor + by * max(1, self.size.height - 2))

    def action_edge(self, at: int) -> None:
        """Move the cursor to the first line (0) or the last (-1)."""
        self.move_to(0 if at == 0 else len(self.rows) - 1)

    def action_select(self) -> None:
        """Open the line under the cursor."""
        if self.key is not None:
            self.post_message(self.Selected(self, self.key))

    def on_click(self, event: events.Click) -> None:
        """A click chooses a line, a second one opens it; on the heading it names a column."""
        if event.y == 0:
            column = self._column_at(event.x + self.scroll_offset.x)
            if column:
                self.post_message(self.HeadingClicked(self, column))
            return
        at = event.y - 1 + self.scroll_offset.y
        if at < len(self.rows):
            self.move_to(at)
            if event.chain > 1:
                self.action_select()

    def _column_at(self, x: int) -> str | None:
        left = GUTTER
        for index, wide in self._shown:
            if left <= x < left + wide:
                return self.columns[index].key
            left += wide + GAP
        return None


class WideTable(Table):
    """A table that is scrolled sideways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "scroll_left", "Left", show=False),
        Binding("right,l", "scroll_right", "Right", show=False),
    ]


def _index_of(rows: Sequence[Row], key: object) -> int | None:
    return next((at for at, row in enumerate(rows) if row.key == key), None)


def natural_widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    """The cells that each column's widest text takes, its title included."""
    widths = [width_of(column.title) for column in columns]
    for row in rows:
        for index, cell in enumerate(row.cells):
            wide = width_of(cell if isinstance(cell, str) else cell[0])
            if wide > widths[index]:
                widths[index] = wide
    return widths


def fitted(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[tuple[int, int]]:
    """(index, width) of the columns that fit: those that may shrink do, and the ones of the highest rank give way.

    One that is left alone shrinks below its least width, so that its end shows that it is cut.
    """
    shown = dict(enumerate(widths))
    while len(shown) > 1 and _least(columns, shown) > width:
        del shown[max(shown, key=lambda index: (columns[index].rank, index))]
    if len(shown) == 1:
        return [
            (index, min(wide, max(1, width)) if columns[index].shrinks_to else wide) for index, wide in shown.items()
        ]
    excess = sum(shown.values()) + GAP * (len(shown) - 1) - width
    while excess > 0:
        able = [index for index, wide in shown.items() if wide > (columns[index].shrinks_to or wide)]
        if not able:
            break
        shown[max(able, key=lambda index: shown[index])] -= 1
        excess -= 1
    return list(shown.items())


def _least(columns: Sequence[Column], shown: dict[int, int]) -> int:
    least = sum(min(wide, columns[index].shrinks_to or wide) for index, wide in shown.items())
    return least + GAP * (len(shown) - 1)
