"""At which noise levels a run is good, and when it became so: the validation loss by log-SNR and training step."""

from typing import ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from runs.curves import newest_timestep_loss
from runs.records import Run, TimestepLoss
from runs.store import Store
from workbench.format import count, number
from workbench.screens.tabs.tab import Tab
from workbench.terminal.heat import Floats
from workbench.widgets.curve import Curve
from workbench.widgets.heat_map import HeatMap

SPLITS = ("val", "train")


class NoiseLevelsTab(Tab):
    """A heat map with log-SNR down and training steps across, and the curve of its row or column."""

    DEFAULT_CSS = """
    NoiseLevelsTab #told { height: 1; }
    NoiseLevelsTab #parts { height: 1fr; }
    NoiseLevelsTab HeatMap { height: 3fr; }
    NoiseLevelsTab Curve { height: 2fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "turn", "Row/column", tooltip="the curve of one noise level over training, or of one step"),
        Binding("v", "split", "Split", tooltip="validation or training pictures"),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.losses: dict[str, dict[int, dict[float, float | None]]] = {}
        self.split = "val"
        self.by_row = False
        self._newest = 0

    def compose(self) -> ComposeResult:
        """The number that is looked at, the map, the curve."""
        yield Static("no loss by noise level yet", id="told", markup=False)
        yield HeatMap()
        yield Curve()

    def on_mount(self) -> None:
        """Follow the validations."""
        self.watch_store(self._read, self._show, every_s=2.0)

    def _read(self, store: Store) -> list[TimestepLoss] | None:
        newest = newest_timestep_loss(store, self.run.number)
        if newest == self._newest:
            return None
        self._newest = newest
        return store.timestep_losses(self.run)

    def _show(self, losses: list[TimestepLoss]) -> None:
        self.losses = {}
        for one in losses:
            steps = self.losses.setdefault(one.split, {})
            steps.setdefault(one.step, {})[one.log_snr_low] = one.value
        if self.split not in self.losses and self.losses:
            self.split = next(iter(self.losses))
        self._draw()

    def _table(self) -> tuple[Floats, list[float], list[int]]:
        """Losses [bins, steps], high log-SNR (little noise) at the top."""
        steps = self.losses.get(self.split, {})
        bins = sorted({low for values in steps.values() for low in values}, reverse=True)
        table = np.full((len(bins), len(steps)), np.nan)
        for column, values in enumerate(steps.values()):
            for row, low in enumerate(bins):
                value = values.get(low)
                table[row, column] = np.nan if value is None else value
        return table, bins, list(steps)

    def _draw(self) -> None:
        table, bins, steps = self._table()
        if not table.size:
            return
        shades = np.log10(table, where=table > 0, out=np.full(table.shape, np.nan))
        self.query_one(HeatMap).show(shades, [f"{low:g}" for low in bins], [count(step) for step in steps])
        self._draw_curve()

    @on(HeatMap.Chosen)
    def _draw_curve(self) -> None:
        table, bins, steps = self._table()
        if not table.size:
            return
        heat, curve = self.query_one(HeatMap), self.query_one(Curve)
        low, step = bins[heat.row], steps[heat.column]
        value = table[heat.row, heat.column]
        told = f"{self.split} loss {number(float(value))}   log-SNR {low:g}   step {count(step)}"
        self.query_one("#told", Static).update(f"{told}   colours: by logarithm, dark is low")
        curve.clear()
        curve.view.x_unit = "" if self.by_row else "log-SNR"
        if self.by_row:
            curve.title = f"log-SNR {low:g} over training"
            curve.set_series(self.split, steps, table[heat.row].tolist())
        else:
            curve.title = f"step {count(step)} by log-SNR"
            curve.set_series(self.split, bins[::-1], table[::-1, heat.column].tolist())

    def action_turn(self) -> None:
        """The curve of the row or of the column."""
        self.by_row = not self.by_row
        curve = self.query_one(Curve)
        curve.view.window, curve.view.cursor = None, None
        self._draw_curve()

    def action_split(self) -> None:
        """Validation or training pictures, where both are recorded."""
        splits = [split for split in SPLITS if split in self.losses]
        if splits:
            self.split = splits[(splits.index(self.split) + 1) % len(splits)]
            self._draw()
