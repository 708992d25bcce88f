"""Several arms as they are compared, on a page, on a screen or in a report: read once, and told as plain values."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diffusion.config import flat, setting_info
from diffusion.errors import UserError
from diffusion.fields import parse
from runs import compare, compare_curves, figures
from runs.arms import Against, Arm, config_differences
from runs.compare import Compared, Effect, Level, Side
from runs.compare_curves import Axis, Curve, Reached
from runs.statistics import Floats
from runs.studies import axes_of

if TYPE_CHECKING:
    from runs.store import Store


class Comparison:
    """Arms, their figures, which of these are shown, and which arm each is compared with.

    against: of `against`; None compares each arm with the first one.
    """

    def __init__(
        self,
        store: "Store",
        arms: Sequence[Arm],
        metrics: Sequence[str] = (),
        axis: Axis = "step",
        against: Against | None = None,
    ) -> None:
        self.store, self.arms, self.axis = store, arms, axis
        self.against = against or Against.first(arms)
        self.sides = {arm.number: Side(store, arm) for arm in arms}
        known = list(dict.fromkeys(name for side in self.sides.values() for name in side.names()))
        self.names = figures.chosen(metrics, known) if metrics else figures.headlines(known)
        self.asked = bool(metrics)
        self._curves: dict[tuple[str, int], Curve | None] = {}

    def arm(self, number: int) -> Arm:
        """An arm by its number."""
        return self.arms[number - 1]

    def why_not(self, name: str, arms: Sequence[Arm]) -> str:
        """Why a figure does not mean the same in some arms; an empty text when it does."""
        return figures.why_not(name, [arm.config for arm in arms], [one.n for one in self._measured(name, arms)])

    def why_undecided(self, name: str, arms: Sequence[Arm]) -> str:
        """Why no difference of a figure is told: also where some have not come to their end, and are at other steps."""
        why = self.why_not(name, arms)
        steps = sorted({one.step for one in self._measured(name, arms)})
        if why or len(steps) < 2 or all(arm.finished for arm in arms) or name in (figures.SECONDS, figures.IMAGES):
            return why
        return f"measured at other steps, since not all have ended: {', '.join(f'{one:,}' for one in steps)}"

    def _measured(self, name: str, arms: Sequence[Arm]) -> list[figures.Measured]:
        return [one for arm in arms for one in self.sides[arm.number].of((name, None)).values()]

    def classes(self, name: str) -> list[list[Arm]]:
        """The arms in groups among which a figure compares, those of two arms or more."""
        found: list[list[Arm]] = []
        for arm in self.arms:
            home = next((group for group in found if not self.why_not(name, [group[0], arm])), None)
            if home is None:
                found.append([arm])
            else:
                home.append(arm)
        return [group for group in found if len(group) > 1]

    def charted(self) -> list[str]:
        """The figures whose curves are drawn: those that were asked for, else the losses, as far as they compare."""
        if self.axis == "log-snr":  # along which the levels are
            return []
        wanted = self.names if self.asked else [figures.X0_LOSS, "train/loss"]
        wanted = [name for name in wanted if name not in (figures.SECONDS, figures.IMAGES)]
        return [name for name in wanted if any(self.drawable(group, name) for group in self.classes(name))]

    def drawable(self, group: Sequence[Arm], name: str) -> bool:
        """Whether two arms have more than one point: a judge that was asked once is in the tables."""
        found = self.curves(group, name)
        return bool(found) and ("/" in name or any(len(one.steps) > 1 for one in found))

    def keep(self, before: "Comparison") -> None:
        """Take over the curves that an earlier comparison of the same runs has read, of arms that have not gone on."""
        same = [i for i, arm in enumerate(self.arms, 1) if i <= len(before.arms) and _is_as_far(arm, before.arm(i))]
        kept = {key: one for key, one in before._curves.items() if key[1] in same and " " not in key[0]}
        self._curves = kept | self._curves

    def forget_curves(self, names: Sequence[str]) -> None:
        """Keep the curves of these figures no longer."""
        self._curves = {key: one for key, one in self._curves.items() if key[0] not in names}

    def curves(self, group: Sequence[Arm], name: str) -> list[Curve]:
        """The curves of those arms that have a figure, read once."""
        for arm in group:
            if (name, arm.number) not in self._curves:
                self._curves[name, arm.number] = compare_curves.curve(self.store, arm, name)
        found = [self._curves[name, arm.number] for arm in group]
        return [one for one in found if one is not None]

    def places(self, curve: Curve) -> Floats:
        """Where a curve's points are on the axis that was asked for."""
        return compare_curves.places(self.store, curve, self.axis)

    def partings(self, group: Sequence[Arm], name: str) -> list[tuple[Curve, Curve, float | None]]:
        """Each curve with the one that it is compared with, and the place from which on the two differ."""
        curves = {one.arm.number: one for one in self.curves(group, name)}
        found = []
        for number, reference in self.against.pairs:
            first, second = curves.get(reference.number), curves.get(number)
            if first is not None and second is not None:
                found.append((first, second, compare_curves.parts_at(first, second, self.axis)))
        return found

    @cached_property
    def compared(self) -> list[Compared]:
        """Each figure of each arm against what it is compared with, what compares alone."""
        names = self.names if self.asked else [name for name in self.names if name != figures.SECONDS]  # is in the cost
        return [one for name in names for one in self._beside(name, None)]

    @cached_property
    def by_class(self) -> list[Compared]:
        """What the judges say of each class."""
        found = []
        for name in [name for name in self.names if " " in name]:
            for label in sorted(set().union(*(side.labels(name) for side in self.sides.values()))):
                found += self._beside(name, label)
        return found

    def _beside(self, name: str, label: int | None) -> list[Compared]:
        found = []
        for number, reference in self.against.pairs:
            if not self.why_undecided(name, [reference, self.arm(number)]):
                found.append(compare.beside((name, label), self.sides[reference.number], self.sides[number]))
        return [one for one in found if one is not None]

    @cached_property
    def effects(self) -> list[Effect]:
        """The main effect of each axis along which arms differ, where they differ along several."""
        axes = axes_of([arm.config for arm in self.arms])
        if len(axes) < 2:
            return []
        chosen = [self.against if axis == self.against.axis else Against.along(self.arms, axis) for axis in axes]
        names = [name for name in self.names if name != figures.SECONDS or self.asked]
        return [one for name in names for along in chosen for one in self._effects(along, name)]

    def _effects(self, along: Against, name: str) -> list[Effect]:
        kept = {
            number: reference
            for number, reference in along.references.items()
            if not self.why_undecided(name, [reference, self.arm(number)])
        }
        return compare.effects(self.sides, Against(along.axis, kept), name)

    def left_out(self) -> dict[str, str]:
        """Figures that do not mean the same in all arms or are not there in all, and why."""
        wanted = [*self.names, *([] if self.asked else ["train/loss"])]
        return {name: why for name in wanted if (why := self._why_left_out(name))}

    def _why_left_out(self, name: str) -> str:
        if why := self.why_undecided(name, self.arms):
            return why
        without = [arm for arm in self.arms if name not in self.sides[arm.number].names() and not arm.diverged]
        if not without or len(without) == len(self.arms):
            return ""
        return f"not measured in {', '.join(str(arm.number) for arm in without)}"

    def same_quality(self) -> list[tuple[str, float, list[Reached]]]:
        """Figures that are charted, the best value that all arms among which they compare reach, and what each took."""
        found = []
        for name in self.charted():
            for group in self.classes(name) if name == figures.X0_LOSS or self.asked else []:
                curves = [one for one in self.curves(group, name) if not one.arm.diverged]
                if (same := compare_curves.reached(self.store, curves)) is not None:
                    found.append((name, *same))
        return found

    @cached_property
    def levels(self) -> list[tuple[list[Arm], list[Level]]]:
        """The loss at equal noise, for each group of arms whose validation pictures are the same."""
        losses = {arm.number: compare.losses_by_log_snr(self.store, arm) for arm in self.arms}
        found = []
        for group in self.classes(figures.X0_LOSS):
            known = [arm for arm in group if any(losses[arm.number].values())]
            if len(known) > 1:
                found.append((known, compare.levels(known, losses, self.against)))
        return found

    def spectra(self) -> dict[int, tuple[Floats, Floats]]:
        """The newest power spectrum of each arm's first run, by the arm's number: frequencies and power."""
        found: dict[int, tuple[Floats, Floats]] = {}
        for arm in self.arms:
            for one in self.store.curves(arm.runs[0]) if not arm.diverged else []:
                if (one.judge, one.name) == ("pixels", "power"):  # by step: the newest stays
                    xs, ys = np.array([(x, np.nan if y is None else y) for x, y in one.points], dtype=np.float64).T
                    found[arm.number] = xs, ys
        return found


def _is_as_far(arm: Arm, before: Arm) -> bool:
    return [(run.id, run.step, run.status) for run in arm.runs] == [
        (run.id, run.step, run.status) for run in before.runs
    ]


def against(arms: Sequence[Arm], text: str) -> Against:
    """--by KEY or KEY=VALUE: each arm with the one that differs from it in KEY alone, and has VALUE or the first one.

    Raises UserError for a setting in which the arms do not differ, and for a value that none has.
    """
    key, sign, value = text.partition("=")
    info = setting_info(key.strip())
    axes = axes_of([arm.config for arm in arms])
    if info.key not in axes:
        raise UserError(f"--by is '{text}', in which the runs do not differ", allowed=", ".join(axes) or "nothing")
    wanted = parse(info.key, value, info.field, info.kind) if sign else None
    found = Against.along(arms, info.key, wanted)
    if not found.references:
        there = dict.fromkeys(str(flat(arm.config)[info.key]) for arm in arms)
        raise UserError(
            f"--by is '{text}': no two runs differ in that alone", allowed=f"{info.key} of {', '.join(there)}"
        )
    return found


def usual_against(arms: Sequence[Arm]) -> Against:
    """How the arms of a study are compared when nobody says: with the first, or where they differ along several axes
    along the first of these in which the loss compares, all else equal.
    """
    axes = axes_of([arm.config for arm in arms])
    if len(axes) < 2:
        return Against.first(arms)
    along = [one for axis in axes if (one := Against.along(arms, axis)).references]
    comparing = [one for one in along if not _differs(arms, one)]
    return next(iter([*comparing, *along]), Against.first(arms))


def _differs(arms: Sequence[Arm], along: Against) -> bool:
    pairs = [(reference.config, arms[number - 1].config) for number, reference in along.pairs]
    return any(figures.why_not(figures.X0_LOSS, pair) for pair in pairs)


def values(found: Comparison) -> dict[str, Any]:
    """What a page tells, as plain values; numbers that are none are null."""
    return {
        "arms": [_arm_values(found, arm) for arm in found.arms],
        "settings": config_differences(found.arms),
        "compared_along": found.against.axis,
        "curves": {
            name: [_curve_values(found, group, name) for group in found.classes(name)] for name in found.charted()
        },
        "by_log_snr": [
            {"arms": [arm.number for arm in group], "levels": [asdict(level) for level in levels]}
            for group, levels in found.levels
        ],
        "differences": [_decided(one) for one in found.compared],
        "effects": [_decided(one) for one in found.effects],
        "by_class": [_decided(one) for one in found.by_class],
        "same_quality": [
            {"figure": name, "value": value, "arms": list(map(asdict, taken))}
            for name, value, taken in found.same_quality()
        ],
        "not_compared": found.left_out(),
    }


def _decided(one: Compared | Effect) -> dict[str, Any]:
    return asdict(one) | {"decided": one.difference.decided}


def _arm_values(found: Comparison, arm: Arm) -> dict[str, Any]:
    side = found.sides[arm.number]
    return {
        "number": arm.number,
        "name": arm.name,
        "status": "diverged" if arm.diverged else arm.standing,
        "draws_only": arm.drawn,
        "began_at_step": arm.began,
        "network_evaluations": figures.network_evaluations(arm.config),
        "runs": [{"name": run.name, "id": run.id, "seed": run.seed, "status": run.status} for run in arm.runs],
        "aside": [{"name": run.name, "id": run.id, "why": why} for run, why in arm.aside],
        "steps": {name: sorted({one.step for one in side.of((name, None)).values()}) for name in side.names()},
    }


def _curve_values(found: Comparison, group: Sequence[Arm], name: str) -> list[dict[str, Any]]:
    parted = {second.arm.number: place for _, second, place in found.partings(group, name)}
    return [
        {
            "arm": one.arm.number,
            "axis": found.axis,
            "x": _plain(found.places(one)),
            "mean": _plain(one.mean),
            "low": _plain(one.low),
            "high": _plain(one.high),
            "seeds": len(one.seeds),
            "differs_from": parted.get(one.arm.number),
        }
        for one in found.curves(group, name)
    ]


def _plain(numbers: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in numbers.tolist()]
