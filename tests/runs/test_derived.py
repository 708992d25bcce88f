"""Figures that follow from others."""

import pytest

from diffusion.events import Curve, Finished, Metric
from runs.derived import derived, is_derived, is_exact
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training


def told():
    """Losses that fall to a half and a curve of a judge."""
    for event in training(10):
        if isinstance(event, Finished):
            for step, loss in ((0, 1.0), (5, 0.6), (10, 0.5)):
                yield Metric(step, "val/other", loss)
            yield Curve(10, "judge", "x_t_accuracy", "fraction", ((0.0, 0.1), (0.5, 0.5), (1.0, 0.9)))
            yield Curve(10, "judge", "x_t_accuracy", "fraction", ((0.0, 0.0), (1.0, 0.0)), label=3)
        yield event


@pytest.fixture
def value(home, made):
    """A figure of a run with the cosine schedule."""
    attempt(made(process__schedule="cosine"), told())
    catch_up(home)
    with Store.read(home) as store:
        run = store.runs()[0]

        def of(name):
            found = derived(store, run, name)
            return None if found is None else found.value

        yield of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val/other improvement", 0.5),
        ("val/other rise", 0.0),
        ("val/other gain by 0.5", 0.8),
        ("judge x_t_accuracy at 0.75", 0.7),
        ("judge x_t_accuracy at 1", 0.9),
        ("judge other at 0.5", None),
        ("val/missing improvement", None),
        ("overfitting", None),
        ("judge x_t_accuracy at 2", None),
    ],
)
def test_a_figure(value, name, expected):
    """Of recorded curves; None where they are not there."""
    assert is_derived(name)
    assert not is_exact(name)
    assert value(name) == (None if expected is None else pytest.approx(expected))


def test_of_the_schedule_alone(value):
    """The cosine schedule has as much picture as noise half-way."""
    assert is_exact("time at log-snr 0")
    assert value("time at log-snr 0") == pytest.approx(0.5, abs=0.01)
    assert value("log-snr at time 0.5") == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("name", ["val/loss", "judge accuracy", "seconds"])
def test_other_figures_are_not_derived(name):
    """They are looked up."""
    assert not is_derived(name)
