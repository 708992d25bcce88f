"""Scaling by whole numbers, and layouts that fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbench.streams import picture
from workbench.format import width_of
from workbench.terminal.colours import Colours
from workbench.terminal.grid import (
    Layout,
    choose_layout,
    class_grid_lines,
    grid_picture,
    largest_scale,
    magnify,
    place,
    shrink,
)

CHECKS = np.array([[[0], [100]], [[200], [255]]], dtype=np.uint8)


def test_magnify_repeats_each_pixel():
    """Nearest neighbour: no new value appears."""
    assert magnify(CHECKS, 2)[..., 0].tolist() == [[0, 0, 100, 100]] * 2 + [[200, 200, 255, 255]] * 2


def test_shrink_is_the_rounded_mean():
    """(0 + 100 + 200 + 255) / 4 = 138.75."""
    assert shrink(CHECKS, 2).tolist() == [[[139]]]
    assert shrink(np.full((5, 5, 3), 7, dtype=np.uint8), 2).shape == (2, 2, 3)


@given(st.integers(1, 5), st.integers(0, 255))
def test_shrink_undoes_magnify(factor, level):
    """A magnified picture is flat in each square."""
    original = np.array([[[level], [255 - level]]], dtype=np.uint8)
    assert (shrink(magnify(original, factor), factor) == original).all()


@pytest.mark.parametrize(
    ("side", "cells", "scale"),
    [
        pytest.param(28, (80, 24), 1, id="28 at 80x24: 48 pixels high"),
        pytest.param(28, (80, 40), 2, id="28 at 80x40"),
        pytest.param(8, (80, 24), 6, id="8 at 80x24"),
        pytest.param(32, (80, 15), -2, id="32 in 30 pixels"),
        pytest.param(512, (80, 24), -11, id="512 at 80x24"),
        pytest.param(1, (300, 300), 16, id="never above 16"),
    ],
)
def test_largest_scale(side, cells, scale):
    """Worked out by hand: a cell is one pixel wide and two high."""
    assert largest_scale(side, side, *cells) == scale


def test_place_leaves_gaps_and_holes_without_pixels():
    """Two above one, a gap of one."""
    tile = np.full((2, 2, 1), 9, dtype=np.uint8)
    whole, shown = place([[tile, tile], [tile]], gap=1)
    assert whole.shape == (5, 5, 3)
    assert shown.astype(int).tolist() == [[1, 1, 0, 1, 1]] * 2 + [[0] * 5] + [[1, 1, 0, 0, 0]] * 2
    assert (whole[shown] == 9).all()
    assert (whole[~shown] == 0).all()


def test_grid_picture_has_an_edge():
    """Two black pictures of one pixel on white."""
    black = np.zeros((1, 1, 1), dtype=np.uint8)
    assert grid_picture([[black, black]], gap=1)[..., 0].tolist() == [[255] * 5, [255, 0, 255, 0, 255], [255] * 5]


@pytest.mark.parametrize(
    ("classes", "per_class", "side", "cells", "expected"),
    [
        pytest.param(10, 8, 8, (80, 24), Layout("columns", 1, 0, 10, 5, 10), id="digits at 80x24"),
        pytest.param(10, 8, 8, (100, 40), Layout("columns", 1, 1, 10, 8, 10), id="digits at 100x40"),
        pytest.param(10, 8, 8, (80, 60), Layout("rows", 1, 1, 10, 8, 8), id="digits at 80x60"),
        pytest.param(10, 1, 8, (80, 24), Layout("one each", 2, 0, 10, 1, 5), id="one of each digit"),
        pytest.param(10, 8, 28, (80, 24), Layout("one each", -2, 1, 10, 1, 5), id="mnist at 80x24: half size"),
        pytest.param(10, 8, 28, (160, 50), Layout("one each", 1, 1, 10, 1, 5), id="mnist at 160x50: whole"),
        pytest.param(10, 8, 28, (300, 60), Layout("columns", 1, 1, 10, 4, 10), id="mnist at 300x60"),
        pytest.param(10, 8, 32, (80, 24), Layout("one each", -2, 0, 10, 1, 5), id="cifar at 80x24"),
        pytest.param(2, 4, 8, (80, 24), Layout("rows", 2, 1, 2, 4, 4), id="two classes"),
        pytest.param(100, 1, 64, (40, 12), Layout("one each", -3, 1, 1, 1, 1), id="hundred large ones: some"),
    ],
)
def test_layout(classes, per_class, side, cells, expected):
    """The choices that people see; a change of rule shows here."""
    assert choose_layout(classes, per_class, (side, side), cells, label_width=1) == expected


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 9),
    st.sampled_from([4, 8, 14, 28, 32, 64]),
    st.integers(20, 200),
    st.integers(5, 80),
)
def test_a_grid_fits_its_cells(classes, per_class, side, wide, high):
    """No line is wider than the terminal and no page is higher, whatever the terminal."""
    pictures = {f"class {label}": [picture(label, side)] * per_class for label in range(classes)}
    lines, layout = class_grid_lines(pictures, Colours.PLAIN, (wide, high))
    assert max(map(width_of, lines)) <= wide
    assert len(lines) <= max(high, 2)
    assert 1 <= layout.classes <= classes


def test_names_stand_above_their_columns():
    """Two classes of two pictures in two columns; a long name is cut, a blank stays between."""
    black = np.zeros((4, 8, 1), dtype=np.uint8)
    lines, layout = class_grid_lines({"cat": [black], "ankle boot": [black]}, Colours.PLAIN, (17, 3))
    assert layout.form == "columns"
    assert lines == ["  cat    ankle b…", " " * 17, " " * 17]


def test_names_stand_beside_their_rows():
    """The middle line of each row."""
    white = np.full((4, 4, 1), 255, dtype=np.uint8)
    lines, layout = class_grid_lines({"a": [white] * 3, "bb": [white] * 3}, Colours.PLAIN, (17, 5))
    assert layout == Layout("rows", 1, 1, 2, 3, 3)
    assert lines == [
        "   ████ ████ ████",
        " a ████ ████ ████",
        "   ████ ████ ████",
        "bb ████ ████ ████",
        "   ████ ████ ████",
    ]
