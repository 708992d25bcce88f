"""Options and arguments that several commands share, and the home that they open."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError

if TYPE_CHECKING:
    from runs.home import Home as HomeFolder
    from runs.store import Store

Home = Annotated[
    str | None,
    typer.Option("--home", metavar="FOLDER", help="Where runs are kept; else WORKBENCH_HOME, else your data folder."),
]
DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="FOLDER", help="Where data sets are kept; else WORKBENCH_DATA, else the home."),
]
Device = Annotated[str | None, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name or id of a run, or the start of either.")]


def whole(option: str, text: str, *, low: int, high: int | None = None) -> int:
    """The whole number that an option was given. Raises UserError unless it is one from low to high."""
    allowed = f"a whole number, {low} or more" if high is None else f"a whole number from {low} to {high}"
    try:
        value = int(text)
    except ValueError:
        raise UserError(f"{option} is '{text}'", allowed=allowed, next_command=f"{option} {low}") from None
    if value < low or (high is not None and value > high):
        nearest = low if value < low else high
        raise UserError(f"{option} is {value}", allowed=allowed, next_command=f"{option} {nearest}")
    return value


def home_folder(explicit: str | None) -> "HomeFolder":
    """The home that --home, the environment, the person's settings or the system names, in this order."""
    from runs.home import Home as HomeFolder

    if explicit is None and not os.environ.get("WORKBENCH_HOME"):
        from workbench.settings import read_settings

        explicit = read_settings().home or None
    return HomeFolder.find(explicit)


@contextmanager
def record(explicit: str | None) -> "Iterator[Store]":
    """The store, open for reading, with what workers that died have left in their logs."""
    from runs.ingest import catch_up
    from runs.store import Store

    home = home_folder(explicit)
    tell(catch_up(home))
    with Store.read(home) as store:
        yield store


def put(text: str) -> None:
    """A line, or several, on stdout; typer.echo would force UTF-8 on a stream that is ASCII."""
    sys.stdout.write(text + "\n")


def tell(problems: Iterable[str]) -> None:
    """What could not be read of the record, on stderr: the rest of it is shown all the same."""
    from workbench.format import safe_text

    for problem in problems:
        sys.stderr.write(f"warning: {safe_text(problem)}\n")


def data_folder(explicit: str | None) -> str:
    """The data.folder setting that --data-dir or the person's settings ask for; empty leaves it to the environment."""
    if explicit is not None or os.environ.get("WORKBENCH_DATA"):
        return explicit or ""
    from workbench.settings import read_settings

    return read_settings().data
