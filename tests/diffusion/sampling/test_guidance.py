"""Guidance identities, its interval, and what a sampler is given."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import SamplingConfig
from diffusion.sampling.guidance import DATA_VARIANCE, bind, clipped, guided, make_denoise, steered

NULL = 10
SIGMA = torch.tensor(0.7, dtype=torch.float64)


class Network:
    """D depends on x, sigma and label, picture by picture; counts the pictures of each pass."""

    def __init__(self):
        self.passes = []

    def __call__(self, x, sigma, label):
        self.passes.append(len(x))
        level = sigma if sigma.ndim == 0 else sigma[:, None, None, None]
        return torch.sin(x + level) * 0.9 + 0.3 * label[:, None, None, None]


def batch():
    x = torch.randn(4, 1, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return x, torch.tensor([0, 3, 7, 9])


@given(scale=st.floats(0, 20))
def test_guidance_is_the_formula_in_one_doubled_pass(scale):
    """D_u + scale (D_c - D_u); w = scale - 1 in (1 + w) D_c - w D_u."""
    network, (x, label) = Network(), batch()
    D_c, D_u = network(x, SIGMA, label), network(x, SIGMA, torch.full_like(label, NULL))
    network.passes.clear()
    found = guided(network, scale, 0.0, 1e6, NULL)(x, SIGMA, label)
    torch.testing.assert_close(found, D_u + scale * (D_c - D_u), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found, scale * D_c - (scale - 1) * D_u, rtol=1e-12, atol=1e-10)
    assert network.passes == ([4] if scale in (0, 1) else [8])


def test_scale_1_is_the_conditional_denoiser_itself():
    """Exactly, in one single pass."""
    network, (x, label) = Network(), batch()
    assert torch.equal(guided(network, 1.0, 0.0, 1e6, NULL)(x, SIGMA, label), network(x, SIGMA, label))
    assert network.passes == [4, 4]


def test_scale_0_is_the_unconditional_denoiser_exactly():
    """In one single pass, with every label replaced."""
    network, (x, label) = Network(), batch()
    found = guided(network, 0.0, 0.0, 1e6, NULL)(x, SIGMA, label)
    assert torch.equal(found, network(x, SIGMA, torch.full_like(label, NULL)))
    assert network.passes == [4, 4]


@pytest.mark.parametrize(
    ("sigma", "acts"), [(0.29, False), (0.3, True), (1.0, True), (2.0, True), (2.01, False)], ids=str
)
@pytest.mark.parametrize("scale", [0.0, 3.0])
def test_outside_the_interval_the_conditional_denoiser_is_untouched(sigma, acts, scale):
    """[low, high] with both ends; outside there is no doubled pass."""
    network, (x, label) = Network(), batch()
    level = torch.tensor(sigma, dtype=torch.float64)
    found = guided(network, scale, 0.3, 2.0, NULL)(x, level, label)
    assert torch.equal(found, network(x, level, label)) == (not acts)
    if not acts:
        assert network.passes == [4, 4]


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_one_sigma_a_picture_equals_one_by_one(scale):
    """Some inside the interval, some outside."""
    guide, (x, label) = guided(Network(), scale, 0.3, 2.0, NULL), batch()
    sigma = torch.tensor([0.1, 0.5, 1.5, 9.0], dtype=torch.float64)
    together = guide(x, sigma, label)
    for i in range(4):
        torch.testing.assert_close(
            together[i : i + 1], guide(x[i : i + 1], sigma[i], label[i : i + 1]), rtol=0, atol=1e-15
        )


def test_settings_make_what_a_sampler_calls():
    """Guidance before clamping, both switchable."""
    x, label = batch()
    settings = SamplingConfig(guidance=3.0, clip=True)
    free = make_denoise(Network(), label, SamplingConfig(guidance=3.0, clip=False), NULL)(x, SIGMA)
    assert torch.equal(free, guided(Network(), 3.0, 0.0, 1e6, NULL)(x, SIGMA, label))
    assert free.abs().max() > 1
    assert torch.equal(make_denoise(Network(), label, settings, NULL)(x, SIGMA), free.clamp(-1, 1))
    plain = SamplingConfig(guidance=1.0, clip=False)
    assert torch.equal(make_denoise(Network(), label, plain, NULL)(x, SIGMA), Network()(x, SIGMA, label))


def test_binding_and_clamping():
    """bind keeps the label, clipped keeps x0 in [-1, 1]."""
    x, label = batch()
    bound = bind(Network(), label)
    assert torch.equal(bound(x, SIGMA), Network()(x, SIGMA, label))
    assert torch.equal(clipped(bound)(x, SIGMA), Network()(x, SIGMA, label).clamp(-1, 1))


def test_steering_is_exact_on_gaussian_data():
    """x0 of N(0, s^2) and p(c | x0) like exp(a x0): the best denoiser of what is left moves by Var[x0 | x] a."""
    a, s2 = 1.7, DATA_VARIANCE

    def best(x, sigma, label):
        return s2 / (s2 + sigma**2) * x

    x, label = batch()
    found = steered(best, lambda x0, label: torch.full_like(x0, a), 1.0, 0.0, 1e6)(x, SIGMA, label)
    tilted = (s2 * x + SIGMA**2 * (s2 * a)) / (s2 + SIGMA**2)  # data N(s^2 a, s^2): the mean of the tilted prior
    assert torch.allclose(found, tilted, rtol=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.8, 5.0), (0.1, 0.6)])
def test_steering_acts_inside_its_interval_alone(low, high):
    """Elsewhere the plain denoiser answers, and CLIP is not asked."""
    x, label = batch()
    steer = steered(Network(), lambda *_: pytest.fail("it was asked"), 2.0, low, high)
    assert torch.equal(steer(x, SIGMA, label), Network()(x, SIGMA, label))


def test_settings_turn_steering_on():
    """By a scale above 0 and a gradient; the class's own guidance comes first."""
    x, label = batch()
    settings = SamplingConfig(guidance=3.0, clip_guidance=2.0, clip=False)

    def gradient(x0, label):
        return torch.cos(x0) * label[:, None, None, None]

    guide = guided(Network(), 3.0, 0.0, 1e6, NULL)
    wanted = steered(guide, gradient, 2.0, 0.0, 1e6)(x, SIGMA, label)
    assert torch.equal(make_denoise(Network(), label, settings, NULL, gradient)(x, SIGMA), wanted)
    assert torch.equal(make_denoise(Network(), label, settings, NULL)(x, SIGMA), guide(x, SIGMA, label))
