"""The filter of the list of runs: `schedule=cosine loss<0.05 tag:blur`, every term has to be true."""

import fnmatch
import operator
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from diffusion.config import SHORT_NAMES, flat, settings
from diffusion.errors import UserError, nearest_name

if TYPE_CHECKING:
    from runs.records import Run

COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_TERM = re.compile(r"(-?)([A-Za-z][\w.+-]*?)(<=|>=|!=|[=<>:])(.*)")
# What a run has beside its settings; the words of the list's columns.
OWN: dict[str, Callable[["Run"], object]] = {
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "data": lambda run: run.dataset,
    "preset": lambda run: run.preset,
    "step": lambda run: run.step,
    "loss": lambda run: run.loss,
    "pace": lambda run: run.images_per_s,
    "note": lambda run: run.notes,
    "id": lambda run: run.id,
    "study": lambda run: run.study,
    "parent": lambda run: run.parent,
    "device": lambda run: (run.device or run.config.device).partition(",")[0],
    "age": lambda run: time.time() - run.created,
}


def _stands(status: str, run: "Run") -> bool:
    return run.status == status


STATUSES = ("running", "queued", "paused", "completed", "stopped", "diverged", "failed", "died")
FLAGS: dict[str, Callable[["Run"], bool]] = {
    "starred": lambda run: run.starred,
    "bad": lambda run: run.status in ("diverged", "failed", "died"),
    **{status: partial(_stands, status) for status in STATUSES},
}
UNITS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}  # of an age
Measures = Mapping[str, Mapping[int, float]]  # smooth, clip, x0: by the run's number


@dataclass(frozen=True)
class Term:
    """One condition; text is what was typed."""

    text: str
    holds: Callable[["Run", Measures], bool]


def parse_filter(text: str) -> tuple[Term, ...]:
    """The terms of a filter. Raises UserError for a name that no run has."""
    return tuple(_term(word) for word in text.split())


def matches(run: "Run", terms: Sequence[Term], measures: Measures) -> bool:
    """Whether every term is true of a run."""
    return all(term.holds(run, measures) for term in terms)


def _term(word: str) -> Term:
    match = _TERM.fullmatch(word)
    if match is None:
        bare, wanted = word.removeprefix("-"), not word.startswith("-")
        return Term(word, lambda run, measures: _mentions(run, bare) is wanted)
    minus, key, sign, value = match.groups()
    holds = _holds(key, sign, value)
    return Term(word, (lambda run, measures: not holds(run, measures)) if minus else holds)


def _mentions(run: "Run", text: str) -> bool:
    folded = text.casefold()
    texts = (run.name, run.id, run.notes, run.dataset, run.status, *run.tags)
    return any(folded in part.casefold() for part in texts)


def _holds(key: str, sign: str, value: str) -> Callable[["Run", Measures], bool]:
    if key in ("tag", "tags"):
        wanted = sign != "!="
        return lambda run, measures: any(_like(tag, value) for tag in run.tags) is wanted
    if key == "is":
        if value not in FLAGS:
            raise UserError(f"is:{value} is unknown", allowed=", ".join(FLAGS))
        return lambda run, measures: FLAGS[value](run)
    found = _getter(key)
    if key == "age":
        value = _seconds(value)
    if sign in COMPARED and _number(value) is None:
        allowed = "a number, or a time as in age<2h, with s, min, h or d" if key == "age" else "a number"
        raise UserError(f"{key}{sign}{value} compares with no number", allowed=allowed)
    return lambda run, measures: _compare(found(run, measures), sign, value)


def _getter(key: str) -> Callable[["Run", Measures], object]:
    if key in OWN:
        return lambda run, measures: OWN[key](run)
    if key in ("smooth", "clip", "x0"):
        return lambda run, measures: measures.get(key, {}).get(run.number)
    full = _setting_key(key)
    return lambda run, measures: flat(run.config)[full]


def _setting_key(key: str) -> str:
    named = key.replace("-", "_")
    known = [info.key for info in settings()]
    full = SHORT_NAMES.get(named, named)
    last = [one for one in known if one.rpartition(".")[2] == full]
    if full in known or len(last) == 1:
        return full if full in known else last[0]
    raise UserError(f"no run has '{key}'", nearest=nearest_name(named, names()))


def names() -> list[str]:
    """Everything that can stand before a sign."""
    return [*OWN, "smooth", "clip", "x0", "tag", "is", *SHORT_NAMES, *(info.key for info in settings())]


def _compare(found: object, sign: str, value: str) -> bool:
    if isinstance(found, tuple):
        found = ",".join(map(str, found))
    if sign in COMPARED:
        left, right = _number(found), _number(value)
        return left is not None and right is not None and COMPARED[sign](left, right)
    same = any(_same(found, one, sign) for one in {value, *value.split(",")})
    return same is not (sign == "!=")


def _same(found: object, value: str, sign: str) -> bool:
    """Whether something is a value: as numbers where both are, else as texts."""
    left, right = _number(found), _number(value)
    return left == right if left is not None and right is not None else _same_text(found, value, sign)


def _seconds(text: str) -> str:
    """A time with its unit as seconds; what is none stays as it is."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]+)", text.casefold())
    return str(float(match[1]) * UNITS[match[2]]) if match and match[2] in UNITS else text


def _same_text(found: object, value: str, sign: str) -> bool:
    text = str(found).lower() if isinstance(found, bool) else "" if found is None else str(found)
    return value.casefold() in text.casefold() if sign == ":" else _like(text, value)


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(str(value))
    except ValueError:
        return None


def completed(text: str, runs: Sequence["Run"]) -> str | None:
    """text with its last word completed: a name of what runs have, or a value that one of them has."""
    head, blank, word = text.rpartition(" ")
    if not word:
        return None
    match = _TERM.fullmatch(word)
    choices = (
        _values(match[2], runs) if match else [f"{name}{':' if name in ('tag', 'is') else '='}" for name in names()]
    )
    typed = match[4] if match else word
    lead = word[: len(word) - len(typed)] if match else ""
    for choice in choices:
        if choice.casefold().startswith(typed.casefold()) and len(choice) > len(typed):
            return f"{head}{blank}{lead}{typed}{choice[len(typed) :]}"
    return None


def _values(key: str, runs: Sequence["Run"]) -> list[str]:
    """What runs have of something, the most frequent first. No numbers: a digit typed is not a longer one begun."""
    if key in ("tag", "tags"):
        found = [tag for run in runs for tag in run.tags]
    elif key == "is":
        return list(FLAGS)
    else:
        try:
            get = _getter(key)
        except UserError:
            return []
        values = [get(run, {}) for run in runs]
        found = [_text(value) for value in values if isinstance(value, bool) or not isinstance(value, int | float)]
    return sorted({one for one in found if one and " " not in one}, key=lambda one: (-found.count(one), one))


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else f"{value}"
