"""Folders of pictures of every kind become gray or RGB squares; what cannot be read is listed, or refused."""

import os
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from diffusion.data import folders
from diffusion.data.folders import read_folder, shown
from diffusion.errors import UserError
from diffusion.events import Progress

RAMP = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
COLORS = np.stack([RAMP, 255 - RAMP, RAMP.T], axis=-1)


def read(path, image_size=0, channels=0, **options):
    work = read_folder(path, image_size, channels, **options)
    while True:
        try:
            assert isinstance(next(work), Progress)
        except StopIteration as end:
            return end.value


def fill(path, name="picture", count=4, array=RAMP, **classes):
    """Folders a and b, or those named, with `count` pictures each."""
    for folder in classes or {"a": None, "b": None}:
        (path / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.fromarray(array).save(path / folder / f"{name}{number}.png")
    return path


def told(path, **options):
    with pytest.raises(UserError) as caught:
        read(path, **options)
    return str(caught.value)


def test_subfolders_are_classes_in_the_order_of_their_names(tmp_path):
    """Pixels as they are, labels from 0."""
    fill(tmp_path, count=4, array=RAMP, zebra=1)
    fill(tmp_path, count=5, array=255 - RAMP, ant=1)
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").write_text("no picture")
    found = read(tmp_path)
    assert found.class_names == ("ant", "zebra")
    assert found.labels.tolist() == [0] * 5 + [1] * 4
    assert found.labels.dtype == torch.int64
    assert torch.equal(found.pixels[-1, 0], torch.from_numpy(RAMP))
    assert (found.pixels.shape, found.skipped) == ((9, 1, 8, 8), ())


@pytest.mark.parametrize(
    ("first", "channels", "expected"),
    [(COLORS, 0, 3), (RAMP, 0, 1), (np.stack([RAMP] * 3, -1), 0, 1), (COLORS, 1, 1), (RAMP, 3, 3)],
    ids=["one in color", "all gray", "gray saved as RGB", "gray asked for", "RGB asked for"],
)
def test_channels_follow_the_pictures_or_the_setting(tmp_path, first, channels, expected):
    """One picture in color makes all of them RGB."""
    fill(tmp_path)
    Image.fromarray(first).save(tmp_path / "a" / "0.png")
    found = read(tmp_path, channels=channels)
    assert found.pixels.shape == (9, expected, 8, 8)
    if expected == 3 and channels == 0:
        assert torch.equal(found.pixels[0].permute(1, 2, 0), torch.from_numpy(COLORS))
        assert torch.equal(found.pixels[1], torch.from_numpy(RAMP).expand(3, 8, 8))


def _rgba():
    alpha = np.full((8, 8), 255, np.uint8)
    alpha[0] = 0
    return Image.fromarray(np.dstack([RAMP, RAMP, RAMP, alpha]))


def _palette():
    return Image.fromarray(RAMP).convert("P", palette=Image.Palette.ADAPTIVE, colors=256)


def _animation(path):
    frames = [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def _sixteen_bit_pgm(path):
    path.write_bytes(b"P5\n8 8\n65535\n" + (RAMP.astype(">u2") * 257).tobytes())


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("gray.png", lambda path: Image.fromarray(RAMP).save(path)),
        ("UPPER.PNG", lambda path: Image.fromarray(RAMP).save(path, format="png")),
        ("rgb.bmp", lambda path: Image.fromarray(np.stack([RAMP] * 3, -1)).save(path)),
        ("16 bit.png", lambda path: Image.fromarray(RAMP.astype(np.uint16) * 257).save(path)),
        ("16 bit.tif", lambda path: Image.fromarray(RAMP.astype(np.uint16) * 257).save(path)),
        ("16 bit.pgm", _sixteen_bit_pgm),
        ("palette.png", lambda path: _palette().save(path)),
        ("animated.gif", _animation),
        ("lossless.webp", lambda path: Image.fromarray(np.stack([RAMP] * 3, -1)).save(path, lossless=True)),
        ("opaque.png", lambda path: Image.fromarray(RAMP).convert("RGBA").save(path)),
        ("gray and alpha.png", lambda path: Image.fromarray(RAMP).convert("LA").save(path)),
        ("nested/deep/picture.png", lambda path: Image.fromarray(RAMP).save(path)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_file_gives_the_same_gray_picture(tmp_path, name, save):
    """16 bits are scaled to 8 and not clipped; of an animation it is the first picture."""
    fill(tmp_path, array=255 - RAMP)
    path = tmp_path / "b" / "z" / name
    path.parent.mkdir(parents=True)
    save(path)
    found = read(tmp_path)
    assert found.skipped == ()
    assert torch.equal(found.pixels[-1, 0], torch.from_numpy(RAMP))


def test_what_is_transparent_is_white(tmp_path):
    """RGBA, and the one transparent shade of a gray PNG."""
    fill(tmp_path)
    _rgba().save(tmp_path / "b" / "y.png")
    Image.fromarray(RAMP).save(tmp_path / "b" / "z.png", transparency=0)
    found = read(tmp_path).pixels[:, 0]
    assert found[-2, 0].tolist() == [255] * 8
    assert torch.equal(found[-2, 1:], torch.from_numpy(RAMP[1:]))
    assert found[-1, 0].tolist() == [255, *RAMP[0, 1:].tolist()]


def test_a_photo_stands_upright(tmp_path):
    """Cameras store how they were held (EXIF orientation 6: turn clockwise by a quarter)."""
    fill(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RAMP).save(tmp_path / "b" / "z.png", exif=exif)
    assert torch.equal(read(tmp_path).pixels[-1, 0], torch.from_numpy(np.rot90(RAMP, -1).copy()))


@pytest.mark.parametrize("shape", [(8, 20), (20, 8), (40, 16), (3, 5)], ids=str)
def test_mixed_sizes_are_cropped_to_the_middle_and_scaled(tmp_path, shape):
    """White borders outside the middle square do not show."""
    fill(tmp_path)
    side = min(shape)
    array = np.full(shape, 255, np.uint8)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    array[top : top + side, left : left + side] = 100
    Image.fromarray(array).save(tmp_path / "b" / "z.png")
    assert torch.equal(read(tmp_path).pixels[-1, 0], torch.full((8, 8), 100, dtype=torch.uint8))


@pytest.mark.parametrize(
    ("sides", "multiple", "expected"),
    [([28], 4, 28), ([28], 8, 24), ([50], 1, 50), ([200], 8, 64), ([3], 8, 8), ([16, 16, 16, 32], 8, 16)],
    ids=str,
)
def test_the_size_is_that_of_most_pictures_as_far_as_the_network_halves(tmp_path, sides, multiple, expected):
    """At most 64, at least the multiple."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        for number, side in enumerate(sides * 4):
            Image.new("L", (side, side + 9)).save(tmp_path / folder / f"{number}.png")
    assert read(tmp_path, multiple=multiple).pixels.shape[-1] == expected


def test_links_are_followed_and_hidden_files_left_out(tmp_path):
    """A class folder or a file may be a link; ._name and .ipynb_checkpoints are copies that systems leave behind."""
    fill(tmp_path / "elsewhere", cats=1)
    fill(tmp_path / "data", a=1)
    (tmp_path / "data" / "cats").symlink_to(tmp_path / "elsewhere" / "cats")
    (tmp_path / "data" / "a" / "link.png").symlink_to(tmp_path / "elsewhere" / "cats" / "picture0.png")
    (tmp_path / "data" / "a" / "._picture0.png").write_bytes(b"\0" * 82)
    fill(tmp_path / "data", **{"a/.checkpoints": 1, ".hidden": 1})
    (tmp_path / "data" / "a" / "folder.png").mkdir()
    found = read(tmp_path / "data")
    assert found.class_names == ("a", "cats")
    assert found.labels.bincount().tolist() == [5, 4]
    assert found.skipped == ()


def test_names_that_are_no_utf8_can_be_stored(tmp_path):
    """Two such classes stay two."""
    for raw in (b"\xff", b"\xfe"):
        fill(tmp_path / os.fsdecode(raw), **{".": 1})
    found = read(tmp_path)
    assert found.class_names == ("\\xfe", "\\xff")
    assert [name.encode() for name in found.class_names] == [b"\\xfe", b"\\xff"]
    assert shown("plain ü") == "plain ü"


def _cut_short(path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:900])


def _wrong_header(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + b"\xff" * 17)


@pytest.mark.parametrize(
    ("name", "save", "why"),
    [
        ("empty.png", lambda path: path.write_bytes(b""), "not a picture"),
        ("text.png", lambda path: path.write_text("hello"), "not a picture"),
        ("cut.png", _cut_short, "image file is truncated"),
        ("header.png", _wrong_header, ""),
        ("gone.png", lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        ("floats.tif", lambda path: Image.new("F", (8, 8)).save(path), "pixels of Pillow's mode F have no known range"),
        ("huge.ppm", lambda path: path.write_bytes(b"P6 99999 99999 255 "), "decompression bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_file_that_cannot_be_read_is_skipped_and_listed(tmp_path, name, save, why):
    """One in 20 or fewer."""
    fill(tmp_path, count=10)
    save(tmp_path / "a" / name)
    found = read(tmp_path)
    assert len(found.pixels) == len(found.labels) == 20
    (listed,) = found.skipped
    assert listed.startswith(f"a/{name}: ")
    assert why in listed


def test_more_than_5_percent_unreadable_files_are_refused(tmp_path):
    """2 of 22, with their names."""
    fill(tmp_path, count=10)
    for name in ("x.png", "y.png"):
        (tmp_path / "b" / name).write_text("")
    assert told(tmp_path) == (
        f"2 of 22 pictures in {tmp_path} cannot be read (b/x.png: not a picture; b/y.png: not a picture); "
        "allowed: at most 5 %; next: remove or replace them"
    )


SUFFIXES = ".bmp, .gif, .jpeg, .jpg, .pgm, .png, .ppm, .tif, .tiff, .webp"


@pytest.mark.parametrize(("classes", "has"), [(["a"], "1 subfolder"), ([], "0 subfolders")], ids=["one class", "none"])
def test_fewer_than_two_classes_are_refused(tmp_path, classes, has):
    """There would be nothing to tell apart, or a subfolder was forgotten."""
    if classes:
        fill(tmp_path, **dict.fromkeys(classes))
    Image.fromarray(RAMP).save(tmp_path / "loose.png")
    assert told(tmp_path) == (
        f"{tmp_path} has {has} with pictures; allowed: 2 or more, each one class; "
        f"next: put pictures ({SUFFIXES}) into folders {tmp_path}/CLASS"
    )


def test_a_class_of_few_pictures_is_refused(tmp_path):
    """Each split must get some."""
    fill(tmp_path, a=1)
    fill(tmp_path, count=1, few=1)
    assert told(tmp_path) == (
        f"class 'few' in {tmp_path} has 1 readable picture; allowed: 4 or more, so that training, validation and test "
        f"each get some; next: add pictures to {tmp_path}/few or remove that folder"
    )


def test_a_missing_folder_and_a_file_are_refused(tmp_path):
    """With what the path should be."""
    (tmp_path / "file.zip").write_text("")
    end = "; next: --data folder:PATH, with one subfolder of pictures for each class"
    assert told(tmp_path / "no") == f"data.dataset names folder {tmp_path}/no, which does not exist{end}"
    assert told(tmp_path / "file.zip") == f"data.dataset names folder {tmp_path}/file.zip, which is a file{end}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_refused(tmp_path):
    """Permission is not absence."""
    (tmp_path / "locked").mkdir(mode=0)
    assert told(tmp_path / "locked") == (
        f"data.dataset names folder {tmp_path}/locked, which cannot be read: Permission denied; "
        "next: --data folder:PATH, a folder that you may read"
    )


def test_more_than_memory_holds_is_refused_before_reading(tmp_path, monkeypatch):
    """The size that is asked for decides."""
    monkeypatch.setattr(folders, "MOST_BYTES", 2**30)
    fill(tmp_path)
    assert told(tmp_path, image_size=8192) == (
        f"the 8 pictures of {tmp_path} take 1.5 GB at 8192 pixels; allowed: at most 1 GB, since all of them are kept "
        "in memory; next: --set data.image_size=4096"
    )


def test_reading_tells_how_far_it_is(tmp_path):
    """Every 64 files, so that a large folder can be watched and stopped."""
    fill(tmp_path, count=70)
    assert [(event.phase, event.done, event.total) for event in read_folder(tmp_path, 0, 0)] == [
        ("data", 0, 140),
        ("data", 64, 140),
        ("data", 128, 140),
    ]
