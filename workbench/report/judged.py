"""What the judges say of a run's own pictures: by class with intervals and baselines, the figures, and emergence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from runs.looks import look_of, own_look
from workbench.clip_page import clip_judges
from workbench.drawing import class_names
from workbench.emergence_page import PROMPTED, moment_lines
from workbench.format import count
from workbench.judges_page import FIGURES, OF_FIGURES, SHARP, Known, figure_rows, newest_of_each
from workbench.pictures import class_name
from workbench.report.document import Bar, Bars, Block, Heat, Line, Plot, Points, Section, Table, Text

if TYPE_CHECKING:
    from runs.records import Baseline, Curve, Evaluation, Run
    from runs.store import Store

BESIDE = ("real", "noise", "other-class")
MOMENTS = {
    "x0_accuracy": "class read in predicted x0",
    "x_t_accuracy": "class read in x_t",
    "x0_similarity": "predicted x0 like the final picture",
    "x_t_similarity": "x_t like the final picture",
}


def judges(store: "Store", run: "Run") -> list[Section]:
    """Judges with their baselines, then emergence; nothing where no judge has looked."""
    evaluations = store.evaluations(run)
    look = own_look(evaluations)
    if look is None:
        return []
    said = [one for one in evaluations if look_of(one) == look]
    along = [one for one in store.curves(run) if look_of(one) == look]
    baselines, names = store.baselines(run), class_names(run)
    blocks: list[Block] = [Text(_about(said, baselines, look.step)), *_classes(said, baselines, names)]
    rows = figure_rows(newest_of_each(said, (*FIGURES, *SHARP)), Known(baselines))
    if rows:
        blocks.append(Table(OF_FIGURES, rows, "real: real test pictures; noise: pure noise; both by the same judge"))
    blocks += _spectrum(along)
    emergence = _emergence(said, along, names)
    return [Section("Judges", tuple(blocks)), *([Section("Emergence", emergence)] if emergence else [])]


def _about(said: "Sequence[Evaluation]", baselines: "Sequence[Baseline]", step: int) -> str:
    """Which pictures the numbers are of."""
    drawn = {one.baseline_set: one.classes for one in baselines}
    classes = next((drawn[one.baseline_set] for one in said if one.baseline_set in drawn), "pictures")
    return f"Of the run's own pictures: {classes}, drawn at training step {count(step)}."


def _classes(said: "Sequence[Evaluation]", baselines: "Sequence[Baseline]", names: Sequence[str]) -> list[Block]:
    """CLIP's cosine and the classifiers' accuracy by class, then what each class was taken for."""
    found: list[Block] = []
    for judge, prompts in clip_judges(said):
        mine = [one for one in said if (one.judge, one.prompts, one.name) == (judge, prompts, "cosine")]
        found.append(_bars(mine, baselines, names, f"cosine of picture and prompt by {judge}, mean and 95 % interval"))
    classifiers = dict.fromkeys(one.judge for one in said if one.name == "entropy")
    for judge in classifiers:
        mine = [one for one in said if one.judge == judge]
        accuracy = [one for one in mine if one.name == "accuracy"]
        if accuracy:
            found.append(_bars(accuracy, baselines, names, f"share read as their class by {judge}, 95 % interval"))
        found += _confusion(mine, names)
    return found


def _bars(said: "Sequence[Evaluation]", baselines: "Sequence[Baseline]", names: Sequence[str], caption: str) -> Bars:
    known = Known(baselines)
    bars = []
    for one in sorted(said, key=lambda one: (one.label is None, one.label or 0)):
        if one.value is None:
            continue
        told = "all" if one.label is None else class_name(one.label, names)
        marks = [(name, value) for name in BESIDE if (value := known.value(one, name)) is not None]
        bars.append(Bar(told, one.value, one.low, one.high, tuple(marks)))
    return Bars(f"{caption}, n {_counts(said)}; marks: the same of other pictures", said[0].name, tuple(bars))


def _counts(said: "Sequence[Evaluation]") -> str:
    by_class = sorted({one.n for one in said if one.label is not None})
    return " to ".join(dict.fromkeys(map(count, (by_class[0], by_class[-1])))) + " a class" if by_class else "-"


def _confusion(said: "Sequence[Evaluation]", names: Sequence[str]) -> list[Block]:
    found = {
        (one.label, int(one.name.removeprefix("confusion/"))): one.value
        for one in said
        if one.name.startswith("confusion/") and one.label is not None
    }
    labels = sorted({label for label, _ in found if label is not None})
    if not labels:
        return []
    columns = sorted({other for _, other in found})
    shares = np.array([[found.get((label, other)) or 0.0 for other in columns] for label in labels])
    drawn, read = (tuple(class_name(one, names) for one in side) for side in (labels, columns))
    return [Heat("what pictures of each class (rows) were read as (columns), in percent", drawn, read, shares)]


def _spectrum(along: "Sequence[Curve]") -> list[Block]:
    """The power of drawn and of real pictures by frequency."""
    shown = {"power": "drawn", "power_real": "real"}
    lines = [line_of(shown[one.name], one) for one in along if one.name in shown]
    if not lines:
        return []
    return [
        Plot("power by frequency of drawn and of real pictures", "cycles a pixel", "power", tuple(lines), log_y=True)
    ]


def line_of(name: str, curve: "Curve", look: int | None = None) -> Line:
    """A recorded curve under a name."""
    xs, ys = np.array([(x, np.nan if y is None else y) for x, y in curve.points], dtype=np.float64).T
    return Line(name, xs, ys, look=look)


def _emergence(said: "Sequence[Evaluation]", along: "Sequence[Curve]", names: Sequence[str]) -> tuple[Block, ...]:
    """Where structure and class come out of the noise."""
    found = {one.name: one for one in along if one.label is None and one.axis == "fraction" and one.name in MOMENTS}
    if not found:
        return ()
    lines = tuple(line_of(MOMENTS[name], found[name]) for name in MOMENTS if name in found)
    plot = Plot("along the sampling steps, noise at the left", "share of the sampling steps done", "share", lines)
    moments = moment_lines(said, names)
    told = tuple(one for one in moments if one not in PROMPTED)  # a sentence that is broken into lines for a terminal
    prompted = (Text(f"{' '.join(PROMPTED)}."),) if len(told) < len(moments) else ()
    return plot, Points(told), *prompted
