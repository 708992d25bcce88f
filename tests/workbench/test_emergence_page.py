"""The way out of the noise as a table, and when decisions settle."""

from runs.records import Curve, Evaluation
from workbench.emergence_page import ROWS, emergence_lines

NAMES = ("cat", "dog", "eel", "fox")


def said(name, value, label=None, low=None, high=None, step=9):
    return Evaluation(step, "classifier-x", name, label, value, low, high, 40, 1)


def curve(name, axis, points, step=9):
    return Curve(step, "classifier-x", name, axis, None, 1, tuple(points))


STEPS = 21
CURVES = [
    curve("x0_accuracy", "fraction", [(k / 20, 0.1) for k in range(STEPS)], step=3),
    curve("x0_accuracy", "fraction", [(k / 20, k / 20) for k in range(STEPS)]),
    curve("x0_accuracy", "timestep", [(1000 - 50 * k, k / 20) for k in range(STEPS)]),
    curve("x0_accuracy", "log_snr", [(-8.0 + k, k / 20) for k in range(STEPS - 1)]),
    curve("x0_entropy", "fraction", [(k / 20, 2.0) for k in range(STEPS)]),
]
SAID = [
    said("x0_decided_at", 0.9, step=3),
    said("x0_decided_at", 0.35, low=0.3, high=0.4),
    said("x0_decided_at_timestep", 650.0),
    said("x0_decided_at_log_snr", -1.25),
    *(said("x0_decided_at", value, label) for label, value in enumerate((0.2, 0.5, 0.3, 0.4))),
]


def test_moments_are_even_and_end_at_both_ends():
    """Eleven of 21, with their timestep and log-SNR; the end has none."""
    lines = emergence_lines([], CURVES, NAMES, None)
    assert len(lines) == 1 + ROWS
    assert lines[1].split()[:6] == ["0", "%", "1,000", "-8.00", "0", "%"]
    assert lines[6].split()[:2] == ["50", "%"]
    assert lines[-1].split()[:4] == ["100", "%", "0", "-"]
    assert "100 %" in lines[-1].removeprefix("     100 %")


def test_settling_is_told_on_all_axes_and_by_class():
    """Of the last look; the three slowest classes."""
    lines = emergence_lines(SAID, CURVES, NAMES, None)
    settled, slowest, *prompted = lines[-5:]
    assert settled == (
        "the class read in predicted x0 no longer changes after 35 % (30 to 40 %) of the steps, n 40, timestep 650, "
        "log-SNR -1.25"
    )
    assert slowest == "the slowest classes settle in predicted x0 after: dog 50 %, fox 40 %, eel 30 %"
    assert prompted[0] == "the network is told the class, so x0 shows that class from the first step on:"


def test_nothing_recorded_is_nothing_shown():
    """A run without trajectories."""
    assert emergence_lines([], [], NAMES, 80) == []


def test_it_fits_eighty_cells():
    """Columns that matter less go first."""
    lines = emergence_lines([], CURVES, NAMES, 76)
    assert max(map(len, lines)) <= 76
    assert lines[0].split()[:2] == ["STEPS", "DONE"]
