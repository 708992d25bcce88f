"""A stream depends on (seed, purpose, step, sample) and on nothing else."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion.seeds import SampleNoise, stream, stream_seed

CPU = torch.device("cpu")
whole = st.integers(0, 2**53)
keys = st.tuples(whole, st.sampled_from(["order", "noise", "sample", ""]), whole, whole)


@pytest.mark.parametrize(
    ("key", "seed"),
    [
        ((0, "order"), 5353717410541737866),
        ((0, "noise", 1), 4811953257761159416),
        ((1, "sample", 0, 7), 782875053449149413),
        ((2**53, "weights", 10**9, 3), 4439294580340638111),
    ],
    ids=str,
)
def test_seeds_are_pinned(key, seed):
    """BLAKE2b of the four, on every machine and in every version: a run of last year repeats."""
    assert stream_seed(*key) == seed


@given(a=keys, b=keys)
def test_other_arguments_give_another_seed(a, b):
    """And the same ones the same, inside what torch takes."""
    assert (stream_seed(*a) == stream_seed(*b)) == (a == b)
    assert 0 <= stream_seed(*a) < 2**63


def test_step_and_sample_do_not_run_into_each_other():
    """(1, 0) is not (0, 1), and neighbors are unrelated: half of the bits differ."""
    assert stream_seed(0, "a", 1, 0) != stream_seed(0, "a", 0, 1)
    flipped = [(stream_seed(0, "a", step) ^ stream_seed(0, "a", step + 1)).bit_count() for step in range(200)]
    assert 29 < sum(flipped) / 200 < 34


def test_a_stream_starts_afresh_and_leaves_the_global_one_alone():
    """Twice the same, whatever happened between."""
    state = torch.get_rng_state()
    first = torch.randn(5, generator=stream(3, "noise", 7))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(9)
    assert torch.equal(torch.randn(5, generator=stream(3, "noise", 7)), first)
    assert not torch.equal(torch.randn(5, generator=stream(3, "noise", 8)), first)


@given(indices=st.lists(st.integers(0, 1000), min_size=1, max_size=6), seed=st.integers(0, 3))
def test_the_noise_of_a_picture_does_not_depend_on_its_batch(indices, seed):
    """Call by call: alone, with others, in any order."""
    together = SampleNoise(seed, indices, (1, 3, 2), CPU)
    alone = [SampleNoise(seed, [index], (1, 3, 2), CPU) for index in indices]
    for _ in range(3):
        assert torch.equal(together(), torch.cat([noise() for noise in alone]))


def test_the_noise_is_standard_normal_and_never_repeats():
    """Mean 0, variance 1, float32 [N, C, H, W]."""
    noise = SampleNoise(0, range(50), (3, 16, 16), CPU)
    first, second = noise(), noise()
    assert (first.shape, first.dtype) == ((50, 3, 16, 16), torch.float32)
    assert float(first.mean()) == pytest.approx(0, abs=0.02)
    assert float(first.var()) == pytest.approx(1, abs=0.03)
    correlation = torch.corrcoef(torch.stack([first.flatten(), second.flatten(), first.roll(1, 0).flatten()]))
    assert (correlation - torch.eye(3)).abs().max() < 0.02
