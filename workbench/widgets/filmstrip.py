"""The way of a picture out of the noise, sampling step by sampling step, with one of them chosen.

`python -m workbench.widgets.filmstrip` shows it with sample data.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from workbench.terminal.tiles import Arrangement, Moment, Size, filmstrip
from workbench.widgets.tiles import Tiles

PLAY_S = 0.25  # between two sampling steps


class Filmstrip(Tiles, can_focus=True):
    """x_t above the x0 predicted from it, noise at the left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Sampling step", key_display="←→", tooltip="back along the sampling steps"),
        Binding("right,l", "step(1)", "Next sampling step", show=False, tooltip="on along the sampling steps"),
        Binding("home,g", "first", "Noise", show=False, tooltip="the first sampling step, pure noise"),
        Binding("end,G", "last", "Finished", show=False, tooltip="the last sampling step, the finished picture"),
        Binding("space", "play", "Play", tooltip="play along the sampling steps, or pause"),
    ]

    class Chosen(Message):
        """Another sampling step is looked at."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.moments: Sequence[Moment] = ()
        self.rows: Sequence[str] = ("x_t", "x0")
        self.chosen = 0
        self.playing = False
        self._timer: Timer | None = None  # only while it plays

    def show(self, moments: Sequence[Moment]) -> None:
        """Show these moments; the chosen one stays where it is among them, at first the last."""
        first = not self.moments
        self.moments = moments
        self.chosen = len(moments) - 1 if first else max(0, min(self.chosen, len(moments) - 1))
        self._draw_again()

    def choose(self, at: int) -> None:
        """Look at another moment."""
        self.chosen = max(0, min(at, len(self.moments) - 1))
        self._draw_again()
        self.post_message(self.Chosen())

    def _draw_again(self) -> None:
        def arrange(size: Size, unit: Size) -> Arrangement:
            return filmstrip(self.moments, self.chosen, size, unit, self.rows)

        self.lay_out(arrange if self.moments else None)

    def action_step(self, by: int) -> None:
        """Another sampling step."""
        self.choose(self.chosen + by)

    def action_first(self) -> None:
        """Pure noise."""
        self.choose(0)

    def action_last(self) -> None:
        """The finished picture."""
        self.choose(len(self.moments) - 1)

    def action_play(self) -> None:
        """Play from here, from the start when at the end; or pause."""
        self.playing = not self.playing
        if self.playing:
            if self.chosen >= len(self.moments) - 1:
                self.choose(0)
            self._timer = self.set_interval(PLAY_S, self._play_on)
        elif self._timer is not None:
            self._timer.stop()
        self.post_message(self.Chosen())

    def _play_on(self) -> None:
        if self.chosen >= len(self.moments) - 1:
            self.action_play()
        else:
            self.choose(self.chosen + 1)


def main() -> None:
    """Show sample data: a digit that is blended out of noise."""
    import numpy as np

    from workbench.widgets.alone import show_alone
    from workbench.widgets.pictures import sample_groups

    def fill(strip: Filmstrip) -> None:
        picture = sample_groups()["3"][0]
        noise = np.random.default_rng(0).integers(0, 256, picture.shape)
        mixed = [(noise * (1 - share) + picture * share).astype(np.uint8) for share in np.linspace(0, 1, 11)]
        strip.show([Moment(str(at), (one, picture)) for at, one in enumerate(mixed)])

    show_alone(Filmstrip(), fill)


if __name__ == "__main__":
    main()
