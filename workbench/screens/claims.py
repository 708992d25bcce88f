"""The claims that come with workbench, held against the runs of this home: ✓ ✗ ?, number, interval and runs."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from runs.claims import read_claims
from runs.store import Store
from runs.verdicts import Verdict, check
from workbench import claims_page
from workbench.claims_page import MARKS, SHIPPED
from workbench.format import safe_text
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.page import Page
from workbench.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp
    from workbench.reader import Watch

COLUMNS = (
    Column("answer", ""),
    Column("claim", "CLAIM", shrinks_to=30),
    Column("number", "NUMBER", right=True, shrinks_to=10),
    Column("runs", "RUNS", right=True, rank=1),
)
STYLES = {"holds": "green", "fails": "red", "not decided": ""}
EVERY_S = 5.0


class ClaimsScreen(Screen[None]):
    """A line for each claim; below, what the one under the cursor rests on."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    ClaimsScreen Table { height: 3fr; }
    ClaimsScreen Page { height: 2fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other", "Details", tooltip="scroll the details below, or back to the claims"),
        Binding("y", "copy", "Copy", tooltip="copy the command that makes the claim's runs", show=False),
        Binding("escape", "app.pop_screen", "Back"),
    ]
    _watch: "Watch[tuple[Verdict, ...]]"

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: tuple[Verdict, ...] = ()
        self.claims = read_claims(SHIPPED)

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("claims", classes="title", id="title", markup=False)
        yield Table(id="claims", empty="reading ...")
        yield Page()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the runs."""
        self.query_one(Table).focus()
        self._watch = self.app.reader.watch(self, self._read, self._show, every_s=EVERY_S)

    def on_screen_suspend(self) -> None:
        """What is not seen is not asked."""
        self._watch.pause(True)

    def on_screen_resume(self) -> None:
        """Ask again."""
        self._watch.pause(False)

    def _read(self, store: Store) -> tuple[Verdict, ...]:
        return tuple(check(store, self.claims))

    def _show(self, verdicts: tuple[Verdict, ...]) -> None:
        self.verdicts = verdicts
        self.query_one("#title", Static).update(f"claims  {claims_page.summary(verdicts)}")
        self.query_one(Table).show(COLUMNS, [Row(at, _cells(one)) for at, one in enumerate(verdicts)])
        self._details()

    @property
    def chosen(self) -> Verdict | None:
        """The claim under the cursor."""
        at = self.query_one(Table).key
        return self.verdicts[at] if isinstance(at, int) and at < len(self.verdicts) else None

    @on(Table.Highlighted)
    def _details(self) -> None:
        one = self.chosen
        lines = [(safe_text(one.claim.text), "bold"), *((line, "") for line in claims_page.details(one))] if one else []
        self.query_one(Page).show(lines)

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        """The comparison of the runs that a claim is about, where there are two or more."""
        event.stop()
        one = self.chosen
        if one is None:
            return
        names = {name for found in one.findings for name in found.runs}
        runs = [run for run in reversed(self.app.runs) if run.name in names]
        if len(runs) > 1:
            self.app.compare(runs)
        else:
            next_one = f"; next: {one.claim.made_by}" if one.claim.made_by else ""
            self.app.tell(f"this claim rests on {len(runs)} run{'s' * (len(runs) != 1)}{next_one}")

    def action_other(self) -> None:
        """The keys to the details, or back."""
        self.focus_next()

    def action_copy(self) -> None:
        """The command that makes what is missing."""
        one = self.chosen
        if one is not None and one.claim.made_by:
            self.app.copy_to_clipboard(one.claim.made_by)
            self.app.tell("the command is copied")


def _cells(one: Verdict) -> tuple[str | tuple[str, str], ...]:
    numbers = [claims_page.measured(found) for found in one.findings]
    many = len({name for found in one.findings for name in found.runs})
    told = numbers[0] + (f" and {len(numbers) - 1} more" if len(numbers) > 1 else "") if numbers else "no runs"
    return (MARKS[one.answer], STYLES[one.answer]), safe_text(one.claim.text), safe_text(told), str(many)
