"""Figures that follow from others: how far a loss fell, when the gain was made, where a curve of a judge stands.

LOSS improvement            the share of its first value that is gone at the end
LOSS rise                   how far it ended above its best, as a share of the best
LOSS gain by 0.7            the share of its gain that was made in so much of the training
overfitting                 how far the validation loss ended above that of training pictures
JUDGE CURVE at 0.8          a curve along the sampling steps, after this share of them
time at log-snr -2          when the forward process reaches a log-SNR, as a share of its time
log-snr at time 0.5         and the other way round
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from diffusion.process import lab
from runs.figures import Measured
from runs.learning import gap, learned, share_of_gain

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

NUMBER = r"(-?\d+(?:\.\d+)?)"
FELL = re.compile(r"(\S+) (improvement|rise)")
GAIN = re.compile(rf"(\S+) gain by {NUMBER}")
ALONG = re.compile(rf"(\S+) (\S+) at {NUMBER}")
TIME_AT = re.compile(rf"time at log-snr {NUMBER}")
LOG_SNR_AT = re.compile(rf"log-snr at time {NUMBER}")


def is_derived(name: str) -> bool:
    """Whether a figure is one of these."""
    return name == "overfitting" or any(one.fullmatch(name) for one in (FELL, GAIN, TIME_AT, LOG_SNR_AT, ALONG))


def is_exact(name: str) -> bool:
    """Whether a figure follows from the settings alone, so that no other run could give another one."""
    return bool(TIME_AT.fullmatch(name) or LOG_SNR_AT.fullmatch(name))


def derived(store: "Store", run: "Run", name: str) -> Measured | None:
    """A figure of a run; None where what it follows from was not recorded."""
    value = _value(store, run, name)
    return None if value is None or not np.isfinite(value) else Measured(float(value), run.step)


def _value(store: "Store", run: "Run", name: str) -> float | None:
    if name == "overfitting":
        return gap(store, run)
    if found := TIME_AT.fullmatch(name):
        return lab.time_of(run.config.process, float(found[1]))
    if found := LOG_SNR_AT.fullmatch(name):
        sigma = lab.sigma_at(run.config.process, float(found[1]))
        return -2 * float(np.log(sigma)) if sigma > 0 else None
    if found := GAIN.fullmatch(name):
        return share_of_gain(store.points(run, found[1]), float(found[2]))
    if found := FELL.fullmatch(name):
        curve = learned(store.points(run, found[1]), found[1])
        return None if curve is None else curve.improvement if found[2] == "improvement" else curve.rise
    if found := ALONG.fullmatch(name):
        return _along(store, run, found[1], found[2], float(found[3]))
    return None


def _along(store: "Store", run: "Run", judge: str, name: str, fraction: float) -> float | None:
    """A judge's newest curve over all classes, at a share of the sampling steps; between two steps a line."""
    mine = [
        one
        for one in store.curves(run)
        if (one.judge, one.name, one.axis, one.label) == (judge, name, "fraction", None)
    ]
    if not mine:
        return None
    points = sorted((x, y) for x, y in mine[-1].points if y is not None)
    if not points or not points[0][0] <= fraction <= points[-1][0]:
        return None
    return float(np.interp(fraction, [x for x, _ in points], [y for _, y in points]))
