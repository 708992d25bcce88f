"""One run, live, as tabs: its curves, its pictures, its losses by noise level, its judges, and how it was made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from diffusion.errors import UserError
from runs.records import Run
from runs.store import Store
from workbench.format import count, duration, number, safe_text
from workbench.run_labels import dataset_label, seconds_left
from workbench.screens.run_actions import RunActions
from workbench.screens.tabbed import Named, TabbedScreen, tab_bindings

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


class RunScreen(RunActions, TabbedScreen):
    """One run."""

    app: "WorkbenchApp"
    PACKAGE: ClassVar[str] = "workbench.screens.tabs"
    TABS: ClassVar[Sequence[Named]] = TABS
    BINDINGS: ClassVar[list[BindingType]] = [
        *tab_bindings(TABS),
        *RunActions.BINDINGS,
        Binding("escape,backspace", "back", "Back", tooltip="to where you came from"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run: Run | None = None

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
            await self.show_tab(self.chosen)

    def chosen_runs(self) -> list[Run]:
        """This run."""
        return [self.run] if self.run else []

    def has_answer(self) -> bool:
        """Whether the run has been read."""
        return self.run is not None

    def make_tab(self, kind: type[Any]) -> "Tab":
        """A tab of this run."""
        tab: Tab = kind(self.run)
        return tab


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
