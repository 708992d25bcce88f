"""Settings: dataclass fields that know their help, unit and limits, read from and written to plain values."""

import contextlib
import dataclasses
import math
import types
from dataclasses import MISSING, Field
from typing import Any, Union, get_args, get_origin, get_type_hints

from diffusion.errors import UserError, nearest_name

Plain = bool | int | float | str | tuple[int, ...]
WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)


def setting(
    default: Any,
    help: str,
    *,
    unit: str = "",
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """A dataclass field with what the command line, the form and the check need to know of it."""
    metadata = {"help": help, "unit": unit, "choices": choices, "low": low, "high": high}
    return dataclasses.field(default=default, metadata=metadata)


def describe(field: "Field[Any]", kind: Any) -> str:
    """The values that a setting allows, in words."""
    meta = field.metadata
    if meta["choices"]:
        return ", ".join(meta["choices"])
    if kind is bool:
        return "true, false"
    name = {int: "a whole number", float: "a number", str: "text"}.get(kind, "whole numbers")
    low, high = (None if limit is None else _number(limit) for limit in (meta["low"], meta["high"]))
    if low is not None and high is not None:
        name += f" from {low} to {high}"
    elif low is not None:
        name += f", {low} or more"
    elif high is not None:
        name += f", at most {high}"
    if get_origin(kind) is tuple:
        name += ", with commas between"
    return name + (f" ({meta['unit']})" if meta["unit"] else "")


def _number(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"  # in full: 9.0072e+15 would be another number


def parse(key: str, value: Any, field: "Field[Any]", kind: Any) -> Any:
    """value as the setting's own type, inside its limits; text is read as the command line gives it."""
    parsed = _convert(value, kind)
    problem = parsed is None or not _inside(parsed, field)
    if problem:
        choices = field.metadata["choices"]
        near = nearest_name(str(value), choices) if choices else ""
        raise UserError(
            f"{key} is {_shown(value)}",
            allowed=describe(field, kind),
            nearest=near,
            next_command=f"workbench settings {key}",
        )
    return parsed


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _convert(value: Any, kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):  # no setting is a union: a union here is a defect of the config
        raise TypeError(f"settings have one type, got {kind}")
    if get_origin(kind) is tuple:
        return _convert_tuple(value, get_args(kind)[0])
    if kind is bool:
        if isinstance(value, bool):
            return value
        return WORDS.get(str(value).strip().lower())
    if isinstance(value, bool):
        return None
    if kind is str:
        return value if isinstance(value, str) else None
    if kind is int and isinstance(value, (int, str)):  # a float would round a large seed
        with contextlib.suppress(ValueError):
            return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    if kind is int:
        return int(number) if number == int(number) else None
    return number


def _convert_tuple(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        value = [part for part in value.strip("[]() ").replace(" ", ",").split(",") if part]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return None
    parts = [_convert(part, kind) for part in value]
    return None if any(part is None for part in parts) else tuple(parts)


def _inside(value: Any, field: "Field[Any]") -> bool:
    meta = field.metadata
    if meta["choices"]:
        return value in meta["choices"]
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, bool | str):
            continue
        if meta["low"] is not None and number < meta["low"]:
            return False
        if meta["high"] is not None and number > meta["high"]:
            return False
    return True


def kinds(section: type[Any]) -> dict[str, Any]:
    """Each field's resolved type, by name."""
    return get_type_hints(section)


def default_of(field: "Field[Any]") -> Any:
    """The default of a setting; every setting has one."""
    if field.default is MISSING:
        raise TypeError(f"setting {field.name} has no default")
    return field.default
