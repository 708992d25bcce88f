"""Rows of text as an aligned table that fits the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.format import padded, width_of

GAP = 2


@dataclass(frozen=True)
class Column:
    """One column: right-aligned for numbers; shrinks_to says how far it may be cut when the table is too wide."""

    title: str
    right: bool = False
    shrinks_to: int | None = None


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """A heading line and one line a row. width None never cuts; else columns that may shrink do, the widest first."""
    widths = [
        max([width_of(column.title), *(width_of(row[index]) for row in rows)]) for index, column in enumerate(columns)
    ]
    if width is not None:
        widths = _shrunk(columns, widths, width)
    lines = [[column.title for column in columns], *rows]
    return [_line(columns, widths, cells) for cells in lines]


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
