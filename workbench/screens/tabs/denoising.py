"""How a picture comes out of the noise, and how that changes with training: the trajectory previews of a run."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from diffusion.events import Picture
from runs.drawn import read_sheet
from runs.gallery import newer_images
from runs.records import Image, Run
from runs.store import Store
from workbench.drawing import class_names
from workbench.format import count, number
from workbench.pictures import class_name
from workbench.screens.tabs.tab import Tab
from workbench.terminal.tiles import Moment
from workbench.widgets.filmstrip import Filmstrip

SHEETS_KEPT = 24
CONTENTS = ("x_t", "x0")


class Look(NamedTuple):
    """One preview: when in the training it was drawn."""

    step: int
    attempt: int


@dataclass(frozen=True, eq=False)
class Shown:
    """The trajectory to show: its moments, and what is known of each."""

    look: Look
    label: int
    moments: tuple[Moment, ...]
    images: tuple[Image, ...]  # one a moment
    looks: tuple[Look, ...]
    labels: tuple[int, ...]


class Trajectories:
    """What is known of a run's trajectories; lives in the reader's thread."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.images: dict[Look, list[Image]] = {}
        self._newest = 0
        self._sheets: OrderedDict[str, Picture] = OrderedDict()

    def read(self, store: Store) -> None:
        """Take in what has been recorded since the last look."""
        for image in newer_images(store, self.run.number, self._newest, ("trajectory",)):
            self._newest = image.number
            self.images.setdefault(Look(image.step, image.attempt or 0), []).append(image)

    def shown(self, look: Look | None, label: int | None) -> Shown | None:
        """The moments of one preview (None: the newest) and one class (None: the first)."""
        looks = tuple(sorted(self.images))
        if not looks:
            return None
        look = look if look in self.images else looks[-1]
        images = self.images[look]
        labels = tuple(dict.fromkeys(_label(image) for image in images))
        label = label if label in labels else labels[0]
        chosen = [image for image in images if _label(image) == label]
        moments, firsts = [], []
        for at in sorted({_moment(image) for image in chosen}):
            here = {image.content: image for image in reversed(chosen) if _moment(image) == at}
            pictures = tuple(self._cut(here[content]) if content in here else None for content in CONTENTS)
            first = next(iter(here.values()))
            moments.append(Moment("end" if math.isinf(at) else f"{at:.0f}", pictures))
            firsts.append(first)
        return Shown(look, label, tuple(moments), tuple(firsts), looks, labels)

    def _cut(self, image: Image) -> Picture:
        if image.path not in self._sheets:
            self._sheets[image.path] = read_sheet(self.run.folder / image.path)
            if len(self._sheets) > SHEETS_KEPT:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(image.path)
        return self._sheets[image.path][
            image.top : image.top + image.height, image.left : image.left + image.width
        ].copy()


def _label(image: Image) -> int:
    return -1 if image.label is None else image.label


def _moment(image: Image) -> float:
    return math.inf if image.sampling_step is None else image.sampling_step


class DenoisingTab(Tab):
    """The filmstrip of one preview and one class."""

    DEFAULT_CSS = """
    DenoisingTab #told { height: 1; }
    DenoisingTab #hint { height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "look(-1)", "Training step", key_display="↑↓", tooltip="an earlier preview"),
        Binding(
            "down,j", "look(1)", "Next training step", show=False, tooltip="a later preview; after the last: follow"
        ),
        Binding("c", "label(1)", "Class", tooltip="the next class"),
        Binding("C", "label(-1)", "Class back", show=False),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.trajectories = Trajectories(run)
        self.look: Look | None = None
        self.label: int | None = None
        self.follows = True
        self.shown: Shown | None = None

    def compose(self) -> ComposeResult:
        """What is looked at in words, then in pictures."""
        yield Static("no preview yet", id="told", markup=False)
        yield Filmstrip()
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Follow the previews."""
        self._watch = self.watch_store(self._read, self._show)

    def _read(self, store: Store) -> Shown | None:
        self.trajectories.read(store)
        shown = self.trajectories.shown(None if self.follows else self.look, self.label)
        if shown is not None and self.shown is not None and _same(shown, self.shown):
            return None
        return shown

    def _show(self, shown: Shown) -> None:
        self.shown, self.look, self.label = shown, shown.look, shown.label
        self.query_one(Filmstrip).show(shown.moments)
        self._say()

    def _say(self) -> None:
        shown, strip = self.shown, self.query_one(Filmstrip)
        if shown is None:
            return
        image = shown.images[min(strip.chosen, len(shown.images) - 1)]
        names = class_names(self.run)
        where = "finished" if image.sampling_step is None else f"sampling step {image.sampling_step}"
        parts = [f"step {count(shown.look.step)}", f"class {class_name(shown.label, names)}", where]
        parts += noise_words(image.sigma)
        self.query_one("#told", Static).update("   ".join(parts))
        place = shown.looks.index(shown.look) + 1
        told = f"preview {place} of {len(shown.looks)}" + ("" if place < len(shown.looks) else ", the newest")
        if strip.playing:
            told += "   playing"
        elif not self.follows and place < len(shown.looks):
            told += f"   newest at step {count(shown.looks[-1].step)}: ↓"
        self.query_one("#hint", Static).update(told)

    @on(Filmstrip.Chosen)
    def _chosen(self, message: Filmstrip.Chosen) -> None:
        message.stop()
        self.follows = False  # a person looks here: nothing takes the place away
        self._say()

    def action_look(self, by: int) -> None:
        """Another training step."""
        if self.shown is None:
            return
        looks = self.shown.looks
        at = looks.index(self.shown.look) + by
        self.follows = at >= len(looks)
        self.look = looks[max(0, min(at, len(looks) - 1))]
        self._watch.again()
        self._say()

    def action_label(self, by: int) -> None:
        """Another class."""
        if self.shown is None:
            return
        labels = self.shown.labels
        self.label = labels[(labels.index(self.shown.label) + by) % len(labels)]
        self.follows = False
        self._watch.again()


def _same(one: Shown, other: Shown) -> bool:
    return (one.look, one.label, one.looks, one.labels) == (other.look, other.label, other.looks, other.labels)


def noise_words(sigma: float | None) -> list[str]:
    """A noise level as log-SNR and sigma; nothing where it is not known."""
    if sigma is None:
        return []
    return [f"log-SNR {2 * math.log(1 / sigma):.1f}" if sigma else "log-SNR ∞", f"sigma {number(sigma, 3)}"]
