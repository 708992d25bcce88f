"""Recorded pictures, read back."""

import numpy as np
import pytest

from diffusion.errors import UserError
from runs.drawn import cut, newest, read_sheet
from runs.ingest import catch_up
from runs.store import Store
from tests.workbench.streams import drawn


@pytest.fixture
def images(home, recorded):
    """The rows of a run's samples."""
    catch_up(home)
    with Store.read(home) as store:
        return store.images(store.find("first"))


def test_pictures_come_back_as_they_were_drawn(images, recorded):
    """Pixels, class, seed and index, from one sheet."""
    samples = [one for one in images if one.kind == "sample"]
    found = {(one.label, one.index): one for one in cut(recorded.path, samples)}
    assert len(found) == 20
    for one in drawn():
        assert np.array_equal(found[one.label, one.index].picture, one.picture)
        assert found[one.label, one.index].seed == one.seed


def test_the_newest_are_those_drawn_together_last(images):
    """By sample set; none of none."""
    import dataclasses

    samples = [one for one in images if one.kind == "sample"]
    later = [dataclasses.replace(one, sample_set=2) for one in samples[:3]]
    assert newest([*later, *samples]) == later
    assert newest([]) == []


def test_a_picture_that_is_gone_or_damaged(images, recorded):
    """It is named."""
    path = recorded.path / images[-1].path
    path.write_bytes(b"no picture")
    with pytest.raises(UserError, match=f"the picture {path} cannot be read"):
        cut(recorded.path, images[-1:])
    path.unlink()
    with pytest.raises(UserError, match="No such file"):
        read_sheet(path)
