"""A text area for SQL: keywords stand out, and a word can be completed."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from workbench.sql_text import Tables, completions, styled_parts, word_length

SHOWN = 8  # completions at once


class SqlArea(TextArea):
    """SQL to edit. tables: what there is to complete."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="take the first of the words; without one, on to the answer"),
        Binding("ctrl+n", "turn(1)", "Next word", tooltip="another of the words comes first", show=False),
    ]

    class Words(Message):
        """Other words can be completed now, the first is the one that is taken."""

        def __init__(self, words: list[str]) -> None:
            super().__init__()
            self.words = words

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(
            text, id=id, tab_behavior="focus", soft_wrap=True, highlight_cursor_line=False, compact=True, theme="css"
        )
        self.tables: Tables = {}
        self.words: list[str] = []
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        """One line with its keywords, functions, texts and numbers in styles of their own."""
        line = super().get_line(line_index)
        for start, end, style in styled_parts(line.plain):
            line.stylize(style, start, end)
        return line

    def _before(self) -> str:
        return self.get_text_range((0, 0), self.cursor_location)

    def find_words(self) -> None:
        """Look which words go on from the cursor."""
        words = completions(self.text, self._before(), self.tables)
        if set(words) != set(self.words):  # in another order they have been turned
            self.words = words
            self.post_message(self.Words(words[:SHOWN]))

    def on_text_area_changed(self) -> None:
        """Other words may go on."""
        self.find_words()

    def action_complete(self) -> None:
        """Take the first word, or go on to what has the focus next."""
        self.find_words()
        if not self.words:
            self.screen.focus_next()
            return
        before = self._before()
        row, column = self.cursor_location
        self.replace(self.words[0], (row, column - word_length(before)), (row, column))
        self.words = []
        self.post_message(self.Words([]))

    def action_turn(self, by: int) -> None:
        """Another word comes first."""
        if self.words:
            self.words = [*self.words[by:], *self.words[:by]]
            self.post_message(self.Words(self.words[:SHOWN]))
