"""What a run's workers said, as it comes: followed at the end, searched, harmless whatever is in it."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from diffusion.errors import UserError
from runs.files import found_file
from runs.records import Run
from runs.store import Store
from workbench.format import count
from workbench.log_lines import Lines
from workbench.screens.tabs.tab import Tab
from workbench.widgets.page import Line, Page

if TYPE_CHECKING:
    from textual.timer import Timer

END_BYTES = 2_000_000  # of a log that are shown: about 20,000 lines
MOST_LINES = 200_000
LOOK_S = 1.0  # a log can grow without the database


class LogFile:
    """The end of a run's output.log and what is added to it; lives in the reader's thread."""

    def __init__(self, run: Run) -> None:
        self.path = run.folder / "output.log"
        self.skipped = 0
        self._stream: BinaryIO | None = None
        self._lines: Lines | None = None

    def new_lines(self) -> list[str]:
        """The whole lines that have been written since the last look."""
        if self._lines is None:
            try:
                self._stream = found_file(self.path)
            except FileNotFoundError:
                return []
            except (OSError, ValueError) as error:
                raise UserError(f"the log {self.path} cannot be read: {error}") from error
            self.skipped = _beginning(self._stream)
            self._stream.seek(self.skipped)
            self._lines = Lines(self._stream)
        return list(self._lines.read())

    def close(self) -> None:
        """Let the file go."""
        if self._stream is not None:
            self._stream.close()


def _beginning(stream: BinaryIO) -> int:
    """The offset of the first whole line of a log's end; in the middle of one where its end is one line."""
    size = stream.seek(0, os.SEEK_END)
    if size <= END_BYTES:
        return 0
    stream.seek(size - END_BYTES - 1)
    stream.readline(END_BYTES)  # what is left of the line before
    at = stream.tell()
    return at if at < size - 1 else size - END_BYTES


class LogTab(Tab):
    """The log, and a line to search it."""

    DEFAULT_CSS = """
    LogTab Input { display: none; }
    LogTab Input.shown { display: block; }
    LogTab #hint { height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", tooltip="lines that have a text in them"),
        Binding("n", "found(1)", "Next found", tooltip="the next line that has it"),
        Binding("b", "found(-1)", "Found before", show=False, tooltip="the line before that has it"),
        Binding("escape", "clear", "No search", show=False),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.file = LogFile(run)
        self.lines: list[Line] = []
        self.wanted = ""
        self.at = 0  # of the lines that have it
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The lines, and where one is among them."""
        yield Page()
        line = Input(placeholder="text to find", id="search")
        line.cursor_blink = False
        yield line
        yield Static("no log yet", id="hint", markup=False)

    def on_mount(self) -> None:
        """Follow the log."""
        self._watch = self.watch_store(self._read, self._grown)
        self._timer = self.set_interval(LOOK_S, self._look)

    def on_unmount(self) -> None:
        """Leave no file open."""
        self.file.close()

    def _look(self) -> None:
        if self.run.status == "running":
            self._watch.again()

    def seen(self, seen: bool) -> None:
        """The clock stands still while nobody looks."""
        super().seen(seen)
        if self._timer is not None:
            (self._timer.resume if seen else self._timer.pause)()

    def _read(self, store: Store) -> list[str] | None:
        return self.file.new_lines() or None

    def _grown(self, new: Sequence[str]) -> None:
        page = self.query_one(Page)
        follows = not self.lines or page.scroll_offset.y >= page.max_scroll_y
        self.lines += [(text, self._style(text)) for text in new]
        del self.lines[:-MOST_LINES]
        page.show(self.lines)
        if follows:
            self.call_after_refresh(page.action_bottom)
        self._say()

    def _style(self, text: str) -> str:
        return "found" if self.wanted and self.wanted in text.lower() else ""

    def _found(self) -> list[int]:
        return [at for at, (_, style) in enumerate(self.lines) if style == "found"]

    def _say(self) -> None:
        parts = [f"{count(len(self.lines))} line{'s' * (len(self.lines) != 1)}"]
        if self.file.skipped:
            parts.append(f"{count(self.file.skipped)} bytes before them are not shown: {self.file.path}")
        if self.wanted:
            found = self._found()
            at = f"{count(self.at + 1)} of " if self.at < len(found) else ""
            parts.append(f"{at}{count(len(found))} have it")
        self.query_one("#hint", Static).update("   ".join(parts))

    def action_search(self) -> None:
        """Type a text."""
        line = self.query_one("#search", Input)
        line.add_class("shown")
        line.focus()

    @on(Input.Changed, "#search")
    def _typed(self, message: Input.Changed) -> None:
        self.wanted = message.value.lower()
        self.lines = [(text, self._style(text)) for text, _ in self.lines]
        self.query_one(Page).show(self.lines)
        self.at = len(self._found())
        self._say()

    @on(Input.Submitted, "#search")
    def _submitted(self) -> None:
        self.query_one("#search", Input).remove_class("shown")
        self.query_one(Page).focus()
        self.action_found(-1)

    def action_found(self, by: int) -> None:
        """Scroll to another line that has the text; the newest come first."""
        found = self._found()
        if found:
            self.at = (self.at + by) % len(found)
            page = self.query_one(Page)
            page.go(found[self.at] - page.size.height // 2)
            self._say()

    def action_clear(self) -> None:
        """Search no more; then the key is the screen's."""
        line = self.query_one("#search", Input)
        if not (line.value or line.has_class("shown")):
            raise SkipAction
        line.value = ""
        line.remove_class("shown")
        self.query_one(Page).focus()
