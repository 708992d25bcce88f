"""The run under the cursor: its losses and its newest pictures, live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from diffusion.events import Drawn
from runs.curves import Curves, Stretch
from runs.drawn import cut, newest
from runs.records import Image, Run
from runs.store import Store
from workbench.drawing import class_names
from workbench.format import age, safe_text
from workbench.terminal.lines import Line
from workbench.widgets.curve import Curve
from workbench.widgets.pictures import Pictures

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.reader import Watch

OLDER_S = 10.0  # between two looks at the run's age, as in the list
CURVES = ("train/loss", "val/loss")
NOTHING: tuple[Run | None, tuple[int, ...], int] = (None, (), 0)  # shown: no run, none of its pictures, no alerts


@dataclass(frozen=True, eq=False)
class Shown:
    """What is new of the run: points of its curves, and its newest pictures when they are others than before."""

    run: Run
    first: bool  # of this run: its curves are read from their beginning
    stretches: list[Stretch]
    drawn: tuple[Drawn, ...] | None
    alert: str


class Preview(Vertical):
    """A head line, the loss curves, and the newest pictures."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    Preview #head { height: 1; }
    Preview #parts { height: 1fr; }
    Preview Curve { width: 1fr; height: 1fr; }
    Preview Pictures { width: 1fr; height: 1fr; }
    .beside Preview #parts { layout: vertical; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: Sequence[Run] = ()
        self._watch: Watch[Shown | None] | None = None
        self._read = NOTHING
        self._curves = Curves(0)
        self._curves_of = ""  # the run whose curves are shown
        self._shown: Shown | None = None  # what the head line tells

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static(id="head", markup=False)
        with Horizontal(id="parts"):
            yield Curve(log_y=True)
            yield Pictures()

    def on_mount(self) -> None:
        """Follow the run."""
        self._watch = self.app.reader.watch(self, self._question, self._answer, every_s=1.0)
        self.set_interval(OLDER_S, self.show_head)

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show the last of these runs; no runs leave it empty."""
        if [run.id for run in runs] != [run.id for run in self.runs]:
            self.runs = tuple(runs)
            if not runs:
                self._show_nothing()
            if self._watch is not None:
                self._watch.again()

    def _show_nothing(self) -> None:
        self._read, self._shown = NOTHING, None
        self.query_one("#head", Static).update("")
        self.query_one("#parts").visible = False

    def _question(self, store: Store) -> Shown | None:
        """In the reader's thread."""
        if not self.runs or not self.display:
            return None
        run = store.find(self.runs[-1].id)
        images, alerts = _newest_images(store, run), store.alerts(run)
        state = (run, tuple(image.number for image in images), len(alerts))
        before, self._read = self._read, state
        first = before[0] is None or before[0].id != run.id
        if first:
            self._curves = Curves(run.number, CURVES)
        stretches = self._curves.read(store, CURVES)
        if self._curves.more and self._watch is not None:
            self._watch.again()
        if state == before and not stretches:
            return None
        drawn = None if not first and before[1] == state[1] else cut(run.folder, images)
        return Shown(run, first, stretches, drawn, alerts[-1].text if alerts else "")

    def _answer(self, shown: Shown | None) -> None:
        if shown is None:
            return
        there = bool(self.runs) and shown.run.id == self.runs[-1].id  # else the cursor has gone on meanwhile
        if not there or not (shown.first or shown.run.id == self._curves_of):
            self._read = NOTHING
            return
        self.query_one("#parts").visible = True
        self._show_curves(shown)
        if shown.drawn is not None:
            pictures = self.query_one(Pictures)
            pictures.display = bool(shown.drawn)  # without pictures the curve has all the room
            if shown.drawn:
                pictures.show(shown.drawn, class_names(shown.run))
            else:
                pictures.clear()
        self._shown = shown
        self.show_head()

    def show_head(self) -> None:
        """The head line as it is now: the run grows older where nothing of it changes."""
        head = self.query_one("#head", Static)
        if self._shown is not None and head.content != (told := self._head(self._shown)):
            head.update(told)

    def _show_curves(self, shown: Shown) -> None:
        curve = self.query_one(Curve)
        if shown.first:
            curve.show_lines([Line(name) for name in CURVES], "")
            self._curves_of = shown.run.id
        lines = {line.name: line for line in curve.lines}
        for one in shown.stretches:
            lines[one.name].extend(one.steps, one.values, one.times)
        curve.redraw()

    def _head(self, shown: Shown) -> Text:
        run = shown.run
        parts = [run.name, run.status, f"seed {run.seed}"]
        parts += [" ".join(f"#{tag}" for tag in run.tags)] if run.tags else []
        parts += [f"made {age(run.created, self.app.now())}"]
        parts += [part for part in (run.notes, shown.alert, run.text) if part]
        return Text(safe_text("  ".join(parts)), no_wrap=True, overflow="ellipsis")


def _newest_images(store: Store, run: Run) -> list[Image]:
    """The pictures that were drawn last, of the finished ones."""
    found = store.images(run)
    return newest([image for image in found if image.kind in ("sample", "preview")])
