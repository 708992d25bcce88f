"""Frechet distance and KID against closed forms, a second way to compute them, torchmetrics and torch-fidelity."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from diffusion.judges.distance import Moments, frechet_distance, kernel_distance, moments


def features(n, d=12, seed=0, shift=0.0, scale=1.0):
    """Correlated and skewed, as a network's are."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=torch.Generator().manual_seed(99), dtype=torch.float64)
    return scale * (torch.randn(n, d, generator=generator, dtype=torch.float64) @ mix).relu() + shift


class AsTheyAre(nn.Module):
    """The feature extractor of metrics that insist on one: pictures [N, 3, 1, D] carry their features in channel 0."""

    num_features = 12

    def forward(self, pictures):
        return pictures[:, 0, 0]


def as_pictures(found):
    return found[:, None, None].expand(-1, 3, -1, -1).float()


def test_the_frechet_distance_of_one_dimension_has_a_closed_form():
    """(m1 - m2)^2 + (s1 - s2)^2."""
    a = Moments(torch.tensor([2.0]).double(), torch.tensor([[3.0]]).double(), 10)
    b = Moments(torch.tensor([-1.0]).double(), torch.tensor([[0.5]]).double(), 10)
    assert frechet_distance(a, b) == pytest.approx(9 + 6.25, rel=1e-12)


def test_of_commuting_covariances_it_is_the_sum_over_the_axes():
    """Rotated alike, so that the root of the product is the product of roots."""
    turn, _ = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    s, t = torch.tensor([1.0, 2.0, 0.0, 3.0]).double(), torch.tensor([2.0, 2.0, 1.0, 0.5]).double()
    a, b = (Moments(torch.zeros(4).double(), spread.diag() @ turn, 10) for spread in (s, t))
    assert frechet_distance(a, b) == pytest.approx(float((s - t).square().sum()), rel=1e-12)


@given(seed=st.integers(0, 1000), n=st.integers(2, 40))
def test_identical_sets_have_distance_0(seed, n):
    """Also with fewer pictures than features, where covariances are singular."""
    found = moments(features(n, seed=seed))
    assert frechet_distance(found, found) == pytest.approx(0.0, abs=1e-9)


@given(seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_it_is_symmetric_and_scales_with_the_square(seed, factor):
    """A squared distance."""
    a, b = features(30, seed=seed), features(40, seed=seed + 1, shift=0.3)
    found = frechet_distance(moments(a), moments(b))
    assert frechet_distance(moments(b), moments(a)) == pytest.approx(found, rel=1e-9)
    assert frechet_distance(moments(factor * a), moments(factor * b)) == pytest.approx(factor**2 * found, rel=1e-8)


def test_it_is_that_of_torch_fidelity_and_torchmetrics():
    """1e-4 relative, on the same features."""
    a, b = features(300), features(400, seed=1, shift=0.2, scale=1.1)
    found = frechet_distance(moments(a), moments(b))
    theirs = fid_statistics_to_metric(fid_features_to_statistics(a), fid_features_to_statistics(b), verbose=False)
    assert found == pytest.approx(theirs["frechet_inception_distance"], rel=1e-6)
    metric = FrechetInceptionDistance(feature=AsTheyAre(), normalize=True, input_img_size=(3, 1, 12))
    metric.set_dtype(torch.float64)
    metric.update(as_pictures(a), real=False)
    metric.update(as_pictures(b), real=True)
    assert found == pytest.approx(float(metric.compute()), rel=1e-4)


def test_one_picture_has_no_covariance():
    """Told, not NaN."""
    with pytest.raises(ValueError, match="2 pictures or more, got 1"):
        moments(features(1))


def plain_kid(x, y):
    """The formula, pair by pair."""
    n, m, d = len(x), len(y), x.shape[1]
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - xx.trace()) / (n * (n - 1)) + (yy.sum() - yy.trace()) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def test_kid_is_the_mean_over_all_pairs_of_different_pictures():
    """Against the formula, with sets of different size."""
    x, y = features(30), features(50, seed=1, shift=0.3)
    assert kernel_distance(x, y).value == pytest.approx(plain_kid(x, y), rel=1e-10)


def test_kid_is_that_of_torch_fidelity_and_torchmetrics():
    """One subset of all pictures, so that theirs draws no lots; 1e-4 relative."""
    x, y = features(100), features(100, seed=1, shift=0.3)
    found = kernel_distance(x, y).value
    theirs = kid_features_to_metric(x, y, kid_subsets=1, kid_subset_size=100, verbose=False)
    assert found == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-6)
    metric = KernelInceptionDistance(feature=AsTheyAre(), subsets=1, subset_size=100, normalize=True)
    metric.update(as_pictures(x), real=True)
    metric.update(as_pictures(y), real=False)
    assert found == pytest.approx(float(metric.compute()[0]), rel=1e-4)


@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "by class"])
def test_identical_sets_have_a_kid_of_0(labelled):
    """And the interval is around it."""
    x = features(60)
    labels = torch.arange(60) % 5 if labelled else None
    found = kernel_distance(x, x, labels, labels)
    assert found.value == pytest.approx(0.0, abs=1e-9)
    assert found.low < 0 < found.high


def test_the_interval_is_the_jackknifes():
    """By leaving out each picture of either set in turn."""
    x, y = features(20), features(30, seed=1, shift=0.1)
    found = kernel_distance(x, y)
    variance = 0.0
    for a, b, turned in ((x, y, False), (y, x, True)):
        keep = [torch.arange(len(a)) != row for row in range(len(a))]
        without = torch.tensor([plain_kid(b, a[rows]) if turned else plain_kid(a[rows], b) for rows in keep])
        variance += float(without.var(correction=0)) * (len(a) - 1)
    assert found.high - found.value == pytest.approx(1.96 * math.sqrt(variance), rel=1e-3)


def test_the_interval_by_class_is_the_jackknifes_inside_each_class():
    """With the weights of the classes held, which the mean over pairs of classes has; also by brute force."""
    x, y, of_x, of_y = features(20), features(24, seed=1), torch.arange(20) % 2, torch.arange(24) % 2

    def kid(rows_x, rows_y):
        return _by_class(x[rows_x], of_x[rows_x], y[rows_y], of_y[rows_y])

    every_x, every_y = torch.ones(20, dtype=torch.bool), torch.ones(24, dtype=torch.bool)
    found = kernel_distance(x, y, of_x, of_y)
    assert found.value == pytest.approx(kid(every_x, every_y), rel=1e-10)
    variance = 0.0
    for of, n in ((of_x, 20), (of_y, 24)):
        for label in (0, 1):
            rows = torch.nonzero(of == label)[:, 0].tolist()
            keep = [torch.arange(n) != row for row in rows]
            without = torch.tensor(
                [kid(k, every_y) if of is of_x else kid(every_x, k) for k in keep], dtype=torch.float64
            )
            variance += float(without.var(correction=0)) * (len(rows) - 1)
    assert found.high - found.value == pytest.approx(1.96 * math.sqrt(variance), rel=1e-8)


def _by_class(x, of_x, y, of_y):
    """Both classes have the weight 1/2 whatever their number."""
    total = 0.0
    for a, of_a, b, of_b, sign in ((x, of_x, x, of_x, 1), (y, of_y, y, of_y, 1), (x, of_x, y, of_y, -2)):
        kernel = (a @ b.T / a.shape[1] + 1) ** 3
        for c in (0, 1):
            for e in (0, 1):
                block = kernel[of_a == c][:, of_b == e]
                own = a is b and c == e
                pairs = block.numel() - (len(block) if own else 0)
                total += sign * float(block.sum() - (block.trace() if own else 0.0)) / pairs / 4
    return total


def test_of_equal_laws_the_interval_holds_0_as_often_as_it_says():
    """100 pairs of sets of 40 and 70: at least 92, and the values are even around 0."""
    held, values = 0, []
    for seed in range(100):
        found = kernel_distance(features(40, seed=seed), features(70, seed=1000 + seed))
        held += found.low <= 0 <= found.high
        values.append(found.value)
    mean = torch.tensor(values).mean() / (torch.tensor(values).std() / 10)
    assert held >= 92
    assert abs(float(mean)) < 3


def test_sets_of_equal_classes_need_their_labels():
    """As many of each class as of another differ less than chance has it: without labels 0 is mostly outside."""
    centres = 2 * features(10, seed=5)
    labels = torch.arange(100) % 10
    plain = by_class = 0
    for seed in range(40):
        x, y = (centres[labels] + features(100, seed=seed + base, scale=0.3) for base in (0, 1000))
        found, other = kernel_distance(x, y, labels, labels), kernel_distance(x, y)
        by_class += found.low <= 0 <= found.high
        plain += other.low <= 0 <= other.high
    assert by_class >= 36
    assert plain < 20


def test_a_class_of_two_leaves_the_labels_aside():
    """There is no jackknife of two pictures."""
    x, y = features(20), features(30, seed=1)
    labels = torch.tensor([0, 0] + [1] * 18)
    assert kernel_distance(x, y, labels) == kernel_distance(x, y)


def test_two_pictures_are_too_few():
    """Told, not a division by zero."""
    with pytest.raises(ValueError, match="3 pictures or more of each set, got 2"):
        kernel_distance(features(2), features(9))
