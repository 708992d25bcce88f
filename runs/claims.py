"""Claims: sentences about runs with what would show them, read from a file, to be held against the database.

A claim names a figure, the runs that it is about, and what the figure must be: `above` or `below` a number, or, with
`than`, how much more it must be than the same figure of other runs or of other classes.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from diffusion.config import setting_info
from diffusion.errors import UserError, nearest_name
from diffusion.fields import Plain, parse

LARGEST = 1_000_000  # bytes of a file of claims
MOST = 200  # claims


@dataclass(frozen=True)
class Claim:
    """One sentence and what decides it.

    figure: as `workbench compare` names them, or one of `runs.derived`. where: settings of the runs that it is about.
    than: settings that differ in the runs whose figure is taken away; all others are equal. classes, than_classes: the
    classes whose mean is taken. above, below: where the number, or the difference, must lie.
    """

    text: str
    figure: str
    study: str = ""  # the runs of this study and of those called after it (skips, skips-mnist), else all runs
    where: Mapping[str, Plain] = field(default_factory=dict)
    than: Mapping[str, Plain] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    than_classes: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    made_by: str = ""  # the command that makes the runs

    @property
    def compares(self) -> bool:
        """Whether it is about a difference."""
        return bool(self.than or self.than_classes)


def read_claims(path: Path) -> list[Claim]:
    """The claims of a file, in its order. Raises UserError for a file or a claim that cannot be used."""
    try:
        data = path.read_bytes()[: LARGEST + 1]
        if len(data) > LARGEST:
            raise UserError(f"{path} is larger than a megabyte", allowed="a file of claims")
        found = tomllib.loads(data.decode())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", next_command="workbench claims example") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}", next_command="workbench claims example") from error
    rows = found.get("claims")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows) or len(rows) > MOST:
        raise UserError(
            f"{path} holds no [[claims]]", allowed=f"1 to {MOST} of them", next_command="workbench claims example"
        )
    return [claim_of(row, f"{path}, claim {number}") for number, row in enumerate(rows, 1)]


def claim_of(row: Mapping[str, Any], told: str) -> Claim:
    """A claim from plain values. told: which one it is, in words. Raises UserError for one that decides nothing."""
    known = [one.name for one in fields(Claim)]
    for key in row:
        if key not in known:
            near = nearest_name(key, known)
            raise UserError(f"{told} has a '{key}'", allowed=", ".join(known), nearest=near)
    claim = Claim(
        **{key: _text(row, key, told) for key in ("text", "figure", "study", "made_by") if key in row or key in NEEDED},
        where=_settings(row, "where", told),
        than=_settings(row, "than", told),
        classes=_names(row, "classes", told),
        than_classes=_names(row, "than_classes", told),
        above=_limit(row, "above", told),
        below=_limit(row, "below", told),
    )
    if claim.above is None and claim.below is None:
        raise UserError(f"{told} says not where the number must lie", allowed="above, below or both")
    if claim.above is not None and claim.below is not None and claim.above >= claim.below:
        raise UserError(f"{told} has above {claim.above:g} and below {claim.below:g}", allowed="above less than below")
    if claim.than_classes and not claim.classes:
        raise UserError(f"{told} has than_classes alone", allowed="classes as well")
    return claim


NEEDED = ("text", "figure")


def _text(row: Mapping[str, Any], key: str, told: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{told} has the {key} {value!r}", allowed="a text")
    return value.strip()


def _limit(row: Mapping[str, Any], key: str, told: str) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{told} has {key} {value!r}", allowed="a number")
    return float(value)


def _names(row: Mapping[str, Any], key: str, told: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UserError(f"{told} has {key} {value!r}", allowed='names of classes, ["1", "0"]')
    return tuple(value)


def _settings(row: Mapping[str, Any], key: str, told: str) -> dict[str, Plain]:
    """Settings by their whole names, their values checked as those of a run are."""
    value = row.get(key, {})
    if not isinstance(value, dict):
        raise UserError(f"{told} has {key} {value!r}", allowed='settings, {"process.schedule" = "cosine"}')
    found: dict[str, Plain] = {}
    for name, one in _flat(value):
        info = setting_info(name)
        found[info.key] = parse(info.key, one, info.field, info.kind)
    return found


def _flat(tables: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    """process.schedule = "cosine" is a table in a table to TOML."""
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield head + name, value
