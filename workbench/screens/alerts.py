"""What a person should know of all runs: the newest alerts, each leading to its run."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from runs.glance import newest_alerts
from runs.records import Alert
from workbench.format import count, safe_text
from workbench.run_columns import short_age
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp

COLUMNS = (
    Column("level", "LEVEL"),
    Column("age", "AGE", right=True, rank=2),
    Column("run", "RUN", shrinks_to=16),
    Column("step", "STEP", right=True, rank=1),
    Column("text", "WHAT", shrinks_to=20),
)
STYLES = {"error": "red", "warning": "yellow"}


class AlertsScreen(Screen[None]):
    """The newest alerts of all runs."""

    app: "WorkbenchApp"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", "Back")]

    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[tuple[int, Alert]] = []

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("alerts", classes="title", markup=False)
        yield Table(id="alerts", empty="no alerts")
        yield Static(id="whole", markup=False)
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow them."""
        self.query_one(Table).focus()
        self.app.reader.watch(self, newest_alerts, self._read)

    def _read(self, alerts: list[tuple[int, Alert]]) -> None:
        self.alerts = alerts
        names = {run.number: run.name for run in self.app.runs}
        rows = [
            Row(
                (number, alert),
                (
                    (alert.level, STYLES.get(alert.level, "")),
                    short_age(alert.time, self.app.now()),
                    safe_text(names.get(number, "")),
                    count(alert.step),
                    safe_text(alert.text),
                ),
            )
            for number, alert in alerts
        ]
        self.query_one(Table).show(COLUMNS, rows)

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        whole = event.key[1].text if isinstance(event.key, tuple) else ""
        self.query_one("#whole", Static).update(safe_text(whole))

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        event.stop()
        number = event.key[0] if isinstance(event.key, tuple) else None
        for run in self.app.runs:
            if run.number == number:
                self.app.open_run(run.id)
