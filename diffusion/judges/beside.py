"""What a judge says is tied to what it said of known pictures at the same look, by a name made of that content.

Baselines depend on more than the judge and the data set: on the prompts, on which classes were drawn and how many
pictures of each, on the blur of the training pictures, on the judge's weights. A name by content leaves none of it out.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import torch

from diffusion.events import Alert, Baseline, Evaluation, Event, Judgement
from diffusion.judges.judged import Judged, Judging

DIGITS = 6  # of a number that count: of float32 features, sums in another order or batch differ behind them


def tied(work: Judging, judged: Judged) -> Judging:
    """One judge's events: each evaluation and each baseline with the name of the baselines that were told beside it.

    What comes before the first result is yielded as it comes; results wait for the last one.
    """
    results: list[Event] = []
    with closing(work):
        for event in work:
            if results or isinstance(event, Judgement):
                results.append(event)
            else:
                yield event
    yield from _named(results, judged)


def drawn_classes(judged: Judged) -> str:
    """How many pictures of which classes were drawn, in words: "8 of each class", "16 of class 3"."""
    labels, counts = torch.unique(judged.labels, return_counts=True)
    if labels[0] < 0:
        return f"{len(judged.labels)} without a class"
    many = f"{counts[0]}" if len(set(counts.tolist())) == 1 else f"{counts.min()} to {counts.max()}"
    if len(labels) == len(judged.class_names):
        return f"{many} of each class"
    return (
        f"{many} of class {judged.class_names[labels[0]]}" if len(labels) == 1 else f"{many} of {len(labels)} classes"
    )


def _named(results: Sequence[Event], judged: Judged) -> Iterator[Event]:
    drawn, blur = drawn_classes(judged), judged.config.data.blur
    known: dict[tuple[str, str], list[Baseline]] = {}
    for one in results:
        if isinstance(one, Baseline):
            known.setdefault((one.judge, one.prompts), []).append(one)
    names = {of: _name(mine, judged, drawn) for of, mine in known.items()}
    for one in results:
        if isinstance(one, Baseline):
            yield replace(one, blur=blur, classes=drawn, baseline_set=names[one.judge, one.prompts])
        elif isinstance(one, Evaluation):
            yield replace(one, baseline_set=names.get((one.judge, one.prompts), ""))
        elif isinstance(one, Alert):
            yield replace(one, of_pictures=True)
        else:
            yield one


def _name(known: Sequence[Baseline], judged: Judged, drawn: str) -> str:
    """16 hexadecimal digits that change with any number of the set, and with what it was measured on."""
    first, blur = known[0], judged.config.data.blur
    of = first.judge, first.prompts, first.dataset, judged.pictures.checksum, first.size, first.channels, blur, drawn
    rows = [(one.name, one.pictures, one.label, one.n, *map(_told, (one.value, one.low, one.high))) for one in known]
    return hashlib.sha256(repr((of, rows)).encode()).hexdigest()[:16]


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.{DIGITS}g}"
