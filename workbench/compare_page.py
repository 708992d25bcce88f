"""The page of `workbench compare`: what differs, curves, losses at equal noise, pictures, differences and cost."""

from collections.abc import Sequence

import numpy as np

from runs import compare, figures
from runs.compare import Compared
from runs.statistics import Difference
from runs.studies import value_text
from workbench.compare_pictures import picture_lines
from workbench.comparison import MOST_CHARTED, Comparison
from workbench.drawing import class_names
from workbench.format import clipped, count, duration, number, safe_text
from workbench.pictures import class_name, shows_pictures
from workbench.study_page import interval
from workbench.terminal.chart_lines import chart_lines, legend
from workbench.terminal.curve_view import CurveView
from workbench.terminal.lines import Line
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, table_lines

LONGEST_NAME = 40


def lines(found: Comparison, screen: Screen, images: str) -> list[str]:
    """The whole page."""
    names = [safe_text(arm.name) for arm in found.arms]
    page = [*legend([clipped(name, LONGEST_NAME) for name in names[:MOST_CHARTED]], screen), *_left(found)]
    sections = (
        ("what differs", _settings(found, screen)),
        *((f"{safe_text(name)} by {found.axis}", _curve_lines(found, name, screen)) for name in found.charted()),
        ("validation loss of predicted x0 by log-SNR", _by_log_snr(found, screen)),
        ("pictures", picture_lines(found.arms, found.store, screen) if shows_pictures(screen, images) else []),
        (f"differences from {safe_text(found.arms[0].name)}", _differences(found, screen)),
        ("by class", _by_class(found, screen)),
        ("cost", _cost(found, screen)),
        ("not compared", [f"{safe_text(name)}: {safe_text(why)}" for name, why in found.left_out().items()]),
    )
    for title, body in sections:
        if body:
            page += ["", screen.styled(title, "1"), *body]
    return page


def _left(found: Comparison) -> list[str]:
    more = len(found.arms) - MOST_CHARTED
    return [f"and {more} more, which are in the tables alone"] if more > 0 else []


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    return table_lines(columns, rows, screen.wide if screen.terminal else None)


def _settings(found: Comparison, screen: Screen) -> list[str]:
    """A line for each setting that differs; all others are the same and stay folded."""
    differing = {key: row for key, row in compare.config_differences(found.arms).items() if key != "seed"}
    if not differing:
        return ["nothing but the seed"]
    columns = [Column("SETTING"), *(Column(f"{index}", shrinks_to=6) for index in range(1, len(found.arms) + 1))]
    rows = [[key, *(safe_text(value_text(value)) for value in values)] for key, values in differing.items()]
    seeds = [", ".join(str(run.seed) for run in arm.runs) for arm in found.arms]
    return _table(columns, [*rows, ["seed", *seeds]], screen)


def _curve_lines(found: Comparison, metric: str, screen: Screen) -> list[str]:
    curves = found.curves(metric)
    by_arm = {one.arm: one for one in curves}
    drawn = []
    for arm in found.arms[:MOST_CHARTED]:  # an arm without the metric has an empty line, so that looks stay theirs
        line = Line(arm.name)
        if arm.name in by_arm:
            line.extend(found.places(by_arm[arm.name]), by_arm[arm.name].mean)
        drawn.append(line)
    told = chart_lines(drawn, CurveView(), screen)
    if found.arms[0].name not in by_arm:
        return told
    first = by_arm[found.arms[0].name]
    for one in curves:
        if one is not first:
            told.append(_parting(first, one))
    return told


def _parting(first: compare.Curve, one: compare.Curve) -> str:
    names = f"{safe_text(one.arm)} and {safe_text(first.arm)}"
    if len(first.seeds.keys() & one.seeds.keys()) < 2:
        return f"{names}: one seed in common says nothing of when they part"
    step = compare.parts_at(first, one)
    seeds = len(first.seeds.keys() & one.seeds.keys())
    if step is None:
        return f"{names} do not differ at the end beyond what {seeds} seeds differ by themselves"
    return f"{names} differ from step {count(step)} on to the end, over {seeds} seeds"


def _by_log_snr(found: Comparison, screen: Screen) -> list[str]:
    alike, levels = found.alike(figures.X0_LOSS), found.levels()
    if not levels:
        return []
    numbers = [found.arms.index(arm) + 1 for arm in alike]
    columns = [Column("LOG-SNR", right=True), *(Column(f"{at}", right=True) for at in numbers)]
    rows = []
    for level in levels:
        marks = ["", *(_mark(one) for one in level.differences)]
        told = [f"{interval(one)}{mark}" for one, mark in zip(level.estimates, marks, strict=True)]
        rows.append([f"{level.log_snr_low:g} to {level.log_snr_high:g}", *told])
    drawn = [Line(arm.name) for arm in found.arms[:MOST_CHARTED]]
    for index, at in enumerate(numbers):
        points = [(level, level.estimates[index]) for level in levels]
        kept = [((one.log_snr_low + one.log_snr_high) / 2, mean.value) for one, mean in points if mean is not None]
        if kept and at <= MOST_CHARTED:
            drawn[at - 1].extend(*np.array(kept, dtype=np.float64).T)
    note = "- lower and + higher than the first beyond chance, at this level alone; the same pictures and noise for all"
    return [*chart_lines(drawn, CurveView(), screen), *_table(columns, rows, screen), note]


def _mark(found: Difference | None) -> str:
    if found is None or not found.decided:
        return "  "
    return " -" if found.estimate.value < 0 else " +"


def _differences(found: Comparison, screen: Screen) -> list[str]:
    rows = [[safe_text(one.figure), safe_text(clipped(one.arm, LONGEST_NAME)), *_told(one)] for one in found.compared()]
    return _table(_COMPARED, rows, screen) if rows else []


_COMPARED = (
    Column("FIGURE", shrinks_to=12),
    Column("RUNS", shrinks_to=12),
    Column("FIRST", right=True),
    Column("THESE", right=True),
    Column("DIFFERENCE", right=True),
    Column("95 % INTERVAL"),
    Column("DECIDED", shrinks_to=16),
)


def _told(one: Compared) -> list[str]:
    apart = one.difference.estimate
    low, high = apart.low, apart.high
    span = "-" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"
    return [interval(one.first), interval(one.second), _signed(apart.value), span, verdict(one)]


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value, 3)


def verdict(one: Compared) -> str:
    """What a difference decides, in words."""
    found = one.difference
    paired = f"{'paired, ' if found.paired else ''}n {found.estimate.n} {one.over}"
    if found.decided:
        return f"{'lower' if found.estimate.value < 0 else 'higher'} ({paired})"
    if found.estimate.low is None:
        return "not decided: one seed each says nothing of the spread" if one.over == "seeds" else "not decided"
    if found.more is None:
        return f"no difference at all ({paired})"
    more = f"{count(found.more)} more {one.over if found.more > 1 else one.over.removesuffix('s')}"
    return f"not decided: about {more} ({paired})"


def _by_class(found: Comparison, screen: Screen) -> list[str]:
    compared = found.by_class()
    if not compared:
        return []
    names = class_names(found.arms[0].runs[0])
    columns = [Column("CLASS", shrinks_to=6), *_COMPARED]
    rows = [
        [class_name(label, names), safe_text(one.figure), safe_text(clipped(one.arm, LONGEST_NAME)), *_told(one)]
        for label, one in compared
    ]
    note = f"{len(rows)} comparisons: by chance alone about {len(rows) * 0.05:.0f} of them would read as decided"
    return [*_table(columns, rows, screen), note]


def _cost(found: Comparison, screen: Screen) -> list[str]:
    same = found.same_quality()
    taken = {one.arm: one for one in same[1]} if same else {}
    columns = [Column("RUNS", shrinks_to=12), Column("SECONDS", right=True), Column("IMAGES", right=True)]
    if same:
        told = f"{number(same[0])}"
        columns += [Column(f"STEP AT {told}", right=True), Column("IMAGES", right=True), Column("TIME", right=True)]
    evaluations = [figures.network_evaluations(arm.config) for arm in found.arms]
    if len(set(evaluations)) > 1:
        columns.append(Column("EVALUATIONS A PICTURE", right=True))
    rows = []
    for arm, drawn in zip(found.arms, evaluations, strict=True):
        members = [found.taken[run.id] for run in arm.runs]
        seconds, seen = (figures.folded(members, name) for name in (figures.SECONDS, figures.IMAGES))
        row = [safe_text(clipped(arm.name, LONGEST_NAME)), interval(seconds), count(seen.value if seen else None)]
        if same:
            one = taken.get(arm.name)
            row += [count(one.step), count(one.images), duration(one.seconds)] if one else ["-", "-", "-"]
        rows.append([*row, count(drawn)][: len(columns)])
    note = [f"{number(same[0])} is the lowest {figures.X0_LOSS} that all that compare reach"] if same else []
    return [*_table(columns, rows, screen), *note]
