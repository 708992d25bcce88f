"""The batch of a step is a function of (seed, step) alone, and an epoch shows every picture once."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion.data.batches import Batches
from diffusion.data.pictures import Split, to_unit

sizes = st.integers(1, 40)


def split(size):
    """Pictures [size, 1, 1, 2] that tell their row and which side is left."""
    rows = torch.arange(size, dtype=torch.uint8)
    return Split(torch.stack([rows, rows + 100], dim=1)[:, None, None, :], torch.arange(size))


def batches(size=10, batch_size=4, seed=0, flip=False):
    return Batches(split(size), batch_size=batch_size, seed=seed, flip=flip)


@given(size=sizes, batch_size=sizes, seed=st.integers(0, 5))
def test_every_picture_comes_once_an_epoch(size, batch_size, seed):
    """Three epochs, read batch after batch, whatever the sizes."""
    source = batches(size, batch_size, seed)
    rows = torch.cat([source.rows(step) for step in range(-(-3 * size // batch_size))])
    for epoch in rows[: 3 * size].reshape(3, size):
        assert epoch.sort().values.tolist() == list(range(size))


@given(size=sizes, batch_size=sizes, asked=st.lists(st.integers(0, 30), max_size=6), step=st.integers(0, 30))
def test_a_step_does_not_depend_on_what_was_asked_before(size, batch_size, asked, step):
    """A resumed run goes on with the very pictures that come next."""
    source = batches(size, batch_size)
    for earlier in asked:
        source.rows(earlier)
    assert torch.equal(source.rows(step), batches(size, batch_size).rows(step))


def test_the_order_of_the_first_epoch_is_pinned():
    """Another order would be another experiment under the same seed."""
    assert torch.cat([batches().rows(step) for step in range(3)])[:10].tolist() == [7, 4, 2, 3, 5, 9, 6, 8, 1, 0]


def test_seeds_and_epochs_differ_and_pictures_do_not_change_the_order():
    """The order knows the seed, the epoch and the number of pictures."""
    first = [batches(size=40, batch_size=40, seed=seed).rows(0).tolist() for seed in range(3)]
    assert len({tuple(rows) for rows in first}) == 3
    source = batches(size=40, batch_size=40)
    assert source.rows(0).tolist() != source.rows(1).tolist()
    other = Batches(
        Split(torch.zeros(40, 3, 2, 2, dtype=torch.uint8), torch.zeros(40)), batch_size=40, seed=0, flip=True
    )
    assert torch.equal(other.rows(7), source.rows(7))


def test_pictures_and_labels_belong_together():
    """In [-1, 1], unflipped where flips are off."""
    x0, labels = batches().at(3, torch.Generator())
    rows = batches().rows(3)
    assert labels.tolist() == rows.tolist()
    assert torch.equal(x0, to_unit(split(10).pictures[rows]))


def test_flips_mirror_half_of_the_pictures_left_to_right():
    """Each one is either as it was or mirrored, again and again the same ones."""
    source = batches(size=100, batch_size=100, flip=True)
    generator = torch.Generator()
    x0, labels = source.at(5, generator)
    plain = to_unit(split(100).pictures[labels])
    mirrored = (x0 == plain.flip(-1)).all(dim=(1, 2, 3))
    assert torch.equal(x0[~mirrored], plain[~mirrored])
    assert 30 < mirrored.sum() < 70
    other = source.at(6, generator)[0]
    assert not torch.equal(other[:, 0, 0, 0] > other[:, 0, 0, 1], mirrored)
    assert torch.equal(source.at(5, generator)[0], x0)
