"""The names of a screen's tabs in one line, each with its key."""

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from workbench.format import width_of


class TabLine(Widget):
    """Tabs to click on; the screen has the keys. Where the names do not fit, only the chosen one has its whole name."""

    DEFAULT_CSS = "TabLine { height: 1; width: 1fr; }"

    class Clicked(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.chosen = 0

    def choose(self, index: int) -> None:
        """Mark a tab."""
        self.chosen = index
        self.refresh()

    def _texts(self) -> list[str]:
        texts = [f"{at} {name}" for at, name in enumerate(self.names, start=1)]
        for shorter in (8, 5, 3, 0):
            if sum(map(width_of, texts)) + len(texts) <= self.size.width:
                break
            texts = [
                text if at == self.chosen else f"{at + 1} {self.names[at][:shorter]}".rstrip()
                for at, text in enumerate(texts)
            ]
        return texts

    def render(self) -> Text:
        """One line."""
        line = Text(no_wrap=True, end="")
        for at, text in enumerate(self._texts()):
            line.append(text, "bold reverse" if at == self.chosen else "dim")
            line.append(" ")
        line.truncate(self.size.width)
        return line

    def on_click(self, event: events.Click) -> None:
        """The tab under the mouse."""
        end = 0
        for at, text in enumerate(self._texts()):
            end += width_of(text) + 1
            if event.x < end:
                self.post_message(self.Clicked(at))
                return
