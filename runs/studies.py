"""Studies: runs that differ along named axes, times seeds. What is there is told by the runs' own folders.

A run belongs to a study by the name in its run.json; its place in it is its config, whatever the run is called. So the
same command asked again makes what is missing and queues what has not been done, wherever the first one was killed.
"""

import fcntl
import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diffusion.checks import check
from diffusion.config import RunConfig, flat, with_settings
from diffusion.errors import UserError
from diffusion.fields import Plain
from runs.actions import enqueue_all, give_checkpoint
from runs.attempt import config_now, goal_of, last_outcome
from runs.create import MadeWith, create_run, now_made_with
from runs.folder import RunFolder
from runs.ingest import run_folders
from runs.lock import holder
from runs.names import LONGEST, slug
from runs.requests import queued

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run

MOST_RUNS = 10_000
ELSEWHERE = ("device", "data.folder")  # where a run works decides nothing of what it computes
DONE = ("completed", "diverged")  # a diverged run is an answer too: the same config would diverge again


@dataclass(frozen=True)
class Axis:
    """One setting and the values it takes, each parsed."""

    key: str
    values: tuple[Plain, ...]


@dataclass(frozen=True)
class Plan:
    """The runs of a study. drawn_from: they draw from a trained run's checkpoint instead of being trained."""

    name: str
    configs: tuple[RunConfig, ...]
    preset: str
    drawn_from: "Run | None" = None
    varied: tuple[str, ...] = ()  # the settings that were named, also with one value


@dataclass(frozen=True)
class Begun:
    """What `begin` found and did."""

    made: tuple[RunFolder, ...]
    queued: tuple[RunFolder, ...]  # the made ones, and those that had not been done
    left: int  # done, waiting or being worked on already


def product(base: RunConfig, axes: Sequence[Axis], seeds: Sequence[int]) -> tuple[RunConfig, ...]:
    """Every combination of the axes' values, all of them with the first seed before any with the second.

    Raises UserError for too many, for an axis that is there twice, and for a combination that cannot work.
    """
    keys = [axis.key for axis in axes]
    elsewhere = next((key for key in keys if key in ELSEWHERE), None)
    if elsewhere:
        raise UserError(
            f"{elsewhere} says where a run works and not what it computes, so it makes no axis",
            allowed="one value for the whole study",
            next_command=f"workbench study --set {elsewhere}=...",
        )
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise UserError(f"{twice} is varied twice", next_command=f"--vary {twice}=A,B once, with all its values")
    count = math.prod(len(axis.values) for axis in axes) * len(seeds)
    if not count:
        raise UserError("a study of no runs", allowed="one value or more on each axis, and one seed or more")
    if count > MOST_RUNS:
        raise UserError(f"this makes {count:,} runs", allowed=f"up to {MOST_RUNS:,} in one study")
    found = []
    for seed in seeds:
        for chosen in itertools.product(*(axis.values for axis in axes)):
            values = dict(zip(keys, chosen, strict=True))
            try:
                found.append(check(with_settings(base, {**values, "seed": seed})))
            except UserError as error:
                told = ", ".join(f"{key}={value_text(value)}" for key, value in values.items())
                raise UserError(
                    f"with {told}: {error.problem}", allowed=error.allowed, next_command=error.next_command
                ) from error
    return tuple(dict.fromkeys(found))


def drawings(run: "Run", axes: Sequence[Axis], seeds: Sequence[int]) -> tuple[RunConfig, ...]:
    """The configs of runs that each draw from a trained run's checkpoint, as final samples are drawn and judged.

    Raises UserError for axes that would need training, and for a run that has not been trained to its end.
    """
    training = next((axis.key for axis in axes if not axis.key.startswith("sampling.")), None)
    if training:
        raise UserError(
            f"{training} decides how a run trains, and --run {run.name} is trained already",
            allowed="settings that begin with sampling.",
            next_command="the same without --run",
        )
    folder = RunFolder(run.folder)
    if run.status != "completed" or folder.latest_checkpoint() is None:
        raise UserError(
            f"run {run.name} is {run.status}: there is no finished network to draw from",
            allowed="a completed run with its checkpoint",
            next_command=f"workbench resume {run.name}",
        )
    if not run.config.sampling.per_class:
        raise UserError(
            f"run {run.name} was trained with sampling.per_class 0, so its checkpoint has nothing left to draw",
            next_command="workbench run --set sampling.per_class=8",
        )
    return product(config_now(folder), axes, seeds)


def identity(config: RunConfig) -> RunConfig:
    """What makes a run the one that it is in its study: every setting but where it works."""
    return replace(config, device="auto", data=replace(config.data, folder=""))


def members(home: "Home", name: str) -> dict[RunConfig, RunFolder]:
    """The runs of a study by their identity, from their folders. One that this version cannot read is left out."""
    found: dict[RunConfig, RunFolder] = {}
    if not home.runs.is_dir():
        return found
    for path in run_folders(home):
        folder = RunFolder(path)
        try:
            if folder.description.get("study") == name:
                found[identity(folder.config)] = folder
        except UserError:  # no run's folder, or a damaged one: `workbench doctor` tells of it
            continue
    return found


def check_same_study(plan: Plan, there: Mapping[RunConfig, RunFolder]) -> None:
    """Raise UserError where a study's runs differ from those of a plan of its name in what neither varies.

    They would be one study of more axes than anybody asked for. there: what `members` gave.
    """
    configs = [*there]
    known = {*axes_of(configs), *axes_of(plan.configs), *plan.varied}
    other = next((key for key in axes_of([*configs, *plan.configs]) if key not in known), None) if configs else None
    if other:
        old, new = (value_text(flat(some[0])[other]) for some in (configs, plan.configs))
        raise UserError(
            f"the study {plan.name} has runs with {other} {old}, and these have {new}",
            allowed="a name of its own",
            next_command=f"the same with --name NAME, or workbench study extend {plan.name} --vary {other}={new}",
        )
    parent = plan.drawn_from.id if plan.drawn_from else None
    if any(folder.description.get("parent") != parent for folder in there.values()):
        raise UserError(
            f"the study {plan.name} has runs that draw from another run's checkpoint"
            if plan.drawn_from
            else f"the study {plan.name} has runs that only draw, and these are trained",
            allowed="a name of its own",
            next_command="the same with --name NAME",
        )


def is_to_do(folder: RunFolder) -> bool:
    """Whether a run still has to be queued: it is not done, does not wait, and nobody works on it."""
    return queued(folder) is None and last_outcome(folder) not in DONE and holder(folder.path) is None


def begin(home: "Home", plan: Plan, *, command: str) -> Begun:
    """Make the runs of a plan that are missing and queue those that have not been done.

    Raises UserError before anything is made where a run's goal or the home cannot be used.
    """
    home.make()
    with _alone(home):
        there = members(home, plan.name)
        check_same_study(plan, there)
        missing = [config for config in plan.configs if identity(config) not in there]
        made_with, axes = now_made_with(), axes_of(plan.configs)
        made: list[RunFolder] = []
        for config in missing:
            made.append(_made(home, plan, config, axes, command, made_with))
            there[identity(config)] = made[-1]
        mine = [there[identity(config)] for config in plan.configs]
        if plan.drawn_from is not None:  # also those that a killed command had made: without it they would train
            _give_checkpoints(plan.drawn_from, mine)
        to_do = [folder for folder in mine if is_to_do(folder)]
        for folder in to_do:
            goal_of(folder)
        if to_do:
            enqueue_all(home, to_do)
    return Begun(tuple(made), tuple(to_do), len(mine) - len(to_do))


def _made(
    home: "Home", plan: Plan, config: RunConfig, axes: Sequence[str], command: str, made_with: MadeWith
) -> RunFolder:
    """One run, called by its study and its values; by a number too where another run is called so."""
    parent = plan.drawn_from.id if plan.drawn_from else None
    wanted = run_name(plan.name, config, axes)
    for number in range(1, 100):
        name = wanted if number == 1 else f"{wanted}-{number}"
        try:
            return create_run(
                home,
                config,
                preset=plan.preset,
                command=command,
                name=name,
                parent=parent,
                study=plan.name,
                made_with=made_with,
            )
        except UserError as error:
            if "taken" not in error.problem:
                raise
    raise UserError(f"no free name was found for {wanted}", next_command="--name NAME")


def run_name(study: str, config: RunConfig, axes: Sequence[str]) -> str:
    """schedules-cosine-seed1: the study, the run's values on its axes, its seed."""
    values = flat(config)
    parts = [study, *(short_setting(key, values[key]) for key in axes)]
    tail = f"-seed{config.seed}"
    return slug("-".join(parts))[: LONGEST - len(tail) - 3] + tail


def short_setting(key: str, value: Plain) -> str:
    """A setting as it stands in names: cosine, channels16."""
    text = value_text(value).replace(",", "x")
    return text if isinstance(value, str) else f"{key.rpartition('.')[2].replace('_', '')}{text}"


def _give_checkpoints(run: "Run", folders: Sequence[RunFolder]) -> None:
    checkpoint = RunFolder(run.folder).latest_checkpoint()
    assert checkpoint is not None  # `drawings` has looked
    for folder in folders:
        if not last_outcome(folder):
            give_checkpoint(folder, checkpoint)


def axes_of(configs: Sequence[RunConfig]) -> list[str]:
    """The settings in which some configs differ, their seed and their place of work left out, in the config's order."""
    if not configs:
        return []
    seen: dict[str, set[Plain]] = {}
    for config in configs:
        for key, value in flat(config).items():
            seen.setdefault(key, set()).add(value)
    return [key for key, values in seen.items() if len(values) > 1 and key not in ("seed", *ELSEWHERE)]


def named_studies(runs: Sequence["Run"]) -> dict[str, list["Run"]]:
    """Runs by the study that they belong to; the study with the newest run last."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        if run.study:
            group = found.pop(run.study, [])
            found[run.study] = [*group, run]
    return found


def value_text(value: Plain) -> str:
    """A setting's value as it is typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def values_of(config: RunConfig, axes: Sequence[str]) -> Mapping[str, str]:
    """A config's values on some axes, as text."""
    values = flat(config)
    return {key: value_text(values[key]) for key in axes}


@contextmanager
def _alone(home: "Home") -> Iterator[None]:
    """Wait until no other process makes a study's runs in this home: two that look and then make would make twice."""
    handle = os.open(home.root / ".studies.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
