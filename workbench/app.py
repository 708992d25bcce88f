"""The terminal workbench: its screens share one reader of the database, one way to act, and one line of state."""

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.reactive import reactive
from textual.screen import Screen

from diffusion.errors import UserError
from runs.home import Home
from workbench.format import safe_text
from workbench.key_queue import KeyQueue
from workbench.reader import Reader
from workbench.widgets.painted_app import PaintedApp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runs.records import Alert, Run

T = TypeVar("T")
MACHINE_S = 2.0
RECENT_S = 86_400.0
READ_S = 1.0  # in which what is told cannot have been read
LIVELY_S = 30.0  # after a key, during which the figures of an idle machine are asked for


class ScreenError(RuntimeError):
    """The terminal workbench ended by an error of its own, whose traceback has been shown."""


class WorkbenchApp(PaintedApp[str]):
    """The app. run() returns what is to be said when the screen is gone."""

    CSS_PATH = "app.tcss"
    TITLE = "workbench"
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-low"), (30, "-high")]  # noqa: RUF012 as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Keys", tooltip="the keys of where you are"),
        Binding("q,ctrl+q", "leave", "Leave", tooltip="runs go on", show=False),
        Binding("ctrl+p,colon", "command_palette", "Commands", tooltip="find any action by its name", show=False),
        Binding("exclamation_mark", "alerts", "Alerts", tooltip="what a person should know of all runs", show=False),
        Binding("Q", "query", "Query", tooltip="ask the database in SQL", show=False),
        Binding(
            "ctrl+l",
            "redraw",
            "Redraw",
            tooltip="draw the screen again, and ask again how the terminal shows pictures",
            show=False,
        ),
        Binding(
            "B",
            "budget",
            "Bytes",
            tooltip="how many bytes of fine pictures are sent a second: more, or few",
            show=False,
        ),
        Binding("ctrl+c", "copied_or_leave", "Copy", tooltip="copy what is selected", show=False),
    ]
    status: reactive[str] = reactive("", repaint=False)  # the line at the foot follows it

    def __init__(
        self,
        home: Home,
        *,
        images: str = "auto",
        now: Callable[[], float] = time.time,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class, ansi_color=True)  # else NO_COLOR makes each default colour black
        self.home, self.images, self.now = home, images, now
        self.reader = Reader(home, self._store_failed)
        self.runs: tuple[Run, ...] = ()
        self.query_text = "select * from run_summary"
        self._lively = 0.0
        self._told = 0.0  # when something was last told that is not taken away yet
        self.keys = KeyQueue(self, super().on_event)
        self.theme = "ansi-dark"
        self.animation_level = "none"

    def get_default_screen(self) -> Screen[Any]:
        """The list of runs."""
        from workbench.screens.runs import RunsScreen

        return RunsScreen()

    def on_mount(self) -> None:
        """Begin to read."""
        self.reader.start()

    def watch_machine(self) -> None:
        """Follow the machine, once the first screen is there: while runs go on, or somebody has just pressed a key."""
        from runs.glance import newest_alerts
        from workbench.machine import Machine

        machine = Machine(self.home)
        self.reader.watch(
            self,
            lambda store: machine.line(self.runs, self._recent(newest_alerts(store))),
            self._machine_read,
            every_s=MACHINE_S,
            while_=lambda: time.monotonic() < self._lively or any(run.status == "running" for run in self.runs),
        )

    def _recent(self, alerts: "list[tuple[int, Alert]]") -> int:
        """How many of the alerts are of the last day and more than a remark."""
        return sum(one.level != "info" and (one.time or 0) > self.now() - RECENT_S for _, one in alerts)

    def _machine_read(self, line: str) -> None:
        self.status = line

    async def on_event(self, event: events.Event) -> None:
        """A key or the mouse: somebody looks."""
        if isinstance(event, events.Key | events.MouseDown):
            self._lively = time.monotonic() + LIVELY_S
            self.seen_by_somebody()
            self._take_away_what_was_told()
        elif isinstance(event, events.Resize | events.AppFocus):
            self.seen_by_somebody()
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.keys.take(event)
        else:
            await super().on_event(event)

    def _take_away_what_was_told(self) -> None:
        """The next key takes away what is told, so that it covers nothing for long; not what nobody can have read."""
        if self._told and time.monotonic() - self._told > READ_S:
            self._told = 0.0
            self.clear_notifications()

    def on_unmount(self) -> None:
        """Leave no thread behind."""
        self.reader.close()

    # -- saying and doing -------------------------------------------------------------------------------------------

    def tell(self, text: str, *, error: bool = False) -> None:
        """Something to read for a few seconds, or until the next key."""
        shown = safe_text(text, lines=True)
        self._told = time.monotonic()
        self.notify(shown, severity="error" if error else "information", markup=False, timeout=8 if error else 4)

    def do(self, what: str, action: Callable[[], T], then: Callable[[T], None] | None = None) -> None:
        """Run an action in a thread. Its UserError is told, its result goes to then, in the thread of the screens."""

        def work() -> None:
            try:
                result = action()
            except (UserError, OSError) as error:
                self.call_from_thread(self.tell, f"{what}: {error}", error=True)
                return
            if then is not None:
                self.call_from_thread(then, result)
            self.reader.wake()

        self.run_worker(work, thread=True, name=what, group="actions")

    def _store_failed(self, problem: str) -> None:
        self.call_later(self._tell_store, problem)

    def _tell_store(self, problem: str) -> None:
        if problem:
            self.tell(problem, error=True)

    # -- where to go ------------------------------------------------------------------------------------------------

    def open_run(self, run_id: str) -> None:
        """Show one run."""
        from workbench.screens.run import RunScreen

        self.push_screen(RunScreen(run_id))

    def go_to(self, run_id: str) -> None:
        """Put the list's cursor on a run."""
        from workbench.screens.runs import RunsScreen

        for screen in self.screen_stack:
            if isinstance(screen, RunsScreen):
                screen.go_to(run_id)

    def forget(self, runs: "Iterable[Run]") -> None:
        """Deleted runs are listed no more, also until the database has been read again."""
        from workbench.screens.runs import RunsScreen

        for screen in self.screen_stack:
            if isinstance(screen, RunsScreen):
                screen.forget(frozenset(run.id for run in runs))

    def again(self, run: "Run") -> None:
        """A new run like another one, to change in one thing."""
        from workbench.screens.new_run import NewRunScreen

        self.push_screen(NewRunScreen(like=run))

    def compare(self, runs: "Sequence[Run]", study: str = "") -> None:
        """Show runs beside each other, or those of a study, also the ones that are to come."""
        from workbench.screens.compare import CompareScreen

        if len(runs) < 2:
            self.tell("a comparison needs two runs or more: space marks them")
        else:
            self.push_screen(CompareScreen([] if study else [run.id for run in runs], study))

    def action_studies(self) -> None:
        """All studies, and what came out."""
        from workbench.screens.studies import StudiesScreen

        if not isinstance(self.screen, StudiesScreen):
            self.push_screen(StudiesScreen())

    def action_claims(self) -> None:
        """The claims that come with workbench, checked."""
        from workbench.screens.claims import ClaimsScreen

        if not isinstance(self.screen, ClaimsScreen):
            self.push_screen(ClaimsScreen())

    def action_schedules(self) -> None:
        """The schedule lab."""
        from workbench.screens.schedules import SchedulesScreen

        if not isinstance(self.screen, SchedulesScreen):
            self.push_screen(SchedulesScreen())

    def action_new_run(self) -> None:
        """The form of a new run."""
        from workbench.screens.new_run import NewRunScreen

        self.push_screen(NewRunScreen())

    def action_query(self) -> None:
        """The SQL editor."""
        from workbench.screens.query import QueryScreen

        if not isinstance(self.screen, QueryScreen):
            self.push_screen(QueryScreen())

    def action_alerts(self) -> None:
        """The alerts of all runs."""
        from workbench.screens.alerts import AlertsScreen

        if not isinstance(self.screen, AlertsScreen):
            self.push_screen(AlertsScreen())

    def action_help(self) -> None:
        """The keys of where the person is."""
        from workbench.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_command_palette(self) -> None:
        """Every action by its name."""
        from workbench.widgets.options import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_redraw(self) -> None:
        """Draw everything again, and ask the terminal again what it can show: it may be another one."""
        from workbench.widgets.painter import painter_of

        painter_of(self).ask()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def action_budget(self) -> None:
        """Send more or fewer bytes a second of fine pictures."""
        from workbench.widgets.painter import painter_of

        self.tell(painter_of(self).next_budget())

    def action_leave(self) -> None:
        """Leave; what goes on is said when the screen is gone."""
        from workbench.run_columns import GOING

        self.exit("\n".join(going_on([run for run in self.runs if run.status in GOING])))

    def action_copied_or_leave(self) -> None:
        """Ctrl-C copies a selection; without one it says which key leaves."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
        else:
            self.tell("q leaves; runs go on")

    def get_system_commands(self, screen: Screen[Any]) -> "Iterable[SystemCommand]":
        """Every key of where the person is, by its name."""
        from workbench.widgets.foot import key_name, keys_of

        for binding, keys, more in keys_of(screen):
            title = f"{binding.description}  ({', '.join(map(key_name, keys))})"
            yield SystemCommand(
                title, more or binding.description, lambda action=binding: self._run_binding(screen, action)
            )
        yield SystemCommand("New run", "the form of a new run", self.action_new_run)
        yield SystemCommand("Quit, exit  (q)", "leave; runs go on", self.action_leave, discover=False)  # by other words

    async def _run_binding(self, screen: Screen[Any], binding: Binding) -> None:
        for active in screen.active_bindings.values():
            if active.binding.action == binding.action:
                await self.run_action(binding.action, active.node)
                return


def going_on(runs: "list[Run]") -> list[str]:
    """What is said of runs that go on when the screen is left."""
    if not runs:
        return []
    told = [f"{len(runs)} {'run goes' if len(runs) == 1 else 'runs go'} on without the screen:"]
    for run in runs[:5]:
        of = f" of {run.total_steps:,}" if run.total_steps else ""
        told.append(f"  {safe_text(run.name)}  {run.status}  step {run.step:,}{of}")
    if len(runs) > 5:
        told.append(f"  and {len(runs) - 5} more")
    return [*told, f"next: workbench, or workbench stop {safe_text(runs[0].name)}"]


def run_app(home: Home, *, images: str = "auto") -> str:
    """Show the terminal workbench until it is left. Returns what is to be said then."""
    app = WorkbenchApp(home, images=images, driver_class=_driver())
    told = app.run()
    if app.return_code:
        raise ScreenError("the screen ended with an error")
    return told or ""


def _driver() -> type[Driver] | None:
    """The driver that sends fewer bytes, where Textual would take the one that it is made from."""
    if sys.platform == "win32" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from workbench.terminal.driver import ThriftyDriver

    return ThriftyDriver
