"""Every switch of the U-Net: shapes, gradients, what it depends on, and that a switch that is off has no path."""

import pytest
import torch
from torch.nn import functional as F

from diffusion.config import CONDITIONINGS, NetworkConfig
from diffusion.network.unet import Attention, Block, UNet

SWITCHES = [
    *({"conditioning": name} for name in CONDITIONINGS),
    {"skip_connections": False},
    {"attention": (8, 4)},
    {"attention": (4,), "head_channels": 32},
    {"patch": 2},
    {"patch": 2, "conditioning": "concat", "skip_connections": False, "attention": (2,)},
    {"multipliers": (1,)},
    {"multipliers": (2, 1, 3), "blocks": 2},
    {"dropout": 0.5},
    {"channels": 10},
]
LABEL, SIGMA = torch.tensor([0, 1, 3]), torch.tensor([0.1, 1.0, 30.0])


def name(switches):
    return " ".join(f"{key} {value}" for key, value in switches.items())


def unet(picture_channels=1, size=8, **switches):
    """A small network of 3 classes whose zero-initialized layers are perturbed, so that every path is open."""
    torch.manual_seed(0)
    config = NetworkConfig(**{"channels": 16, "multipliers": (1, 2), "blocks": 1, "head_channels": 8} | switches)
    network = UNet(config, size=size, picture_channels=picture_channels, classes=3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network.eval()


def pictures(channels=1, size=8, count=3):
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 3], ids=["gray", "RGB"])
@pytest.mark.parametrize("switches", SWITCHES, ids=name)
def test_the_output_has_the_shape_of_the_input(switches, channels):
    """At twice the size too, where attention names other sides."""
    for size in (8, 16):
        x = pictures(channels, size)
        assert unet(channels, size, **switches)(x, SIGMA, LABEL).shape == x.shape


@pytest.mark.parametrize("switches", SWITCHES, ids=name)
def test_every_parameter_receives_a_gradient(switches):
    """None is left over, and none is cut off; of the class table each row that was asked for."""
    network = unet(**switches).train()
    network(pictures(), SIGMA, LABEL).square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key
    if network.embed_class is not None:
        assert (network.embed_class.weight.grad.abs().sum(1) > 0).tolist() == [True, True, False, True]


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_the_class_changes_the_output_exactly_where_it_should(conditioning):
    """Each of the 3 classes and "no class" draws something of its own; without conditioning all draw the same."""
    network = unet(conditioning=conditioning)
    x = pictures(count=1)
    outputs = [network(x, torch.ones(1), torch.tensor([label])) for label in range(4)]
    for first in range(4):
        for second in range(first):
            distance = (outputs[first] - outputs[second]).abs().max()
            assert (distance == 0) if conditioning == "none" else (distance > 1e-3)


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_the_noise_level_changes_the_output(conditioning):
    """Whatever the class does."""
    network, x = unet(conditioning=conditioning), pictures(count=1)
    low, high = (network(x, torch.tensor([sigma]), torch.tensor([1])) for sigma in (0.1, 10.0))
    assert (low - high).abs().max() > 1e-3


def test_each_conditioning_acts_by_the_path_of_its_name():
    """film and add have no class planes, only add has layers that add, concat has neither."""
    networks = {conditioning: unet(conditioning=conditioning) for conditioning in CONDITIONINGS}
    found = {
        conditioning: (
            network.embed_class is not None,
            network.class_planes is not None,
            any(key.endswith("add_class.weight") for key, _ in network.named_parameters()),
            network.stem.in_channels,
        )
        for conditioning, network in networks.items()
    }
    assert found == {
        "film": (True, False, False, 1),
        "concat": (True, True, False, 17),
        "add": (True, False, True, 1),
        "none": (False, False, False, 1),
    }


def test_without_skip_connections_the_way_down_reaches_the_end_through_the_middle_only():
    """A middle that gives zeros hides the picture; with skip connections it does not."""
    for skips in (False, True):
        network = unet(skip_connections=skips)
        network.middle.register_forward_hook(lambda module, inputs, output: torch.zeros_like(output))
        first, second = network(pictures(), SIGMA, LABEL), network(-pictures(), SIGMA, LABEL)
        assert torch.equal(first, second) is not skips


def test_a_picture_does_not_depend_on_the_others_of_its_batch():
    """No normalization over the batch."""
    network, x = unet(attention=(8, 4)), pictures()
    together = network(x, SIGMA, LABEL)
    for row in range(3):
        alone = network(x[row : row + 1], SIGMA[row : row + 1], LABEL[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=1e-4, atol=1e-5)


def test_the_patch_stem_is_the_plain_network_on_pixel_unshuffled_pictures():
    """Four times the channels on half the side, and back."""
    patched, plain = unet(patch=2), unet(picture_channels=4, size=4)
    x = pictures()
    expected = F.pixel_shuffle(plain(F.pixel_unshuffle(x, 2), SIGMA, LABEL), 2)
    torch.testing.assert_close(patched(x, SIGMA, LABEL), expected)


def test_attention_is_at_the_sides_named_and_nowhere_else():
    """After the patch: the side is that of the feature maps."""
    network = unet(size=16, patch=2, multipliers=(1, 2, 2), attention=(4,))
    at = [key for key, module in network.named_modules() if isinstance(module, Attention)]
    assert at == ["down.1.0.attention", "up.1.0.attention"]


def test_attention_is_softmax_of_scaled_products():
    """Head by head, written out (Vaswani et al. 2017, eq. 1)."""
    torch.manual_seed(0)
    layer = Attention(16, 4)
    torch.nn.init.normal_(layer.out.weight)
    x = torch.randn(2, 16, 3, 3)
    q, k, v = layer.qkv(layer.norm(x)).reshape(2, 3, 4, 4, 9).unbind(1)
    weights = (torch.einsum("nhdi,nhdj->nhij", q, k) / 2).softmax(-1)
    mixed = torch.einsum("nhij,nhdj->nhdi", weights, v).reshape(2, 16, 3, 3)
    torch.testing.assert_close(layer(x), x + layer.out(mixed), rtol=1e-4, atol=1e-5)


def test_a_fresh_network_predicts_zero_and_its_blocks_add_nothing():
    """Ho et al.'s initialization: the last layer of each branch starts at zero."""
    torch.manual_seed(0)
    config = NetworkConfig(channels=16, multipliers=(1, 1), blocks=1, attention=(8,), head_channels=8)
    network = UNet(config, size=8, picture_channels=1, classes=3)
    assert network(pictures(), SIGMA, LABEL).abs().max() == 0
    h = torch.randn(3, 16, 8, 8)
    assert torch.equal(network.down[0][0](h, torch.randn(3, 64), None), h)


def test_the_noise_level_scales_around_one():
    """h (1 + scale) + shift of the normalized features (Perez et al. 2018): 0 and 0 change nothing."""
    torch.manual_seed(0)
    block = Block(16, 16, 8, NetworkConfig(channels=16), attention=False)
    torch.nn.init.normal_(block.conv2.weight)
    x, embedding = torch.randn(2, 16, 4, 4), torch.randn(2, 8)
    with torch.no_grad():
        for weight, bias in ((0.0, 0.0), (0.0, 1.0)):
            torch.nn.init.constant_(block.modulate.weight, weight)
            torch.nn.init.constant_(block.modulate.bias, bias)
            h = block.norm2(block.conv1(F.silu(block.norm1(x))))
            expected = x + block.conv2(F.silu(h * (1 + bias) + bias))
            torch.testing.assert_close(block(x, embedding, None), expected)


def test_dropout_acts_in_training_only():
    """Two passes differ in training and are equal in drawing; without dropout they are always equal."""
    network, x = unet(dropout=0.5), pictures()
    assert torch.equal(network(x, SIGMA, LABEL), network(x, SIGMA, LABEL))
    network.train()
    assert not torch.equal(network(x, SIGMA, LABEL), network(x, SIGMA, LABEL))
    plain = unet().train()
    assert torch.equal(plain(x, SIGMA, LABEL), plain(x, SIGMA, LABEL))


@pytest.mark.parametrize(
    ("switches", "parameters"),
    [
        ({}, 4_558_659),
        ({"conditioning": "concat"}, 4_611_971),
        ({"conditioning": "add"}, 4_920_515),
        ({"conditioning": "none"}, 4_555_843),
        ({"skip_connections": False}, 3_749_891),
        ({"attention": (16, 8)}, 5_155_395),
        ({"patch": 2}, 4_569_036),
    ],
    ids=lambda value: name(value) or "defaults" if isinstance(value, dict) else "",
)
def test_the_number_of_parameters_is_pinned(switches, parameters):
    """A change of it is another network under the same settings, and old checkpoints no longer fit."""
    network = UNet(NetworkConfig(**switches), size=32, picture_channels=3, classes=10)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
