"""CLIP scores as lines of text: by class with intervals, and in all conventions beside what known pictures get."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.format import count, safe_text
from workbench.pictures import class_name
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.records import Baseline, Evaluation

CONVENTIONS = ("cosine", "clip_score_100", "clip_score_2.5", "probability", "accuracy")
KNOWN = {"real": "real test pictures", "noise": "noise", "other-class": "another class (chance)"}
BY_CLASS = (
    Column("CLASS", shrinks_to=5),
    Column("N", right=True),
    Column("COSINE", right=True),
    Column("95 % INTERVAL", right=True),
    Column("REAL", right=True),
    Column("NOISE", right=True),
    Column("OTHER", right=True),
    Column("PROBABILITY", right=True),
    Column("ZERO-SHOT", right=True),
    Column("REAL", right=True),
)
ALL = (
    Column("PICTURES", shrinks_to=8),
    Column("N", right=True),
    Column("COSINE", right=True),
    Column("100 X COSINE", right=True),
    Column("2.5 X COSINE", right=True),
    Column("PROBABILITY", right=True),
    Column("ZERO-SHOT", right=True),
)


def clip_judges(evaluations: "Sequence[Evaluation]") -> list[tuple[str, str]]:
    """The CLIP judges that have said something, each with the prompt set that it was asked."""
    return list(dict.fromkeys((one.judge, one.prompts) for one in evaluations if one.name == "cosine"))


def clip_lines(
    judge: str,
    prompts: str,
    evaluations: "Sequence[Evaluation]",
    baselines: "Sequence[Baseline]",
    names: Sequence[str],
    width: int | None,
) -> list[str]:
    """What one CLIP judge with one prompt set said last: a table of conventions with baselines, then one by class."""
    of_judge = [one for one in evaluations if (one.judge, one.prompts) == (judge, prompts)]
    said = {(one.name, one.label): one for one in newest_look([one for one in of_judge if one.name in CONVENTIONS])}
    if ("cosine", None) not in said:
        return []
    beside = [one for one in baselines if one.baseline_set == said["cosine", None].baseline_set]
    known = {(one.pictures, one.name, one.label): one.value for one in beside}
    rows = [["drawn", count(said["cosine", None].n), *_conventions([_value(said, name) for name in CONVENTIONS])]]
    sizes = {one.pictures: one.n for one in beside if (one.name, one.label) == ("cosine", None)}
    for pictures, told in KNOWN.items():
        if pictures in sizes:
            found = [known.get((pictures, name, None)) for name in CONVENTIONS]
            rows.append([told, count(sizes[pictures]), *_conventions(found)])
    labels = sorted(label for name, label in said if name == "cosine" and label is not None)
    by_class = [_class_row(said, known, label, names) for label in labels]
    step = said["cosine", None].step
    asked = f"{safe_text(judge)}, asked {safe_text(prompts)}, at step {count(step)}"
    title = f"{asked}; 2.5 x is of max(cosine, 0), zero-shot the best prompt's"
    return [title, *table_lines(ALL, rows, width), "", *table_lines(BY_CLASS, by_class, width)]


def newest_look(evaluations: "Sequence[Evaluation]") -> "list[Evaluation]":
    """The evaluations of the pictures that were judged last."""
    if not evaluations:
        return []
    last = evaluations[-1]
    return [one for one in evaluations if (one.step, one.sample_set) == (last.step, last.sample_set)]


def _value(said: "dict[tuple[str, int | None], Evaluation]", name: str, label: int | None = None) -> float | None:
    found = said.get((name, label))
    return None if found is None else found.value


def _conventions(values: Sequence[float | None]) -> list[str]:
    cosine, hundred, two_and_a_half, probability, accuracy = values
    return [
        _fixed(cosine, 3),
        _fixed(hundred, 1),
        _fixed(two_and_a_half, 2),
        _fixed(probability, 3),
        _percent(accuracy),
    ]


def _class_row(
    said: "dict[tuple[str, int | None], Evaluation]",
    known: dict[tuple[str, str, int | None], float | None],
    label: int,
    names: Sequence[str],
) -> list[str]:
    cosine = said["cosine", label]
    interval = "one picture" if cosine.n == 1 else f"{_fixed(cosine.low, 3)} to {_fixed(cosine.high, 3)}"
    return [
        class_name(label, names),
        count(cosine.n),
        _fixed(cosine.value, 3),
        interval,
        *(_fixed(known.get((pictures, "cosine", label)), 3) for pictures in KNOWN),
        _fixed(_value(said, "probability", label), 3),
        _percent(_value(said, "accuracy", label)),
        _percent(known.get(("real", "accuracy", label))),
    ]


def _fixed(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
