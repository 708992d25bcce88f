"""The average against its closed form and its warm-up."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from diffusion.network.ema import EMA


def network(value):
    layer = nn.Linear(2, 1).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(value)
    return layer


@given(values=st.lists(st.floats(-5, 5), min_size=1, max_size=30), decay=st.floats(0, 0.9999))
def test_it_is_the_weighted_sum_of_all_weights_so_far(values, decay):
    """w_i = (1 - d_i) d_(i+1) ... d_n, and what is left is the weight of the start; they add up to 1."""
    ema = EMA(network(1.0), decay)
    decays = [min(decay, (1 + step) / (10 + step)) for step in range(len(values))]
    weights = torch.tensor([1.0, *(1 - d for d in decays)], dtype=torch.float64)
    for number, d in enumerate(decays):
        weights[: number + 1] *= d
    assert weights.sum() == pytest.approx(1)
    for step, value in enumerate(values):
        ema.update(network(value), step)
    expected = float(weights @ torch.tensor([1.0, *values], dtype=torch.float64))
    for parameter in ema.network.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, expected), rtol=0, atol=1e-12)


def test_warm_up():
    """A tenth at first, so that the random start is soon forgotten; then the decay itself."""
    ema = EMA(network(0.0), 0.99)
    assert [ema.decay_at(step) for step in (0, 8, 890, 891, 10**6)] == [0.1, 0.5, 0.99, 0.99, 0.99]
    assert ema.decay_at(889) < 0.99


def test_decay_0_is_the_network_itself():
    """Bit for bit."""
    ema, learned = EMA(network(0.0), 0.0), network(1 / 3)
    ema.update(learned, 5)
    assert torch.equal(ema.network.weight, learned.weight)


def test_the_average_is_apart_from_the_network():
    """No shared memory, no gradients, never in training mode."""
    source = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train()
    ema = EMA(source, 0.9)
    before = ema.network[0].weight.clone()
    with torch.no_grad():
        source[0].weight.add_(1)
    assert torch.equal(ema.network[0].weight, before)
    assert not any(parameter.requires_grad for parameter in ema.network.parameters())
    assert not ema.network.training
    assert source.training
    assert source[0].weight.requires_grad


def test_a_network_with_buffers_is_refused():
    """Their average would mean nothing, and copying them would be forgotten."""
    with pytest.raises(AssertionError, match="buffers would not be averaged"):
        EMA(nn.BatchNorm2d(4), 0.9)
