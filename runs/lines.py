"""From a log's line to rows. A log may come from another machine or person: what is not as it should be is refused."""

import json
from pathlib import PurePosixPath
from typing import Any

LARGEST_INTEGER = 2**62
LONGEST_TEXT = 100_000


class BadLineError(ValueError):
    """A line that is not what the recording stage writes."""


class Line:
    """One line's values, each asked for by name and type."""

    def __init__(self, data: bytes) -> None:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BadLineError(f"not JSON: {error}") from error
        if not isinstance(values, dict):
            raise BadLineError("not an object")
        self._values = values
        self.event = self.text("event")
        self.time = self.number("time")

    @classmethod
    def of(cls, values: Any) -> "Line":
        """An object inside a line."""
        if not isinstance(values, dict):
            raise BadLineError("not an object")
        line = cls.__new__(cls)
        line._values = values
        return line

    def raw(self, name: str) -> Any:
        """A value as it is, of whatever type."""
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text, cut where it is absurdly long."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise BadLineError(f"{name} is not a text")
        return _storable(value[:LONGEST_TEXT])

    def integer(self, name: str) -> int:
        """A whole number."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_INTEGER:
            raise BadLineError(f"{name} is not a whole number")
        return value

    def integer_or_none(self, name: str) -> int | None:
        """A whole number, where there is one."""
        return None if self._values.get(name) is None else self.integer(name)

    def number(self, name: str) -> float:
        """A number."""
        value = number_or_none(name, self._values.get(name))
        if value is None:
            raise BadLineError(f"{name} is not a number")
        return value

    def number_or_none(self, name: str) -> float | None:
        """A number, where there is one: NaN is recorded as none."""
        return number_or_none(name, self._values.get(name))

    def mapping(self, name: str) -> dict[str, Any]:
        """An object with keys that can be stored."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise BadLineError(f"{name} is not an object")
        return {_storable(key): inner for key, inner in value.items()}

    def items(self, name: str) -> list[Any]:
        """A list."""
        value = self._values.get(name, [])
        if not isinstance(value, list):
            raise BadLineError(f"{name} is not a list")
        return value

    def inside(self, name: str) -> str:
        """A path that stays inside the run's folder."""
        value = self.text(name)
        path = PurePosixPath(value)
        if not value or path.is_absolute() or ".." in path.parts or "\\" in value or "\0" in value:
            raise BadLineError(f"{name} leaves the run's folder")
        return value


def number_or_none(name: str, value: Any) -> float | None:
    """A number or None, whatever JSON had there. Raises BadLineError for another type."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLineError(f"{name} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise BadLineError(f"{name} is too large") from None


def _storable(text: str) -> str:
    """text without lone surrogates, which SQLite does not take."""
    return text.encode(errors="replace").decode()
