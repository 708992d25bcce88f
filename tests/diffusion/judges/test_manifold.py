"""Precision, recall, density and coverage: known positions, identical sets, torch-fidelity side by side."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_fidelity.metric_prc import prc_features_to_metric

from diffusion.judges.manifold import COVERAGE, MANIFOLD, nearest, overlap, radii


def features(n, d=6, seed=0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64) + shift


def line(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


@given(seed=st.integers(0, 1000), n=st.integers(COVERAGE + 1, 60))
def test_identical_sets_reach_everything(seed, n):
    """Precision, recall and coverage 1."""
    found = overlap(features(n, seed=seed), features(n, seed=seed))
    assert found.precise.all()
    assert found.recalled.all()
    assert found.covered.all()


def test_far_sets_reach_nothing():
    """All 0."""
    found = overlap(features(30), features(40, seed=1, shift=100.0))
    assert [float(one.double().mean()) for one in (found.precise, found.recalled, found.density, found.covered)] == [
        0
    ] * 4


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_precision_and_recall_are_torch_fidelitys(shift):
    """Exactly, with different numbers of pictures."""
    drawn, real = features(150, shift=shift), features(230, seed=1)
    theirs = prc_features_to_metric(
        drawn, real, prc_neighborhood=MANIFOLD, prc_batch_size=64, save_cpu_ram=True, verbose=False
    )
    found = overlap(drawn, real)
    assert float(found.precise.double().mean()) == pytest.approx(theirs["precision"], rel=1e-4)
    assert float(found.recalled.double().mean()) == pytest.approx(theirs["recall"], rel=1e-4)


def test_density_and_coverage_by_their_definition():
    """Picture by picture, with loops."""
    drawn, real = features(25, seed=3), features(35, seed=4)
    distance = torch.cdist(drawn, real)
    reach = torch.cdist(real, real).kthvalue(COVERAGE + 1, dim=1).values
    density = sum(float(distance[i, j] <= reach[j]) for i in range(25) for j in range(35)) / (COVERAGE * 25)
    covered = sum(bool((distance[:, j] <= reach[j]).any()) for j in range(35)) / 35
    found = overlap(drawn, real)
    assert float(found.density.mean()) == pytest.approx(density, rel=1e-9)
    assert float(found.covered.double().mean()) == pytest.approx(covered, rel=1e-9)


def test_what_is_reached_without_each_picture_is_what_the_others_reach():
    """By leaving each out in turn: the balls of those it was a neighbour of grow."""
    drawn, real = torch.cat([features(12, seed=5), features(12, seed=5)[:3]]), features(40, seed=6)
    found = overlap(drawn, real)
    for row in range(len(drawn)):
        others = overlap(drawn[torch.arange(len(drawn)) != row], real)
        assert torch.equal(found.recalled_without[row], others.recalled)
        assert torch.equal(found.covered_without[row], others.covered)


def test_equal_laws_have_density_near_1():
    """Naeem et al. 2020, section 3.2: its expectation is 1."""
    found = [float(overlap(features(400, seed=s), features(400, seed=s + 50)).density.mean()) for s in range(5)]
    assert sum(found) / 5 == pytest.approx(1.0, abs=0.05)


def test_one_half_of_the_data_lost_is_seen_in_recall_alone():
    """Drawn pictures of one of two modes: all precise, half recalled and half covered."""
    real = torch.cat([features(100), features(100, seed=1, shift=50.0)])
    found = overlap(features(100, seed=2), real)
    assert float(found.precise.double().mean()) > 0.9
    assert float(found.recalled[:100].double().mean()) > 0.8
    assert not found.recalled[100:].any()
    assert not found.covered[100:].any()


def test_radii_count_other_pictures_only():
    """On a line, by hand; equal pictures are others too."""
    assert radii(line(0, 1, 3, 7), 1).tolist() == pytest.approx([1, 1, 2, 4])
    assert radii(line(0, 1, 3, 7), 2).tolist() == pytest.approx([3, 2, 3, 6])
    assert radii(line(5, 5, 9), 1).tolist() == pytest.approx([0, 0, 4])


def test_nearest_says_how_far_and_which():
    """On a line, by hand."""
    distance, which = nearest(line(0, 8), line(-1, 3, 9))
    assert distance.tolist() == pytest.approx([1, 1])
    assert which.tolist() == [0, 2]


def test_long_sets_are_taken_in_parts(monkeypatch):
    """The same numbers as at once."""
    drawn, real = features(50), features(70, seed=1)
    whole = overlap(drawn, real)
    monkeypatch.setattr("diffusion.judges.manifold.AT_ONCE", 7)
    parts = overlap(drawn, real)
    assert torch.equal(whole.precise, parts.precise)
    assert torch.equal(whole.recalled, parts.recalled)
    assert torch.equal(whole.covered, parts.covered)
    torch.testing.assert_close(whole.density, parts.density)


def test_too_few_pictures_are_refused():
    """Nobody has a fifth neighbour among five."""
    with pytest.raises(ValueError, match="more than 5 pictures of each set, got 5"):
        overlap(features(5), features(50))
