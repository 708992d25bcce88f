"""Arms: runs that are equal but for their seed, which of them speak for their settings, and why others do not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.config import RunConfig, flat
from diffusion.errors import UserError
from diffusion.fields import Plain
from runs.files import found_file
from runs.folder import RunFolder, step_of
from runs.studies import ELSEWHERE, axes_of, identity, value_text

if TYPE_CHECKING:
    from runs.records import Run

MOST_NAMED = 3  # settings in a name: more are read in the table of settings
NOT_BEGUN = ("created", "queued")


@dataclass(frozen=True)
class Arm:
    """Runs that are equal but for their seed, or one run.

    runs: those that speak for the settings, one a seed. aside: the others, and why they do not. began: the step of the
    checkpoint that they started from. drawn: they trained nothing, so that their seeds are drawings of one network.
    """

    number: int  # from 1, as it is shown
    name: str
    config: RunConfig  # with the steps that they were asked for in the end
    runs: "tuple[Run, ...]"
    aside: "tuple[tuple[Run, str], ...]" = ()
    began: int = 0
    drawn: bool = False

    @property
    def by_seed(self) -> "dict[int, Run]":
        """The runs by their seed."""
        return {run.seed: run for run in self.runs}

    @property
    def diverged(self) -> bool:
        """Whether all that there is of it diverged: its figures are those of a network that was lost."""
        return all(run.status == "diverged" for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether its runs have come to their end."""
        return all(run.status in ("completed", "diverged") for run in self.runs)

    @property
    def standing(self) -> str:
        """How its runs stand, in words: completed at step 60."""
        return ", ".join(dict.fromkeys(map(standing, self.runs)))


def standing(run: "Run") -> str:
    """completed at step 60; running at step 3,450 of 6,000; queued."""
    if run.status in NOT_BEGUN and not run.step:
        return run.status
    goal = f" of {run.total_steps:,}" if run.total_steps and run.step != run.total_steps else ""
    return f"{run.status} at step {run.step:,}{goal}"


def config_now(run: "Run") -> RunConfig:
    """A run's config with the steps that it was asked for last: `resume --steps` makes it another experiment."""
    train = run.config.train
    if not run.total_steps or train.epochs or train.minutes or run.total_steps == train.steps:
        return run.config
    return replace(run.config, train=replace(train, steps=run.total_steps))


def began_at(run: "Run") -> int:
    """The step of the checkpoint that a run started from, 0 for one that was trained from its start."""
    if not run.parent:
        return 0
    logs = RunFolder(run.folder).logs() if run.folder.is_dir() else []
    if not logs:
        return 0
    with found_file(logs[0]) as stream:
        first = stream.readline()
    try:
        return step_of(Path(json.loads(first)["checkpoint"]))
    except (ValueError, KeyError, TypeError):  # a killed process left half a line, or there was no checkpoint
        return 0


def grouped(runs: "Sequence[Run]") -> "dict[tuple[RunConfig, str | None], list[Run]]":
    """Runs that are equal but for their seed, and started from the same run if from any; the first ones first."""
    groups: dict[tuple[RunConfig, str | None], list[Run]] = {}
    for run in runs:
        groups.setdefault((replace(identity(config_now(run)), seed=0), run.parent), []).append(run)
    return groups


def speaking(runs: "Sequence[Run]") -> "tuple[tuple[Run, ...], tuple[tuple[Run, str], ...]]":
    """The runs of one group that speak for its settings, one a seed, and the others with the reason.

    Completed ones; where there are none, those that have begun; where there are none either, those that diverged. Of
    two with one seed the newer one.
    """
    begun = [run for run in runs if run.status != "diverged" and (run.step or run.status not in NOT_BEGUN)]
    chosen = [run for run in runs if run.status == "completed"] or begun
    chosen = chosen or [run for run in runs if run.status == "diverged"] or list(runs)
    newest = {run.seed: run for run in chosen}
    aside = [
        (run, f"older than {newest[run.seed].name} of the same seed" if run in chosen else standing(run))
        for run in runs
        if newest.get(run.seed) is not run
    ]
    return tuple(newest.values()), tuple(aside)


def arms(runs: "Sequence[Run]", names: Mapping[str, str] | None = None) -> list[Arm]:
    """Runs as arms, in their order; named by the settings in which they differ, else by their runs.

    names: what the runs that they started from are called, by id.

    Runs that all have one config are an arm each: somebody wants to see how far seeds differ. Raises UserError for less
    than two runs.
    """
    if len(runs) < 2:
        raise UserError("a comparison needs two runs or more", next_command="workbench compare RUN RUN")
    if len(grouped(runs)) == 1:
        return [_arm(number, run.name, [run]) for number, run in enumerate(runs, 1)]
    return arms_of(runs, names)


def arms_of(runs: "Sequence[Run]", names: Mapping[str, str] | None = None) -> list[Arm]:
    """As `arms`, for any number of runs: seeds of one config are one arm, also where there is no other."""
    groups = grouped(runs)
    configs = [config for config, _ in groups]
    axes = axes_of(configs)
    origins = {parent for _, parent in groups}
    found = []
    for number, ((config, parent), members) in enumerate(groups.items(), 1):
        started = f"from {(names or {}).get(parent, parent)}" if parent and len(origins) > 1 else ""
        told = ", ".join(filter(None, (_named(config, axes, configs[0]), started)))
        found.append(_arm(number, told or members[0].name, members))
    return found


def _arm(number: int, name: str, members: "Sequence[Run]") -> Arm:
    runs, aside = speaking(members)
    began = began_at(runs[0])
    drawn = bool(runs[0].parent) and 0 < runs[0].step <= began
    return Arm(number, name, config_now(runs[0]), runs, aside, began, drawn)


def _named(config: RunConfig, axes: Sequence[str], first: RunConfig) -> str:
    """A config's values on the axes; where there are many, those that are not the first one's."""
    values = flat(config)
    if len(axes) > MOST_NAMED and config != first:
        axes = [key for key in axes if values[key] != flat(first)[key]]
    told = [f"{key.rpartition('.')[2].replace('_', ' ')} {value_text(values[key])}" for key in axes[:MOST_NAMED]]
    more = len(axes) - MOST_NAMED
    return ", ".join([*told, *([f"{more} more"] if more > 0 else [])])


def config_differences(found: Sequence[Arm]) -> dict[str, list[Plain]]:
    """The settings in which arms differ, the place of work left out: key -> the value of each arm."""
    values = [flat(arm.config) for arm in found]
    differing = [key for key in values[0] if len({one[key] for one in values}) > 1]
    return {key: [one[key] for one in values] for key in differing if key not in ELSEWHERE}


@dataclass(frozen=True)
class Against:
    """Which arm each one is compared with. axis: the setting in which the two differ; None: with the first arm."""

    axis: str | None
    references: Mapping[int, Arm]  # by the arm's number; an arm that is compared with none is not in it

    @classmethod
    def first(cls, found: Sequence[Arm]) -> "Against":
        """Each arm with the first one that did not diverge."""
        reference = next((arm for arm in found if not arm.diverged), found[0])
        return cls(None, {arm.number: reference for arm in found if arm is not reference})

    @classmethod
    def along(cls, found: Sequence[Arm], axis: str, value: Plain | None = None) -> "Against":
        """Each arm with the one that has value, or else the axis's first value, and is equal to it otherwise."""
        wanted = flat(found[0].config)[axis] if value is None else value
        references = {_others(arm, axis): arm for arm in found if flat(arm.config)[axis] == wanted}
        pairs = {arm.number: references.get(_others(arm, axis)) for arm in found}
        return cls(axis, {at: arm for at, arm in pairs.items() if arm is not None and arm.number != at})

    @property
    def pairs(self) -> Sequence[tuple[int, Arm]]:
        """Numbers of arms, and what each is compared with."""
        return [*self.references.items()]


def _others(arm: Arm, axis: str) -> tuple[object, ...]:
    """All of an arm but its value on one axis."""
    origin = arm.runs[0].parent
    return (*((key, value) for key, value in flat(arm.config).items() if key not in (axis, "seed", *ELSEWHERE)), origin)
