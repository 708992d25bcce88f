"""Numbers with intervals, and as events."""

import math

import pytest
import torch

from diffusion.events import Baseline, Evaluation
from diffusion.judges.estimate import Estimate, baseline, evaluation, mean, share
from tests.diffusion.judges.sets import held_out, judged


def test_a_share_has_wilsons_interval():
    """The textbook's 8 of 10: 0.490 to 0.943."""
    found = share(torch.tensor([True] * 8 + [False] * 2))
    assert (found.value, found.n) == (0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_a_mean_has_an_interval_of_about_two_standard_errors():
    """The bootstrap's, of many values."""
    values = torch.randn(2000, generator=torch.Generator().manual_seed(0))
    found = mean(values)
    assert found.high - found.low == pytest.approx(2 * 1.96 / math.sqrt(2000), rel=0.15)
    assert found.low < found.value < found.high


def test_of_nothing_there_is_no_share():
    """NaN, which is a finding, and no interval."""
    found = share(torch.zeros(0, dtype=torch.bool))
    assert math.isnan(found.value)
    assert (found.low, found.high, found.n) == (None, None, 0)


def test_events_carry_all_of_it(tmp_path):
    """Of the drawn pictures with the step, of known ones with the data set and its shape."""
    of, found = judged(held_out(), tmp_path), Estimate(0.5, 8, 0.2, 0.8)
    assert evaluation(of, "judge", "name", found, 3) == Evaluation(7, "judge", "name", 0.5, 8, 3, 0.2, 0.8)
    assert baseline(of, "judge", "name", "real", found) == Baseline(
        "judge", "digits", 8, 1, "name", "real", 0.5, 8, None, 0.2, 0.8
    )
