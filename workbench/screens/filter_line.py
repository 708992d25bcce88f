"""The line in which the list's filter is typed: Tab completes in it and never leaves it."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input


class FilterLine(Input):
    """complete: a filter with its last word completed, None where nothing completes it.

    Tab stays here also where there is nothing to complete: what is typed next would be commands in the table.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="complete the word; → does so too"),
        Binding("enter", "submit", "List", tooltip="to the list, filtered"),
        Binding("escape", "screen.clear", "Leave", tooltip="to the list; again takes the filter away"),
        Binding("shift+tab", "complete", "Complete", show=False),
    ]

    def __init__(self, complete: Callable[[str], str | None], *, id: str) -> None:
        super().__init__(id=id, suggester=_Ghost(complete), select_on_focus=False)
        self.cursor_blink = False
        self._complete = complete

    def action_complete(self) -> None:
        """Take the completion, where there is one."""
        found = self._complete(self.value) if self.cursor_at_end else None
        if found is not None:
            self.value = found
            self.cursor_position = len(found)


class _Ghost(Suggester):
    """Shows the completion behind what is typed."""

    def __init__(self, complete: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """value completed."""
        return self._complete(value)
