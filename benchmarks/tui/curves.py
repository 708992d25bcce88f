"""Long curves on a run's screen at 200x60: from opening it to the last point, a frame, and what a live batch costs.

The app runs in this process without a terminal, so that the steps between are seen; all that would be sent to one is
made. Milliseconds of this process's CPU time, the thread that reads included, beside the wall time.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from textual.geometry import Size
from textual.pilot import Pilot

from benchmarks.tui.long_run import long_run
from benchmarks.tui.report import Report
from runs.home import Home
from workbench.app import WorkbenchApp
from workbench.screens.run import RunScreen
from workbench.screens.tabs.curves import CurvesTab
from workbench.terminal.curve_view import CurveView, draw_lines
from workbench.terminal.lines import Line
from workbench.widgets.curve import Curve

SIZE = Size(200, 60)
CHART = (198, 55)  # cells of one chart alone there
METRICS = 20
PATIENCE_S = 120.0


@dataclass
class Opened:
    """Seconds from pressing Enter, each as (wall, CPU), and CPU milliseconds of frames in which all charts change."""

    outlined: tuple[float, float] = (0.0, 0.0)  # each chart shows all of its curve's length
    whole: tuple[float, float] = (0.0, 0.0)  # and each of its points
    frames_ms: tuple[float, ...] = ()


def measure(report: Report, home: Home, quick: bool) -> None:
    """Add the figures of long curves."""
    few, many, most = (500, 1000, 20_000) if quick else (50_000, 100_000, 1_000_000)
    for steps, limit_ms in ((few, 300.0), (many, 1000.0)):
        run_id = long_run(home, METRICS, steps)
        found = asyncio.run(_open(home, run_id, steps))
        what = f"{METRICS} metrics x {steps:,} steps"
        if steps == few:
            report.add(f"{what}: all charts drawn", found.outlined[0] * 1e3, "ms", most=limit_ms)
            report.add(f"{what}: all charts drawn, CPU", found.outlined[1] * 1e3, "ms", most=limit_ms)
        report.add(f"{what}: every point drawn", found.whole[0] * 1e3, "ms", most=None if steps == few else limit_ms)
        report.add(f"{what}: every point drawn, CPU", found.whole[1] * 1e3, "ms")
        if steps == few:
            report.add(f"{what}: a frame in which all change, CPU", statistics.median(found.frames_ms), "ms", most=10.0)
    report.add(f"live batch, taken and drawn, {many:,} points, CPU", _live_ms(many), "ms", most=3.0)
    line = _line(most)
    view = CurveView()
    for what, smoothing in (("", 0.0), (", smoothed", 0.9)):
        view.smoothing = smoothing
        draw_lines([line], view, CHART)
        took = _median_ms(lambda: draw_lines([line], view, CHART))
        report.add(f"{most:,} points in one chart{what}: drawn again, CPU", took, "ms", most=10.0)


async def _open(home: Home, run_id: str, steps: int) -> Opened:
    app, found = WorkbenchApp(home), Opened()
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: bool(app.screen.query("KeyLine")))
        await pilot.pause(1.0)  # the list's own questions are answered
        wall, cpu = time.perf_counter(), time.process_time()
        app.open_run(run_id)

        def spent() -> tuple[float, float]:
            return time.perf_counter() - wall, time.process_time() - cpu

        await _until(pilot, lambda: _drawn(app, lambda line: line.steps.values[-1] == steps))
        found.outlined = spent()
        await _until(pilot, lambda: _drawn(app, lambda line: len(line) == steps))
        found.whole = spent()
        await pilot.pause(0.5)
        found.frames_ms = tuple(_frame_ms(app) for _ in range(30))
    return found


def _drawn(app: WorkbenchApp, there: Callable[[Line], bool]) -> bool:
    """Whether all charts are drawn, with lines that are as they should be."""
    screen = app.screen
    if not isinstance(screen, RunScreen) or 0 not in screen._tabs:
        return False
    tab = screen._tabs[0]
    assert isinstance(tab, CurvesTab)
    charts = list(tab.query(Curve))
    whole = len(tab.lines) == METRICS and all(len(line) and there(line) for line in tab.lines.values())
    return whole and len(charts) == METRICS and all(chart._rows is not None for chart in charts)


def _frame_ms(app: WorkbenchApp) -> float:
    """All charts drawn again, up to the text that the terminal gets."""
    begun = time.thread_time()
    charts = list(app.screen.query(Curve))
    for chart in charts:
        chart.redraw()
    app.screen._compositor.update_widgets(set(charts))
    update = app.screen._compositor.render_partial_update()
    assert update is not None
    sent = update.render_segments(app.console)
    took = time.thread_time() - begun
    assert len(sent) > 1000
    return took * 1e3


async def _until(pilot: Pilot[str], there: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < ends
        await asyncio.sleep(0.002)


def _line(points: int) -> Line:
    random, steps = np.random.default_rng(0), np.arange(1.0, points + 1)
    line = Line("train/loss")
    line.extend(steps, 0.05 + steps**-0.4 * np.exp(random.normal(0, 0.08, points)), steps)
    return line


def _live_ms(points: int) -> float:
    """CPU milliseconds to take twenty new points of a metric and to draw its chart again."""
    line, view, random = _line(points), CurveView(), np.random.default_rng(1)
    draw_lines([line], view, CHART)

    def batch() -> None:
        steps = line.steps.values[-1] + np.arange(1.0, 21)
        line.extend(steps, 0.05 + steps**-0.4 * np.exp(random.normal(0, 0.08, 20)), steps)
        draw_lines([line], view, CHART)

    return _median_ms(batch)


def _median_ms(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(50):
        begun = time.thread_time()
        work()
        spent.append(time.thread_time() - begun)
    return statistics.median(spent) * 1e3
