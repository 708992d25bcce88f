"""Runs that are equal but for their seed, as one."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.run_columns import Line

if TYPE_CHECKING:
    from diffusion.config import RunConfig
    from runs.records import Run


def equal_but_for_seed(run: "Run") -> tuple["RunConfig", int | None]:
    """What runs of one fold have in common: every setting but the seed and where they worked, and the steps to do."""
    config = replace(run.config, seed=0, device="auto", data=replace(run.config.data, folder=""))
    return config, run.total_steps


def folded(runs: Iterable["Run"]) -> list[Line]:
    """A line for each group of runs, several of them as a fold; a group stands where its first run is."""
    groups: dict[object, list[Run]] = {}
    for run in runs:
        groups.setdefault(equal_but_for_seed(run), []).append(run)
    return [Line(tuple(group), folded=len(group) > 1) for group in groups.values()]
