"""The page of `workbench compare`: what differs, curves, losses at equal noise, pictures, differences and cost.

Arms have numbers, by which they are called everywhere below the key at the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runs.arms import Arm, config_differences
from runs.compare import Level
from runs.compare_curves import Curve, shared_seeds
from runs.comparison import Comparison
from runs.studies import value_text
from workbench import compare_tables as tables
from workbench.compare_pictures import picture_lines
from workbench.estimates import by_chance, interval, mark
from workbench.format import count, safe_text
from workbench.pictures import shows_pictures
from workbench.terminal.chart_lines import chart_lines
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Floats, Line
from workbench.terminal.screen import Screen
from workbench.terminal.series import SERIES, look_of
from workbench.terminal.table import Column, parted_lines, table_lines

MOST_LISTED = 4  # figures that one reason keeps out
MOST_CHARTED = len(SERIES)  # more lines than there are looks are told apart by nobody


@dataclass(frozen=True)
class Look:
    """How the page is shown. images: of the settings file. smoothing: of curves of many points, in [0, 1)."""

    screen: Screen
    images: str = "auto"
    smoothing: float = 0.0
    difference: bool = False  # below each picture how far it is from the one that it is compared with


def lines(found: Comparison, look: Look) -> list[str]:
    """The whole page."""
    screen = look.screen
    how = [f"{line}; another axis: --by KEY" for line in compared_how(found)]
    page = [*key_lines(found.arms, screen), *aside_lines(found.arms), *how]
    sections = [("what differs", differing_lines(found, screen))]
    for name in found.charted():
        for group in found.classes(name):
            sections.append(
                (_title(found, f"{safe_text(name)} by {found.axis}", group), _curves(found, group, name, look))
            )
    for group, _ in found.levels:
        title = _title(found, "validation loss of predicted x0 by log-SNR", group)
        sections.append((title, _by_log_snr(found, group, screen)))
    pictures = picture_lines(found, screen, look.difference) if shows_pictures(screen, look.images) else []
    sections += [
        ("pictures", pictures),
        ("differences", tables.difference_lines(found, screen)),
        ("main effects", tables.effect_lines(found, screen)),
        ("by class", tables.by_class_lines(found, screen)),
        ("blur", tables.blur_lines(found, screen)),
        ("power by frequency, cycles a pixel", _spectra(found, screen)),
        ("cost", tables.cost_lines(found, screen)),
        ("not compared", left_out_lines(found)),
    ]
    for title, body in sections:
        if body:
            page += ["", screen.styled(title, "1"), *body]
    return page


def key_lines(arms: Sequence[Arm], screen: Screen) -> list[str]:
    """A line for each arm: its number and marker, its settings, its seeds, how its runs stand."""
    columns = [
        Column("", right=True),
        Column(""),
        Column("ARM", shrinks_to=20),
        Column("SEEDS"),
        Column("STATUS", shrinks_to=12),
    ]
    rows = [
        [
            str(arm.number),
            look_of(arm.number - 1).marker if arm.number <= MOST_CHARTED else "",
            safe_text(arm.name),
            tables.ranges([run.seed for run in arm.runs]),
            "diverged" if arm.diverged else arm.standing,
        ]
        for arm in arms
    ]
    more = len(arms) - MOST_CHARTED
    told = [f"{more} without a marker are in the tables alone"] if more > 0 else []
    return [*table_lines(columns, rows, tables.width(screen)), *told]


def aside_lines(arms: Sequence[Arm]) -> list[str]:
    """Runs that do not count, and why."""
    told = [
        f"{arm.number}: {safe_text(run.name)} does not count: {safe_text(why)}"
        for arm in arms
        for run, why in arm.aside
    ]
    lost = [f"{arm.number} diverged: it has curves and settings, and no figures" for arm in arms if arm.diverged]
    return [*lost, *told]


def compared_how(found: Comparison) -> list[str]:
    """Along which axis arms are compared, and which with which."""
    if found.against.axis is None:
        return []
    pairs = [f"{number} with {reference.number}" for number, reference in found.against.pairs]
    told = f": {', '.join(pairs)}" if len(pairs) <= MOST_LISTED else ""
    return [f"compared along {found.against.axis}, all else equal{told}"]


def _title(found: Comparison, text: str, group: Sequence[Arm]) -> str:
    return text if len(group) == len(found.arms) else f"{text}: {', '.join(str(arm.number) for arm in group)}"


def differing_lines(found: Comparison, screen: Screen) -> list[str]:
    """A line for each setting that differs; all others are the same and stay folded."""
    differing = {key: row for key, row in config_differences(found.arms).items() if key != "seed"}
    if not differing:
        return ["nothing but the seed" if len({run.seed for arm in found.arms for run in arm.runs}) > 1 else "nothing"]
    rows = [[key, *(safe_text(value_text(value)) for value in row)] for key, row in differing.items()]
    return tables.settings_lines([str(arm.number) for arm in found.arms], rows, screen)


def _drawn(found: Comparison, points: dict[int, tuple[Floats, Floats]]) -> list[Line]:
    """A line for each arm, without points where it has none, so that looks stay theirs."""
    told = []
    for arm in found.arms[:MOST_CHARTED]:
        line = Line(arm.name)
        if arm.number in points:
            line.extend(*points[arm.number])
        told.append(line)
    return told


def _curves(found: Comparison, group: Sequence[Arm], name: str, look: Look) -> list[str]:
    points = {one.arm.number: (found.places(one), one.mean) for one in found.curves(group, name)}
    drawn = chart_lines(_drawn(found, points), CurveView(smoothing=look.smoothing), look.screen)
    return drawn + [parting_line(found, *one) for one in found.partings(group, name)] if drawn else []


def parting_line(found: Comparison, first: Curve, second: Curve, place: float | None) -> str:
    """From where on two arms' curves differ, in words."""
    names = f"{second.arm.number} and {first.arm.number}"
    seeds = len(shared_seeds(first, second))
    if seeds < 2:
        told = "one seed in common says" if seeds else "no seed in common, which says"
        return f"{names}: {told} nothing of when they part"
    if place is None:
        return f"{names} do not differ at the end beyond what {seeds} seeds differ by themselves"
    axis = "images" if found.axis == "images" else "step"
    return f"{names} differ from {axis} {count(place)} on to the end, over {seeds} seeds"


def _by_log_snr(found: Comparison, group: Sequence[Arm], screen: Screen) -> list[str]:
    levels = next(levels for arms, levels in found.levels if arms is group)
    chart = chart_lines(_drawn(found, level_points(group, levels)), CurveView(), screen)
    return [*chart, *level_lines(group, levels, screen)]


def level_lines(group: Sequence[Arm], levels: Sequence[Level], screen: Screen) -> list[str]:
    """The loss at equal noise as a table: a line for each level, a column for each arm."""
    keys, columns = [Column("LOG-SNR", right=True)], [Column(str(arm.number), right=True) for arm in group]
    rows = []
    for level in levels:
        told = [interval(one) + mark(apart) for one, apart in zip(level.estimates, level.differences, strict=True)]
        rows.append([f"{level.log_snr_low:g} to {level.log_snr_high:g}", *told])
    note = "- lower and + higher beyond chance, at this level alone; the same pictures and noise for all"
    compared = sum(one is not None for level in levels for one in level.differences)
    chance = [by_chance(compared)] if compared else []
    return [*parted_lines(keys, columns, rows, tables.width(screen)), note, *chance]


def level_points(group: Sequence[Arm], levels: Sequence[Level]) -> dict[int, tuple[Floats, Floats]]:
    """The middle of each level and the loss there, by the arm's number."""
    points = {}
    for at, arm in enumerate(group):
        known = [(level, level.estimates[at]) for level in levels]
        kept = [((one.log_snr_low + one.log_snr_high) / 2, mean.value) for one, mean in known if mean is not None]
        if kept:
            xs, ys = np.array(kept, dtype=np.float64).T
            points[arm.number] = xs, ys
    return points


def _spectra(found: Comparison, screen: Screen) -> list[str]:
    """The power spectra of the drawn pictures over one another."""
    spectra = found.spectra()
    return chart_lines(_drawn(found, spectra), CurveView(), screen) if len(spectra) > 1 else []


def left_out_lines(found: Comparison) -> list[str]:
    """Each reason once, with the figures that it keeps out."""
    reasons: dict[str, list[str]] = {}
    for name, why in found.left_out().items():
        reasons.setdefault(why, []).append(name)
    told = []
    for why, names in reasons.items():
        more = [f"{len(names) - MOST_LISTED} more"] if len(names) > MOST_LISTED else []
        told.append(f"{safe_text(', '.join([*names[:MOST_LISTED], *more]))}: {safe_text(why)}")
    return told
