"""What a report is made of, before it becomes HTML or Markdown: sections of blocks. Texts are plain, not escaped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.terminal.table import Column

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of short sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """Commands, one a line."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of texts below the titles of their columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points float64 [N]; NaN is a gap. low and high, where there are any, are its 95 % band.

    look: the number of its colour, dash and marker, for what is called so in several plots; None: by its place.
    """

    name: str
    xs: Floats
    ys: Floats
    low: Floats | None = None
    high: Floats | None = None
    look: int | None = None


@dataclass(frozen=True, eq=False)
class Plot:
    """Lines over one pair of axes."""

    caption: str
    x_name: str
    y_name: str
    lines: tuple[Line, ...]
    log_y: bool = False


class Bar(NamedTuple):
    """A number with its interval, and what other pictures get: name -> number."""

    name: str
    value: float
    low: float | None
    high: float | None
    marks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Bars:
    """Numbers beside each other as points with their intervals, one a line."""

    caption: str
    x_name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, eq=False)
class Heat:
    """A matrix as shades: shares float64 [rows, columns] in [0, 1]; NaN is left empty."""

    caption: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    shares: Floats


@dataclass(frozen=True, eq=False)
class Pictures:
    """One picture uint8 [H, W, 1 or 3], shown at a whole factor with hard edges."""

    caption: str
    pixels: Pixels
    scale: int = 1


Block = Text | Points | Code | Table | Plot | Bars | Heat | Pictures


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report. made says when and with what version."""

    title: str
    made: str
    sections: tuple[Section, ...] = field(default=())
