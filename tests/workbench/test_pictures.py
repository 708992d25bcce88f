"""Drawn pictures on the screen and in a file."""

import numpy as np
import pytest
from PIL import Image

from diffusion.events import Drawn
from runs.drawn import read_sheet
from tests.workbench.streams import NAMES, drawn, picture
from workbench.format import width_of
from workbench.pictures import (
    by_class,
    class_name,
    sample_lines,
    shows_pictures,
    trajectory_lines,
    wrapped,
    write_grid,
)
from workbench.terminal.screen import Screen

SCREEN = Screen(80, 24, terminal=True)


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize(
    ("label", "expected"), [(-1, "any"), (1, "cat\\x1b[2J"), (2, "2")], ids=["no class", "foreign name", "no name"]
)
def test_class_names(label, expected):
    """A folder's name is foreign text; a class beyond the names is its number."""
    assert class_name(label, ["dog", "cat\x1b[2J"]) == expected


def test_snapshots_are_not_finished_pictures():
    """Only what has no sampling step is in the class grid."""
    snapshot = Drawn(picture(0), 0, 0, 0, sampling_step=3, content="x_t")
    groups = by_class([snapshot, *drawn(classes=2, per_class=3)], NAMES)
    assert {name: len(members) for name, members in groups.items()} == {"0": 3, "1": 3}


def test_a_class_grid_says_what_it_leaves_out():
    """Ten classes of eight at 80x24: four of each."""
    lines = sample_lines(drawn(per_class=8), NAMES, SCREEN)
    assert lines[0].split() == list(NAMES)
    assert lines[-1] == "40 of 80 pictures shown"
    assert len(lines) < SCREEN.high
    assert "shown" not in sample_lines(drawn(per_class=1), NAMES, SCREEN)[-1]


@pytest.mark.parametrize(
    ("pictures", "side", "rows", "scale"),
    [
        pytest.param(1, 8, [1], 4, id="one digit"),
        pytest.param(16, 8, [9, 7], 1, id="sixteen digits"),
        pytest.param(2, 28, [2], 1, id="two of mnist"),
        pytest.param(5, 28, [5], -2, id="five of mnist"),
        pytest.param(500, 8, [9, 9, 9, 9], 1, id="more than fit"),
    ],
)
def test_pictures_of_one_class(pictures, side, rows, scale):
    """The largest scale at which all of them are seen in 80 x 20 cells."""
    found, chosen = wrapped([picture(3, side)] * pictures, (80, 20))
    assert ([len(row) for row in found], chosen) == (rows, scale)


@pytest.mark.parametrize("side", [8, 28, 32, 64])
@pytest.mark.parametrize("steps", [1, 3, 11, 50])
def test_a_trajectory_fits(side, steps):
    """x_t above x0, and the first and the last snapshot are among those that are kept."""
    strip = [
        Drawn(np.full((side, side, 1), 255 * (step == steps), np.uint8), 0, 0, 0, step, 1.0, content)
        for step in range(steps + 1)
        for content in ("x_t", "x0")
    ]
    lines = trajectory_lines(strip, SCREEN)
    assert all(width_of(line) <= SCREEN.wide for line in lines)
    labels = [line.split()[0] for line in lines if line.startswith("x")]
    assert labels == ["x_t", "x0"]
    assert lines[0].endswith("█")


def test_a_grid_file_holds_every_pixel(tmp_path):
    """Digits are magnified to 64 pixels; a gap of six around each."""
    write_grid(drawn(classes=3, per_class=2), tmp_path / "grid.png")
    pixels = read_sheet(tmp_path / "grid.png")
    assert pixels.shape == (3 * 70 + 6, 2 * 70 + 6, 3)
    assert (pixels[6 : 6 + 64 : 8, 6 : 6 + 64 : 8, :1] == picture(0)).all()
    assert (pixels[:6] == 255).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA"])
def test_picture_files_of_every_kind(tmp_path, mode):
    """Gray stays one channel, all others become RGB."""
    Image.new(mode, (5, 4)).save(tmp_path / "a.png")
    assert read_sheet(tmp_path / "a.png").shape == (4, 5, 1 if mode == "L" else 3)


def test_pictures_are_for_people():
    """Never into a pipe, and not when they are turned off."""
    assert shows_pictures(SCREEN, "half")
    assert not shows_pictures(SCREEN, "off")
    assert not shows_pictures(Screen(80, 24, terminal=False), "half")
