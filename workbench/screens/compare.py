"""Runs beside each other, live, as tabs: what differs, curves, losses at equal noise, pictures, and what is decided."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from runs.comparison import Comparison
from runs.records import Run
from runs.store import Store
from workbench.comparing import Comparing
from workbench.format import clipped, safe_text, width_of
from workbench.screens.tabbed import Named, TabbedScreen, tab_bindings
from workbench.terminal.series import SERIES, look_of

if TYPE_CHECKING:
    from workbench.screens.tabs.tab import Tab

TABS = (  # name, module, class
    ("What differs", "settings", "SettingsTab"),
    ("Curves", "curves", "CompareCurvesTab"),
    ("Noise levels", "noise_levels", "CompareLevelsTab"),
    ("Pictures", "pictures", "ComparePicturesTab"),
    ("Differences", "differences", "DifferencesTab"),
    ("Blur", "blur", "BlurTab"),
    ("Cost", "cost", "CostTab"),
)
GAP = "  "


class Told(NamedTuple):
    """What the lines above the tabs say of a comparison."""

    names: tuple[str, ...]  # of the arms, by their number
    reference: Run  # the first run of the first arm
    runs: int
    along: str  # how they are compared, in words


class ArmKey(Widget):
    """Number, marker and name of each arm, by which they are called everywhere below; at most two lines."""

    DEFAULT_CSS = "ArmKey { height: auto; max-height: 2; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()

    def show(self, names: tuple[str, ...]) -> None:
        """Name these arms."""
        if names != self.names:
            self.names = names
            self.refresh(layout=True)

    def render(self) -> Text:
        """One line, or two."""
        return Text("\n").join(key_lines(self.names, self.size.width or self.app.size.width))


def key_lines(names: Sequence[str], wide: int) -> list[Text]:
    """Each arm as its marker, number and name, in at most two lines."""
    whole = sum(width_of(name) + 5 + len(GAP) for name in names)
    rows = 1 if whole <= wide else 2
    room = max(1, wide * rows // max(1, len(names)) - 5 - len(GAP))
    lines = [Text(no_wrap=True, end="")]
    for at, name in enumerate(names):
        told = f"{at + 1} {clipped(name, room) if rows > 1 else name}"
        look = look_of(at) if at < len(SERIES) else None
        if lines[-1].cell_len + width_of(told) + 2 > wide and len(lines) < rows:
            lines.append(Text(no_wrap=True, end=""))
        lines[-1].append(f"{look.marker if look else ' '} ", Style(color=look.colour) if look else "")
        lines[-1].append(told + GAP)
    for line in lines:
        line.truncate(wide)
    return lines


class CompareScreen(TabbedScreen):
    """Some runs, or the runs of a study, those that are equal but for their seed as one."""

    PACKAGE: ClassVar[str] = "workbench.screens.compare_tabs"
    TABS: ClassVar[Sequence[Named]] = TABS
    BINDINGS: ClassVar[list[BindingType]] = [
        *tab_bindings(TABS),
        Binding("a", "along", "Along", tooltip="compare along the next axis, all else equal; or each with the first"),
        Binding("escape,backspace", "back", "Back", tooltip="to where you came from"),
    ]

    def __init__(self, ids: Sequence[str] = (), study: str = "") -> None:
        super().__init__()
        self.comparing = Comparing(ids, study)
        self.told: Told | None = None

    def compose(self) -> ComposeResult:
        """The parts, with the key to the arms above the tabs."""
        title, *others = super().compose()
        yield title
        yield ArmKey()
        yield from others

    def on_mount(self) -> None:
        """Follow the runs."""
        self._watch = self.app.reader.watch(self, self._read, self._answered, every_s=1.0)

    def _read(self, store: Store) -> Told | tuple[()]:
        found = self.comparing.now(store)
        return told_of(found) if found is not None else ()

    async def _answered(self, told: Told | tuple[()]) -> None:
        if not told:
            self.app.tell("a comparison needs two runs or more, and less are left")
            self.dismiss()
            return
        first, self.told = self.told is None, told
        study = f"study {safe_text(self.comparing.study)}" if self.comparing.study else ""
        settings = f"{len(told.names)} settings, " if told.runs > len(told.names) else ""
        arms = f"{settings}{told.runs} runs"
        self.query_one("#title", Static).update(GAP.join(filter(None, ("compare", study, arms, told.along))))
        self.query_one(ArmKey).show(told.names)
        if first:
            await self.show_tab(self.chosen)

    def has_answer(self) -> bool:
        """Whether the runs have been read."""
        return self.told is not None

    def make_tab(self, kind: type[Any]) -> "Tab":
        """A tab of this comparison."""
        assert self.told is not None
        tab: Tab = kind(self.told.reference, self.comparing)
        return tab

    def action_along(self) -> None:
        """Compare along another axis."""
        self.comparing.turn()
        self._watch.again()
        for tab in self._tabs.values():
            tab.ask_again()


def told_of(found: Comparison) -> Told:
    """What is said above the tabs."""
    names = tuple(safe_text(arm.name) + (" (diverged)" if arm.diverged else "") for arm in found.arms)
    along = f"along {found.against.axis}, all else equal" if found.against.axis else "each with the first"
    return Told(names, found.arms[0].runs[0], sum(len(arm.runs) for arm in found.arms), along)
