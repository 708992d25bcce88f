"""The classifier's network: any size and number of channels, and the same weights from the same generator."""

import pytest
import torch

from diffusion.judges.classifier_network import LARGEST, ClassifierNetwork, initialised


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [2, 4, 8, 28, 32, 100])
def test_pictures_of_any_size_give_logits(channels, size):
    """Larger ones are shrunk first; the last level sees a few pixels."""
    network = ClassifierNetwork(channels=channels, size=size, classes=7, width=8).eval()
    x = torch.rand(3, channels, size, size) * 2 - 1
    assert network(x).shape == (3, 7)
    assert network.features(x).shape == (3, network.head.in_features)
    assert (network.features(x) >= 0).all()


def test_a_large_picture_costs_no_more_levels_than_a_shrunk_one():
    """1000 pixels as 64."""
    large, small = (ClassifierNetwork(channels=1, size=size, classes=2, width=4) for size in (1000, LARGEST))
    assert sum(p.numel() for p in large.parameters()) == sum(p.numel() for p in small.parameters())


def test_first_weights_come_from_the_generator_alone():
    """Not from the global random state."""
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        network = ClassifierNetwork(channels=1, size=8, classes=10, width=8)
        found.append(initialised(network, torch.Generator().manual_seed(0)).state_dict())
    for key, tensor in found[0].items():
        assert torch.equal(tensor, found[1][key]), key
