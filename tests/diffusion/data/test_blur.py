"""Blur against a plain convolution and its closed form, and what makes it exact: composition, mean, identity."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from diffusion.data.blur import blur_matrix, by_parts, gaussian_blur

sigmas = st.floats(0, 20)
sizes = st.integers(1, 24)


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("sigma", "tolerance"), [(0.8, 1e-2), (1.0, 2e-3), (1.5, 2e-6), (3.0, 1e-14), (8.0, 1e-14)])
@pytest.mark.parametrize("shape", [(28, 28), (16, 24)], ids=str)
def test_agrees_with_a_convolution_with_reflecting_borders(sigma, tolerance, shape):
    """A Gaussian sampled at whole pixels is the same operator, once it is wide enough not to alias."""
    picture = noise(*shape)
    expected = gaussian_filter(picture.numpy(), sigma, mode="reflect", truncate=8)
    assert np.abs(gaussian_blur(picture, sigma).numpy() - expected).max() < tolerance


@pytest.mark.parametrize("wave", [0, 1, 5, 15])
def test_a_cosine_fades_by_its_closed_form(wave):
    """cos(f (x + 1/2)) is what the heat equation with reflecting borders scales by exp(-sigma^2 f^2 / 2)."""
    f = math.pi * wave / 16
    line = torch.cos(f * (torch.arange(16, dtype=torch.float64) + 0.5))
    torch.testing.assert_close(blur_matrix(16, 1.7) @ line, math.exp(-0.5 * (1.7 * f) ** 2) * line, rtol=0, atol=1e-14)


@given(a=sigmas, b=sigmas, size=sizes)
def test_blurs_compose(a, b, size):
    """B(a) B(b) = B(sqrt(a^2 + b^2))."""
    found = blur_matrix(size, a) @ blur_matrix(size, b)
    torch.testing.assert_close(found, blur_matrix(size, math.hypot(a, b)), rtol=0, atol=1e-13)


@given(sigma=sigmas, height=sizes, width=sizes)
def test_keeps_the_mean_and_never_raises_the_variance(sigma, height, width):
    """Light moves and none is lost."""
    picture = noise(3, height, width)
    blurred = gaussian_blur(picture, sigma)
    torch.testing.assert_close(blurred.mean((1, 2)), picture.mean((1, 2)), rtol=0, atol=1e-13)
    assert (blurred.var((1, 2), correction=0) <= picture.var((1, 2), correction=0) + 1e-13).all()


@given(size=sizes)
def test_sigma_0_is_the_identity(size):
    """The matrix to rounding, the function exactly."""
    torch.testing.assert_close(blur_matrix(size, 0.0), torch.eye(size, dtype=torch.float64), rtol=0, atol=1e-14)
    picture = torch.randint(256, (2, 1, size, size), dtype=torch.uint8)
    assert torch.equal(gaussian_blur(picture, 0.0), picture)


def test_a_large_sigma_leaves_the_mean_alone():
    """64 pixels on 8: a flat picture."""
    picture = noise(8, 8)
    torch.testing.assert_close(gaussian_blur(picture, 64.0), picture.mean().expand(8, 8), rtol=0, atol=1e-14)


@pytest.mark.parametrize("count", [1, 4097])
def test_uint8_is_the_rounded_blur_of_floats(count):
    """Part by part, so that a whole data set is never held as floats."""
    pictures = (noise(count, 1, 4, 5) * 256).to(torch.uint8)
    expected = gaussian_blur(pictures.double(), 1.2)
    found = gaussian_blur(pictures, 1.2)
    assert found.dtype == torch.uint8
    assert (found.double() - expected).abs().max() <= 0.5 + 1e-4


def test_parts_are_clamped_and_not_wrapped_around():
    """300 and -5 in uint8 would be 44 and 251."""
    pictures = torch.tensor([[[[250]]], [[[10]]]], dtype=torch.uint8)
    assert by_parts(pictures, lambda part: (part - 100) * 2).flatten().tolist() == [255, 0]


def test_float32_stays_float32():
    """Training pictures may be blurred as floats too."""
    picture = noise(3, 8, 8).float()
    blurred = gaussian_blur(picture, 1.0)
    assert blurred.dtype == torch.float32
    torch.testing.assert_close(blurred.double(), gaussian_blur(picture.double(), 1.0), rtol=0, atol=1e-6)


def test_a_negative_sigma_is_refused():
    """It would sharpen without end."""
    with pytest.raises(ValueError, match=r"^sigma must be 0 or more, got -1$"):
        gaussian_blur(noise(4, 4), -1)
