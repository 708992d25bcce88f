"""`workbench sample`: pictures from a run's last checkpoint, drawn, recorded, shown and written to one file."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.checks import check
from diffusion.config import with_settings
from diffusion.data.catalog import dataset_info
from diffusion.errors import UserError, nearest_name, unknown_name
from diffusion.events import Drawn, Sample
from runs.stopping import StopOnSignal
from workbench import exit_codes
from workbench.foreground import talk, tell
from workbench.format import count, safe_text
from workbench.json_lines import events_as_json
from workbench.pictures import sample_lines, shows_pictures, write_grid
from workbench.progress import show
from workbench.settings import read_settings
from workbench.terminal.screen import screen

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run


@dataclass(frozen=True)
class Wanted:
    """What was asked for; changes are sampling settings in which it differs from the run's own."""

    label: str | None
    count: int
    changes: Mapping[str, str]
    seed: int
    device: str
    output: Path | None
    json: bool


def draw_and_show(home: "Home", text: str, wanted: Wanted) -> int:
    """Draw what is wanted from the run that text names. Returns the exit code."""
    from runs.attempt import draw
    from runs.ingest import catch_up
    from runs.store import Store

    tell(catch_up(home))
    with Store.read(home) as store:
        run = store.find(text)
    names = class_names(run)
    label = None if wanted.label is None else label_of(wanted.label, names, run.name)
    config = check(with_settings(run.config, wanted.changes))
    _check_output(wanted.output)
    console = talk()
    drawn: list[Drawn] = []
    with (
        StopOnSignal(lambda told: console.print(told, style="yellow")) as stop,
        closing(
            draw(
                run,
                home,
                label=label,
                count=wanted.count,
                settings=config.sampling,
                seed=wanted.seed,
                device=wanted.device,
                should_stop=stop.should_stop,
            )
        ) as events,
        closing(show(events, console)) as shown,
    ):
        for event in events_as_json(shown, sys.stdout) if wanted.json else shown:
            if isinstance(event, Sample):
                drawn += event.drawn
    _present(drawn, names, wanted)
    return stop.exit_code or (exit_codes.DONE if drawn else exit_codes.FAILED)


def class_names(run: "Run") -> tuple[str, ...]:
    """The names of a run's classes: as it recorded them, else as the catalog has them."""
    recorded = run.facts.get("class_names")
    if isinstance(recorded, (list, tuple)):
        return tuple(str(name) for name in recorded)
    return dataset_info(run.dataset).class_names


def label_of(text: str, names: Sequence[str], run: str) -> int:
    """The class that a name or a number means; a name comes first, since digits are named by their own numbers."""
    lowered = [name.lower() for name in names]
    if text.lower() in lowered:
        return lowered.index(text.lower())
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    if text.lstrip("-").isdecimal():
        numbers = f"0 to {len(names) - 1}"
        named = "" if all(map(str.isdecimal, names)) else f", or {', '.join(map(safe_text, names))}"
        raise UserError(
            f"--class {text} is not a class of {run}",
            allowed=numbers + named,
            next_command=f"workbench sample {run} --class {len(names) - 1}",
        )
    near = nearest_name(text.lower(), lowered)
    raise unknown_name("class", text, map(safe_text, names), f"workbench sample {run} --class {near or 0}")


def _check_output(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() != ".png":
        raise UserError(f"--output is {path}", allowed="a file that ends in .png", next_command=f"-o {path.stem}.png")
    if not path.parent.is_dir():
        raise UserError(f"the folder of --output {path} does not exist", next_command=f"mkdir -p {path.parent}")


def _present(drawn: Sequence[Drawn], names: Sequence[str], wanted: Wanted) -> None:
    if not drawn:
        return
    if wanted.output is not None:
        write_grid(drawn, wanted.output)
    if wanted.json:
        return
    target = screen()
    if shows_pictures(target, read_settings().images):
        sys.stdout.write("\n".join(sample_lines(drawn, names, target)) + "\n\n")
    where = f", written to {wanted.output}" if wanted.output else ""
    sys.stdout.write(f"{count(len(drawn))} picture{'s' * (len(drawn) != 1)}, seed {wanted.seed}{where}\n")
