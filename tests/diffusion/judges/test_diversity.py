"""Copies, repeats and the Vendi score on sets whose answer is known, and on digits."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from diffusion.config import RunConfig
from diffusion.data.blur import gaussian_blur
from diffusion.data.load import load
from diffusion.judges.diversity import (
    REPEATING,
    Training,
    by_chance,
    copies,
    distinct,
    nearest_others,
    repeats,
    rows,
    vendi_score,
)


@pytest.fixture(scope="module")
def digits():
    return load(RunConfig())


def test_the_vendi_score_counts_orthogonal_pictures():
    """n of them, each as often as the others; sizes do not matter."""
    found = torch.eye(6).repeat(4, 1) * torch.arange(1, 25)[:, None]
    assert vendi_score(found) == pytest.approx(6.0, rel=1e-12)


@given(n=st.integers(1, 30))
def test_equal_pictures_count_as_one(n):
    """Whatever their number."""
    assert vendi_score(torch.ones(n, 5)) == pytest.approx(1.0, abs=1e-9)


def test_unequal_shares_count_by_their_entropy():
    """exp of the entropy of 3/4 and 1/4."""
    found = torch.eye(2)[[0, 0, 0, 1]]
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert vendi_score(found) == pytest.approx(math.exp(entropy), rel=1e-12)


def test_it_is_that_of_the_kernel_matrix():
    """The definition: eigenvalues of K / n."""
    found = torch.randn(40, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    unit = found / found.norm(dim=1, keepdim=True)
    eigenvalues = torch.linalg.eigvalsh(unit @ unit.T / 40).clamp(min=1e-30)
    assert vendi_score(found) == pytest.approx(float((-eigenvalues * eigenvalues.log()).sum().exp()), rel=1e-9)


def test_distances_are_root_mean_squares():
    """1 between black and white; pictures above 32 pixels are averaged down first."""
    for size in (8, 96):
        black, white = torch.zeros(1, 3, size, size, dtype=torch.uint8), torch.full((1, 3, size, size), 255).byte()
        assert float((rows(black) - rows(white)).norm()) == pytest.approx(1.0, rel=1e-5)
        assert rows(white).shape[1] == 3 * min(size, 32) ** 2


def test_five_percent_of_training_pictures_are_flagged(digits):
    """And one percent of chance is not."""
    test, train = digits.test.pictures, digits.train.pictures
    drawn = digits.val.pictures[:100].clone()
    training = Training(train)
    unseen, _ = training.nearest(test)
    honest = copies(*training.nearest(drawn), unseen)
    assert not honest.surprising
    drawn[::20] = train[7:12]
    found = copies(*training.nearest(drawn), unseen)
    assert found.surprising
    assert found.which[::20].tolist() == [7, 8, 9, 10, 11]
    assert found.distance[::20].max() < 0.01


def test_the_limit_leaves_a_hundredth_of_unseen_pictures_below(digits):
    """By its definition."""
    distance, which = Training(digits.train.pictures).nearest(digits.test.pictures)
    found = copies(distance, which, distance)
    assert found.share.value == pytest.approx(0.01, abs=0.005)


def test_a_mirrored_copy_is_one_where_mirroring_is_training(digits):
    """And else it is not."""
    train = digits.train.pictures
    drawn = train[:50].flip(-1)
    distance, which = Training(train, flip=True).nearest(drawn)
    assert distance.max() < 0.01
    assert which.tolist() == list(range(50))
    assert Training(train).nearest(drawn)[0].median() > 0.05


def test_ten_pictures_repeated_are_found(digits):
    """All of them repeat another, and ten are distinct."""
    ten = digits.test.pictures[:10].repeat(20, 1, 1, 1)
    found = repeats(ten, digits.test.pictures)
    assert found.share.value == 1.0
    assert distinct(ten, found.limit) == 10


def test_repeats_with_a_little_noise_are_found(digits):
    """As a collapsed model draws them."""
    ten = digits.test.pictures[:10].repeat(20, 1, 1, 1).float()
    noisy = (ten + 5 * torch.randn(ten.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 255).byte()
    found = repeats(noisy, digits.test.pictures)
    assert found.share.value > 0.9
    assert distinct(noisy, found.limit) == 10


@pytest.mark.parametrize("blur", [0.0, 0.5, 1.0, 2.0, 3.0])
def test_real_pictures_are_no_repeats(digits, blur):
    """Not when they are blurred either, against pictures as blurred."""
    shuffled = digits.train.pictures[torch.randperm(1000, generator=torch.Generator().manual_seed(0))]
    found = repeats(gaussian_blur(shuffled[:200], blur), gaussian_blur(digits.test.pictures, blur))
    assert found.share.value < REPEATING


def test_one_picture_again_and_again():
    """No distance at all, and no division by it."""
    same = torch.full((20, 1, 8, 8), 7, dtype=torch.uint8)
    relative, _ = nearest_others(rows(same))
    assert relative.tolist() == [0.0] * 20


@pytest.mark.parametrize(("hits", "n", "below", "known"), [(0, 10, 1, 20), (3, 80, 4, 359), (5, 100, 2, 150)])
def test_chance_is_the_beta_binomials_tail(hits, n, below, known):
    """Against scipy's."""
    expected = stats.betabinom(n, below, known + 1 - below).sf(hits - 1)
    assert by_chance(hits, n, below, known) == pytest.approx(expected, rel=1e-9)


def test_flags_come_by_chance_as_seldom_as_they_say():
    """80 values against the limit of 359 others of their kind: 1 flag in 100 or fewer; the binomial raises more."""
    generator, flags, binomial = torch.Generator().manual_seed(0), 0, 0
    for _ in range(1000):
        known, drawn = torch.rand(359, generator=generator), torch.rand(80, generator=generator)
        found = copies(drawn, torch.zeros(80, dtype=torch.int64), known)
        flags += found.surprising
        binomial += float(stats.binom(80, 0.01).sf(int(found.near.sum()) - 1)) < 0.01
    assert flags <= 14
    assert binomial > 14
