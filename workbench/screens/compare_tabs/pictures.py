"""Pictures from the same noise: a row an arm, a column a class, a sampling step or a training step, and one slider."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from diffusion.events import Picture
from runs.records import Run
from runs.store import Store
from workbench.comparing import Comparing
from workbench.drawing import class_names
from workbench.format import clipped, count, safe_text
from workbench.pictures import class_name
from workbench.screens.compare_tabs.tab import CompareTab
from workbench.terminal.tiles import SMALLEST, WHOLE_STRIP_CELLS, Arrangement, Size, class_grid, filmstrip, one
from workbench.terminal.tiles import Moment as Strip
from workbench.twin_pictures import CLEAN, FINISHED, Columns, Content, Lock, Moment, Place, Shown, TwinPictures, apart
from workbench.widgets.tiles import Tiles

COLUMNS: tuple[Columns, ...] = ("class", "sampling step", "training step")
NAME_CELLS = (14, 28)  # of an arm's name at the left: at least, and at most a fifth of the width


@dataclass(frozen=True)
class Look:
    """How the pictures are looked at; all of it can be drawn from what was read last."""

    row: int = 0
    column: int = 0
    moment: int | None = None  # None: the last
    lock: Lock = "step"
    content: Content = "x0"
    differs: bool = False  # the absolute difference from what each arm is compared with
    enlarged: bool = False
    blink: bool | None = None  # two in the same place: False is the other one, True the chosen one


class TwinTiles(Tiles, can_focus=True):
    """The pictures, with the keys."""


class ComparePicturesTab(CompareTab):
    """Twins: pictures of one class and one noise."""

    DEFAULT_CSS = """
    ComparePicturesTab #told { height: 1; }
    ComparePicturesTab #hint { height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "column(-1)", "Column", key_display="←→", tooltip="the column before"),
        Binding("right,l", "column(1)", "Next column", show=False, tooltip="the next column"),
        Binding("up,k", "row(-1)", "Run", key_display="↑↓", tooltip="the run above"),
        Binding("down,j", "row(1)", "Next run", show=False, tooltip="the run below"),
        Binding("full_stop", "slide(1)", "Slide", key_display=",.", tooltip="all on to the next sampling step"),
        Binding("comma", "slide(-1)", "Slide back", show=False, tooltip="all back to the sampling step before"),
        Binding("home,g", "edge(0)", "Noise", show=False, tooltip="all to the first sampling step"),
        Binding("end,G", "edge(-1)", "Finished", show=False, tooltip="all to the last sampling step"),
        Binding("greater_than_sign", "step(1)", "Training", key_display="<>", tooltip="all to the next training step"),
        Binding("less_than_sign", "step(-1)", "Training back", show=False, tooltip="all to the training step before"),
        Binding("v", "turn", "Columns", tooltip="classes, sampling steps or training steps as columns"),
        Binding("c", "label(1)", "Class", tooltip="the next class"),
        Binding("C", "label(-1)", "Class back", show=False),
        Binding("L", "lock", "Lock", tooltip="the slider is locked on equal sampling steps, or on equal log-SNR"),
        Binding("enter", "enlarge", "Enlarge", tooltip="one picture and its twins, large; or all again"),
        Binding("b", "blink", "Blink", tooltip="the chosen picture and the one it is compared with, in one place"),
        Binding("d", "differ", "Difference", tooltip="absolute difference from what each is compared with; or not"),
        Binding("x", "content", "x0/x_t", tooltip="the predicted picture x0, or the noisy x_t", show=False),
        Binding("escape", "farther", "Farther", show=False, tooltip="all pictures again"),
    ]

    def __init__(self, run: Run, comparing: Comparing) -> None:
        super().__init__(run, comparing)
        self.pictures = TwinPictures()
        self.place, self.look = Place(), Look()
        self.shown: Shown | None = None
        self._again = True

    def compose(self) -> ComposeResult:
        """What is looked at in words, then in pictures."""
        yield Static("no pictures yet", id="told", markup=False)
        yield TwinTiles()
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Follow the pictures."""
        self.names = class_names(self.run)
        self._watch = self.watch_store(self._read, self._show, every_s=1.0)

    def ask_again(self) -> None:
        """Something else is wanted of the database."""
        self._again = True
        super().ask_again()

    def _read(self, store: Store) -> Shown | None:
        found = self.comparing.now(store)
        if found is None:
            return None
        again, self._again = self._again, False
        references = {number: arm.number for number, arm in found.against.pairs}
        return self.pictures.shown(store, found.arms, references, self.place, again=again)

    def _show(self, shown: Shown) -> None:
        if shown.place.columns != self.place.columns:
            return  # an older answer
        self.shown = shown
        self.draw()

    # -- what is looked at ------------------------------------------------------------------------------------------

    def columns(self, shown: Shown) -> int:
        """How many columns there are."""
        values: dict[Columns, int] = {
            "class": len(shown.labels),
            "sampling step": len(shown.moments),
            "training step": len(shown.steps),
        }
        return values[self.place.columns]

    def _chosen(self, shown: Shown) -> tuple[int, int, Moment]:
        """Class, training step and moment of the chosen column."""
        return self._cell(shown, min(self.look.column, self.columns(shown) - 1))

    def _cell(self, shown: Shown, column: int) -> tuple[int, int, Moment]:
        columns, at = self.place.columns, self.look.moment
        last = len(shown.moments) - 1
        label = shown.labels[column] if columns == "class" else shown.label
        step = shown.steps[column] if columns == "training step" else shown.step
        moment = column if columns == "sampling step" else last if at is None else min(at, last)
        return label, step, shown.moments[moment]

    def picture(self, shown: Shown, number: int, column: int, differs: bool | None = None) -> Picture | None:
        """The picture of an arm in a column, or how far it is from its twin."""
        mine = self._of(shown, number, column)
        reference = shown.references.get(number)
        if not (self.look.differs if differs is None else differs) or reference not in shown.tables or mine is None:
            return mine
        other = self._of(shown, reference, column)
        return apart(mine, other) if other is not None else None

    def _of(self, shown: Shown, number: int, column: int) -> Picture | None:
        label, step, moment = self._cell(shown, column)
        return shown.tables[number].at(label, step, moment, self.look.lock, self.look.content)

    def _row_name(self, shown: Shown, number: int) -> str:
        wide = max(NAME_CELLS[0], min(NAME_CELLS[1], self.size.width // 5))
        reference = shown.references.get(number)
        away = self.look.differs and reference in shown.tables
        return clipped(f"|{number} - {reference}|" if away else f"{number} {safe_text(shown.names[number])}", wide)

    # -- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what is looked at, from what was read last."""
        shown = self.shown
        if shown is None:
            return
        self.look = replace(self.look, row=min(self.look.row, len(shown.arms) - 1))
        column = min(self.look.column, self.columns(shown) - 1)
        tiles, number = self.query_one(TwinTiles), shown.arms[self.look.row]
        if self.look.blink is not None:
            self._draw_blink(tiles, shown, number, column)
        elif self.look.enlarged:
            groups = {self._row_name(shown, at): self.picture(shown, at, column) for at in shown.arms}
            there = {name: [picture] for name, picture in groups.items() if picture is not None}
            chosen = self._row_name(shown, number)
            tiles.lay_out((lambda size, unit: _side_by_side(there, size, unit, chosen)) if there else None)
        else:
            tiles.lay_out(lambda size, unit: self._strip(shown, column, size, unit))
        self._say(shown)

    def _draw_blink(self, tiles: Tiles, shown: Shown, number: int, column: int) -> None:
        others = [at for at in shown.arms if at != number]
        seen = number if self.look.blink or not others else shown.references.get(number, others[0])
        picture = self.picture(shown, seen, column, differs=False) if seen in shown.tables else None
        caption = f"{seen} {safe_text(shown.names[seen])}"
        tiles.lay_out(None if picture is None else lambda size, unit: one(picture, size, unit, caption))

    def _strip(self, shown: Shown, column: int, size: Size, unit: Size) -> Arrangement:
        rows = self._rows(shown, size, unit)
        strips = [
            Strip(self._column_name(shown, at), tuple(self.picture(shown, number, at) for number in rows))
            for at in range(self.columns(shown))
        ]
        chosen = shown.arms[self.look.row]
        names = [("▸" if number == chosen else " ") + self._row_name(shown, number) for number in rows]
        return filmstrip(strips, column, size, unit, names, 0 if self.place.columns == "class" else WHOLE_STRIP_CELLS)

    def _rows(self, shown: Shown, size: Size, unit: Size) -> list[int]:
        """As many arms as can be told apart, the chosen one among them."""
        high = -(-SMALLEST // unit[1]) + 1
        room = max(1, (size[1] - 1) // high)
        first = max(0, min(self.look.row - room // 2, len(shown.arms) - room))
        return list(shown.arms[first : first + room])

    def _column_name(self, shown: Shown, column: int) -> str:
        label, step, moment = self._cell(shown, column)
        named: dict[Columns, str] = {
            "class": class_name(label, self.names),
            "sampling step": self._moment_name(moment),
            "training step": count(step),
        }
        return named[self.place.columns]

    def _moment_name(self, moment: Moment) -> str:
        """What is equal in all rows of a column."""
        if self.look.lock == "log-snr" and not math.isnan(moment.log_snr):
            return "∞" if moment.log_snr >= CLEAN else f"{moment.log_snr:.1f}"
        return "end" if moment.step == FINISHED else f"{moment.step:.0f}"

    def _say(self, shown: Shown) -> None:
        label, step, slider = self._chosen(shown)
        moment = shown.tables[shown.arms[self.look.row]].moment(label, step, slider, self.look.lock)
        where = "finished" if moment.step == FINISHED else f"sampling step {moment.step:.0f}"
        noise = [f"log-SNR {moment.log_snr:.1f}"] if abs(moment.log_snr) < CLEAN else []
        parts = [f"class {class_name(label, self.names)}", f"step {count(step)}", where, *noise, self.look.content]
        parts += ["difference"] if self.look.differs and self.look.blink is None else []
        self.query_one("#told", Static).update("   ".join(parts))
        rows = f"run {self.look.row + 1} of {len(shown.arms)}"
        lock = "sampling step" if self.look.lock == "step" else "log-SNR"
        paired = "the same noise for all" if shown.paired else "not all from the same noise"
        hint = f"columns: {self.place.columns}   locked on {lock}   {rows}   {paired}"
        hint += f"   of another size: {', '.join(map(str, shown.others))}" if shown.others else ""
        self.query_one("#hint", Static).update(hint)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _change(self, **changes: object) -> None:
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self.draw()

    def action_column(self, by: int) -> None:
        """Another column, of all rows at once."""
        if self.shown is not None:
            self._change(column=max(0, min(self.look.column + by, self.columns(self.shown) - 1)))

    def action_row(self, by: int) -> None:
        """Another arm."""
        if self.shown is not None:
            self._change(row=max(0, min(self.look.row + by, len(self.shown.arms) - 1)))

    def action_slide(self, by: int) -> None:
        """All to another moment of the sampling."""
        if self.shown is None:
            return
        if self.place.columns == "sampling step":
            self.action_column(by)
            return
        last = len(self.shown.moments) - 1
        at = last if self.look.moment is None else min(self.look.moment, last)
        self._change(moment=max(0, min(at + by, last)))

    def action_edge(self, at: int) -> None:
        """All to the noise, or to the finished picture."""
        if self.shown is not None:
            self.action_slide(-len(self.shown.moments) if at == 0 else len(self.shown.moments))

    def action_step(self, by: int) -> None:
        """All to another training step."""
        if self.shown is None:
            return
        if self.place.columns == "training step":
            self.action_column(by)
            return
        steps = self.shown.steps
        at = steps.index(self.shown.step) + by
        self._go(replace(self.place, step=None if at >= len(steps) else steps[max(0, at)]))

    def action_label(self, by: int) -> None:
        """Another class."""
        if self.shown is None:
            return
        if self.place.columns == "class":
            self.action_column(by)
            return
        labels = self.shown.labels
        self._go(replace(self.place, label=labels[(labels.index(self.shown.label) + by) % len(labels)]))

    def _go(self, place: Place) -> None:
        self.place = place
        self.ask_again()

    def action_turn(self) -> None:
        """Other columns; what was chosen stays chosen."""
        if self.shown is None:
            return
        label, step, moment = self._chosen(self.shown)
        columns = COLUMNS[(COLUMNS.index(self.place.columns) + 1) % len(COLUMNS)]
        at: dict[Columns, int] = {
            "class": self.shown.labels.index(label),
            "sampling step": self.shown.moments.index(moment),
            "training step": self.shown.steps.index(step),
        }
        self.look = replace(self.look, column=at[columns], moment=at["sampling step"])
        newest = step == self.shown.steps[-1]
        self._go(Place(columns, label, None if newest else step))

    def action_lock(self) -> None:
        """Equal sampling steps, or equal noise."""
        self._change(lock="log-snr" if self.look.lock == "step" else "step")

    def action_enlarge(self) -> None:
        """One picture with its twins, or all."""
        self._change(enlarged=not self.look.enlarged, blink=None)

    def action_blink(self) -> None:
        """The other of the two."""
        self._change(blink=not self.look.blink)

    def action_differ(self) -> None:
        """How far each is from its twin, or the pictures."""
        self._change(differs=not self.look.differs, blink=None)

    def action_content(self) -> None:
        """x0 or x_t."""
        self._change(content="x_t" if self.look.content == "x0" else "x0")

    def action_farther(self) -> None:
        """Back to all pictures; then the key is the screen's."""
        if self.look.blink is None and not self.look.enlarged:
            raise SkipAction
        if self.look.blink is not None:
            self._change(blink=None)
        else:
            self._change(enlarged=False)


def _side_by_side(pictures: dict[str, list[Picture]], size: Size, unit: Size, chosen: str) -> Arrangement:
    if len(pictures) == 1:
        ((name, (picture,)),) = pictures.items()
        return one(picture, size, unit, name)
    return class_grid(pictures, size, unit, chosen)
