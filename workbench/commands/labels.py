"""`workbench rename`, `tag`, `note`, `star` and `delete`: what a person makes of runs that are there."""

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
    from workbench.format import safe_text

    (found,) = found_runs(home, [run])
    actions.rename(home_folder(home), found, name)
    put(f"{safe_text(found.name)} is now {safe_text(name)}")


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
    put(f"{safe_text(found.name)}: {', '.join(map(safe_text, after)) or 'no tags'}")


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


def delete(
    runs: RunNames,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Remove runs: their rows, checkpoints, pictures and logs. It asks before."""
    from runs import actions
    from runs.lock import holder
    from workbench.format import quoted, safe_text, size

    folder, found = home_folder(home), found_runs(home, runs)
    busy = [run for run in found if run.folder.is_dir() and holder(run.folder)]
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
    for command in (rename, tag, note, star, delete):
        app.command()(command)
