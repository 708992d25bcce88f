"""The part of a report that puts arms beside each other: settings, curves, losses at equal noise, pictures, figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from diffusion.config import flat
from runs import figures
from runs.arms import config_differences
from runs.studies import value_text
from workbench import estimates
from workbench.compare_pictures import Twins, twins
from workbench.compare_tables import blur_row, compared_row, effect_row, ranges
from workbench.drawing import class_names
from workbench.format import count, number
from workbench.pictures import class_name
from workbench.report.document import Block, Line, Pictures, Plot, Points, Section, Table, Text
from workbench.terminal.grid import grid_picture
from workbench.terminal.table import Column

if TYPE_CHECKING:
    from runs.arms import Arm
    from runs.comparison import Comparison

COMPARED = (
    Column("figure"),
    Column("arms"),
    Column("value", right=True),
    Column("other's", right=True),
    Column("difference", right=True),
    Column("95 % interval"),
    Column("decided"),
    Column("over"),
)
EFFECTS = (
    Column("figure"),
    Column("setting"),
    Column("value"),
    Column("in place of"),
    Column("difference", right=True),
    Column("95 % interval"),
    Column("decided"),
    Column("over"),
)


def arms(found: "Comparison") -> Section:
    """What was compared: the arms, their settings and seeds, and runs that do not speak."""
    differing = [key for key in config_differences(found.arms) if key != "seed"]
    columns = [Column("arm", right=True), *(Column(key) for key in differing), Column("seeds"), Column("status")]
    rows = [
        [
            str(arm.number),
            *(value_text(flat(arm.config)[key]) for key in differing),
            ranges([run.seed for run in arm.runs]),
            arm.standing,
        ]
        for arm in found.arms
    ]
    aside = tuple(f"{run.name} is left out: {why}" for arm in found.arms for run, why in arm.aside)
    told = "An arm is runs that are equal but for their seed. Runs of one seed share their data order and noise."
    return Section("What was compared", (Text(told), Table(columns, rows), *([Points(aside)] if aside else [])))


def curves(found: "Comparison") -> Section | None:
    """Losses by step with the band of the seeds, and by log-SNR: schedules are compared at equal noise."""
    blocks: list[Block] = []
    for name in found.charted():
        for group in found.classes(name):
            lines = tuple(
                Line(_called(one.arm), found.places(one), one.mean, one.low, one.high, one.arm.number - 1)
                for one in found.curves(group, name)
            )
            caption = f"{name} by {found.axis}: mean over the seeds and 95 % band"
            blocks.append(Plot(caption, found.axis, name, lines, log_y="loss" in name))
            blocks += _partings(found, group, name)
    for group, levels in found.levels:
        middles = np.array([(one.log_snr_low + one.log_snr_high) / 2 for one in levels])
        bands: list[Line] = []
        for place, arm in enumerate(group):
            ours = [one.estimates[place] for one in levels]
            ends = ([getattr(one, what, None) for one in ours] for what in ("value", "low", "high"))
            value, low, high = (np.array([np.nan if end is None else end for end in side]) for side in ends)
            bands.append(Line(_called(arm), middles, value, low, high, arm.number - 1))
        caption = "squared error of the predicted picture by noise level, on the same pictures and noise for all"
        blocks.append(Plot(caption, "log-SNR", "error", tuple(bands), log_y=True))
    return Section("Training side by side", tuple(blocks)) if blocks else None


def _called(arm: "Arm") -> str:
    return f"{arm.number}: {arm.name}"


def _partings(found: "Comparison", group: "Sequence[Arm]", name: str) -> list[Block]:
    """From where on each pair of curves differs."""
    told = []
    for first, second, place in found.partings(group, name):
        pair = f"{second.arm.number} and {first.arm.number}"
        at = f"differ from {found.axis} {count(place)} on" if place is not None else "do not differ beyond chance"
        told.append(f"{pair} {at}")
    return [Points(tuple(told))] if told else []


def pictures(found: "Comparison") -> Section | None:
    """One picture of each class from the same noise, a row an arm."""
    together = twins(found)
    if together is None:
        return None
    if not isinstance(together, Twins):
        return Section("Pictures from the same noise", (Text(f"None: {together}."),))
    names = class_names(found.arm(next(iter(together.rows))).runs[0])
    shown = ", ".join(class_name(label, names) for label in together.labels)
    arms_shown = "; ".join(_called(found.arm(at)) for at in together.rows)
    rows = list(together.rows.values())
    scale = max(1, min(4, 620 // (len(rows[0]) * (rows[0][0].shape[1] + 2))))
    caption = f"rows from the top: {arms_shown}. Columns: class {shown}. Each column from the same noise."
    grid = Pictures(caption, grid_picture(rows, gap=2, fill=128), scale)
    return Section("Pictures from the same noise", (grid,))


def differences(found: "Comparison") -> Section | None:
    """Each figure against the arm that it is compared with; main effects; what is not decided yet."""
    if not found.compared:
        return None
    rows = [[one.figure, *compared_row(one)] for one in found.compared]
    blocks: list[Block] = [Table(COMPARED, rows, estimates.by_chance(len(rows)))]
    if found.effects:
        rows = [[one.figure, one.axis, *effect_row(one)] for one in found.effects]
        told = Text("What each value does in place of another, all else equal, over all other settings at once:")
        blocks += [told, Table(EFFECTS, rows, estimates.by_chance(len(rows)))]
    return Section("What is decided", tuple(blocks))


def by_class(found: "Comparison") -> Section | None:
    """The decided differences of single classes, and how many were looked at."""
    if not found.by_class:
        return None
    names = class_names(found.arms[0].runs[0])
    decided = [one for one in found.by_class if one.difference.decided]
    note = estimates.by_chance(len(found.by_class))
    if not decided:
        return Section("By class", (Text(f"No class differs beyond chance. {note}"),))
    rows = [[f"{one.figure}, class {class_name(one.label or 0, names)}", *compared_row(one)] for one in decided]
    return Section("By class", (Table(COMPARED, rows, f"decided ones alone; {note}"),))


def blur(found: "Comparison") -> Section | None:
    """Whether who learned from blurred pictures draws blurred ones: spectra, estimated blur, edge sharpness."""
    rows = [[_called(arm), *row] for arm in found.arms if (row := blur_row(found, arm)) is not None]
    if not rows:
        return None
    columns = (Column("arm"), Column("trained on blur", right=True), Column("draws with blur", right=True))
    note = "pixels of sigma, against sharp test pictures; edge sharpness is steepness over contrast"
    blocks: list[Block] = [Table((*columns, Column("edge sharpness", right=True)), rows, note)]
    spectra = found.spectra()
    if spectra:
        lines = tuple(Line(_called(found.arm(at)), xs, ys, look=at - 1) for at, (xs, ys) in spectra.items())
        blocks.append(Plot("power of drawn pictures by frequency", "cycles a pixel", "power", lines, log_y=True))
    return Section("Sharpness", tuple(blocks))


def cost(found: "Comparison") -> Section:
    """What each arm took, in all and to the quality that all of them reach."""
    columns = (
        Column("arm"),
        Column("seconds", right=True),
        Column("images", right=True),
        Column("network evaluations a picture", right=True),
    )
    rows = []
    for arm in found.arms:
        taken = [*found.sides[arm.number].taken.values()]
        seconds, seen = (figures.folded(taken, name) for name in (figures.SECONDS, figures.IMAGES))
        drawn = figures.network_evaluations(arm.config)
        rows.append([_called(arm), estimates.interval(seconds), count(seen.value if seen else None), count(drawn)])
    blocks: list[Block] = [Table(columns, rows, "seconds of all work, with drawing and judging")]
    for name, value, reached in found.same_quality():
        heads = (Column("arm"), *(Column(title, right=True) for title in ("step", "images", "seconds")))
        cells = [
            [_called(found.arm(one.arm)), count(one.step), count(one.images), number(one.seconds, 3)] for one in reached
        ]
        blocks.append(Table(heads, cells, f"to {name} {number(value)}, which all that compare reach"))
    return Section("Cost", tuple(blocks))
