"""What the tabs of a run's screen have in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from textual.containers import Vertical

from runs.records import Run
from runs.store import Store

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.reader import Watch

T = TypeVar("T")


class Tab(Vertical):
    """One tab, made when it is looked at first. While it is not seen it asks nothing of the database."""

    app: "WorkbenchApp"
    NAME = ""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self._watches: list[Watch[object]] = []

    def watch_store(
        self, question: Callable[[Store], T | None], then: Callable[[T], object], every_s: float = 0.5
    ) -> "Watch[T]":
        """Ask the database as long as the tab is seen; an answer of None tells nothing."""
        watch = self.app.reader.watch(self, question, then, every_s)
        self._watches.append(cast("Watch[object]", watch))
        return watch

    def ask_again(self) -> None:
        """Something else is wanted of the database: ask now."""
        for watch in self._watches:
            watch.again()

    def seen(self, seen: bool) -> None:
        """The tab is looked at, or no longer."""
        for watch in self._watches:
            watch.pause(not seen)
        if seen:
            self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the part that is used most."""
        for widget in self.query("*"):
            if widget.focusable and widget.display:
                widget.focus()
                return

    def run_changed(self, run: Run) -> None:
        """The run has gone on."""
        self.run = run
