"""Several runs as they are compared on one page or in a report: read once, then told in words or as plain values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from runs import compare, figures
from runs.compare import Arm, Compared
from runs.compare_judges import judged, judged_by_class
from runs.statistics import Floats

if TYPE_CHECKING:
    from runs.store import Store

MOST_CHARTED = 8  # more lines than that are told apart by nobody


class Comparison:
    """The arms, their figures, and which of these are shown."""

    def __init__(self, store: "Store", arms: Sequence[Arm], metrics: Sequence[str], axis: compare.Axis) -> None:
        self.store, self.arms, self.axis = store, arms, axis
        runs = [run for arm in arms for run in arm.runs]
        self.taken = {run.id: figures.figures(store, run) for run in runs}
        known = list(dict.fromkeys(name for one in self.taken.values() for name in one))
        self.names = figures.chosen(metrics, known) if metrics else figures.headlines(known)
        self.asked = bool(metrics)
        self._read: dict[str, list[compare.Curve | None]] = {}
        self.configs = [arm.config for arm in arms]

    def alike(self, metric: str) -> list[Arm]:
        """The first arm and those in which the metric means what it means in the first."""
        return [arm for arm in self.arms if not figures.why_not(metric, [self.arms[0].config, arm.config])]

    def charted(self) -> list[str]:
        """The metrics whose curves are drawn: those that were asked for, else the losses, as far as they compare."""
        wanted = self.names if self.asked else [figures.X0_LOSS, "train/loss"]
        return [name for name in wanted if "/" in name and len(self.alike(name)) > 1]

    def curves(self, metric: str) -> list[compare.Curve]:
        """The metric of each arm that has it and compares."""
        return [one for one in self._curves(metric)[:MOST_CHARTED] if one is not None]

    def places(self, curve: compare.Curve) -> Floats:
        """Where a curve's points are on the axis that was asked for."""
        arm = next(arm for arm in self.arms if arm.name == curve.arm)
        return compare.places(self.store, arm, curve, self.axis)

    def _curves(self, metric: str) -> list[compare.Curve | None]:
        """Of each arm that compares, read once."""
        if metric not in self._read:
            self._read[metric] = [compare.curve(self.store, arm, metric) for arm in self.alike(metric)]
        return self._read[metric]

    def compared(self) -> list[Compared]:
        """Differences over seeds, and over pictures where there is one seed on each side."""
        over_pictures = judged(self.store, self.arms, self.names)
        known = {(one.figure, one.arm) for one in over_pictures}
        names = self.names if self.asked else [name for name in self.names if name != figures.SECONDS]  # is in the cost
        over_seeds = compare.differences(self.arms, self.taken, names)
        found = [one for one in over_seeds if (one.figure, one.arm) not in known]
        return sorted([*found, *over_pictures], key=lambda one: self.names.index(one.figure))

    def left_out(self) -> dict[str, str]:
        """Figures that do not mean the same in all arms, and why."""
        wanted = [*self.names, *([] if self.asked else ["train/loss"])]
        return {name: why for name in wanted if (why := figures.why_not(name, self.configs))}

    def same_quality(self) -> tuple[float, list[compare.Reached]] | None:
        """The loss that all arms that compare with the first reach, and what each took to get there."""
        alike = self.alike(figures.X0_LOSS)
        return compare.reached(self.store, alike, self._curves(figures.X0_LOSS)) if len(alike) > 1 else None

    def levels(self) -> list[compare.Level]:
        """The loss at equal noise of the arms that compare with the first; empty where none does."""
        alike = self.alike(figures.X0_LOSS)
        return compare.by_log_snr(self.store, alike) if len(alike) > 1 else []

    def by_class(self) -> list[tuple[int, Compared]]:
        """What the judges say of each class: class and comparison."""
        return judged_by_class(self.store, self.arms, [name for name in self.names if " " in name])


def values(found: Comparison) -> dict[str, Any]:
    """What a page tells, as plain values; numbers that are none are null."""
    same, alike = found.same_quality(), found.alike(figures.X0_LOSS)
    return {
        "arms": [
            {
                "name": arm.name,
                "network_evaluations": figures.network_evaluations(arm.config),
                "runs": [{"name": run.name, "id": run.id, "seed": run.seed} for run in arm.runs],
            }
            for arm in found.arms
        ],
        "settings": compare.config_differences(found.arms),
        "curves": {name: _curve_values(found, name) for name in found.charted()},
        "by_log_snr": {"arms": [arm.name for arm in alike], "levels": [asdict(level) for level in found.levels()]},
        "differences": [asdict(one) | {"decided": one.difference.decided} for one in found.compared()],
        "by_class": [
            {"label": label} | asdict(one) | {"decided": one.difference.decided} for label, one in found.by_class()
        ],
        "same_quality": {"metric": figures.X0_LOSS, "value": same[0], "arms": list(map(asdict, same[1]))}
        if same
        else None,
        "not_compared": found.left_out(),
    }


def _curve_values(found: Comparison, metric: str) -> list[dict[str, Any]]:
    curves = found.curves(metric)
    return [
        {
            "arm": one.arm,
            "axis": found.axis,
            "x": _plain(found.places(one)),
            "mean": _plain(one.mean),
            "low": _plain(one.low),
            "high": _plain(one.high),
            "seeds": len(one.seeds),
            "differs_from_step": None if one is curves[0] else compare.parts_at(curves[0], one),
        }
        for one in curves
    ]


def _plain(numbers: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in numbers.tolist()]
