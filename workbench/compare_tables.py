"""The tables of `workbench compare`: differences, main effects, of each class, blur, and what each arm took."""

from collections.abc import Iterable, Sequence

from runs import figures
from runs.arms import Arm
from runs.compare import Compared, Effect
from runs.comparison import Comparison
from workbench.drawing import class_names
from workbench.estimates import basis, by_chance, interval, mark, signed, span, verdict
from workbench.format import count, duration, number, safe_text
from workbench.pictures import class_name
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, parted_lines, table_lines

COMPARED = (
    Column("ARMS"),
    Column("VALUE", right=True),
    Column("OTHER'S", right=True, hides=1),
    Column("DIFFERENCE", right=True),
    Column("95 % INTERVAL"),
    Column("DECIDED"),
    Column("OVER"),
)
EFFECTS = (
    Column("VALUE", shrinks_to=12),
    Column("IN PLACE OF", shrinks_to=8),
    Column("DIFFERENCE", right=True),
    Column("95 % INTERVAL"),
    Column("DECIDED"),
    Column("OVER"),
)
OVER_NOTE = "over 3 seeds: pairs; 3+3: independent groups; pictures: of these networks alone"


def width(screen: Screen) -> int | None:
    """What a table has to fit; a pipe or a file takes all."""
    return screen.wide if screen.terminal else None


def ranges(numbers: Sequence[int]) -> str:
    """0, 1, 2, 5 as 0..2, 5."""
    told: list[str] = []
    ordered = sorted(numbers)
    at = 0
    while at < len(ordered):
        last = at
        while last + 1 < len(ordered) and ordered[last + 1] == ordered[last] + 1:
            last += 1
        run = ordered[at : last + 1]
        told += [f"{run[0]}..{run[-1]}"] if len(run) > 2 else map(str, run)
        at = last + 1
    return ", ".join(told)


def difference_lines(found: Comparison, screen: Screen) -> list[str]:
    """A block for each figure, a line for each arm."""
    compared = found.compared
    if not compared:
        return []
    heading, *rows = table_lines(COMPARED, list(map(compared_row, compared)), width(screen))
    told = _blocks(heading, rows, [safe_text(one.figure) for one in compared])
    return [*told, "", OVER_NOTE, *_drawn_note(found.arms), *_step_notes(found), by_chance(len(compared))]


def _blocks(heading: str, rows: Sequence[str], titles: Sequence[str]) -> list[str]:
    """Rows of a table below their titles, each title once."""
    told, last = [heading], ""
    for row, title in zip(rows, titles, strict=True):
        if title != last:
            told.append(title)
        told.append(row)
        last = title
    return told


def compared_row(one: Compared) -> list[str]:
    """One difference as a row of COMPARED."""
    apart = one.difference
    unused = f", {one.unused} alone" if one.unused else ""
    return [
        f"{one.arm} - {one.against}",
        number(one.second.value),
        number(one.first.value),
        signed(apart.estimate.value),
        span(apart.estimate),
        verdict(apart),
        basis(apart, one.over) + unused,
    ]


def effect_row(one: Effect) -> list[str]:
    """One main effect as a row of EFFECTS."""
    return [
        one.value,
        one.against,
        signed(one.difference.estimate.value),
        span(one.difference.estimate),
        verdict(one.difference),
        basis(one.difference, one.over),
    ]


def blur_row(found: Comparison, arm: Arm) -> list[str] | None:
    """Blur of an arm's training pictures, of what it draws, and its edge sharpness; None where no judge has looked."""
    taken = [*found.sides[arm.number].taken.values()]
    drawn, sharp = (figures.folded(taken, name, drawn=arm.drawn) for name in figures.BLUR)
    return None if drawn is None else [f"{arm.config.data.blur:g}", interval(drawn), interval(sharp)]


def _drawn_note(arms: Iterable[Arm]) -> list[str]:
    drawn = [arm.number for arm in arms if arm.drawn]
    if not drawn:
        return []
    return [f"{ranges(drawn)} only drew: their seeds are drawings of one network and say nothing of other trainings"]


def _step_notes(found: Comparison) -> list[str]:
    """Figures that are not of the step at which an arm stands: a judge's last look, a loss before a break."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for arm in found.arms:
        last = {run.step for run in arm.runs}
        for name in found.names:
            steps = {one.step for one in found.sides[arm.number].of((name, None)).values()}
            for step in steps - last:
                numbers.setdefault((name, step), []).append(arm.number)
    return [f"{safe_text(name)} of {ranges(some)} is of step {count(step)}" for (name, step), some in numbers.items()]


def effect_lines(found: Comparison, screen: Screen) -> list[str]:
    """What each value of each axis does, over all other settings at once."""
    effects = found.effects
    if not effects:
        return []
    rows = [[safe_text(cell) for cell in effect_row(one)] for one in effects]
    titles = [f"{one.axis} on {safe_text(one.figure)}, mean over {one.settings} other settings" for one in effects]
    heading, *lines = table_lines(EFFECTS, rows, width(screen))
    return [*_blocks(heading, lines, titles), "", by_chance(len(effects))]


def by_class_lines(found: Comparison, screen: Screen) -> list[str]:
    """The difference of each class, a column for each arm; decided ones with their sign behind them."""
    if not found.by_class:
        return []
    names = class_names(found.arms[0].runs[0])
    told: list[str] = []
    for figure in dict.fromkeys(one.figure for one in found.by_class):
        mine = {(one.label, one.arm): one for one in found.by_class if one.figure == figure}
        pairs = dict.fromkeys((one.arm, one.against) for one in mine.values())
        columns = [Column(f"{arm} - {against}", right=True) for arm, against in pairs]
        rows = []
        for label in sorted({label for label, _ in mine if label is not None}):
            cells = [mine.get((label, arm)) for arm, _ in pairs]
            rows.append([class_name(label, names), *map(_cell, cells)])
        told += [*([""] if told else []), safe_text(figure)]
        told += parted_lines([Column("CLASS", shrinks_to=6)], columns, rows, width(screen))
    return [*told, "", "- lower and + higher beyond chance, of this class alone", by_chance(len(found.by_class))]


def _cell(one: Compared | None) -> str:
    return "-  " if one is None else signed(one.difference.estimate.value) + mark(one.difference)


def blur_lines(found: Comparison, screen: Screen) -> list[str]:
    """The blur of the training pictures beside that of the drawn ones, both in pixels of sigma."""
    rows = [[str(arm.number), *row] for arm in found.arms if (row := blur_row(found, arm)) is not None]
    if not rows:
        return []
    columns = [Column(title, right=True) for title in ("ARM", "TRAINED ON", "DRAWS WITH", "EDGE SHARPNESS")]
    notes = [
        "in pixels of sigma, against sharp test pictures: who draws what it saw draws with what it was trained on;",
        "noise that is left in drawn pictures hides blur: see edges and power too",
    ]
    return [*table_lines(columns, rows, width(screen)), *notes]


def cost_lines(found: Comparison, screen: Screen) -> list[str]:
    """Seconds and pictures of each arm, in all and to the quality that all of them reach."""
    columns = [Column("ARM", right=True), Column("SECONDS", right=True), Column("IMAGES", right=True)]
    evaluations = [figures.network_evaluations(arm.config) for arm in found.arms]
    if len(set(evaluations)) > 1:
        columns.append(Column("EVALUATIONS A PICTURE", right=True))
    rows = []
    for arm, drawn in zip(found.arms, evaluations, strict=True):
        taken = [*found.sides[arm.number].taken.values()]
        seconds, seen = (figures.folded(taken, name) for name in (figures.SECONDS, figures.IMAGES))
        rows.append(
            [str(arm.number), interval(seconds), count(seen.value if seen else None), count(drawn)][: len(columns)]
        )
    notes = ["seconds of all work, with drawing and judging; images that its own training saw", *_began(found.arms)]
    return [*table_lines(columns, rows, width(screen)), *notes, *_same_quality(found, screen)]


def _began(arms: Iterable[Arm]) -> list[str]:
    """Which arms went on from another run's checkpoint, by its step."""
    numbers: dict[int, list[int]] = {}
    for arm in arms:
        numbers.setdefault(arm.began, []).append(arm.number)
    return [
        f"{ranges(some)} began at step {count(step)} of another run, whose work is not in it"
        for step, some in numbers.items()
        if step
    ]


def _same_quality(found: Comparison, screen: Screen) -> list[str]:
    told: list[str] = []
    columns = [Column(title, right=True) for title in ("ARM", "STEP", "IMAGES", "TIME")]
    for name, value, taken in found.same_quality():
        rows = [[str(one.arm), count(one.step), count(one.images), duration(one.seconds)] for one in taken]
        title = f"to {safe_text(name)} {number(value)}, which all that compare reach"
        told += ["", title, *table_lines(columns, rows, width(screen))]
    return told


def settings_lines(names: Sequence[str], rows: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    """A line for each setting that differs, a column for each arm."""
    columns = [Column(name, shrinks_to=6) for name in names]
    return parted_lines([Column("SETTING")], columns, rows, width(screen))
