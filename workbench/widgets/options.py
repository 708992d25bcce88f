"""Lists of options: marks that need no colour, and page keys that hold in a list of which nothing is seen.

Textual's OptionList looks the cursor's line up for a page key, but lays its lines out only where it has a cell on the
screen, and forgets them when it is resized: a KeyError then, which ends the app (textual 8.2, OptionList._move_page).
"""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.strip import Strip
from textual.widgets import OptionList, SelectionList

MOVES: list[BindingType] = [
    Binding("j", "cursor_down", "Down", show=False),
    Binding("k", "cursor_up", "Up", show=False),
]
CHOSEN, NOT_CHOSEN = "[x] ", "[ ] "  # as wide as Textual's box


def laid_out(options: OptionList) -> bool:
    """Lay the lines out; whether there is any."""
    options.scroll_to_highlight()
    return bool(options.scrollable_content_region) and options.virtual_size.height > 0


class Options(OptionList):
    """One of several."""

    BINDINGS: ClassVar[list[BindingType]] = MOVES

    def action_page_up(self) -> None:
        """Move the cursor one page up."""
        if laid_out(self):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move the cursor one page down."""
        if laid_out(self):
            super().action_page_down()  # type: ignore[no-untyped-call]


class Choices(SelectionList[str], Options):
    """Which of several: [x] is chosen, where Textual has the same box for both in two colours."""

    BINDINGS: ClassVar[list[BindingType]] = MOVES

    def render_line(self, y: int) -> Strip:
        """The option with its mark."""
        line = OptionList.render_line(self, y)
        at = y + self.scroll_offset.y
        if at >= self.option_count:
            return line
        mark = CHOSEN if self.get_option_at_index(at).value in self.selected else NOT_CHOSEN
        style = next((segment.style for segment in line if segment.style), Style())
        return Strip([Segment(mark, style + Style(meta={"option": at})), *line])


class Palette(CommandPalette):
    """The commands by their names."""

    def _action_command_list(self, action: str) -> None:
        if not action.startswith("page") or laid_out(self.query_one(CommandList)):
            super()._action_command_list(action)
