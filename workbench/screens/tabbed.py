"""A screen of tabs: each is made when it is looked at first, and asks nothing while it is not seen."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.tab_line import TabLine

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.reader import Watch
    from workbench.screens.tabs.tab import Tab

Named = tuple[str, str, str]  # name, module, class


def tab_bindings(tabs: Sequence[Named]) -> list[Binding]:
    """The keys that go from tab to tab."""
    return [
        Binding("right_square_bracket", "turn(1)", "Tab", key_display="[ ]", tooltip="the next tab; or its number"),
        Binding("left_square_bracket", "turn(-1)", "Tab back", show=False),
        *(
            Binding(str(at), f"tab({at - 1})", name, show=False, tooltip="the tab")
            for at, (name, _, _) in enumerate(tabs, start=1)
        ),
    ]


class TabbedScreen(Screen[None]):
    """Title, tabs, the one that is looked at, foot. PACKAGE and TABS say where the tabs are."""

    app: "WorkbenchApp"
    PACKAGE: ClassVar[str]
    TABS: ClassVar[Sequence[Named]]
    DEFAULT_CSS = """
    TabbedScreen #tabs { height: 1fr; }
    TabbedScreen .tab { height: 1fr; }
    """
    _watch: "Watch[Any]"

    def __init__(self) -> None:
        super().__init__()
        self.chosen = 0
        self._tabs: dict[int, Tab] = {}

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static(classes="title", id="title", markup=False)
        yield TabLine([name for name, _, _ in self.TABS])
        yield Container(id="tabs")
        yield StatusLine()
        yield KeyLine()

    def has_answer(self) -> bool:
        """Whether what the tabs are about has been read."""
        raise NotImplementedError

    def make_tab(self, kind: "type[Any]") -> "Tab":
        """A tab of this class."""
        raise NotImplementedError

    def on_screen_suspend(self) -> None:
        """Hidden behind another screen, it asks nothing."""
        self._watch.pause(True)
        if self.chosen in self._tabs:
            self._tabs[self.chosen].seen(False)

    def on_screen_resume(self) -> None:
        """Seen again."""
        self._watch.pause(False)
        if self.chosen in self._tabs:
            self._tabs[self.chosen].seen(True)

    async def action_tab(self, index: int) -> None:
        """Look at a tab."""
        await self.show_tab(index)

    async def action_turn(self, by: int) -> None:
        """The next tab, or the one before."""
        await self.show_tab((self.chosen + by) % len(self.TABS))

    @on(TabLine.Clicked)
    async def _clicked(self, message: TabLine.Clicked) -> None:
        await self.show_tab(message.index)

    async def show_tab(self, index: int) -> None:
        """Look at a tab, as soon as there is something to see."""
        if not self.has_answer():
            self.chosen = index
            return
        if index != self.chosen and self.chosen in self._tabs:
            self._tabs[self.chosen].display = False
            self._tabs[self.chosen].seen(False)
        self.chosen = index
        self.query_one(TabLine).choose(index)
        if index not in self._tabs:
            _, module, name = self.TABS[index]
            tab = self.make_tab(getattr(import_module(f"{self.PACKAGE}.{module}"), name))
            tab.add_class("tab")
            self._tabs[index] = tab
            await self.query_one("#tabs").mount(tab)
        self._tabs[index].display = True
        self._tabs[index].seen(True)

    def action_back(self) -> None:
        """To the screen below."""
        self.dismiss()
