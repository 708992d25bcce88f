"""Runs in the background, as the command line speaks of them: into the queue, and waiting for their end."""

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffusion.config import RunConfig
from diffusion.errors import UserError
from workbench import exit_codes
from workbench.foreground import CODES, tell, typed_command
from workbench.format import count, number, quoted, safe_text

if TYPE_CHECKING:
    from runs.folder import RunFolder
    from runs.home import Home
    from runs.records import Run

POLL_S = 0.5
GOING = ("queued", "running")


def queue_new(home: "Home", config: RunConfig, *, preset: str, name: str | None, slots: str | None) -> "RunFolder":
    """A new run that waits for a worker. Where it cannot be queued nothing of it stays."""
    from runs.create import create_run

    folder = create_run(home, config, preset=preset, command=typed_command(), name=name)
    try:
        return queue_folder(home, folder, slots=slots)
    except BaseException:
        folder.discard(home)
        raise


def queue_folder(home: "Home", folder: "RunFolder", *, slots: str | None, steps: int | None = None) -> "RunFolder":
    """A run that is made already waits for a worker, which begins it or goes on with it."""
    from runs import actions

    use_slots(home, slots)
    actions.enqueue(home, folder, steps=steps)
    return folder


def use_slots(home: "Home", text: str | None) -> None:
    """How many runs work at once from now on, when --slots says so."""
    from runs.queue import checked_slots, set_slots

    if text is not None:
        set_slots(home, None if text == "auto" else checked_slots(text))


def say_queued(home: "Home", folder: "RunFolder") -> None:
    """The run's name on stdout, for scripts; on stderr what to type next."""
    sys.stdout.write(safe_text(folder.name) + "\n")
    sys.stdout.flush()
    if sys.stderr.isatty():
        sys.stderr.write(f"queued; next: workbench list, workbench log -f {quoted(folder.name)}\n")


def wait(home: "Home", ids: Sequence[str]) -> int:
    """Wait until none of these runs waits or works any more, saying how each ends. Returns the worst exit code."""
    left, code = list(dict.fromkeys(ids)), exit_codes.DONE
    try:
        while left:
            for run in _looked_up(home, left):
                if run.status not in GOING:
                    left.remove(run.id)
                    code = worse(code, CODES.get(run.status, exit_codes.FAILED))
                    sys.stdout.write(ending(run) + "\n")
                    sys.stdout.flush()
            if left:
                time.sleep(POLL_S)
    except KeyboardInterrupt as error:
        error.add_note("the runs go on; next: workbench list")
        raise
    return code


def _looked_up(home: "Home", ids: Sequence[str]) -> "list[Run]":
    """The runs as they stand; one that was deleted is an error that says so."""
    from runs.ingest import catch_up
    from runs.queue import keep_going
    from runs.store import Store

    tell(catch_up(home))
    tell(keep_going(home))
    with Store.read(home) as store:
        found = store.some(ids)
    missing = [one for one in ids if one not in {run.id for run in found}]
    if missing:
        raise UserError(f"run {missing[0]} was deleted", next_command="workbench list")
    return found


def worse(code: int, other: int) -> int:
    """The one of two exit codes that tells more of what went wrong."""
    order = (exit_codes.DONE, exit_codes.DIVERGED, exit_codes.FAILED)
    return max(code, other, key=order.index)


def ending(run: "Run") -> str:
    """How a run ended, in one line."""
    never = f"it was made and never started; next: workbench resume {quoted(run.name)} --detach"
    text = f": {safe_text(run.text)}" if run.text else f": {never}" if run.status == "created" else ""
    loss = f", loss {number(run.loss)}" if run.loss is not None else ""
    return f"{safe_text(run.name)} {run.status} at step {count(run.step)}{loss}{text}"
