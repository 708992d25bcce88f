"""The schedule lab: forward processes overlaid, the same picture in each, what the linter says; nothing is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from diffusion.config import RunConfig, flat, setting_info, with_settings
from diffusion.process import lab
from diffusion.process.lab import Pixels
from runs.studies import value_text
from workbench import schedule_page
from workbench.format import clipped
from workbench.schedule_page import EQUAL_SNR, EQUAL_TIME, Example, Shown
from workbench.schedule_specs import MOST, configs, example_of, own_settings, spec_of, stepped
from workbench.screens.compare_tabs.tab import page_lines
from workbench.screens.dialogs import Ask
from workbench.terminal import screen as terminal
from workbench.terminal.curve_view import CurveView
from workbench.terminal.series import look_of
from workbench.terminal.tiles import Arrangement, Moment, Size, filmstrip
from workbench.widgets.curve import Curve
from workbench.widgets.foot import KeyLine, StatusLine
from workbench.widgets.page import Page
from workbench.widgets.table import Column, Row, Table
from workbench.widgets.tiles import Tiles

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp

View = Literal["curves", "equal time", "equal SNR", "numbers"]
VIEWS: tuple[View, ...] = ("curves", "equal time", "equal SNR", "numbers")
SCHEDULES = (Column("mark", ""), Column("name", "SCHEDULE", shrinks_to=12), Column("warnings", "WARNINGS", right=True))
SETTINGS = (Column("key", "SETTING", shrinks_to=10), Column("value", "VALUE", right=True))
AT_FIRST = ("linear", "cosine")
WIDE, HIGH = 100, 30  # cells from which on two charts are beside each other, and below each other
CHARTS = 4
NAME_CELLS = 14


@dataclass
class Entry:
    """One schedule of the lab."""

    shown: Shown
    seen: bool = True

    @classmethod
    def of(cls, config: RunConfig) -> "Entry":
        """Raises UserError for settings that give no schedule."""
        return cls(Shown.of(spec_of(config), config))


class SchedulesScreen(Screen[None]):
    """Schedules at the left, the chosen one's settings beside them, and below what they do."""

    app: "WorkbenchApp"
    DEFAULT_CSS = """
    SchedulesScreen #choice { height: 9; }
    SchedulesScreen #view { height: 1fr; }
    SchedulesScreen #view > * { height: 1fr; }
    SchedulesScreen Grid { grid-gutter: 0 1; }
    SchedulesScreen #schedules { width: 3fr; }
    SchedulesScreen #settings { width: 2fr; }
    SchedulesScreen #told { height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "view(1)", "View", tooltip="curves, pictures at equal time, pictures at equal SNR, numbers"),
        Binding("V", "view(-1)", "View back", show=False, tooltip="the view before"),
        Binding("tab", "other", "Settings", tooltip="from the schedules to the settings, to the view, and back"),
        Binding(
            "right_square_bracket", "chart(1)", "Chart", show=False, tooltip="other charts, where not all of them fit"
        ),
        Binding("left_square_bracket", "chart(-1)", "Chart back", show=False),
        Binding("space", "see", "Show/hide", tooltip="draw the schedule, or leave it out"),
        Binding("plus,equals_sign", "step(1)", "Raise", key_display="+-", tooltip="the setting: the next value"),
        Binding("minus", "step(-1)", "Lower", show=False, tooltip="the setting: the value before"),
        Binding("e", "edit", "Edit", tooltip="type the setting's value, or the schedule with all of its settings"),
        Binding("n", "add", "Add", tooltip="another schedule: linear,timesteps=100"),
        Binding("d,delete", "remove", "Remove", tooltip="the schedule from this screen", show=False),
        Binding("y", "copy", "Copy", tooltip="copy the command that shows the same", show=False),
        Binding("escape", "app.pop_screen", "Back"),
    ]

    def __init__(self, config: RunConfig | None = None) -> None:
        """config: one to look at beside the usual ones."""
        super().__init__()
        first = [config] if config is not None else []
        every = [*first, *(config for _, config in configs((), ()))]
        entries = {entry.shown.name: entry for entry in map(Entry.of, every)}
        self.entries = [*entries.values()]
        seen = (spec_of(config), "cosine") if config is not None else AT_FIRST
        for entry in self.entries:
            entry.seen = entry.shown.name in seen
        self.view: View = "curves"
        self.chart = 0  # the one that is seen for sure
        self.example = example_of(None, 0.0)

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("schedules", classes="title", id="title", markup=False)
        yield Horizontal(Table(id="schedules"), Table(id="settings"), id="choice")
        yield Static(id="told", markup=False)
        with Vertical(id="view"):
            yield Grid(*(Curve(view=CurveView()) for _ in range(CHARTS)))
            yield Tiles()
            yield Page()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the first."""
        self.schedules.focus()
        self.show_all()

    def on_resize(self) -> None:
        """Tables and charts are made for a size."""
        self.show_view()

    @property
    def schedules(self) -> Table:
        """The table of schedules."""
        return self.query_one("#schedules", Table)

    @property
    def settings(self) -> Table:
        """The table of the chosen schedule's settings."""
        return self.query_one("#settings", Table)

    @property
    def entry(self) -> Entry:
        """The chosen schedule."""
        return self.entries[min(self.schedules.cursor, len(self.entries) - 1)]

    @property
    def seen(self) -> list[Shown]:
        """The schedules that are drawn, with their marks in this order."""
        return [entry.shown for entry in self.entries if entry.seen]

    # -- what is shown ----------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Everything, after a change."""
        marks = iter(range(len(self.entries)))
        rows = [Row(id(entry), self._cells(entry, next(marks) if entry.seen else None)) for entry in self.entries]
        self.schedules.show(SCHEDULES, rows)
        self._show_settings()
        self.show_view()

    def _cells(self, entry: Entry, mark: int | None) -> tuple[str | tuple[str, str], ...]:
        look = look_of(mark) if mark is not None else None
        warnings = len(entry.shown.warnings)
        return (
            (look.marker, look.colour) if look else "",
            entry.shown.name,
            (f"{warnings} !", "yellow") if warnings else "-",
        )

    def _show_settings(self) -> None:
        config = self.entry.shown.config
        values = flat(config)
        rows = [Row(key, (key.removeprefix("process."), value_text(values[key]))) for key in own_settings(config)]
        self.settings.show(SETTINGS, rows)

    @on(Table.Selected)
    def _selected(self, event: Table.Selected) -> None:
        event.stop()
        self.action_edit()

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        if event.table is self.schedules:
            self._show_settings()
        self._tell()

    def _tell(self) -> None:
        """The first warning of the chosen schedule, or what the chosen setting is."""
        if self.settings.has_focus and self.settings.key is not None:
            info = setting_info(str(self.settings.key))
            told = str(info.field.metadata["help"])
        else:
            told = "; ".join(self.entry.shown.warnings) or "no warnings"
        self.query_one("#told", Static).update(clipped(told, self.size.width))

    def show_view(self) -> None:
        """What is below the tables."""
        grid, tiles, page = self.query_one(Grid), self.query_one("#view > Tiles", Tiles), self.query_one(Page)
        grid.display, page.display = self.view == "curves", self.view in ("equal SNR", "numbers")
        tiles.display = self.view in ("equal time", "equal SNR")
        self.query_one("#title", Static).update(f"schedules  {self.view}")
        if self.view == "curves":
            self._draw_curves(grid)
        elif self.view == "numbers":
            page.show(page_lines(self._numbers(), self.size.width))
        else:
            rows = self._pictured()
            tiles.lay_out((lambda size, unit: self._strip(rows, size, unit)) if rows else None)
            page.show([(line, "") for line in schedule_page.time_lines(self.seen, self._paper())])
        page.styles.height = "1fr" if self.view == "numbers" else len(self.seen) + 1
        self._tell()

    def _paper(self) -> terminal.Screen:
        return terminal.Screen(self.size.width, self.size.height, terminal=True)

    def _draw_curves(self, grid: Grid) -> None:
        """All four charts where there is room, else one above the other as many as there is."""
        across, rows = self._charts_seen()
        curves = list(grid.query(Curve))
        grid.styles.grid_size_columns, grid.styles.grid_size_rows = across, rows
        room = across * rows
        first = self.chart // room * room
        for at, (curve, (title, lines, log)) in enumerate(zip(curves, schedule_page.charts(self.seen), strict=True)):
            curve.display = first <= at < first + room
            if curve.title != title:
                curve.view.log_y, curve.view.x_unit = log, "log-SNR" if "by log-SNR" in title else "time"
            for line in lines:
                line.name = clipped(line.name, NAME_CELLS)
            curve.show_lines(lines, title)

    def _charts_seen(self) -> tuple[int, int]:
        """How many charts beside and below each other."""
        return 1 + (self.size.width >= WIDE), 1 + (self.size.height >= HIGH)

    def _numbers(self) -> Sequence[tuple[str, Sequence[str]]]:
        shown, paper = self.seen, self._paper()
        return [
            ("", schedule_page.number_lines(shown, paper) if shown else []),
            (
                "warnings",
                schedule_page.warning_lines([entry.shown for entry in self.entries if entry.seen]) or ["none"],
            ),
            ("time at which each schedule reaches a log-SNR", schedule_page.time_lines(shown, paper) if shown else []),
        ]

    def _pictured(self) -> list[tuple[str, Shown]]:
        """Rows of pictures with their names: at equal SNR all schedules are one, but for the blur of the picture."""
        if self.view == "equal time":
            return [(clipped(one.name, NAME_CELLS), one) for one in self.seen]
        blurs = {one.config.data.blur: one for one in self.seen}
        return [(f"blur {blur:g}" if blur else "all alike", one) for blur, one in sorted(blurs.items())]

    def _strip(self, rows: Sequence[tuple[str, Shown]], size: Size, unit: Size) -> Arrangement:
        """The same picture and noise: a row a schedule, at equal times or at equal noise."""
        shown = [one for _, one in rows]
        pictures = [Example(self.example.picture, one.config.data.blur).versions[-1][1] for one in shown]
        levels: Sequence[float] = EQUAL_TIME if self.view == "equal time" else EQUAL_SNR

        def at(one: Shown, picture: Pixels, level: float) -> Pixels:
            timed = self.view == "equal time"
            return self.example.at(picture, lab.sigma_at(one.config.process, level) if timed else lab.sigma_of(level))

        def strip(levels: Sequence[float]) -> Arrangement:
            moments = [
                Moment(
                    f"{level:g}", tuple(at(one, picture, level) for one, picture in zip(shown, pictures, strict=True))
                )
                for level in levels
            ]
            return filmstrip(moments, -1, size, unit, [name for name, _ in rows], whole_cells=0)

        whole = strip(levels)
        return whole if whole.shown == whole.total else strip(levels[::2])  # else some could not be seen by any key

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_view(self, by: int) -> None:
        """Another view."""
        self.view = VIEWS[(VIEWS.index(self.view) + by) % len(VIEWS)]
        self.show_view()

    def action_chart(self, by: int) -> None:
        """Other charts."""
        across, rows = self._charts_seen()
        self.chart = (self.chart + by * across * rows) % CHARTS
        self.show_view()

    def action_other(self) -> None:
        """To the next part."""
        self.focus_next()
        self.show_view()

    def action_see(self) -> None:
        """Draw the schedule, or leave it out."""
        self.entry.seen = not self.entry.seen
        self.show_all()

    def _change(self, config: RunConfig) -> None:
        self.entry.shown = Entry.of(config).shown
        self.entry.seen = True
        self.show_all()

    def action_step(self, by: int) -> None:
        """Change the chosen setting."""
        if self.settings.key is not None:
            self._change(stepped(self.entry.shown.config, str(self.settings.key), by))

    def action_edit(self) -> None:
        """Type the value of the setting, or all of the schedule."""
        config = self.entry.shown.config
        key = str(self.settings.key) if self.settings.has_focus else None
        if key is None:
            self._ask("schedule", spec_of(config), _typed, self._change)
        else:
            value = value_text(flat(config)[key])
            self._ask(key, value, lambda text: _checked(with_settings(config, {key: text})), self._change)

    def action_add(self) -> None:
        """Another schedule."""
        if len(self.entries) >= MOST:
            self.app.tell(f"{len(self.entries)} schedules are here, and {MOST} can be told apart: d takes one away")
            return
        self._ask("another schedule, as linear,timesteps=100", "", _typed, self._add)

    def _add(self, config: RunConfig) -> None:
        self.entries.append(Entry.of(config))
        self.show_all()
        self.schedules.move_to(len(self.entries) - 1)

    def _ask(
        self, question: str, value: str, read: Callable[[str], RunConfig], then: Callable[[RunConfig], None]
    ) -> None:
        def done(text: str | None) -> None:
            if text:
                then(read(text))

        self.app.push_screen(Ask(question, value, check=lambda text: read(text) if text else None), done)

    def action_remove(self) -> None:
        """Take the schedule away; the last one stays."""
        if len(self.entries) > 1:
            self.entries.remove(self.entry)
            self.show_all()

    def action_copy(self) -> None:
        """The command that shows the same."""
        names = " ".join(one.name for one in self.seen)
        self.app.copy_to_clipboard(f"workbench schedules {names}")
        self.app.tell("the command is copied")


def _typed(text: str) -> RunConfig:
    ((_, config),) = configs([text.strip()], ())
    return _checked(config)


def _checked(config: RunConfig) -> RunConfig:
    """Raises UserError for settings that give no schedule."""
    Entry.of(config)
    return config
