"""`workbench rename`, `tag`, `note`, `star`, `fork` and `delete`: what a person makes of runs that are there."""

import sys
from typing import Annotated

import typer

from diffusion.errors import UserError
from workbench import exit_codes
from workbench.commands.options import Home, RunName, RunNames, found_runs, home_folder, put


def rename(
    run: RunName, name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")], home: Home = None
) -> None:
    """Give a run another name. Its id and its folder stay."""
    from runs import actions

    (found,) = found_runs(home, [run])
    actions.rename(home_folder(home), found, name)
    put(f"{found.name} is now {name}")


def tag(
    run: RunName,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="TAG", help="A tag to take away.")] = None,
    home: Home = None,
) -> None:
    """Add tags to a run, or take some away. Without a tag it prints those that the run has."""
    from runs import actions
    from workbench.format import safe_text

    (found,) = found_runs(home, [run])
    if not (tags or remove):
        put("\n".join(map(safe_text, found.tags)) if found.tags else "no tags")
        return
    after = actions.tag(home_folder(home), found, add=tags or (), remove=remove or ())
    put(f"{found.name}: {', '.join(map(safe_text, after)) or 'no tags'}")


def note(
    run: RunName,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The note; '' takes it away.")] = None,
    home: Home = None,
) -> None:
    """Put a note to a run, in the place of the one it has. Without a text it prints that one."""
    from runs import actions
    from workbench.format import safe_text

    (found,) = found_runs(home, [run])
    if text is None:
        put(safe_text(found.notes, lines=True))
    else:
        actions.note(home_folder(home), found, text)


def star(
    runs: RunNames,
    off: Annotated[bool, typer.Option("--off", help="Take the star away.")] = False,
    home: Home = None,
) -> None:
    """Mark runs with a star, shown before their names."""
    from runs import actions

    for found in found_runs(home, runs):
        actions.star(home_folder(home), found, not off)


def fork(
    run: RunName,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting in which the new run differs.")
    ] = None,
    steps: Annotated[str | None, typer.Option(metavar="N", help="Train up to so many optimizer steps in all.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="A name for the new run; else one is made.")] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Put it into the queue and return.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    home: Home = None,
) -> None:
    """A new run that goes on from a run's newest checkpoint with other settings."""
    from runs import actions
    from workbench.background import say_queued
    from workbench.configure import assignment, one_goal
    from workbench.foreground import train_here, typed_command

    changes = one_goal({"steps": steps}) | dict(assignment(text) for text in sets or ())
    folder, (found,) = home_folder(home), found_runs(home, [run])
    child = actions.fork(folder, found, changes, name=name, command=typed_command())
    if detach:
        actions.enqueue(folder, child)
        say_queued(folder, child)
        return
    code = train_here(folder, child, json=json)
    if code:
        raise typer.Exit(code)


def delete(
    runs: RunNames,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Remove runs: their rows, checkpoints, pictures and logs. It asks before."""
    from runs import actions
    from workbench.format import quoted, safe_text, size

    folder, found = home_folder(home), found_runs(home, runs)
    busy = [run for run in found if run.status == "running"]
    if busy:
        raise UserError(
            f"run {busy[0].name} is running", next_command=f"workbench stop {quoted(busy[0].name)}, then delete"
        )
    if not yes:
        _ask(", ".join(safe_text(run.name) for run in found))
    freed = sum(actions.delete(folder, run) for run in found)
    put(f"{len(found)} run{'s' * (len(found) != 1)} deleted, {size(freed)} freed")


def _ask(names: str) -> None:
    """Ask whether to delete. Raises UserError where nobody can answer, typer.Exit for a no."""
    if not sys.stdin.isatty():
        raise UserError("delete asks before it removes anything, and nobody can answer here", next_command="--yes")
    sys.stderr.write(f"delete {names}? This cannot be undone. [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        sys.stderr.write("nothing was deleted\n")
        raise typer.Exit(exit_codes.FAILED)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    for command in (fork, rename, tag, note, star, delete):
        app.command()(command)
