"""Which pictures stand beside each other."""

import math

import numpy as np
import pytest

from runs.arms import arms
from runs.home import Home
from runs.store import Store
from tests.workbench.screens.compare_home import add_run, compare_home, sigma_of
from workbench.twin_pictures import FINISHED, Moment, Place, TwinPictures, apart, nearest, twin_run

LINEAR = [Moment(float(at), -2 * math.log(sigma_of("linear", at)) if at < 20 else 60.0) for at in (0, 5, 10, 15, 20)]


@pytest.mark.parametrize(
    ("step", "log_snr", "by_step", "by_noise"),
    [
        (10.0, -2 * math.log(1.5), 10.0, 15.0),  # half-way of cosine is as noisy as three quarters of linear
        (0.0, -2 * math.log(3.0), 0.0, 15.0),
        (7.0, -2 * math.log(9.0), 5.0, 0.0),
        (FINISHED, 60.0, 20.0, 20.0),
        (12.0, math.nan, 10.0, 10.0),  # noise that was not recorded: the step
    ],
)
def test_locked_on_steps_or_on_noise(step, log_snr, by_step, by_noise):
    """The same sampling step, or the last before it; or the nearest noise."""
    wanted = Moment(step, log_snr)
    assert nearest(LINEAR, wanted, "step").step == by_step
    assert nearest(LINEAR, wanted, "log-snr").step == by_noise


def test_what_is_read_of_runs(tmp_path):
    """Runs of one seed; all classes at one training step, or one class at all of them; nothing twice."""
    home = compare_home(tmp_path / "home")
    with Store.read(home) as store:
        found = arms(store.runs())
        assert [twin_run(arm, found).seed for arm in found] == [found[0].runs[0].seed] * 2
        pictures = TwinPictures()
        shown = pictures.shown(store, found, {2: 1}, Place(), again=False)
        assert (shown.labels, shown.steps, shown.step, shown.paired) == ((0, 1, 2), (0, 20, 40), 40, True)
        assert [moment.step for moment in shown.moments] == [0, 5, 10, 15, 20]
        assert {label: list(steps) for label, steps in shown.tables[1].cells.items()} == {0: [40], 1: [40], 2: [40]}
        assert pictures.shown(store, found, {2: 1}, Place(), again=False) is None
        place = Place("training step", 1, 20)
        shown = pictures.shown(store, found, {2: 1}, place, again=False)
        assert {label: list(steps) for label, steps in shown.tables[1].cells.items()} == {1: [0, 20, 40]}
        x0, x_t = (shown.tables[1].at(1, 39, shown.moments[0], "step", content) for content in ("x0", "x_t"))
        assert (int(x0.max()), int(x_t.max())) == (191, 128)  # three quarters as bright after half of the training
        assert shown.tables[1].at(1, -1, shown.moments[0], "step", "x0") is None


def test_pictures_of_another_size_are_left_out(tmp_path):
    """They cannot stand in one grid; which ones is told."""
    home = Home(tmp_path / "home")
    for name, side in (("linear", 8), ("cosine", 16), ("sigmoid", 8)):
        add_run(home, name, name, side=side)
    with Store.read(home) as store:
        shown = TwinPictures().shown(store, arms(store.runs()), {2: 1, 3: 1}, Place(), again=False)
    assert (shown.arms, shown.others) == ((1, 3), (2,))


def test_how_far_two_are_apart():
    """Pixel by pixel, without overflow; pictures of other sizes have no difference."""
    dark, bright = np.full((2, 2, 1), 3, np.uint8), np.full((2, 2, 1), 255, np.uint8)
    assert (apart(dark, bright) == 252).all()
    assert (apart(bright, dark) == 252).all()
    assert apart(dark, bright[:1]) is None
