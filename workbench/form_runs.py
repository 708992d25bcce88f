"""What a form amounts to, made and put into the queue."""

from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.studies import Plan, begin
from workbench.run_form import Planned

if TYPE_CHECKING:
    from runs.home import Home


def queued(home: "Home", plan: Planned) -> "UserError | tuple[str, str]":
    """What was queued in words, and the first run's id; or why nothing was."""
    try:
        return _queue_study(home, plan.study, plan.command) if plan.study else _queue_run(home, plan)
    except UserError as error:
        return error


def _queue_run(home: "Home", plan: Planned) -> tuple[str, str]:
    """Make the planned run and put it into the queue."""
    from runs import actions
    from runs.create import create_run

    folder = create_run(home, plan.configs[0], preset=plan.preset, command=plan.command, name=plan.name)
    actions.enqueue_all(home, [folder])
    return f"{folder.name} put into the queue", folder.id


def _queue_study(home: "Home", plan: Plan, command: str) -> tuple[str, str]:
    """Make what is missing of the study and queue what was not done, as `workbench study` does."""
    begun = begin(home, plan, command=command)
    if not begun.queued:
        raise UserError(f"study {plan.name} is there: its {begun.left} runs are done or under way")
    left = f", {begun.left} done or under way before" if begun.left else ""
    return (
        f"study {plan.name}: {len(begun.queued)} run{'s' * (len(begun.queued) != 1)} put into the queue{left}",
        begun.queued[0].id,
    )
