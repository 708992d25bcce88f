"""An attempt at training a run, or pictures drawn from it. Both are streams of events, recorded."""

import json
import shlex
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import RunConfig, SamplingConfig
from diffusion.errors import DamagedCheckpointError, UserError
from diffusion.events import Alert, Event, Finished
from runs.advice import after_divergence
from runs.create import FORMAT
from runs.files import found_file
from runs.folder import RunFolder, set_aside, step_of
from runs.keeper import Keeper
from runs.log import Log
from runs.narrate import narrate
from runs.processes import this_process
from runs.record import record
from runs.requests import Inbox, queued
from runs.system import with_system_metrics
from runs.watch import watch

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run

Events = Generator[Event, None, None]
FALLING = ("linear", "cosine")  # learning rates that know where the run ends
LOOK_EVERY_S = 0.2  # for what is asked of the run: one stat
END_BYTES = 1 << 20  # of a log, in which its last lines are looked for


def work(
    folder: RunFolder,
    home: "Home",
    *,
    steps: int | None = None,
    only_queued: bool = False,
    should_stop: Callable[[], bool],
) -> Events:
    """Train a run from its newest whole checkpoint, else from the start, and record it. Yields the training's events.

    steps: the optimizer steps to reach in all, when they are to be more than before. only_queued: do nothing unless the
    run waits in the queue, whose goal counts then. It stops when should_stop says so, and when the run is asked to
    (`runs.requests`). Raises UserError while another process trains the run, and for a
    completed run without more steps to do; KeyboardInterrupt when it is asked to stop without a checkpoint.
    """
    with folder.held():
        asked = StopRequests(folder, should_stop)  # from before the look into the queue: no request falls between
        if only_queued:
            place = queued(folder)
            if place is None:
                return
            steps = place.steps
        config, goal = goal_of(folder, steps)
        folder.remove_leftovers()
        damaged = folder.set_damaged_aside()
        checkpoint = folder.latest_checkpoint()
        log = new_log(folder, "attempt", goal=goal, checkpoint=checkpoint.name if checkpoint else None)
        warnings = [_set_aside(path, folder) for path in damaged]
        if checkpoint and steps is not None and config.train.lr_schedule in FALLING:
            warnings.append(
                f"train.lr_schedule {config.train.lr_schedule} fell towards the former goal, so from here on this run "
                f"differs from one that was started with {steps} steps"
            )
        events = _trained(folder, config, home, asked)
        advised = _advised(_after(warnings, folder.latest_step(), events), folder)
        watched = watch(with_system_metrics(advised, folder.path))
        yield from narrate(kept(record(watched, folder, log), folder, home), folder.path)


class StopRequests:
    """Whether an attempt is to stop: because its process is told to, or because the run is asked to."""

    def __init__(self, folder: RunFolder, should_stop: Callable[[], bool]) -> None:
        self._inbox = Inbox(folder)
        self._should_stop = should_stop
        self._asked = ""
        self._next = 0.0

    def __call__(self) -> bool:
        """The question of `should_stop`. Raises KeyboardInterrupt when it is to end without a checkpoint."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK_EVERY_S
            self._asked = self._inbox.newest() or self._asked
        if self._asked == "stop-now":
            raise KeyboardInterrupt
        return bool(self._asked) or self._should_stop()


def _advised(events: Events, folder: RunFolder) -> Events:
    """events; a divergence is told with what to type next."""
    with closing(events):
        for event in events:
            if isinstance(event, Finished) and event.outcome == "diverged":
                yield replace(event, text=f"{event.text}; next: {after_divergence(folder)}")
            else:
                yield event


def _trained(folder: RunFolder, config: RunConfig, home: "Home", should_stop: Callable[[], bool]) -> Events:
    """The training, from the newest checkpoint that can be read: a damaged one is set aside, and that is told."""
    from diffusion.train import train

    data = data_folder(config, home)
    while True:
        checkpoint = folder.latest_checkpoint()
        try:
            yield from train(
                config, data_folder=data, checkpoint=checkpoint, judges=home.judges, should_stop=should_stop
            )
        except DamagedCheckpointError:
            if checkpoint is None:
                raise
            told = _set_aside(set_aside(checkpoint), folder)
            yield Alert("warning", folder.latest_step(), told)
        else:
            return


def _set_aside(path: Path, folder: RunFolder) -> str:
    checkpoint = folder.latest_checkpoint()
    start = f"going on from {checkpoint.name}" if checkpoint else "starting again from step 0"
    return f"{path.name.removesuffix('.damaged')} is damaged and was set aside; {start}"


def draw(
    run: "Run",
    home: "Home",
    *,
    label: int | None,
    count: int,
    settings: SamplingConfig,
    seed: int,
    best_of: int = 1,
    device: str,
    should_stop: Callable[[], bool],
) -> Events:
    """Draw pictures from a run's newest checkpoint and record them as a new sample set, also while the run trains.

    label: the class, or None for all in turn. best_of: keep the best of so many for each, by CLIP. An older checkpoint
    takes the place of a damaged one, and that is told.
    Raises UserError when the run has no checkpoint yet.
    """
    folder = RunFolder(run.folder)
    newest = folder.latest_checkpoint()
    if newest is None:
        raise UserError(f"run {run.name} has no checkpoint to draw from", next_command=f"workbench resume {run.name}")

    wanted: dict[str, Any] = {"label": label, "count": count, "settings": settings, "seed": seed, "device": device}

    def generated(checkpoint: Path) -> Events:
        if best_of > 1 or settings.clip_guidance > 0:
            from diffusion.generate_by_clip import generate_by_clip

            places: dict[str, Any] = {"judges": home.judges, "data_folder": data_folder(folder.config, home)}
            return generate_by_clip(checkpoint, best_of=best_of, should_stop=should_stop, **places, **wanted)
        from diffusion.generate import generate

        return generate(checkpoint, should_stop=should_stop, **wanted)

    log = new_log(folder, "samples", checkpoint=newest.name)
    try:
        yield from kept(record(_drawn(folder, generated), folder, log), folder, home)
    finally:
        if b'"event":"pictures"' not in log.path.read_bytes():
            log.path.unlink()


def _drawn(folder: RunFolder, generated: Callable[[Path], Events]) -> Events:
    """What is drawn from the newest checkpoint that can be read."""
    checkpoints = folder.checkpoints()
    while True:
        checkpoint = checkpoints.pop()
        try:
            yield from generated(checkpoint)
        except DamagedCheckpointError as error:
            if not checkpoints:
                raise
            text = f"{error.problem}; {checkpoints[-1].name} is taken instead"
            yield Alert("warning", step_of(checkpoints[-1]), text)
        else:
            return


def data_folder(config: RunConfig, home: "Home") -> Path:
    """Where a run's data sets are kept: as its config says, else as the home has it."""
    return Path(config.data.folder).expanduser() if config.data.folder else home.data


def new_log(folder: RunFolder, kind: str, **values: Any) -> Log:
    """The next log of a kind in a run's folder, with who writes it. Raises UserError where none can be written."""
    try:
        log = Log.new(folder, kind)
    except OSError as error:
        raise folder.unwritable(error) from error
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    log.add(kind, {"format": FORMAT, **this_process(), "command": command, **values})
    log.flush(sync=True)
    return log


def kept(events: Events, folder: RunFolder, home: "Home") -> Events:
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


def goal_of(folder: RunFolder, steps: int | None = None) -> tuple[RunConfig, int | None]:
    """The config to train with, and the steps asked for since the run was made, if any.

    Raises UserError for a completed run without more steps to do, and for a goal that its checkpoint has reached.
    """
    header, last = _last_attempt(folder)
    kept = folder.latest_step()  # a run that died before its first checkpoint starts again from 0
    if steps is not None and steps <= kept:
        raise UserError(
            f"--steps {steps} is not above the {kept} steps that {folder.name} has done",
            allowed=f"{kept + 1} or more",
            next_command=f"workbench resume {shlex.quote(folder.name)} --steps {2 * kept}",
        )
    done = last.get("step", 0) if last.get("outcome") == "completed" else None
    if done is not None and (steps is None or steps <= done):
        raise UserError(
            f"run {folder.name} has completed its {done} steps",
            next_command=f"workbench resume {shlex.quote(folder.name)} --steps {2 * max(done, 1)}",
        )
    return _with_goal(folder.config, steps or header.get("goal"))


def last_outcome(folder: RunFolder) -> str:
    """How a run's newest attempt ended, as its log says; an empty text where none has, or it said nothing of it."""
    return str(_last_attempt(folder)[1].get("outcome") or "")


def config_now(folder: RunFolder) -> RunConfig:
    """The config that a run was trained with last, its goal included."""
    return _with_goal(folder.config, goal_now(folder))[0]


def goal_now(folder: RunFolder) -> Any:
    """The steps that a run was asked for since it was made, or None."""
    return _last_attempt(folder)[0].get("goal")


def _with_goal(config: RunConfig, goal: Any) -> tuple[RunConfig, int | None]:
    if not isinstance(goal, int):
        return config, None
    return replace(config, train=replace(config.train, steps=goal, epochs=0.0, minutes=0.0)), goal


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
