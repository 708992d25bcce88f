"""Pictures that were drawn together, on one sheet."""

import numpy as np

from diffusion.events import Drawn
from runs.sheets import digest, sheets
from tests.workbench.streams import drawn, picture


def test_a_trajectory_sheet_reads_from_noise_to_picture():
    """Two rows a picture, x_t above x0; a column for each sampling step, also where one of them is missing."""
    strip = [
        Drawn(picture(label), label, 0, label, step, 1.0, content)
        for label in (0, 1)
        for step in (0, 5, 10)
        for content in ("x0", "x_t")
        if (step, content) != (0, "x0")
    ]
    (sheet,) = sheets(strip, trajectory=True)
    assert sheet.pixels.shape == (4 * 9 + 1, 3 * 9 + 1, 1)
    where = {(one.drawn.label, one.drawn.content, one.drawn.sampling_step): (one.top, one.left) for one in sheet.placed}
    assert where[0, "x_t", 0] == (1, 1)
    assert where[0, "x0", 5] == (10, 10)
    assert where[1, "x_t", 10] == (19, 19)


def test_many_pictures_make_several_sheets(monkeypatch):
    """Each small enough for Pillow to open, none left out."""
    monkeypatch.setattr("runs.sheets.LARGEST", 1000)
    found = list(sheets(drawn(classes=10, per_class=3), trajectory=False))
    assert [len(sheet.placed) for sheet in found] == [9, 9, 9, 3]


def test_colour_and_gray():
    """One channel is a gray PNG, three are RGB."""
    one = Drawn(np.full((4, 4, 3), 7, np.uint8), 0, 0, 0)
    assert next(sheets([one], trajectory=False)).pixels.shape[-1] == 3


def test_pictures_of_one_class_are_about_square():
    """Sixteen are four rows of four."""
    (sheet,) = sheets([Drawn(picture(3), 3, 0, index) for index in range(16)], trajectory=False)
    assert sheet.pixels.shape == (4 * 9 + 1, 4 * 9 + 1, 1)


def test_no_pictures_no_sheet():
    """Nothing is written for nothing."""
    assert list(sheets([], trajectory=False)) == []


def test_the_digest_is_of_the_picture_alone():
    """However it lies in memory: a view gives the same as a copy."""
    view = np.tile(picture(3), (1, 2, 1))[:, 8:]
    assert digest(Drawn(view, 3, 0, 0)) == digest(Drawn(picture(3), 3, 0, 0))
