"""One process, one run: an attempt at training it, or pictures drawn from it. Both are streams of events, recorded."""

import json
import shlex
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import RunConfig, SamplingConfig
from diffusion.errors import UserError
from diffusion.events import Alert, Event
from runs.create import FORMAT
from runs.files import found_file
from runs.folder import RunFolder
from runs.keeper import Keeper
from runs.log import Log
from runs.processes import this_process
from runs.record import record

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run

Events = Generator[Event, None, None]
FALLING = ("linear", "cosine")  # learning rates that know where the run ends
END_BYTES = 1 << 20  # of a log, in which its last lines are looked for


def work(folder: RunFolder, home: "Home", *, steps: int | None = None, should_stop: Callable[[], bool]) -> Events:
    """Train a run from its newest whole checkpoint, else from the start, and record it. Yields the training's events.

    steps: the optimizer steps to reach in all, when they are to be more than before. Raises UserError while another
    process trains the run, and for a completed run without more steps to do.
    """
    with folder.held():
        config, goal = _goal(folder, steps)
        folder.remove_leftovers()
        damaged = folder.set_damaged_aside()
        checkpoint = folder.latest_checkpoint()
        start = f"going on from {checkpoint.name}" if checkpoint else "starting again from step 0"
        warnings = [f"{path.name.removesuffix('.damaged')} was cut short and is set aside; {start}" for path in damaged]
        if checkpoint and steps is not None and config.train.lr_schedule in FALLING:
            warnings.append(
                f"train.lr_schedule {config.train.lr_schedule} fell towards the former goal, so from here on this run "
                f"differs from one that was started with {steps} steps"
            )
        from diffusion.train import train

        log = _log(folder, "attempt", goal=goal, checkpoint=checkpoint.name if checkpoint else None)
        data = data_folder(config, home)
        events = train(config, data_folder=data, checkpoint=checkpoint, judges=home.judges, should_stop=should_stop)
        yield from _kept(record(_after(warnings, folder.latest_step(), events), folder, log), folder, home)


def draw(
    run: "Run",
    home: "Home",
    *,
    label: int | None,
    count: int,
    settings: SamplingConfig,
    seed: int,
    device: str,
    should_stop: Callable[[], bool],
) -> Events:
    """Draw pictures from a run's newest checkpoint and record them as a new sample set, also while the run trains.

    label: the class, or None for all in turn. Raises UserError when the run has no checkpoint yet.
    """
    folder = RunFolder(run.folder)
    checkpoint = folder.latest_checkpoint()
    if checkpoint is None:
        raise UserError(f"run {run.name} has no checkpoint to draw from", next_command=f"workbench resume {run.name}")
    from diffusion.generate import generate

    events = generate(
        checkpoint, label=label, count=count, settings=settings, seed=seed, device=device, should_stop=should_stop
    )
    log = _log(folder, "samples", checkpoint=checkpoint.name)
    try:
        yield from _kept(record(events, folder, log), folder, home)
    finally:
        if b'"event":"pictures"' not in log.path.read_bytes():
            log.path.unlink()


def data_folder(config: RunConfig, home: "Home") -> Path:
    """Where a run's data sets are kept: as its config says, else as the home has it."""
    return Path(config.data.folder).expanduser() if config.data.folder else home.data


def _log(folder: RunFolder, kind: str, **values: Any) -> Log:
    log = Log.new(folder, kind)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    log.add(kind, {"format": FORMAT, **this_process(), "command": command, **values})
    log.flush(sync=True)
    return log


def _kept(events: Events, folder: RunFolder, home: "Home") -> Events:
    """Yield events on while the database keeps up with their log.

    Input that cannot be used makes no database: the caller discards a run that never trained.
    """
    keeper, step, unusable = Keeper(folder.path, home), 0, False
    problem = ""
    try:
        with closing(events):
            for event in events:
                step = getattr(event, "step", step)
                yield event
                if told := keeper.tick():
                    yield Alert("warning", step, told)
    except UserError:
        unusable = not home.database.exists()
        raise
    finally:
        if not unusable:
            problem = keeper.finish()
    if problem:
        yield Alert("warning", step, problem)


def _after(warnings: list[str], step: int, events: Events) -> Events:
    """events, after what has to be said of going on from a step."""
    with closing(events):
        for text in warnings:
            yield Alert("warning", step, text)
        yield from events


def _goal(folder: RunFolder, steps: int | None) -> tuple[RunConfig, int | None]:
    """The config to train with, and the steps asked for since the run was made, if any."""
    header, last = _last_attempt(folder)
    goal = steps or header.get("goal")
    config = folder.config
    if isinstance(goal, int):
        config = replace(config, train=replace(config.train, steps=goal, epochs=0.0, minutes=0.0))
    else:
        goal = None
    done = last.get("step", 0) if last.get("outcome") == "completed" else None
    if done is not None and (steps is None or steps <= done):
        raise UserError(
            f"run {folder.name} has completed its {done} steps",
            next_command=f"workbench resume {folder.name} --steps {2 * max(done, 1)}",
        )
    return config, goal


def _last_attempt(folder: RunFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """The newest attempt's first line that can be read, and the last line of the newest log."""
    logs, last, header = folder.logs(), {}, {}
    if logs:
        last = _object(_end_of(logs[-1]))
    for log in reversed(logs):  # a process killed at once leaves an empty log
        with found_file(log) as stream:
            header = _object(stream.readline(END_BYTES))
        if header:
            break
    return header, last


def _end_of(log: Path) -> bytes:
    with found_file(log) as stream:
        stream.seek(max(0, log.stat().st_size - END_BYTES))
        return (stream.read().split(b"\n")[:-1] or [b""])[-1]


def _object(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:  # a torn line of a killed process
        return {}
    return values if isinstance(values, dict) else {}
