"""One attempt of one run in this process: what is said before, while and after it."""

import shlex
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from diffusion.config import RunConfig
from diffusion.errors import NO_ROOM, UserError
from diffusion.events import Event, Finished, Metric, Preview, Progress, Sample, Started
from runs.stopping import StopOnSignal
from workbench import exit_codes
from workbench.format import count, number, quoted, safe_text
from workbench.json_lines import events_as_json, write_line
from workbench.notify import notified
from workbench.pictures import sample_lines, shows_pictures
from workbench.progress import show
from workbench.settings import read_settings
from workbench.terminal.screen import screen

if TYPE_CHECKING:
    from rich.console import Console

    from runs.folder import RunFolder
    from runs.home import Home
    from runs.records import Run

Events = Generator[Event, None, None]
CODES = {"completed": exit_codes.DONE, "diverged": exit_codes.DIVERGED}


@dataclass
class Seen:
    """What is worth telling at the end, read off the events as they pass."""

    trained: bool = False
    class_names: tuple[str, ...] = ()
    device: str = ""
    drawn: Sample | Preview | None = None
    last: dict[str, float] = field(default_factory=dict)
    finished: Finished | None = None

    def take(self, event: Event) -> None:
        """Keep of one event what the end needs."""
        if isinstance(event, Progress):
            self.trained |= event.phase == "train"
        elif isinstance(event, Started):
            self.class_names = event.class_names
            self.device = str(event.facts.get("device_name") or event.facts.get("device", ""))
        elif isinstance(event, Metric):
            self.last[event.name] = event.value
        elif isinstance(event, Sample) or (isinstance(event, Preview) and event.kind == "grid"):
            self.drawn = event
        elif isinstance(event, Finished):
            self.finished = event


def talk() -> "Console":
    """The console of everything that is not data: stderr."""
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def tell(problems: Iterable[str]) -> None:
    """What could not be read of the record, on stderr: the rest of it is used all the same."""
    for problem in problems:
        talk().print(f"warning: {safe_text(problem)}", style="yellow", soft_wrap=True)


def start(home: "Home", config: RunConfig, *, preset: str, name: str | None, json: bool, notify: str = "") -> int:
    """A new run, from its first word to its pictures. Returns the exit code."""
    from runs.create import create_run

    folder = create_run(home, config, preset=preset, command=typed_command(), name=name)
    return train_here(home, folder, json=json, notify=notify)


def train_here(home: "Home", folder: "RunFolder", *, json: bool, notify: str = "") -> int:
    """The first attempt of a new run, which is discarded when it cannot be trained. Returns the exit code."""
    return _attempt(home, folder, talk(), steps=None, json=json, notify=notify, new=True)


def go_on(home: "Home", run: "Run", *, steps: int | None, json: bool, notify: str = "") -> int:
    """A new attempt of a run that is there. Returns the exit code."""
    from runs.folder import RunFolder

    folder = RunFolder(run.folder)
    return _attempt(home, folder, talk(), steps=steps, json=json, notify=notify, new=False)


def typed_command() -> str:
    """The command line as it was typed, for the run's record."""
    return shlex.join(["workbench", *sys.argv[1:]])


def _attempt(
    home: "Home",
    folder: "RunFolder",
    console: "Console",
    *,
    steps: int | None,
    json: bool,
    notify: str,
    new: bool,
) -> int:
    from runs.attempt import work

    seen = Seen()

    def announce() -> None:
        if json:
            write_line({"event": "run", "id": folder.id, "name": folder.name, "folder": str(folder.path)}, sys.stdout)
        else:
            console.print(f"{'run' if new else 'going on with'} {safe_text(folder.name)}", style="bold", soft_wrap=True)

    try:
        with (
            StopOnSignal(lambda text: console.print(text, style="yellow")) as stop,
            closing(work(folder, home, steps=steps, should_stop=stop.should_stop)) as events,
            closing(notified(_announced(events, announce), folder, notify)) as announced,
            closing(show(announced, console)) as shown,
        ):
            for event in events_as_json(shown, sys.stdout) if json else shown:
                seen.take(event)
    except UserError:
        if new and not seen.trained:
            folder.discard(home)
        raise
    except OSError as error:
        if error.errno not in NO_ROOM:
            error.add_note(f"its log is {folder.log}")
            raise
        if new and not seen.trained:
            folder.discard(home)
            raise home.full() from error
        again = f"workbench resume {quoted(folder.name)}"
        error.add_note(f"run {folder.name} failed; next: make room, then {again}")
        raise
    except KeyboardInterrupt as error:
        error.add_note(f"it can go on from step {folder.latest_step()}; next: workbench resume {quoted(folder.name)}")
        raise
    except Exception as error:
        error.add_note(f"its log is {folder.log}")
        raise
    _tell(seen, _ending(folder, seen), console, json=json)
    outcome = seen.finished.outcome if seen.finished else "stopped"
    return CODES.get(outcome, stop.exit_code or exit_codes.INTERRUPTED)


def _announced(events: Events, announce: Callable[[], None]) -> Events:
    """events, with the run's name told before the first of them: data that cannot be used come before any run."""
    told = False
    for event in events:
        if not told and not (isinstance(event, Progress) and event.phase == "data"):
            announce()
            told = True
        yield event


def _tell(seen: Seen, lines: list[str], console: "Console", *, json: bool) -> None:
    if json:
        console.print(f"{lines[0]}; next:{lines[lines.index('next:') + 1][1:]}", soft_wrap=True)
        return
    target = screen()
    if seen.drawn is not None and shows_pictures(target, read_settings().images):
        room = replace(target, high=max(target.high - len(lines) - 2, 12))  # picture and table on one screen
        sys.stdout.write("\n".join(sample_lines(seen.drawn.drawn, seen.class_names, room)) + "\n\n")
    sys.stdout.write("\n".join([target.styled(lines[0], "1"), *lines[1:]]) + "\n")


def _ending(folder: "RunFolder", seen: Seen) -> list[str]:
    """How it ended, the figures, where the files are, and what to type next."""
    name, end = safe_text(folder.name), seen.finished
    outcome = end.outcome if end else "stopped"
    step = end.step if end else 0
    reason = f": {safe_text(end.text.partition('; next: ')[0])}" if end and end.text else ""  # it is told below
    head = f"{name} {outcome} at step {count(step)}{reason}"
    figures = [
        ("loss", number(seen.last.get("train/loss"))),
        ("validation loss", number(seen.last.get("val/loss"))),
        ("images/s", count(seen.last.get("images_per_s"))),
        ("seconds", number(end.seconds if end else None, 3)),
        ("device", seen.device),
        ("files", str(folder.path)),
    ]
    width = max(len(label) for label, _ in figures)
    return [
        head,
        *(f"  {label:<{width}}  {value}" for label, value in figures if value not in ("", "-")),
        "next:",
        *(f"  {command}" for command in _next(folder, seen, outcome, step)),
    ]


def _next(folder: "RunFolder", seen: Seen, outcome: str, step: int) -> list[str]:
    name = quoted(folder.name)
    show_it = f"workbench show {name}"
    if outcome == "stopped":
        return [f"workbench resume {name}", show_it]
    if outcome == "diverged":  # going on from its checkpoint would diverge again, bit for bit
        from runs.advice import after_divergence

        return [*safe_text(after_divergence(folder)).split(", or afresh: "), show_it]
    label = min(3, len(seen.class_names) - 1)
    chosen = f" --class {label}" if label > 0 else ""
    return [show_it, f"workbench sample {name}{chosen}", f"workbench resume {name} --steps {2 * max(step, 1)}"]
