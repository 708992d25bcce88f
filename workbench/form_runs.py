"""What a form amounts to, made and put into the queue."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.actions import enqueue_all, move_up
from runs.create import create_run
from runs.folder import RunFolder
from runs.store import Store
from runs.studies import Plan, begin
from workbench.run_form import Planned

if TYPE_CHECKING:
    from runs.home import Home


def queued(home: "Home", plan: Planned, *, first: bool = False) -> "UserError | tuple[str, str]":
    """What was queued in words, and the first run's id; or why nothing was. first: before all that wait already."""
    try:
        told, folders = _queue_study(home, plan.study, plan.command) if plan.study else _queue_run(home, plan)
    except UserError as error:
        return error
    if first:
        _to_the_top(home, folders)
    return told, folders[0].id


def _to_the_top(home: "Home", folders: Sequence[RunFolder]) -> None:
    """Let runs go before all others that wait, in their order; one that has begun already waits no more."""
    for folder in reversed(folders):
        with Store.read(home) as store:
            run = store.find(folder.id)
        if run.status == "queued":
            move_up(home, run, top=True)


def _queue_run(home: "Home", plan: Planned) -> tuple[str, list[RunFolder]]:
    """Make the planned run and put it into the queue."""
    folder = create_run(home, plan.configs[0], preset=plan.preset, command=plan.command, name=plan.name)
    enqueue_all(home, [folder])
    return f"{folder.name} put into the queue", [folder]


def _queue_study(home: "Home", plan: Plan, command: str) -> tuple[str, list[RunFolder]]:
    """Make what is missing of the study and queue what was not done, as `workbench study` does."""
    begun = begin(home, plan, command=command)
    count = len(begun.queued)
    if not count:
        raise UserError(f"study {plan.name} is there: its {begun.left} runs are done or under way")
    left = f", {begun.left} done or under way before" if begun.left else ""
    return f"study {plan.name}: {count} run{'s' * (count != 1)} put into the queue{left}", list(begun.queued)
