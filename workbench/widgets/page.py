"""Lines of text to read: as many as there are, only those drawn that are seen."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.format import clipped, width_of

STYLES = {"": Style(), "faint": Style(dim=True), "bold": Style(bold=True), "found": Style(reverse=True)}
Line = tuple[str, str]  # text and the name of its style


class Page(ScrollView, can_focus=True):
    """Lines that can be scrolled. What is wider than the page is cut."""

    DEFAULT_CSS = """
    Page { height: 1fr; width: 1fr; background: ansi_default; scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "by(-1)", "Scroll", key_display="↑↓"),
        Binding("down,j", "by(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "pages(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d,space", "pages(1)", "Page down", show=False),
        Binding("right,l", "along(20)", "Right", show=False, tooltip="see more of long lines"),
        Binding("left,h", "along(-20)", "Left", show=False),
        Binding("home,g", "top", "Top", show=False),
        Binding("end,G", "bottom", "Bottom", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Line] = ()
        self.first = 0  # character of each line that is seen

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, from where the page was scrolled to."""
        self.lines = lines
        self.virtual_size = Size(self.size.width, len(lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line that is seen."""
        wide, at = self.size.width, y + round(self.scroll_offset.y)
        if at >= len(self.lines):
            return Strip.blank(wide, Style())
        text, style = self.lines[at]
        cut = clipped(text[self.first :], wide)
        return Strip([Segment(cut, STYLES[style]), Segment(" " * (wide - width_of(cut)), Style())], wide)

    def go(self, line: int) -> None:
        """Scroll so that this line is the first that is seen."""
        self.scroll_to(y=line, animate=False, immediate=True)

    def action_by(self, lines: int) -> None:
        """Scroll by lines."""
        self.go(round(self.scroll_offset.y) + lines)

    def action_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_by(pages * max(1, self.size.height - 1))

    def action_along(self, characters: int) -> None:
        """See more to the right or to the left."""
        self.first = max(0, self.first + characters)
        self.refresh()

    def action_top(self) -> None:
        """The first line."""
        self.go(0)

    def action_bottom(self) -> None:
        """The last line."""
        self.go(len(self.lines))
