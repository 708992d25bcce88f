"""One run, live, as tabs: its curves, its pictures, its losses by noise level, its judges, and how it was made."""

from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from diffusion.errors import UserError
from runs.records import Run
from runs.store import Store
from workbench.format import count, duration, number, safe_text
from workbench.run_labels import dataset_label, seconds_left
from workbench.screens.run_actions import RunActions
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.tab_line import TabLine

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.screens.tabs.tab import Tab

TABS = (  # name, module, class: each is imported when it is looked at first
    ("Curves", "curves", "CurvesTab"),
    ("Denoising", "denoising", "DenoisingTab"),
    ("Samples", "samples", "SamplesTab"),
    ("Noise levels", "noise_levels", "NoiseLevelsTab"),
    ("Judges", "judges", "JudgesTab"),
    ("System", "system", "SystemTab"),
    ("Log", "log", "LogTab"),
    ("Config", "config", "ConfigTab"),
)


class RunScreen(RunActions, Screen[None]):
    """One run."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    RunScreen #tabs { height: 1fr; }
    RunScreen .tab { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "turn(1)", "Tab", key_display="[ ]", tooltip="the next tab; or its number"),
        Binding("left_square_bracket", "turn(-1)", "Tab back", show=False),
        *(
            Binding(str(at), f"tab({at - 1})", name, show=False, tooltip="the tab")
            for at, (name, _, _) in enumerate(TABS, start=1)
        ),
        *RunActions.BINDINGS,
        Binding("escape,backspace", "back", "Back", tooltip="to where you came from"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run: Run | None = None
        self.chosen = 0
        self._tabs: dict[int, Tab] = {}

    def compose(self) -> ComposeResult:
        """Title, tabs, the one that is looked at, foot."""
        yield Static(classes="title", id="title", markup=False)
        yield TabLine([name for name, _, _ in TABS])
        yield Container(id="tabs")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the run."""
        self._watch = self.app.reader.watch(self, self._read, self._answered)

    def _read(self, store: Store) -> tuple[Run, ...]:
        try:
            return (store.find(self.run_id),)
        except UserError:
            return ()  # deleted

    async def _answered(self, found: tuple[Run, ...]) -> None:
        if not found:
            self.app.tell("the run is not in the database any more")
            self.dismiss()
            return
        first = self.run is None
        (self.run,) = found
        self.query_one("#title", Static).update(title(self.run))
        for tab in self._tabs.values():
            tab.run_changed(self.run)
        if first:
            await self._show(self.chosen)

    def chosen_runs(self) -> list[Run]:
        """This run."""
        return [self.run] if self.run else []

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
        await self._show(index)

    async def action_turn(self, by: int) -> None:
        """The next tab, or the one before."""
        await self._show((self.chosen + by) % len(TABS))

    @on(TabLine.Clicked)
    async def _clicked(self, message: TabLine.Clicked) -> None:
        await self._show(message.index)

    async def _show(self, index: int) -> None:
        if self.run is None:
            self.chosen = index
            return
        if index != self.chosen and self.chosen in self._tabs:
            self._tabs[self.chosen].display = False
            self._tabs[self.chosen].seen(False)
        self.chosen = index
        self.query_one(TabLine).choose(index)
        if index not in self._tabs:
            _, module, name = TABS[index]
            tab: Tab = getattr(import_module(f"workbench.screens.tabs.{module}"), name)(self.run)
            tab.add_class("tab")
            self._tabs[index] = tab
            await self.query_one("#tabs").mount(tab)
        self._tabs[index].display = True
        self._tabs[index].seen(True)

    def action_back(self) -> None:
        """To the screen below."""
        self.dismiss()


def title(run: Run) -> str:
    """What a run is and how far it is, in one line, the most important first."""
    of = f"/{count(run.total_steps)}" if run.total_steps else ""
    parts = [f"{'★ ' if run.starred else ''}{safe_text(run.name)}", run.status, f"step {count(run.step)}{of}"]
    left = seconds_left(run)
    if left is not None:
        parts.append(f"{duration(left)} left")
    if run.loss is not None:
        parts.append(f"loss {number(run.loss)}")
    parts += [safe_text(dataset_label(run.dataset)), run.config.process.schedule]
    if run.config.data.blur:
        parts.append(f"blur {run.config.data.blur:g}")
    if run.text and run.status not in ("running", "completed"):
        parts.append(safe_text(run.text))
    return "  ".join(part for part in parts if part)
