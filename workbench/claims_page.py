"""The page of `workbench claims check`: each claim, whether it holds, and the number, interval and runs it rests on."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runs.studies import value_text
from workbench.format import count, number, safe_text
from workbench.study_plan import READY
from workbench.terminal.screen import Screen

if TYPE_CHECKING:
    from diffusion.fields import Plain
    from runs.claims import Claim
    from runs.verdicts import Finding, Verdict

SHIPPED = Path(__file__).parent / "claims.toml"
MOST_RUNS = 4  # named in a line
MARKS = {"holds": "✓", "fails": "✗", "not decided": "?"}


def lines(verdicts: "Sequence[Verdict]", screen: Screen) -> list[str]:
    """The whole page."""
    page: list[str] = []
    for one in verdicts:
        head = f"{MARKS[one.answer]} {one.answer}: {safe_text(one.claim.text)}"
        page += [screen.styled(head, "1"), *(f"    {line}" for line in details(one)), ""]
    return [*page, summary(verdicts)]


def summary(verdicts: "Sequence[Verdict]") -> str:
    """How many claims hold, fail and are not decided."""
    return ", ".join(f"{sum(one.answer == answer for one in verdicts)} {answer}" for answer in MARKS)


def details(verdict: "Verdict") -> list[str]:
    """What a verdict rests on, a line an arm; then the command that makes runs where some are missing."""
    told = [f"asked: {asked(verdict.claim)}", *([safe_text(verdict.why)] if verdict.why else [])]
    told += [_finding(one) for one in verdict.findings]
    missing = not verdict.findings or any(one.estimate is None for one in verdict.findings)
    if missing:
        told.append(f"next: {safe_text(verdict.claim.made_by or _makes(verdict.claim))}")
    return told


def _makes(claim: "Claim") -> str:
    """A command that makes runs of these settings, where the claim names none."""
    wanted = {**claim.where, **claim.than}
    if not claim.study:
        return shlex.join(["workbench", "run", *_words("--set", wanted)])
    if claim.study in READY:
        return f"workbench study --ready {claim.study}"
    return shlex.join(["workbench", "study", "extend", claim.study, *_words("--vary", wanted)])


def _words(option: str, settings: "Mapping[str, Plain]") -> list[str]:
    return [word for key, value in settings.items() for word in (option, f"{key}={value_text(value)}")]


def asked(claim: "Claim") -> str:
    """What decides a claim, in words."""
    parts = [claim.figure]
    if claim.classes:
        parts.append(f"of {', '.join(claim.classes)}")
    if claim.where:
        parts.append(f"with {_settings(claim.where)}")
    if claim.than_classes:
        parts.append(f"minus that of {', '.join(claim.than_classes)}")
    if claim.than:
        parts.append(f"minus that with {_settings(claim.than)}")
    limits = [(word, limit) for word, limit in (("above", claim.above), ("below", claim.below)) if limit is not None]
    return safe_text(f"{' '.join(parts)}, {' and '.join(f'{word} {limit:g}' for word, limit in limits)}")


def _settings(settings: "Mapping[str, Plain]") -> str:
    return ", ".join(f"{key} {value_text(value)}" for key, value in settings.items())


def _finding(one: "Finding") -> str:
    told = f"{one.arm}: {measured(one)}" + (f" - {one.why}" if one.why else "")
    names = ", ".join(one.runs[:MOST_RUNS]) + (f" and {len(one.runs) - MOST_RUNS} more" * (len(one.runs) > MOST_RUNS))
    return safe_text(f"{told}; runs {names}")


def measured(one: "Finding") -> str:
    """A finding's number, its interval and what its n counts."""
    if one.estimate is None:
        return one.answer
    found = one.estimate
    if one.over == "settings":
        return f"{number(found.value)}, from the settings alone"
    reach = "" if found.low is None else f" ({number(found.low)} to {number(found.high)})"
    return f"{number(found.value)}{reach}, {count(found.n)} {one.over if found.n != 1 else one.over.rstrip('s')}"


def values(verdicts: "Sequence[Verdict]") -> list[dict[str, Any]]:
    """What the page tells, as plain values."""
    return [
        {"claim": one.claim.text, "asked": asked(one.claim), "answer": one.answer, "why": one.why}
        | {"findings": [_values(found) for found in one.findings]}
        for one in verdicts
    ]


def _values(found: "Finding") -> dict[str, Any]:
    told = {"arm": found.arm, "answer": found.answer, "why": found.why, "runs": list(found.runs)}
    if found.estimate is None:
        return told
    estimate = found.estimate
    return (
        told
        | {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}
        | {"over": found.over}
    )
