"""Keys one after another: the next one waits until all that the one before has set off is done.

Textual gives letters to the focused widget at once, and runs a key's action only when the key has come up to the app.
Over a slow link keys come in bursts, and then a letter typed after a key would overtake it.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.dom import DOMNode
from textual.screen import Screen

if TYPE_CHECKING:
    from textual import events

    from workbench.app import WorkbenchApp

PASSES = 2  # up from the focused widget to the app: one for the key, one for the messages that its handling posts


class KeyQueue:
    """Keys that wait. press hands one to Textual."""

    def __init__(self, app: "WorkbenchApp", press: "Callable[[events.Key], Awaitable[None]]") -> None:
        self._app, self._press = app, press
        self._keys: deque[events.Key] = deque()

    async def take(self, key: "events.Key") -> None:
        """Hand the key on, now or when those before it are done."""
        self._keys.append(key)
        if len(self._keys) == 1:
            await self._next()

    def letter_follows(self) -> bool:
        """Whether a letter waits behind the key that is being handled: a line that is typed in will change again."""
        return len(self._keys) > 1 and self._keys[1].is_printable

    async def _next(self) -> None:
        screen = self._app.screen
        target = self._app.focused or screen
        await self._press(self._keys[0])
        self._climb(target, target, PASSES, screen)

    def _climb(self, node: DOMNode, start: DOMNode, passes: int, screen: Screen[Any]) -> None:
        """Let each node from start up to the app come to the end of what it has to do."""
        if node is not self._app:
            if not node.call_later(self._climb, node.parent or self._app, start, passes, screen):
                self._app.call_later(self._climb, self._app, start, passes, screen)  # the node is gone
        elif passes > 1:
            self._app.call_later(self._climb, start, start, passes - 1, screen)
        else:
            self._done(screen)

    def _done(self, screen: Screen[Any]) -> None:
        self._keys.popleft()
        if not self._keys:
            return
        if self._app.screen is screen:
            self._app.call_later(self._next)
        else:
            self._app.screen.call_after_refresh(self._next)  # a new screen takes keys when it has its focus
