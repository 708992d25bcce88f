"""Rows of text as an aligned table that fits the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.format import padded, width_of

GAP = 2


@dataclass(frozen=True)
class Column:
    """One column: right-aligned for numbers. In a table that is too wide it may be cut down to shrinks_to cells; where
    that is not enough the column with the highest hides, above 0, is left out, then the next one.
    """

    title: str
    right: bool = False
    shrinks_to: int | None = None
    hides: int = 0


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """A heading line and one line a row. width None never cuts; else columns that may shrink do, the widest first."""
    widths = [
        max([width_of(column.title), *(width_of(row[index]) for row in rows)]) for index, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    if width is not None:
        shown = _fitting(columns, widths, width)
    kept, fitted = [columns[index] for index in shown], [widths[index] for index in shown]
    if width is not None:
        fitted = _shrunk(kept, fitted, width)
    lines = [[column.title for column in columns], *rows]
    return [_line(kept, fitted, [cells[index] for index in shown]) for cells in lines]


def parted_lines(
    keys: Sequence[Column], columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> list[str]:
    """A table with more columns than fit, as several below each other: keys stand at the left of each of them."""
    told: list[str] = []
    at = 0
    while at < len(columns) or not told:
        taken = 1
        while at + taken < len(columns) and width is not None and _room(keys, columns, rows, (at, taken + 1)) <= width:
            taken += 1
        if width is None:
            taken = len(columns)
        cells = [[*row[: len(keys)], *row[len(keys) + at : len(keys) + at + taken]] for row in rows]
        told += [*([""] if told else []), *table_lines([*keys, *columns[at : at + taken]], cells, width)]
        at += taken
    return told


def _room(
    keys: Sequence[Column], columns: Sequence[Column], rows: Sequence[Sequence[str]], part: tuple[int, int]
) -> int:
    """The cells that the keys and some of the columns, from one on so many, take uncut."""
    first, many = part
    chosen = [*range(len(keys)), *range(len(keys) + first, len(keys) + first + many)]
    every = [*keys, *columns]
    widths = [max([width_of(every[at].title), *(width_of(row[at]) for row in rows)]) for at in chosen]
    return sum(widths) + GAP * (len(chosen) - 1)


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """The columns that have room when each is cut as far as it may be."""
    shown = list(range(len(columns)))
    least = [min(w, w if c.shrinks_to is None else c.shrinks_to) for c, w in zip(columns, widths, strict=True)]
    while sum(least[index] for index in shown) + GAP * (len(shown) - 1) > width:
        last = max(shown, key=lambda index: columns[index].hides)
        if not columns[last].hides:
            break
        shown.remove(last)
    return shown


def _shrunk(columns: Sequence[Column], widths: list[int], width: int) -> list[int]:
    widths = list(widths)
    while sum(widths) + GAP * (len(widths) - 1) > width:
        able = [i for i, c in enumerate(columns) if c.shrinks_to is not None and widths[i] > c.shrinks_to]
        if not able:
            break
        widths[max(able, key=lambda index: widths[index])] -= 1
    return widths


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    parts = [padded(cell, width, column.right) for column, width, cell in zip(columns, widths, cells, strict=True)]
    return (" " * GAP).join(parts).rstrip()
