"""The first part of a run's report: what was asked, with what it was made, and its forward process."""

from typing import TYPE_CHECKING

import numpy as np

from diffusion.config import RunConfig, differences, flat
from diffusion.presets import PRESETS
from diffusion.process import lab
from diffusion.process.lint import lint
from runs.drawn import cut, own
from workbench.format import count, duration, number
from workbench.report.document import Block, Code, Line, Pictures, Plot, Points, Section, Table, Text
from workbench.run_form import command, text_of
from workbench.run_page import fact_lines, plain
from workbench.terminal.grid import grid_picture
from workbench.terminal.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runs.records import Run
    from runs.store import Store

TIMES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LOG_SNRS = (6.0, 4.0, 2.0, 0.0, -2.0, -4.0, -6.0)
NEAR = 15.0  # log-SNR beyond which nothing changes that could be seen


def question(run: "Run") -> Section:
    """What the run is for: its note, and what it changed of its preset."""
    changed = changed_settings(run)
    told = f"What does the preset {run.preset} learn of {run.dataset}" if run.preset else f"A training on {run.dataset}"
    told += f" with {', '.join(f'{key} {value}' for key, value in changed)}?" if changed else "?"
    notes = (Text(run.notes),) if run.notes else ()
    return Section("Question", (Text(told), *notes))


def changed_settings(run: "Run") -> list[tuple[str, str]]:
    """The settings in which a run differs from its preset, or from the defaults without one."""
    base = PRESETS[run.preset].config if run.preset in PRESETS else RunConfig()
    return [(key, plain(mine)) for key, (mine, _) in differences(run.config, base).items()]


def setup(store: "Store", run: "Run") -> Section:
    """Attempts, settings that differ from the preset, and what it was made with."""
    columns = (Column("setting"), Column("value"))
    blocks: list[Block] = [
        Points((_state(run), f"worked on {run.device or 'an unknown device'}", *_attempts(store, run)))
    ]
    if changed := changed_settings(run):
        blocks.append(Table(columns, changed, f"settings that differ from preset {run.preset or 'digits'}"))
    blocks.append(Points(tuple(fact_lines(run))))
    return Section("Setup and provenance", tuple(blocks))


def _state(run: "Run") -> str:
    return f"run {run.name} ({run.id}), {run.status} at step {count(run.step)}" + (f": {run.text}" if run.text else "")


def _attempts(store: "Store", run: "Run") -> "Iterator[str]":
    for one in store.attempts(run):
        took = f" after {duration(one.ended - one.started)}" if one.ended else ""
        yield f"attempt {one.number} {one.outcome or 'running'}{took}"


def appendix(run: "Run") -> Section:
    """Every setting."""
    rows = [(key, plain(value)) for key, value in flat(run.config).items()]
    return Section("Appendix: all settings", (Table((Column("setting"), Column("value")), rows),))


def forward_process(named: "Sequence[tuple[str, RunConfig]]", example: lab.Pixels) -> Section:
    """The schedules of one or more runs over one another, then the same picture noised by each."""
    shown = [(name, config, lab.curves(config.process)) for name, config in named]
    edges = np.arange(-NEAR, NEAR + 0.5)
    blocks: list[Block] = [
        Plot(
            "log-SNR by time: how much is left of the picture",
            "time, as a share of the whole",
            "log-SNR",
            tuple(Line(name, found.time, np.clip(found.log_snr, -NEAR, NEAR)) for name, _, found in shown),
        ),
        Plot(
            "share of the training at each log-SNR, in steps of 1",
            "log-SNR",
            "share",
            tuple(
                Line(name, (edges[:-1] + edges[1:]) / 2, lab.training_shares(config.process, edges))
                for name, config, _ in shown
            ),
        ),
        _numbers(named),
    ]
    warned = tuple(f"{name}: {text}" for name, config in named for text in lint(config))
    blocks += [Points(warned)] if warned else []
    for name, config in named:
        strip = [noised(example, lab.sigma_at(config.process, time)) for time in TIMES]
        caption = f"{name}: the same picture and noise at time {', '.join(f'{time:g}' for time in TIMES)}"
        blocks.append(strip_of(strip, caption))
    strip = [noised(example, lab.sigma_of(level)) for level in LOG_SNRS]
    blocks.append(strip_of(strip, f"whatever the schedule, at log-SNR {', '.join(f'{at:g}' for at in LOG_SNRS)}"))
    return Section("Schedule and forward process", tuple(blocks))


def _numbers(named: "Sequence[tuple[str, RunConfig]]") -> Table:
    columns = (
        Column("schedule"),
        Column("prediction"),
        Column("signal left at the end", right=True),
        Column("time at log-SNR 0", right=True),
        Column("training below -5", right=True),
        Column("above 5", right=True),
    )
    rows = []
    for name, config in named:
        below, above = lab.share_outside(config.process, 5.0)
        crossing = lab.time_of(config.process, 0.0)
        left = float(lab.curves(config.process).alpha_bar[-1])
        told = (number(left, 3), "never" if crossing is None else f"{crossing:.3f}")
        rows.append((name, config.process.prediction, *told, f"{100 * below:.1f} %", f"{100 * above:.1f} %"))
    return Table(columns, rows, "log-SNR beyond -5 and 5 is nearly noise or nearly the picture")


def noised(picture: lab.Pixels, sigma: float) -> lab.Pixels:
    """A picture at a noise level, with the same noise each time."""
    return lab.noised(picture, sigma, np.random.default_rng(0).standard_normal(picture.shape))


def strip_of(pictures: "Sequence[lab.Pixels]", caption: str) -> Pictures:
    """Pictures beside each other, enlarged to be seen."""
    scale = max(1, min(6, 620 // sum(one.shape[1] + 2 for one in pictures)))
    return Pictures(caption, grid_picture([pictures], gap=2, fill=128), scale)


def example_of(store: "Store", run: "Run") -> lab.Pixels:
    """A picture to noise: a digit of the data set, or of other data sets one that the run has drawn."""
    from diffusion.data.digits import read_digits

    drawn = own(store.images(run, kind="sample")) if run.dataset != "digits" else []
    return cut(run.folder, drawn[:1])[0].picture if drawn else read_digits()[0][0][..., None]


def reproduce(run: "Run") -> Section:
    """The one command that makes the run again: as it was typed, or where it made several, with the run's settings."""
    base = PRESETS[run.preset].config if run.preset in PRESETS else RunConfig()
    preset = run.preset if run.preset in PRESETS else "digits"
    changed = {key: text_of(mine) for key, (mine, _) in differences(run.config, base).items()}
    typed = command(preset, changed, run.name) if run.study or not run.command else run.command
    told = "The same settings, seed and code give the same numbers on a CPU, bit for bit."
    return Section("How to make it again", (Text(told), Code(checkout(run) + typed)))


def checkout(run: "Run") -> str:
    """The command that brings the code of a run back, where its commit is known."""
    git = run.facts.get("provenance", {}).get("git", {}) if isinstance(run.facts.get("provenance"), dict) else {}
    return f"git checkout {git['commit']}\n" if git.get("commit") else ""
