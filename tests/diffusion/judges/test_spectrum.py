"""Spectra against Parseval and the blur's closed form, and the blur that is read off them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffusion.config import RunConfig
from diffusion.data.blur import blur_matrix, gaussian_blur
from diffusion.data.load import load
from diffusion.judges.spectrum import Waves, blur_between, blur_sigma, cosine_basis, spectra


@pytest.fixture(scope="module")
def digits():
    return load(RunConfig())


@given(size=st.integers(1, 40))
def test_the_basis_is_orthonormal(size):
    """So that power is kept."""
    basis = cosine_basis(size)
    torch.testing.assert_close(basis @ basis.T, torch.eye(size, dtype=torch.float64), rtol=0, atol=1e-12)


def test_the_blur_is_diagonal_in_it():
    """exp(-sigma^2 f^2 / 2) of the amplitude of wave k, f = pi k / size: what the fit of sigma rests on."""
    size, sigma = 12, 1.3
    found = cosine_basis(size) @ blur_matrix(size, sigma) @ cosine_basis(size).T
    expected = torch.exp(-0.5 * (sigma * math.pi / size * torch.arange(size, dtype=torch.float64)) ** 2).diag()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 14)], ids=str)
def test_the_power_of_all_rings_is_the_pictures_variance(shape):
    """Parseval."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (4, *shape), generator=generator, dtype=torch.uint8)
    found = spectra(pictures)
    variance = pictures.double().var(dim=(2, 3), correction=0).mean(1) * shape[1] * shape[2]
    torch.testing.assert_close((found.power * found.count).sum(1), variance)


def test_one_wave_is_in_its_ring_alone():
    """cos(pi k / 16 (x + 1/2)) has k / 32 cycles a pixel."""
    wave = torch.cos(math.pi * 5 / 16 * (torch.arange(16) + 0.5)).expand(1, 1, 16, 16)
    found = spectra((128 + 100 * wave).round().byte())
    top = int(found.power[0].argmax())
    assert found.frequency[top] == pytest.approx(5 / 32, abs=0.01)
    rest = (found.power[0] * found.count).sum() - found.power[0, top] * found.count[top]
    assert rest < 0.001 * found.power[0, top] * found.count[top]


@given(sigma=st.floats(0.05, 3), contrast=st.floats(0.2, 2), size=st.integers(6, 32))
def test_a_blur_without_rounding_is_read_exactly(sigma, contrast, size):
    """Whatever the contrast: power that follows the closed form, far above the rounding's."""
    frequency = torch.arange(1, size, dtype=torch.float64) / (2 * size)
    real = 1e12 / frequency
    blurred = contrast * (real - 1 / 12) * torch.exp(-((2 * math.pi * frequency * sigma) ** 2)) + 1 / 12
    waves = Waves(frequency, torch.arange(size - 1))
    if int((blurred > 2).sum()) > 1:
        assert float(blur_between(blurred[None], real[None], waves, real)[0]) == pytest.approx(sigma, rel=1e-5)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 3.0])
def test_the_interval_holds_the_sigma_of_other_pictures(digits, sigma):
    """Of 20 sets of 80 blurred digits against the others at least 18; the fit to mean frequencies read 1.90 for 2."""
    real, held = torch.cat([digits.val.pictures, digits.test.pictures]), 0
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        order = torch.randperm(len(real), generator=generator)
        found = blur_sigma(spectra(gaussian_blur(real[order[:80]], sigma)), spectra(real[order[80:]]))
        held += found.low <= sigma <= found.high
    assert held >= 18


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 3.0])
def test_a_blurred_copy_of_the_test_set_is_told_by_its_sigma(digits, sigma):
    """Within a tenth of a pixel at sigma 1, though rounding eats the high frequencies."""
    test = digits.test.pictures
    found = blur_sigma(spectra(gaussian_blur(test, sigma)), spectra(test))
    assert found.value == pytest.approx(sigma, rel=0.01)
    assert found.low <= found.value <= found.high
    assert found.n == len(test)


def test_other_real_pictures_are_not_blurred(digits):
    """Validation pictures against test pictures: the interval holds 0."""
    found = blur_sigma(spectra(digits.val.pictures), spectra(digits.test.pictures))
    assert abs(found.value) < 0.2
    assert found.low < 0 < found.high


def test_noise_is_sharper_than_any_picture(digits):
    """A sigma below 0."""
    noise = torch.randint(256, (100, 1, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert blur_sigma(spectra(noise), spectra(digits.test.pictures)).high < -0.3


def test_flat_pictures_have_no_spectrum_to_compare(digits):
    """NaN, which is a finding, and no interval."""
    flat = torch.full((10, 1, 8, 8), 9, dtype=torch.uint8)
    found = blur_sigma(spectra(flat), spectra(digits.test.pictures))
    assert math.isnan(found.value)
    assert found.low is None


@settings(max_examples=10)
@given(gain=st.floats(0.4, 1.0))
def test_paler_pictures_are_not_blurred(digits, gain):
    """Contrast is no sharpness."""
    test = digits.test.pictures
    pale = ((test.float() - 128) * gain + 128).round().byte()
    assert blur_sigma(spectra(pale), spectra(test)).value == pytest.approx(0.0, abs=0.1)
