"""What a loss curve tells of a training, by hand."""

import pytest

from runs.learning import gap, learned, share_of_gain
from runs.records import MetricPoint


def points(*values, every=10):
    return [MetricPoint(every * at, value, None) for at, value in enumerate(values)]


def test_a_curve_that_falls_and_rises():
    """Start 1, best 0.2 at step 30, end 0.3: 80 % gained at best, 70 % kept."""
    found = learned(points(1.0, 0.5, 0.25, 0.2, 0.3), "val/loss")
    assert (found.first_step, found.last_step, found.best, found.best_step) == (0, 40, 0.2, 30)
    assert found.improvement == pytest.approx(0.7)
    assert found.rise == pytest.approx(0.5)
    assert found.most_step == 20  # 0.75 of 0.8 is 94 %
    assert found.plateau_step == 40  # the last value is no longer near the best: there is none before it
    assert not found.is_flat


def test_a_plateau():
    """Within 2 % of the gain of the best from step 20 on."""
    found = learned(points(1.0, 0.5, 0.205, 0.2, 0.201, 0.2), "val/loss")
    assert (found.plateau_step, found.is_flat) == (20, True)


@pytest.mark.parametrize(
    "values", [pytest.param((), id="none"), pytest.param((1.0,), id="one"), pytest.param((0.0, 1.0), id="from 0")]
)
def test_too_little_to_tell(values):
    """Nothing is said."""
    assert learned(points(*values), "val/loss") is None


def test_values_that_are_not_finite_are_counted():
    """And the curve is that of the others."""
    found = learned(points(1.0, None, 0.5), "val/loss")
    assert (found.n, found.spoiled, found.final) == (2, 1, 0.5)


@pytest.mark.parametrize(("fraction", "share"), [(0.0, 0.0), (0.25, 0.5), (0.375, 0.625), (0.5, 0.75), (1.0, 1.0)])
def test_the_share_of_the_gain_by_a_fraction_of_the_steps(fraction, share):
    """Between two measurements a straight line."""
    assert share_of_gain(points(1.0, 0.6, 0.4, 0.3, 0.2), fraction) == pytest.approx(share)


@pytest.mark.parametrize(("values", "fraction"), [((1.0, 0.5), 0.7), ((1.0, 0.7, 0.5), 0.7)])
def test_no_share_where_nothing_was_measured_near(values, fraction):
    """Two values around half of the training tell nothing of its middle."""
    assert share_of_gain(points(*values), fraction) is None


def test_too_few_values_tell_no_step():
    """Neither of most of the gain nor of a plateau."""
    found = learned(points(1.0, 0.5, 0.2), "val/loss")
    assert (found.most_step, found.plateau_step, found.is_flat) == (None, None, False)


def test_no_share_of_no_gain():
    """A loss that never fell."""
    assert share_of_gain(points(1.0, 1.5), 0.5) is None


class Kept:
    """A store that knows curves."""

    def __init__(self, **curves):
        self.curves = curves

    def points(self, run, name):
        return self.curves.get(name.replace("/", "_"), [])


def test_the_gap_between_validation_and_training():
    """A share of the training loss, both at the end."""
    store = Kept(val_loss=points(1.0, 0.55), train_bank_loss=points(1.0, 0.5))
    assert gap(store, None) == pytest.approx(0.1)
    assert gap(Kept(val_loss=points(1.0, 0.55)), None) is None
