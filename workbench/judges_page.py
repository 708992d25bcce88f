"""What the judges say of a run, section by section: classes, fidelity and diversity, sharpness, emergence."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from runs.looks import Look, look_of
from workbench.clip_page import clip_judges, clip_lines, newest_look
from workbench.drawing import class_names
from workbench.emergence_page import emergence_lines
from workbench.format import count, number, safe_text
from workbench.looks_page import chosen, looks_lines, titled
from workbench.pictures import class_name
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.records import Baseline, Curve, Evaluation, Run
    from runs.store import Store

Section = tuple[str, list[str]]

CLASSIFIER = ("accuracy", "entropy", "class_share", "cas_train_generated", "cas_train_real")
FIGURES = ("fd", "kid", "precision", "recall", "density", "coverage", "vendi", "copies", "nearest", "repeats")
SHARP = ("blur_sigma", "sharpness")
MEANINGS = {
    "fd": "Frechet distance, 0 is best",
    "kid": "kernel distance, 0 is best",
    "precision": "share of drawn among real",
    "recall": "share of real among drawn",
    "density": "1 where as dense as real",
    "coverage": "share of real with a drawn one near",
    "vendi": "effective number of pictures",
    "copies": "near-copies of training pictures",
    "nearest": "distance to the nearest of them",
    "repeats": "near-repeats of each other",
    "blur_sigma": "pixels of blur against real",
    "sharpness": "edge steepness over contrast",
}
DEPENDS_ON_N = {"fd", "recall", "coverage", "vendi", "repeats"}  # so it compares with that of as many pictures alone
NOT_AS_MANY = (
    "at n: there are not as many real pictures as were drawn, and the figure depends on n, so these two do not compare"
)
SHARES = {"accuracy", "confidence", "precision", "recall", "coverage", "copies", "repeats", "class_share"}
BY_CLASS = (
    Column("CLASS", shrinks_to=5),
    Column("N", right=True),
    Column("ACCURACY", right=True),
    Column("95 % INTERVAL", right=True),
    Column("REAL", right=True),
    Column("READ INSTEAD AS", shrinks_to=8, hides=2),
    Column("RECALL", right=True, hides=1),
    Column("REAL", right=True, hides=1),
)
OF_FIGURES = (
    Column("FIGURE"),
    Column("JUDGE", shrinks_to=10, hides=1),
    Column("N", right=True),
    Column("VALUE", right=True),
    Column("95 % INTERVAL", right=True),
    Column("REAL", right=True),
    Column("NOISE", right=True),
    Column("MEANING", shrinks_to=12, hides=2),
)


def sections(
    evaluations: "Sequence[Evaluation]",
    baselines: "Sequence[Baseline]",
    curves: "Sequence[Curve]",
    names: Sequence[str],
    width: int | None,
) -> list[Section]:
    """Titles and lines of what there is to say of one look; of several, of what each judge looked at last."""
    known = Known(baselines)
    found = [
        ("classes", _classes(evaluations, known, names, width)),
        ("fidelity and diversity", _figures(newest_of_each(evaluations, FIGURES), known, width)),
        ("sharpness", _figures(newest_of_each(evaluations, SHARP), known, width) + _spectrum(curves)),
        ("emergence", emergence_lines(evaluations, curves, names, width)),
    ]
    return [(title, lines) for title, lines in found if lines]


def of_run(store: "Store", run: "Run", screen: Screen, *, sample_set: int = 0, every: bool = False) -> list[Section]:
    """All sections of a run, CLIP's tables first; cut to the screen where a person reads them.

    They are about the run's own pictures, unless a sample set or every look is asked for. Raises UserError for a sample
    set that no judge has looked at.
    """
    evaluations = store.evaluations(run)
    shown = chosen(run, evaluations, sample_set, every=every)
    if not shown:
        return []
    baselines, curves = store.baselines(run), store.curves(run)
    found: list[Section] = [("judged", looks_lines(run, evaluations, baselines, shown))]
    for look in shown:
        said = [one for one in evaluations if look_of(one) == look]
        along = [one for one in curves if look_of(one) == look]
        found += _of_look(look, said, baselines, along, class_names(run), screen)
    return found


def _of_look(
    look: Look,
    evaluations: "Sequence[Evaluation]",
    baselines: "Sequence[Baseline]",
    curves: "Sequence[Curve]",
    names: Sequence[str],
    screen: Screen,
) -> list[Section]:
    width = screen.wide - 2 if screen.terminal else None
    clip = [
        ("CLIP scores", clip_lines(judge, prompts, evaluations, baselines, names, width))
        for judge, prompts in clip_judges(evaluations)
    ]
    found = clip + sections(evaluations, baselines, curves, names, width)
    return [(titled(title, look), lines) for title, lines in found]


class Known:
    """Baselines by what they are of, each of the look that an evaluation belongs to."""

    def __init__(self, baselines: "Iterable[Baseline]") -> None:
        self._found = {(one.baseline_set, one.name, one.label, one.pictures): one for one in baselines}

    def value(self, of: "Evaluation", pictures: str) -> float | None:
        """The same number of known pictures, or None."""
        found = self._baseline(of, pictures)
        return None if found is None else found.value

    def other_n(self, of: "Evaluation") -> int | None:
        """The number of real pictures that it stands beside, where it is another one and the figure depends on it."""
        found = self._baseline(of, "real")
        return found.n if found is not None and of.name in DEPENDS_ON_N and found.n != of.n else None

    def _baseline(self, of: "Evaluation", pictures: str) -> "Baseline | None":
        return self._found.get((of.baseline_set or "", of.name, of.label, pictures))


def newest_of_each(evaluations: "Sequence[Evaluation]", names: Iterable[str]) -> "list[Evaluation]":
    """Of each judge the evaluations with these names of the pictures that it looked at last; the last said of each."""
    wanted = [one for one in evaluations if one.name in names]
    found: dict[tuple[str, str, int | None], Evaluation] = {}
    for judge in dict.fromkeys(one.judge for one in wanted):
        for one in newest_look([one for one in wanted if one.judge == judge]):
            found[one.judge, one.name, one.label] = one
    return list(found.values())


def _classes(evaluations: "Sequence[Evaluation]", known: Known, names: Sequence[str], width: int | None) -> list[str]:
    of_classifiers = {one.judge for one in evaluations if one.name in ("entropy", "class_share")}
    mine = [one for one in evaluations if one.judge in of_classifiers]
    confusions = newest_of_each(mine, {one.name for one in mine if one.name.startswith("confusion/")})
    recalls = {one.label: one for one in newest_of_each(mine, ("recall",))}
    said = newest_of_each(mine, CLASSIFIER)
    lines: list[str] = []
    for judge in dict.fromkeys(one.judge for one in said):
        by_name = {(one.name, one.label): one for one in said if one.judge == judge}
        name = "accuracy" if ("accuracy", None) in by_name else "class_share"
        read = [one for one in confusions if one.judge == judge]
        rows = [
            _class_row(one, known, names, [r for r in read if r.label == one.label], recalls.get(one.label))
            for (what, _), one in sorted(by_name.items(), key=lambda item: (item[0][1] is None, item[0][1] or 0))
            if what == name
        ]
        lines += [_classifier_head(judge, by_name, known), *table_lines(BY_CLASS, rows, width)]
        lines += _learned_from_drawn(by_name)
    return lines


def _classifier_head(judge: str, said: "dict[tuple[str, int | None], Evaluation]", known: Known) -> str:
    entropy = said.get(("entropy", None))
    told = [f"{safe_text(judge)} at step {count(next(iter(said.values())).step)}"]
    accuracy = said.get(("accuracy", None))
    if accuracy is not None:
        levels = [("noise", "noise"), ("other-class", "another class")]
        told += [f"{word} {share(known.value(accuracy, kind))}" for kind, word in levels]
    if entropy is not None:
        told.append(f"entropy {number(entropy.value, 3)}, real {number(known.value(entropy, 'real'), 3)}")
    return "; ".join(told)


def _class_row(
    one: "Evaluation",
    known: Known,
    names: Sequence[str],
    read: "Sequence[Evaluation]",
    recall: "Evaluation | None",
) -> list[str]:
    label = "all" if one.label is None else class_name(one.label, names)
    return [
        label,
        count(one.n),
        share(one.value),
        interval(one),
        share(known.value(one, "real")),
        _read_instead(one.label, read, names),
        "-" if recall is None else number(recall.value, 2),
        "-" if recall is None else _beside(recall, number(known.value(recall, "real"), 2), known),
    ]


def _read_instead(label: int | None, read: "Sequence[Evaluation]", names: Sequence[str]) -> str:
    """The classes that most pictures of a class were taken for, at most two."""
    wrong = [(one.value or 0.0, int(one.name.removeprefix("confusion/"))) for one in read]
    worst = sorted(((value, other) for value, other in wrong if other != label), reverse=True)[:2]
    return ", ".join(f"{class_name(other, names)} {share(value)}" for value, other in worst)


def _learned_from_drawn(said: "dict[tuple[str, int | None], Evaluation]") -> list[str]:
    drawn, real = (said.get((name, None)) for name in ("cas_train_generated", "cas_train_real"))
    if drawn is None or real is None:
        return []
    return [
        f"a classifier that learned from the drawn pictures reads {share(drawn.value)} ({interval(drawn)}) of the real "
        f"test pictures, from as many real ones {share(real.value)} ({interval(real)})"
    ]


def figure_rows(said: "Sequence[Evaluation]", known: Known) -> list[list[str]]:
    """Figures over all classes as rows of OF_FIGURES."""
    order = {name: place for place, name in enumerate((*FIGURES, *SHARP))}
    over_all = sorted((one for one in said if one.label is None), key=lambda one: (order[one.name], one.judge))
    return [
        [
            one.name,
            safe_text(one.judge),
            count(one.n),
            _shown(one.name, one.value),
            interval(one),
            _beside(one, _shown(one.name, known.value(one, "real")), known),
            _shown(one.name, known.value(one, "noise")),
            MEANINGS[one.name],
        ]
        for one in over_all
    ]


def _figures(said: "Sequence[Evaluation]", known: Known, width: int | None) -> list[str]:
    rows = figure_rows(said, known)
    if not rows:
        return []
    note = [NOT_AS_MANY] if any(known.other_n(one) is not None for one in said if one.label is None) else []
    return [*table_lines(OF_FIGURES, rows, width), *note]


def _beside(one: "Evaluation", real: str, known: Known) -> str:
    """The real pictures' figure, with its n where that is another one and matters."""
    other = known.other_n(one)
    return real if other is None else f"{real} at n {count(other)}"


def _shown(name: str, value: float | None) -> str:
    return share(value) if name in SHARES else number(value, 3)


def interval(one: "Evaluation") -> str:
    """The 95 % interval in the unit of its number, or "-"."""
    if one.low is None or one.high is None:
        return "-"
    if one.name in SHARES or one.name.startswith("cas_"):
        return f"{100 * one.low:.1f} to {100 * one.high:.1f} %"
    return f"{number(one.low, 3)} to {number(one.high, 3)}"


def share(value: float | None) -> str:
    """A share in percent; "-" for none."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


BANDS = ((0.0, 0.125), (0.125, 0.25), (0.25, 0.375), (0.375, 0.5), (0.5, 0.75))  # cycles a pixel


def _spectrum(curves: "Sequence[Curve]") -> list[str]:
    """The power of drawn pictures over that of real ones, by frequency."""
    found = {one.name: one.points for one in curves if one.name in ("power", "power_real")}
    if len(found) < 2:
        return []
    told = list(_bands(found["power"], dict(found["power_real"])))
    return ["power over that of real pictures, at cycles a pixel: " + "   ".join(told)] if told else []


def _bands(power: Iterable[tuple[float, float | None]], real: dict[float, float | None]) -> Iterator[str]:
    points = list(power)
    for low, high in BANDS:
        mine = [(y, real.get(x)) for x, y in points if low < x <= high]
        drawn, known = (sum(pair[side] or 0.0 for pair in mine) for side in (0, 1))
        if known:
            yield f"{low:g} to {high:g}: {number(drawn / known, 3)}"
