"""Features by content: each picture is encoded once."""

import hashlib

import pytest
import torch

from diffusion.errors import UserError
from diffusion.judges.features import Features, content_digests


class Counting:
    """An encoder that remembers how many pictures it was given."""

    def __init__(self):
        self.seen = 0

    def __call__(self, pixels):
        self.seen += len(pixels)
        return pixels.float().flatten(1)[:, :3] * 2


def finished(work):
    """What a generator yields and returns."""
    told = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return told, end.value


def pictures(count, seed=0):
    """uint8 [count, 1, 4, 4], all different."""
    return torch.randint(0, 256, (count, 1, 4, 4), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def test_only_new_pictures_are_encoded(tmp_path):
    """In this call and in a later process, in any order, and once where one occurs twice."""
    encode, given = Counting(), pictures(10)
    told, found = finished(Features(tmp_path, "f").of(torch.cat([given, given[:3]]), encode, batch=4))
    assert encode.seen == 10
    assert told == [7, 11, 13]
    assert torch.equal(found, torch.cat([given, given[:3]]).float().flatten(1)[:, :3] * 2)
    more = torch.cat([pictures(2, seed=1), given.flip(0)])
    told, found = finished(Features(tmp_path, "f").of(more, encode))
    assert encode.seen == 12
    assert told == [12]
    assert torch.equal(found, more.float().flatten(1)[:, :3] * 2)
    assert finished(Features(tmp_path, "f").of(more, encode))[0] == []


def test_another_encoder_has_features_of_its_own(tmp_path):
    """By fingerprint."""
    encode = Counting()
    finished(Features(tmp_path, "one").of(pictures(3), encode))
    finished(Features(tmp_path, "two").of(pictures(3), encode))
    assert encode.seen == 6


def test_a_damaged_file_is_told(tmp_path):
    """With what removes it."""
    finished(Features(tmp_path, "f").of(pictures(3), Counting()))
    (file,) = (tmp_path / "features" / "f").iterdir()
    file.write_bytes(b"no")
    with pytest.raises(UserError, match=r"is damaged.*rm '"):
        finished(Features(tmp_path, "f").of(pictures(3), Counting()))


@pytest.mark.parametrize("channels", [1, 3])
def test_digests_are_those_of_the_record(channels):
    """SHA-256 of [H, W, C] bytes, as a sheet's rows have it."""
    given = torch.randint(0, 256, (2, channels, 4, 4), dtype=torch.uint8)
    wanted = [hashlib.sha256(one.permute(1, 2, 0).contiguous().numpy().tobytes()).digest() for one in given]
    assert content_digests(given) == wanted
