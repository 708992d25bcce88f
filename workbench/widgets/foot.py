"""The two lines at the foot of every screen: the machine and the queue, and the keys of where the person is."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input, TextArea

from workbench.format import clipped, safe_text, width_of

if TYPE_CHECKING:
    from textual.screen import Screen

    from workbench.app import WorkbenchApp

KEY_NAMES = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "asterisk": "*",
    "slash": "/",
    "colon": ":",
    "escape": "esc",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "full_stop": ".",
    "comma": ",",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}
ALWAYS = ("?", "f1")


def key_name(key: str) -> str:
    """A key as it is written on a keyboard: ctrl+p is ^p."""
    if key.startswith("ctrl+"):
        return "^" + key_name(key.removeprefix("ctrl+"))
    if key.startswith("shift+"):
        return "⇧" + key_name(key.removeprefix("shift+"))
    return KEY_NAMES.get(key, key)


def keys_of(screen: "Screen[object]") -> list[tuple[Binding, list[str], str]]:
    """What can be pressed where the person is, the focused widget's first: a binding, its keys, and more help."""
    found: dict[tuple[int, str], tuple[Binding, list[str], str]] = {}
    typing = isinstance(screen.focused, Input | TextArea)
    for key, active in screen.active_bindings.items():
        if typing and len(KEY_NAMES.get(key, key)) == 1 and key not in ("left", "right", "up", "down"):
            continue  # it is a letter of what is typed
        if active.binding.description and not active.binding.system:
            entry = found.setdefault((id(active.node), active.binding.action), (active.binding, [], active.tooltip))
            entry[1].append(key)
    return list(found.values())


def key_line(bindings: Iterable[tuple[str, str]], width: int) -> Text:
    """(key, description) pairs as one line as wide as given; what does not fit is left out, the help key never."""
    parts = [(key_name(key), description.lower()) for key, description in bindings]
    always = [part for part in parts if part[0] in ALWAYS]
    others = [part for part in parts if part[0] not in ALWAYS]
    room = width - sum(_wide(part) for part in always)
    kept = []
    for part in others:
        if _wide(part) > room:
            break
        room -= _wide(part)
        kept.append(part)
    line = Text(no_wrap=True, end="")
    for key, description in [*kept, *always]:
        line.append(key, "bold")
        line.append(f" {description}  ")
    line.truncate(width)
    return line


def _wide(part: tuple[str, str]) -> int:
    return width_of(part[0]) + width_of(part[1]) + 3


class FootLine(Widget):
    """A line that is drawn only where it is seen: Textual draws all of a screen again when one below it changes."""

    def on_mount(self) -> None:
        """Catch up when the screen is seen again."""
        self.app.screen_change_signal.subscribe(self, lambda _: self.changed())

    def changed(self) -> None:
        """What it tells is not what it told."""
        if self.screen is self.app.screen:
            self.refresh()


class StatusLine(FootLine):
    """What the app says of the machine, the queue and the alerts."""

    DEFAULT_CSS = "StatusLine { height: 1; width: 1fr; }"

    def on_mount(self) -> None:
        """Follow what the app knows."""
        self.watch(self.app, "status", self.changed, init=False)
        self.watch(self.app, "pictures", self.changed, init=False)

    def render(self) -> Text:
        """One line."""
        app = cast("WorkbenchApp", self.app)
        told = "  ".join(part for part in (app.status, app.pictures) if part)
        return Text(clipped(safe_text(told), self.size.width), style="dim", no_wrap=True, end="")


class KeyLine(FootLine):
    """The keys of the screen and of the widget that has the focus, the most important first."""

    DEFAULT_CSS = "KeyLine { height: 1; width: 1fr; }"

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.changed())

    def render(self) -> Text:
        """One line."""
        shown = [(keys[0], binding.description) for binding, keys, _ in keys_of(self.screen) if binding.show]
        return key_line(shown, self.size.width)
