"""`workbench stop`, `pause`, `wait`, `log` and `move-up`: runs that work or wait in the background."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from diffusion.errors import UserError
from workbench import exit_codes
from workbench.commands.options import Home, RunName, RunNames, found_runs, home_folder, put, record, whole

if TYPE_CHECKING:
    from runs.home import Home as HomeFolder
    from runs.records import Run

POLL_S = 0.3
PATIENCE_S = 60.0  # for a worker to write its last checkpoint, before the command says that it goes on alone


def stop(
    runs: RunNames,
    now: Annotated[bool, typer.Option("--now", help="At once, without a last checkpoint.")] = False,
    home: Home = None,
) -> None:
    """Stop runs after a checkpoint, or take them out of the queue.

    The command ends when they have. `workbench resume` goes on with them.
    """
    _end_all(home, runs, "stop-now" if now else "stop")


def pause(runs: RunNames, home: Home = None) -> None:
    """Like stop; the runs are shown as paused until they are resumed."""
    _end_all(home, runs, "pause")


def wait(runs: RunNames, home: Home = None) -> None:
    """Wait until runs have ended, and say how each did.

    Exit code 0 when all have completed, 3 when one diverged, 1 when one was stopped, failed or died.
    """
    from workbench.background import wait as wait_for

    code = wait_for(home_folder(home), [run.id for run in found_runs(home, runs)])
    if code:
        raise typer.Exit(code)


def log(
    run: RunName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")] = False,
    lines: Annotated[str | None, typer.Option("--lines", "-n", metavar="N", help="Only the last so many.")] = None,
    home: Home = None,
) -> None:
    """What a run has said: its output.log as clean lines."""
    from runs.narrate import OUTPUT
    from workbench.format import safe_text
    from workbench.log_lines import Lines, tail_offset

    count = None if lines is None else whole("--lines", lines, low=1)
    (found,) = found_runs(home, [run])
    path = found.folder / OUTPUT
    while not path.exists():
        if not (follow and _going(home, found.id)):
            sys.stderr.write(f"{safe_text(found.name)} has said nothing yet: it is {found.status}\n")
            return
        time.sleep(POLL_S)
    with _opened(path) as stream:
        stream.seek(0 if count is None else tail_offset(stream, count))
        reader = Lines(stream)
        while True:
            going = follow and _going(home, found.id)  # asked before reading: the last words are read after it ends
            for line in reader.read(at_end=not going):
                put(line)
            sys.stdout.flush()
            if not going:
                return
            time.sleep(POLL_S)


def _opened(path: Path) -> BinaryIO:
    from runs.files import found_file

    try:
        return found_file(path)
    except (OSError, ValueError) as error:  # a link or a pipe that somebody put there is not followed
        told = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read: {told}", next_command="workbench doctor") from error


def move_up(
    run: RunName,
    top: Annotated[bool, typer.Option("--top", help="Before all others.")] = False,
    home: Home = None,
) -> None:
    """Let a queued run change places with the one before it."""
    from runs import actions
    from workbench.format import safe_text

    (found,) = found_runs(home, [run])
    folder = home_folder(home)
    actions.move_up(folder, found, top=top)
    with record(home) as store:
        moved = store.find(found.id)
    put(f"{safe_text(found.name)} is number {moved.queue_position} in the queue")


def _end_all(home: str | None, texts: list[str], what: str) -> None:
    from runs import actions
    from workbench.format import safe_text

    folder, runs = home_folder(home), found_runs(home, texts)
    for run in runs:  # all of them before any is asked
        actions.check_busy(run)
    for run in runs:
        said = actions.pause(folder, run) if what == "pause" else actions.stop(folder, run, now=what == "stop-now")
        sys.stderr.write(safe_text(said) + "\n")
    ends = time.monotonic() + PATIENCE_S
    try:
        for run in runs:
            _tell_end(folder, home, run, ends)
    except KeyboardInterrupt as error:
        error.add_note("they were asked all the same; next: workbench list")
        raise


def _tell_end(folder: "HomeFolder", home: str | None, run: "Run", ends: float) -> None:
    from workbench.background import ending
    from workbench.format import quoted

    while _going(home, run.id):
        if time.monotonic() > ends:
            name = quoted(run.name)
            raise UserError(
                f"{run.name} has not ended in {PATIENCE_S:.0f} s; it will, after what it does now",
                next_command=f"workbench wait {name}, or workbench stop --now {name}",
            )
        time.sleep(POLL_S)
    with record(home) as store:
        put(ending(store.find(run.id)))


def _going(home: str | None, run_id: str) -> bool:
    from workbench.background import GOING

    with record(home) as store:
        return any(run.status in GOING for run in store.some([run_id]))


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command(epilog=exit_codes.HELP)(wait)
    app.command()(log)
    app.command()(stop)
    app.command()(pause)
    app.command("move-up")(move_up)
