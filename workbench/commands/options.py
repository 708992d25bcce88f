"""Options and arguments that several commands share, and the home that they open."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError

if TYPE_CHECKING:
    from runs.home import Home as HomeFolder
    from runs.records import Run
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


def run_names(incomplete: str) -> list[str]:
    """The names of runs that begin so, newest first, for the shell's completion."""
    from runs.store import Store

    try:
        with Store.read(home_folder(None)) as store:
            names = store.names(incomplete)
    except UserError:  # a shell that completes a word has no place for errors: the command itself tells
        return []
    return [name for name in names if name.isprintable()]


def setting_keys(incomplete: str) -> list[str]:
    """The settings that begin so, with the sign that a value follows."""
    from diffusion.config import SHORT_NAMES, settings

    keys = [*SHORT_NAMES, *(info.key for info in settings())]
    return [f"{key}=" for key in keys if key.startswith(incomplete)]


def setting_choices(key: str) -> Callable[[str], list[str]]:
    """What completes a setting's value."""

    def complete(incomplete: str) -> list[str]:
        from diffusion.config import setting_info

        choices = setting_info(key).field.metadata["choices"] or ()
        return [name for name in choices if name.startswith(incomplete)]

    return complete


def preset_names(incomplete: str) -> list[str]:
    """The presets that begin so."""
    from diffusion.presets import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


def dataset_names(incomplete: str) -> list[str]:
    """The data sets that begin so."""
    from diffusion.data.catalog import DATASETS, FOLDER_PREFIX

    return [name for name in (*DATASETS, FOLDER_PREFIX) if name.startswith(incomplete)]


_RUN_HELP = "Name or id of a run, or the start of either."
RunName = Annotated[str, typer.Argument(metavar="RUN", help=_RUN_HELP, autocompletion=run_names)]
RunNames = Annotated[list[str], typer.Argument(metavar="RUN...", help=_RUN_HELP, autocompletion=run_names)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Any setting; may be given many times.", autocompletion=setting_keys
    ),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="COMMAND",
        help="A command to run at each alert and at the end; WORKBENCH_RUN, _STATUS, _TEXT and more tell it of what.",
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Where to start from: `workbench presets` lists them.", autocompletion=preset_names
    ),
]
DataSet = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="digits, mnist, fashion-mnist, cifar10 or folder:PATH.", autocompletion=dataset_names
    ),
]
Schedule = Annotated[
    str | None, typer.Option(metavar="NAME", help="Noise schedule.", autocompletion=setting_choices("schedule"))
]
Prediction = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What the network predicts.", autocompletion=setting_choices("prediction")),
]
Sampler = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="ddpm, ddim, euler, heun or dpm++2m.", autocompletion=setting_choices("sampler")),
]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Put it into the queue and return at once.")]
Wait = Annotated[bool, typer.Option("--wait", help="Put it into the queue and wait for its end.")]
Slots = Annotated[
    str | None,
    typer.Option("--slots", metavar="N", help="How many queued runs work at once from now on; auto: one for each GPU."),
]


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
    """The store, open for reading, with what workers that died have left in their logs; a queue that stands still
    goes on.
    """
    from runs.ingest import catch_up
    from runs.queue import keep_going
    from runs.store import Store

    home = home_folder(explicit)
    tell(catch_up(home))
    tell(keep_going(home))
    with Store.read(home) as store:
        yield store


def found_runs(explicit: str | None, texts: Sequence[str]) -> "list[Run]":
    """The runs that are named, each once."""
    with record(explicit) as store:
        found = [store.find(text) for text in texts]
    return list({run.id: run for run in found}.values())


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
