"""An app that tells which cells of the screen it has drawn: pictures that lay over them must be drawn again.

No numpy: the first screen needs it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.reactive import reactive
from textual.screen import Screen

T = TypeVar("T")
Span = tuple[int, int, int]  # a line of the screen, its first column, and the one after its last


class PaintedApp(App[T]):
    """Calls drawn with what Textual has just written, and looked when somebody looks; its painter sets both."""

    drawn: Callable[[Iterable[Span]], None] | None = None
    pictures: reactive[str] = reactive("", repaint=False)  # how fine ones are sent, for the foot

    looked: Callable[[], None] | None = None
    lost = False  # whether something that was to be drawn was not, since drawing is put off

    def seen_by_somebody(self) -> None:
        """A key, another size, the focus: somebody looks, and the terminal may be another one."""
        if self.looked is not None:
            self.looked()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self._batch_count:  # nothing is drawn now
            self.lost = self.lost or renderable is not None
            return
        self.lost = False
        super()._display(screen, renderable)
        if self.drawn is not None and isinstance(renderable, ChopsUpdate | LayoutUpdate):
            self.drawn(drawn_spans(renderable))


def drawn_spans(update: ChopsUpdate | LayoutUpdate) -> Iterator[Span]:
    """The cells that an update of the screen writes: whole parts of a line, as Textual's compositor cuts them."""
    if isinstance(update, LayoutUpdate):
        left, top, width, height = update.region
        yield from ((y, left, left + width) for y in range(top, top + height))
        return
    for y, start, end in update.spans:
        for part_end, (part_start, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and part_start < end and part_end > start:
                yield y, part_start, min(part_end, end)
