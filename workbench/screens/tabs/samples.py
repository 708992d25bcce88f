"""Finished pictures of a run through its training: the class grid, one class, one picture; averaged and raw weights."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from diffusion.events import Picture
from runs.drawn import read_sheet
from runs.gallery import newer_images
from runs.records import Image, Run
from runs.store import Store
from workbench.drawing import class_names
from workbench.format import count
from workbench.pictures import class_name
from workbench.screens.tabs.tab import Tab
from workbench.widgets.pictures import Pictures

GRIDS_KEPT = 16
WEIGHTS = ("ema", "raw")


class Look(NamedTuple):
    """Pictures that were drawn together."""

    step: int
    attempt: int
    sample_set: int  # 0 for a preview
    kind: str


@dataclass(frozen=True)
class Place:
    """What is looked at: None is the newest pictures, all classes, all pictures of a class."""

    look: Look | None = None
    weights: str = "ema"
    label: int | None = None
    picture: int | None = None


@dataclass(frozen=True, eq=False)
class Shown:
    """The pictures to show by class."""

    place: Place
    look: Look
    weights: str
    groups: dict[int, list[Picture]]
    images: dict[int, list[Image]]
    looks: tuple[Look, ...]
    has: tuple[str, ...]  # weights that this look has pictures of


class Grids:
    """What is known of a run's finished pictures; lives in the reader's thread."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.images: dict[Look, dict[str, list[Image]]] = {}
        self._newest = 0
        self._kept: OrderedDict[tuple[Look, str], dict[int, list[Picture]]] = OrderedDict()

    def read(self, store: Store) -> None:
        """Take in what has been recorded since the last look."""
        for image in newer_images(store, self.run.number, self._newest, ("sample", "preview")):
            self._newest = image.number
            look = Look(image.step, image.attempt or 0, image.sample_set or 0, image.kind)
            self.images.setdefault(look, {}).setdefault(image.weights, []).append(image)
            self._kept.pop((look, image.weights), None)

    def shown(self, place: Place) -> Shown | None:
        """The pictures of a place, cut from their sheets."""
        looks = tuple(sorted(self.images))
        if not looks:
            return None
        look = place.look if place.look in self.images else looks[-1]
        has = tuple(weights for weights in WEIGHTS if weights in self.images[look])
        weights = place.weights if place.weights in has else has[0]
        images: dict[int, list[Image]] = {}
        for image in self.images[look][weights]:
            images.setdefault(-1 if image.label is None else image.label, []).append(image)
        images = {label: images[label] for label in sorted(images)}
        return Shown(place, look, weights, self._pictures(look, weights, images), images, looks, has)

    def _pictures(self, look: Look, weights: str, images: dict[int, list[Image]]) -> dict[int, list[Picture]]:
        key = (look, weights)
        if key not in self._kept:
            paths = dict.fromkeys(image.path for members in images.values() for image in members)
            sheets = {path: read_sheet(self.run.folder / path) for path in paths}
            self._kept[key] = {
                label: [
                    sheets[one.path][one.top : one.top + one.height, one.left : one.left + one.width] for one in members
                ]
                for label, members in images.items()
            }
            if len(self._kept) > GRIDS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class PictureGrid(Pictures, can_focus=True):
    """The pictures, with the keys."""


class SamplesTab(Tab):
    """The pictures of one moment of the training."""

    DEFAULT_CSS = """
    SamplesTab #told { height: 1; }
    SamplesTab #hint { height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "look(-1)", "Training step", key_display="↑↓", tooltip="earlier pictures"),
        Binding(
            "down,j", "look(1)", "Next training step", show=False, tooltip="later pictures; after the last: follow"
        ),
        Binding("left,h", "move(-1)", "Class", key_display="←→", tooltip="the class, or the picture, before"),
        Binding("right,l", "move(1)", "Next class", show=False, tooltip="the next class, or the next picture"),
        Binding("enter", "closer", "Closer", tooltip="one class, then one picture"),
        Binding("w", "weights", "EMA/raw", tooltip="pictures of the averaged or of the raw weights"),
        Binding("escape", "farther", "Farther", show=False, tooltip="all pictures of the class, then all classes"),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.grids = Grids(run)
        self.place = Place()
        self.follows = True
        self.marked = 0  # which of the classes, while all are shown
        self.shown: Shown | None = None

    def compose(self) -> ComposeResult:
        """What is looked at in words, then in pictures."""
        yield Static("no pictures yet", id="told", markup=False)
        yield PictureGrid()
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Follow the pictures."""
        self._watch = self.watch_store(self._read, self._show)

    def _read(self, store: Store) -> Shown | None:
        self.grids.read(store)
        place = (
            self.place if not self.follows else Place(None, self.place.weights, self.place.label, self.place.picture)
        )
        shown = self.grids.shown(place)
        if shown is not None and self.shown is not None and _same(shown, self.shown):
            return None
        return shown

    def _show(self, shown: Shown) -> None:
        self.shown = shown
        self.place = replace(shown.place, look=shown.look, weights=shown.weights)
        self._draw()

    def _draw(self) -> None:
        shown, grid = self.shown, self.query_one(PictureGrid)
        if shown is None:
            return
        names = class_names(self.run)
        labels = list(shown.groups)
        self.marked = min(self.marked, len(labels) - 1)
        label, picture = self.place.label, self.place.picture
        if label is None or label not in shown.groups:
            groups = {class_name(one, names): shown.groups[one] for one in labels}
            grid.show_groups(groups, class_name(labels[self.marked], names))
        elif picture is None:
            grid.show_groups({class_name(label, names): shown.groups[label]})
        else:
            at = min(picture, len(shown.groups[label]) - 1)
            grid.enlarge(shown.groups[label][at])
        self._say()

    def _say(self) -> None:
        shown = self.shown
        if shown is None:
            return
        names = class_names(self.run)
        kind = f"sample set {shown.look.sample_set}" if shown.look.kind == "sample" else "preview"
        parts = [f"step {count(shown.look.step)}", kind, f"{shown.weights} weights"]
        if self.place.label is not None and self.place.label in shown.groups:
            parts.append(f"class {class_name(self.place.label, names)}")
            if self.place.picture is not None:
                members = shown.images[self.place.label]
                at = min(self.place.picture, len(members) - 1)
                parts.append(f"picture {at + 1} of {len(members)}   seed {members[at].seed}, index {members[at].index}")
        self.query_one("#told", Static).update("   ".join(parts))
        place = shown.looks.index(shown.look) + 1
        told = f"{place} of {len(shown.looks)}" + (", the newest" if place == len(shown.looks) else "")
        if not self.follows and place < len(shown.looks):
            told += f"   newest at step {count(shown.looks[-1].step)}: ↓"
        self.query_one("#hint", Static).update(told)

    def _go(self, place: Place, *, follow: bool = False) -> None:
        self.place, self.follows = place, follow
        self._watch.again()

    def action_look(self, by: int) -> None:
        """Another moment of the training."""
        if self.shown is not None:
            looks = self.shown.looks
            at = looks.index(self.shown.look) + by
            look = looks[max(0, min(at, len(looks) - 1))]
            self._go(replace(self.place, look=look), follow=at >= len(looks))

    def action_weights(self) -> None:
        """The other weights' pictures."""
        if self.shown is not None:
            other = next((one for one in self.shown.has if one != self.shown.weights), self.shown.weights)
            self._go(replace(self.place, weights=other))

    def action_move(self, by: int) -> None:
        """Another class, or another picture of it."""
        if self.shown is None:
            return
        labels = list(self.shown.groups)
        if self.place.label is None:
            self.marked = (self.marked + by) % len(labels)
            self._draw()
        elif self.place.picture is None:
            label = labels[(labels.index(self.place.label) + by) % len(labels)]
            self._closer(label, None)
        else:
            pictures = len(self.shown.groups[self.place.label])
            self._closer(self.place.label, (self.place.picture + by) % pictures)

    def _closer(self, label: int | None, picture: int | None) -> None:
        """Another part of the same pictures, which are at hand."""
        self.place = replace(self.place, label=label, picture=picture)
        self.follows = False
        if label is not None and self.shown is not None:
            self.marked = list(self.shown.groups).index(label)
        self._draw()

    def action_closer(self) -> None:
        """One class, then one picture."""
        if self.shown is None:
            return
        if self.place.label is None:
            self._closer(list(self.shown.groups)[self.marked], None)
        elif self.place.picture is None:
            self._closer(self.place.label, 0)

    def action_farther(self) -> None:
        """Back to the class, then to all; then the key is the screen's."""
        if self.place.picture is not None:
            self._closer(self.place.label, None)
        elif self.place.label is not None:
            self._closer(None, None)
        else:
            raise SkipAction


def _same(one: Shown, other: Shown) -> bool:
    same_place = (one.look, one.weights, one.looks) == (other.look, other.weights, other.looks)
    return same_place and {k: len(v) for k, v in one.groups.items()} == {k: len(v) for k, v in other.groups.items()}
