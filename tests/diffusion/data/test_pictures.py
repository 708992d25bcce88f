"""Splits never overlap and never move; pictures keep their values on the way to the network and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import DataConfig
from diffusion.data.blur import gaussian_blur
from diffusion.data.catalog import DatasetInfo
from diffusion.data.pictures import Pictures, Split, checksum, stratified_split, to_uint8, to_unit, transformed

INFO = DatasetInfo("made", "folder", 8, 1, ("a", "b"), flip=False)
FLIPPED = DatasetInfo("made", "folder", 8, 1, ("a", "b"), flip=True)


def pictures(channels=1, size=8, count=4):
    def split(seed):
        generator = torch.Generator().manual_seed(seed)
        pixels = torch.randint(256, (count, channels, size, size), generator=generator, dtype=torch.uint8)
        return Split(pixels, torch.arange(count) % 2)

    return Pictures(split(0), split(1), split(2), ("a", "b"), "0" * 16, flip=False)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200).map(torch.tensor))
def test_splits_are_disjoint_stratified_and_fixed(labels):
    """Together they are everything; each class gives each part its share; the same labels give the same parts."""
    parts = stratified_split(labels, (0.2, 0.1))
    assert torch.cat(parts).sort().values.tolist() == list(range(len(labels)))
    for label in labels.unique():
        total = int((labels == label).sum())
        test, val, train = (int((labels[part] == label).sum()) for part in parts)
        assert test == (max(1, round(0.2 * total)) if total > 2 else 0)
        assert val == (max(1, round(0.1 * total)) if total > 2 else 0)
        assert train >= 1
    assert all(torch.equal(a, b) for a, b in zip(parts, stratified_split(labels, (0.2, 0.1)), strict=True))


def test_a_split_does_not_use_the_global_stream():
    """Neither reading nor moving it."""
    labels = torch.arange(100) % 3
    torch.manual_seed(1)
    first, state = stratified_split(labels, (0.2,)), torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(first[0], stratified_split(labels, (0.2,))[0])
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state())


def test_every_uint8_comes_back():
    """-1 is black, 1 is white."""
    values = torch.arange(256, dtype=torch.uint8)
    unit = to_unit(values)
    assert torch.equal(to_uint8(unit), values)
    assert (unit[0], unit[255]) == (-1, 1)
    assert unit.dtype == torch.float32


def test_what_is_out_of_range_is_clamped():
    """And rounded to the nearest."""
    assert to_uint8(torch.tensor([-3.0, -1.0, 0.0, 0.999, 1.0, 7.0])).tolist() == [0, 0, 128, 255, 255, 255]


def test_a_checksum_sees_every_byte():
    """And not how the tensor lies in memory. SHA-256 of the bytes 0, 1, 2."""
    values = torch.arange(3, dtype=torch.uint8)
    assert checksum(values) == "ae4b3280e56e2faf"
    assert checksum(values.roll(1)) != checksum(values)
    square = torch.arange(6, dtype=torch.uint8).reshape(2, 3)
    assert checksum(square.T) == checksum(square.T.contiguous()) != checksum(square)


@pytest.mark.parametrize(
    ("asked", "info", "expected"),
    [("auto", INFO, False), ("auto", FLIPPED, True), ("on", INFO, True), ("off", FLIPPED, False)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_flips_are_on_where_asked_or_where_they_make_sense(asked, info, expected):
    """auto asks the catalog."""
    assert transformed(pictures(), DataConfig(flip=asked), info).flip is expected


def test_blur_acts_on_training_and_validation_pictures_only():
    """Drawn pictures are judged against the sharp test pictures."""
    sharp = pictures()
    blurred = transformed(sharp, DataConfig(blur=1.5), INFO)
    assert torch.equal(blurred.train.pictures, gaussian_blur(sharp.train.pictures, 1.5))
    assert torch.equal(blurred.val.pictures, gaussian_blur(sharp.val.pictures, 1.5))
    assert torch.equal(blurred.test.pictures, sharp.test.pictures)


def test_blur_is_in_pixels_of_the_size_that_the_network_sees():
    """Resized first, blurred then."""
    resized = transformed(pictures(), DataConfig(image_size=16), INFO)
    both = transformed(pictures(), DataConfig(image_size=16, blur=2.0), INFO)
    assert torch.equal(both.train.pictures, gaussian_blur(resized.train.pictures, 2.0))
    assert (both.size, both.channels) == (16, 1)


def test_gray_becomes_rgb_and_back():
    """Three equal channels; the luma of equal channels is their value."""
    gray = pictures()
    rgb = transformed(gray, DataConfig(channels=3), INFO)
    assert rgb.channels == 3
    assert torch.equal(rgb.test.pictures[:, 2:], gray.test.pictures)
    assert torch.equal(transformed(rgb, DataConfig(channels=1), INFO).val.pictures, gray.val.pictures)


def test_luma_is_that_of_bt601():
    """Pure red, green and blue."""
    pure = Split((torch.eye(3) * 255).to(torch.uint8)[:, :, None, None], torch.zeros(3))
    gray = transformed(Pictures(pure, pure, pure, ("a",), "", flip=False), DataConfig(channels=1), INFO)
    assert gray.train.pictures.flatten().tolist() == [76, 150, 29]


@pytest.mark.parametrize("side", [4, 8, 20])
def test_resizing_keeps_a_flat_picture_flat(side):
    """Antialiased bicubic weights add up to 1."""
    flat = Split(torch.full((5, 3, 8, 8), 201, dtype=torch.uint8), torch.zeros(5))
    found = transformed(Pictures(flat, flat, flat, ("a",), "", flip=False), DataConfig(image_size=side), INFO)
    assert torch.equal(found.train.pictures, torch.full((5, 3, side, side), 201, dtype=torch.uint8))


def test_a_quarter_of_fine_stripes_is_their_mean():
    """One white column in four: without antialiasing it would be seen as more than half."""
    stripes = ((torch.arange(32) % 4 == 1) * 255).to(torch.uint8).expand(2, 1, 32, 32)
    split = Split(stripes, torch.zeros(2))
    found = transformed(Pictures(split, split, split, ("a",), "", flip=False), DataConfig(image_size=8), INFO)
    assert (found.train.pictures.int() - 64).abs().max() <= 16


def test_a_split_moves_to_a_device_and_knows_its_length():
    """Labels and pictures go together."""
    split = pictures(count=6).train
    assert len(split) == 6
    assert torch.equal(split.to(torch.device("cpu")).labels, split.labels)
