"""The `workbench` command: its commands, and the one place where errors are shown. Imports stay light: no numpy."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from diffusion.errors import NO_ROOM, UserError, nearest_name
from workbench import exit_codes
from workbench.commands import (
    catalog,
    claims,
    compare,
    doctor,
    judging,
    labels,
    look,
    queue,
    records,
    reports,
    sampling,
    schedules,
    studies,
    training,
)
from workbench.commands.options import Home
from workbench.format import safe_text
from workbench.terminal import look_alikes

UsageError: type[Exception] = typer.BadParameter.__mro__[
    1
]  # typer carries a click of its own since 0.26: ask it, not click

app = typer.Typer(
    name="workbench",
    help="A terminal workbench for diffusion experiments: train, draw, judge and compare.",
    epilog=exit_codes.HELP,
    rich_markup_mode=None,  # help in plain text: rich alone would cost as much time as all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
FAMILIES = (training, look, queue, labels, sampling, judging, records, catalog, schedules, studies, compare, claims)
for family in (*FAMILIES, reports, doctor):
    family.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"workbench {version('diffusion-workbench')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (or WORKBENCH_DEBUG=1).")] = False,
    images: Annotated[
        str | None, typer.Option("--images", metavar="HOW", help="How pictures are shown; also in settings.toml.")
    ] = None,
    home: Home = None,
) -> None:
    """A terminal workbench for diffusion experiments: train, draw, judge and compare.

    Without a command: the screen, where stdin and stdout are a terminal; else the newest runs as text.
    """
    if debug:
        os.environ["WORKBENCH_DEBUG"] = "1"
    if home:
        os.environ["WORKBENCH_HOME"] = home
    if context.invoked_subcommand is None:
        look.workbench(images)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error becomes one line on stderr here."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=look_alikes.NAME)  # a terminal without UTF-8 does not end a run
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _invoke(words)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except UserError as error:
        return _said(str(error), exit_codes.BAD_INPUT)
    except UsageError as error:
        return _said(str(_mistyped(error, words)), exit_codes.BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort) as error:
        return _said("; ".join(["interrupted", *getattr(error, "__notes__", ())]), exit_codes.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's own flush at exit complains
        return exit_codes.BROKEN_PIPE
    except Exception as error:
        return _failed(error)
    return exit_codes.DONE


def _invoke(words: list[str]) -> None:
    if "_WORKBENCH_COMPLETE" in os.environ:  # the shell asks for completions; typer answers and exits
        app(prog_name="workbench")
    command = typer.main.get_command(app)
    # not command.main(): it would take the errors that are shown here, and answer a closed pipe with exit code 1
    with command.make_context("workbench", words) as context:
        command.invoke(context)


def _said(text: str, code: int) -> int:
    sys.stderr.write(f"error: {safe_text(text)}\n")
    return code


def _failed(error: Exception) -> int:
    """An error that is no one's input: its traceback is in the run's log, or shown when asked for."""
    if os.environ.get("WORKBENCH_DEBUG", "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    advice = "the same command after `workbench --debug` shows where"
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        told = f"no space is left on the disk{f' for {error.filename}' if error.filename else ''}"
        advice = "make room, then the same command again"
    notes = getattr(error, "__notes__", [])
    if not any("next: " in note for note in notes):
        notes = [*notes, f"next: {advice}"]
    return _said("; ".join([told, *notes]), exit_codes.FAILED)


def _mistyped(error: Exception, words: Sequence[str]) -> UserError:
    """A command line that cannot be read, said like every other bad input."""
    context = getattr(error, "ctx", None)
    commands = {info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands}
    commands |= {group.name for group in app.registered_groups if group.name}
    command = next((word for word in words if word in commands), "")  # some errors do not tell where they are from
    path = context.command_path if context is not None else f"workbench {command}".strip()
    message = str(getattr(error, "message", error)).rstrip(".")
    help_command = f"{path} --help"
    if hasattr(error, "possibilities") and hasattr(error, "option_name"):
        known = [name for param in context.command.params for name in param.opts] if context is not None else []
        near = nearest_name(error.option_name, known)
        return UserError(f"unknown option '{error.option_name}'", nearest=near, next_command=help_command)
    if match := re.fullmatch(r"No such command '(.*?)'(?:\. Did you mean .*)?", message):
        if context is not None and context.parent is not None:  # of a family such as judge or study
            commands = set(getattr(context.command, "commands", {}))
        return UserError(
            f"unknown command '{match[1]}'",
            allowed=", ".join(sorted(commands)),
            nearest=nearest_name(match[1], commands),
            next_command=help_command,
        )
    if match := re.match(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        return UserError(f"{path} does not take '{match[1]}'", next_command=help_command)
    if match := re.match(r"Option '(.*)' requires an argument", message):
        return UserError(f"{match[1]} needs a value", next_command=help_command)
    param = getattr(error, "param", None)
    if param is not None and not message.startswith("Missing") and type(error).__name__ != "MissingParameter":
        return UserError(f"{_name(param)}: {message[:1].lower()}{message[1:]}", next_command=help_command)
    if param is not None:
        return UserError(f"{path} needs {_name(param)}", next_command=help_command)
    return UserError(message[:1].lower() + message[1:], next_command=help_command)


def _name(param: object) -> str:
    opts = getattr(param, "opts", [])
    return str(opts[-1] if opts and opts[-1].startswith("-") else (getattr(param, "metavar", None) or opts[-1].upper()))
