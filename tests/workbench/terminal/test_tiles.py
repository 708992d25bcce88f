"""Where pictures stand, and how large."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.terminal.tiles import HALF, Moment, Tile, canvas, class_grid, filmstrip, fitting_scale, one, tile_cells

FINE = (9, 18)


def pictures(count, side=8, channels=1):
    return [np.full((side, side, channels), 10 * at, dtype=np.uint8) for at in range(count)]


def groups(classes=10, per_class=4, side=8):
    return {str(label): pictures(per_class, side) for label in range(classes)}


@pytest.mark.parametrize(
    ("side", "cells", "unit", "scale"),
    [
        ((28, 28), (80, 20), HALF, 1),
        ((28, 28), (30, 30), FINE, 9),
        ((8, 8), (80, 20), HALF, 5),
        ((28, 28), (14, 7), HALF, -2),
    ],
)
def test_the_largest_whole_scale(side, cells, unit, scale):
    assert fitting_scale(side, cells, unit) == scale


@pytest.mark.parametrize(
    ("side", "size", "shown", "scale"),
    [
        pytest.param(8, (100, 20), 40, 1, id="digits: four of each"),
        pytest.param(8, (89, 6), 10, 1, id="digits: one of each"),
        pytest.param(28, (80, 20), 10, -2, id="28 pixels: all classes come first"),
        pytest.param(28, (200, 56), 10, 1, id="28 pixels: whole ones where they fit"),
        pytest.param(28, (290, 61), 40, 1, id="28 pixels: all"),
        pytest.param(8, (8, 5), 1, 1, id="room for one"),
        pytest.param(8, (3, 2), 0, 1, id="room for none"),
    ],
)
def test_class_grids(side, size, shown, scale):
    found = class_grid(groups(side=side), size)
    assert found.shown == shown
    assert {tile.scale for tile in found.tiles} <= {scale}
    assert found.total == 40


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 9),
    st.sampled_from([8, 28, 32]),
    st.integers(1, 220),
    st.integers(1, 70),
    st.sampled_from([HALF, FINE]),
)
def test_tiles_are_inside_and_apart(classes, per_class, side, wide, high, unit):
    """Whatever there is to show and wherever."""
    found = class_grid(groups(classes, per_class, side), (wide, high), unit)
    taken = np.zeros((high, wide), dtype=int)
    for tile in found.tiles:
        assert tile.top + tile.high <= high
        assert tile.left + tile.wide <= wide
        taken[tile.top : tile.top + tile.high, tile.left : tile.left + tile.wide] += 1
        assert (tile.wide, tile.high) == tile_cells((side, side), tile.scale, unit)
    assert taken.max(initial=0) <= 1
    for label in found.labels:
        assert label.left + len(label.text) <= wide


def test_the_chosen_class_is_marked():
    styles = {label.text: label.style for label in class_grid(groups(), (100, 20), chosen="3").labels}
    assert styles["3"] == "chosen"
    assert styles["4"] == "bold"


def test_one_picture_is_as_large_as_it_can_be():
    """In the middle, its aspect kept."""
    found = one(pictures(1)[0], (80, 20), caption="a digit")
    (tile,) = found.tiles
    assert (tile.scale, tile.wide, tile.high) == (4, 32, 16)
    assert tile.left == 24
    assert found.labels[0].text == "a digit"


@pytest.mark.parametrize("chosen", [0, 5, 10])
@pytest.mark.parametrize(("side", "size"), [(8, (80, 18)), (28, (80, 18)), (28, (200, 54))])
def test_a_filmstrip_shows_the_chosen_moment(chosen, side, size):
    """And at least five, x_t above x0, the same column for both."""
    moments = [Moment(str(at), (a, a)) for at, a in enumerate(pictures(11, side))]
    found = filmstrip(moments, chosen, size, names=("x_t", "x0"))
    assert [label.text for label in found.labels if label.style == "chosen"] == [f"▸{chosen}"]
    assert found.shown >= 5
    assert len({tile.left for tile in found.tiles}) == found.shown
    assert len(found.tiles) == 2 * found.shown
    assert all(tile.top + tile.high <= size[1] and tile.left + tile.wide <= size[0] for tile in found.tiles)


@pytest.mark.parametrize(
    ("side", "size", "unit", "shown"),
    [(8, (200, 54), HALF, 11), (8, (120, 34), HALF, 6), (28, (200, 54), HALF, 6), (28, (200, 54), FINE, 11)],
)
def test_a_filmstrip_is_whole_where_its_pictures_are_large_enough(side, size, unit, shown):
    """From pure noise to the picture at one look; where they would be tiny or shrunk, fewer and larger ones."""
    moments = [Moment(str(at), (a, a)) for at, a in enumerate(pictures(11, side))]
    assert filmstrip(moments, 10, size, unit, names=("x_t", "x0")).shown == shown


def test_a_hole_in_a_filmstrip_is_left_out():
    found = filmstrip([Moment("0", (None, pictures(1)[0]))], 0, (40, 12))
    assert len(found.tiles) == 1
    assert filmstrip([], 0, (40, 12)).tiles == ()


def test_the_canvas_has_the_pixels():
    """Each at its place, magnified; nothing elsewhere."""
    picture = np.arange(4, dtype=np.uint8).reshape(2, 2, 1) + 1
    found = one(picture, (6, 2))
    pixels, shown = canvas(found)
    assert pixels.shape == (4, 6, 3)
    assert pixels[:, 1:5, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert shown[:, 1:5].all()
    assert not shown[:, [0, 5]].any()


def test_a_finer_layout_is_sampled_for_half_blocks():
    """Until the terminal has the picture: the same cells, about the same look."""
    picture = np.repeat(np.array([[0, 255]], dtype=np.uint8), 2, axis=0)[..., None]
    found = one(picture, (4, 2), FINE)
    pixels, _ = canvas(found, FINE)
    (tile,) = found.tiles
    row = pixels[2 * tile.top, tile.left : tile.left + tile.wide, 0].tolist()
    assert row == [0, 0, 255, 255]


def test_the_same_picture_at_the_same_size_has_the_same_key():
    """Wherever it stands: it need not be sent again."""
    picture = pictures(3)[2]
    keys = {Tile(picture.copy(), 2, left, 0, 4, 2).key for left in range(3)}
    assert len(keys) == 1
    assert Tile(picture, 3, 0, 0, 4, 2).key not in keys
    assert Tile(picture + 1, 2, 0, 0, 4, 2).key not in keys
