"""What a person asks for, from the command line or the screen: each is written into the run's folder first, which is
what counts, and then into the database, which is what is read.
"""

import logging
import os
import shlex
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.checks import check
from diffusion.config import RunConfig, differences, with_settings
from diffusion.errors import UserError
from runs import queue
from runs.advice import after_divergence
from runs.attempt import config_now, goal_of
from runs.create import create_run
from runs.database import UnavailableDatabaseError
from runs.folder import RunFolder, is_whole, step_of
from runs.home import UnwritableHomeError
from runs.ingest import catch_up, ingest
from runs.lock import HeldError, holder, last_holder
from runs.names import checked_name
from runs.processes import Process, host_name
from runs.requests import ask, newest_attempt, queued
from runs.store import Store

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run

LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 20_000, 100, 50
log = logging.getLogger(__name__)
WAIT_S = 2.0  # for another program that writes into the database
_SHAPE = ("data.image_size", "data.channels")
GONE_S = 3.0  # after which a worker that was asked to end at once is killed


def enqueue(home: "Home", folder: RunFolder, *, steps: int | None = None) -> None:
    """Put a run behind all others that wait, and see to it that a dispatcher works.

    steps: the goal in all, when it is to be another one. Raises UserError for a run that waits or is worked on, or has
    reached its goal.
    """
    enqueue_all(home, [folder], steps=steps)


def enqueue_all(home: "Home", folders: Sequence[RunFolder], *, steps: int | None = None) -> None:
    """Put several runs behind all others that wait, in this order. Raises UserError, as enqueue does, for any."""

    def check_idle(folder: RunFolder) -> None:
        _check_not_queued(folder)
        goal_of(folder, steps)

    queue.slots(home)  # a number that cannot be used is told now
    for folder in folders:  # all of them before any waits
        check_idle(folder)
        if who := holder(folder.path):
            again = f"workbench stop {shlex.quote(folder.name)}"
            raise HeldError(f"run {folder.name} is being trained by {who.text}", next_command=again)
    queue.enqueue(home, folders, steps=steps, check=check_idle)
    _take_in(home, folders)
    queue.start_dispatcher(home)


def check_busy(run: "Run") -> None:
    """Raise UserError for a run that neither works nor waits; also for one that only its logs say is worked on: those
    of a copied folder name another run's process, and those of a folder from elsewhere may name any.
    """
    if run.status == "running":
        if holder(run.folder) or last_holder(run.folder).host not in ("", host_name()):
            return
        problem = "no process works on it here; its logs are those of another folder, or its process has just ended"
    elif run.status == "queued":
        return
    else:
        problem = f"it is {run.status}"
    again = f"workbench show {shlex.quote(run.name)}"
    raise UserError(f"run {run.name} cannot be stopped: {problem}", next_command=again)


def stop(home: "Home", run: "Run", *, now: bool = False) -> str:
    """Ask a run to stop after a checkpoint, at once when now is set, or take it out of the queue. Says which.

    Raises UserError for a run that neither works nor waits.
    """
    return _end(home, run, "stop-now" if now else "stop")


def pause(home: "Home", run: "Run") -> str:
    """Like stop, and the run counts as paused until it is resumed."""
    return _end(home, run, "pause")


def fork(
    home: "Home",
    run: "Run",
    changes: Mapping[str, str],
    *,
    step: int | None = None,
    name: str | None = None,
    command: str = "",
) -> RunFolder:
    """A new run that goes on from a run's checkpoint with other settings. It is made, not started.

    step: which of the checkpoints that are kept; None takes the newest. Raises UserError where there is none, or where
    it has reached the goal of the new settings.
    """
    parent = RunFolder(run.folder)
    checkpoint = _chosen(parent, run, step)
    config, done = check(with_settings(config_now(parent), changes)), step_of(checkpoint)
    _check_shape(run, config)
    train = config.train
    if train.steps and not (train.epochs or train.minutes) and train.steps <= done:
        raise UserError(
            f"the newest checkpoint of {run.name} is of step {done}, and train.steps is {train.steps}",
            allowed=f"{done + 1} or more",
            next_command=f"workbench fork {shlex.quote(run.name)} --steps {2 * done}",
        )
    child = create_run(home, config, preset=run.preset, command=command, name=name, parent=run.id)
    try:
        give_checkpoint(child, checkpoint)
    except BaseException:
        shutil.rmtree(child.path, ignore_errors=True)
        raise
    _take_in(home, [child])
    return child


def give_checkpoint(child: RunFolder, checkpoint: Path) -> None:
    """Let a run that has not begun start from another one's checkpoint."""
    target = child.checkpoint(step_of(checkpoint))
    target.parent.mkdir(mode=0o700, exist_ok=True)
    if not target.exists():
        _link(checkpoint, target)


def _chosen(parent: RunFolder, run: "Run", step: int | None) -> Path:
    """The checkpoint to fork from."""
    kept = {step_of(path): path for path in parent.checkpoints() if is_whole(path)}
    if not kept:
        again = f"workbench resume {shlex.quote(run.name)}" if run.status != "diverged" else after_divergence(parent)
        raise UserError(f"run {run.name} has no checkpoint to fork from", next_command=again)
    if step is not None and step not in kept:
        raise UserError(
            f"run {run.name} keeps no checkpoint of step {step}",
            allowed=", ".join(map(str, kept)),
            next_command=f"--from-step {max(kept)}",
        )
    return kept[max(kept) if step is None else step]


def _check_shape(run: "Run", config: RunConfig) -> None:
    """Raise UserError for settings with which the weights of a run's checkpoint would not fit."""
    for key in differences(config, run.config):
        if key in _SHAPE or (key.startswith("network.") and key != "network.dropout"):
            raise UserError(
                f"--set {key} changes the network, so the weights of {run.name} do not fit",
                allowed="settings of another kind",
                next_command=f"workbench run --preset {shlex.quote(run.preset)} --set {key}=...",
            )


def rename(home: "Home", run: "Run", name: str) -> None:
    """Give a run another name; its folder keeps the first one. Raises UserError for a name that is taken or no name."""
    checked_name(name, "the new name")
    with Store.read(home) as store:
        taken = store.has_name(name, besides=run)
    if taken:
        raise UserError(f"the new name is '{name}', which is taken", next_command=f"workbench show {shlex.quote(name)}")
    _ask(home, run, "rename", name)


def tag(home: "Home", run: "Run", *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
    """Add and remove tags. Returns what the run has then. Raises UserError for a tag that is none."""
    for one in add:
        if not one.strip() or len(one) > LONGEST_TAG or "," in one:
            raise UserError(f"the tag is '{one[:40]}'", allowed=f"1 to {LONGEST_TAG} characters, no comma")
    after = tuple(one for one in dict.fromkeys([*run.tags, *add]) if one not in remove)
    if len(after) > MOST_TAGS:
        raise UserError(f"run {run.name} would have {len(after)} tags", allowed=f"up to {MOST_TAGS}")
    for what, tags in (("tag", list(add)), ("untag", list(remove))):
        if tags:
            _ask(home, run, what, tags)
    return after


def note(home: "Home", run: "Run", text: str) -> None:
    """Put a note in the place of a run's note. Raises UserError for one that is too long."""
    if len(text) > LONGEST_NOTE:
        raise UserError(f"the note has {len(text)} characters", allowed=f"up to {LONGEST_NOTE}")
    _ask(home, run, "note", text)


def star(home: "Home", run: "Run", on: bool) -> None:
    """Mark a run with a star, or take it away."""
    _ask(home, run, "star", int(on))


def delete(home: "Home", run: "Run") -> int:
    """Remove a run, its files and its rows. Returns the bytes freed. Raises HeldError while a process works on it."""
    folder = RunFolder(run.folder)
    grave, freed = home.runs / f".deleted-{run.id}", 0
    if folder.path.is_symlink():  # somebody put it there: what it leads to is not ours
        folder.path.unlink()
    elif folder.path.exists():
        with folder.held():  # no worker begins now
            freed = sum(path.lstat().st_size for path in folder.path.rglob("*") if path.is_file())
            folder.path.rename(grave)
    if grave.exists():
        shutil.rmtree(grave)  # before the rows: on a full disk they need the room that this makes
    with Store.write(home) as store:
        store.forget(run.id)
    return freed


def move_up(home: "Home", run: "Run", *, top: bool = False) -> None:
    """Let a queued run change places with the one before it, or go before all. Raises UserError for one that does not
    wait.
    """
    with Store.read(home) as store:
        run = store.find(run.id)
        if run.status != "queued":
            problem = f"run {run.name} does not wait in the queue: it is {run.status}"
            raise UserError(problem, next_command="workbench list")
        other = store.before(run)
        if other is None:
            return
        other = store.queue(limit=1)[0] if top else other
        mine, its = store.position(run), store.position(other)
    if top or mine == its:
        _ask(home, run, "move", its - 1)
    else:
        _ask(home, run, "move", its)
        _ask(home, other, "move", mine)


def _end(home: "Home", run: "Run", what: str) -> str:
    folder = RunFolder(run.folder)
    catch_up(home)  # it may have died; what cannot be read is told by whoever asks, when it looks
    with Store.read(home) as store:
        run = store.find(run.id)
        process = store.process_of(run)
    check_busy(run)
    attempts = newest_attempt(folder)
    _ask(home, run, what)
    if run.status == "queued" and newest_attempt(folder) == attempts:
        return f"{run.name} is out of the queue"
    if what != "stop-now":
        return f"{run.name} was asked to {what}: it ends after this step, with a checkpoint"
    who = holder(folder.path)
    if process is not None and who is not None and who.pid == process.pid:
        _end_now(process.pid, process.started, process.host)
    catch_up(home)
    return f"{run.name} was ended at once, without a last checkpoint"


def _check_not_queued(folder: RunFolder) -> None:
    """Raise UserError for a run that waits, as its folder has it: the database may lag behind."""
    if queued(folder) is not None:
        raise UserError(
            f"run {folder.name} is queued already", next_command=f"workbench show {shlex.quote(folder.name)}"
        )


def _end_now(pid: int, started: str, host: str) -> None:
    """Wait a little for a worker to obey, then kill it: it may hang. One on another machine obeys or does not."""
    with closing(Process(pid, started, host)) as process:
        ends = time.monotonic() + GONE_S
        while process.lives() and time.monotonic() < ends:
            time.sleep(0.05)
        process.send(signal.SIGKILL)
        while process.lives() and time.monotonic() < ends + GONE_S:
            time.sleep(0.02)


def _link(source: Path, target: Path) -> None:
    """The same checkpoint in two places; a checkpoint is replaced, never rewritten, so one file on the disk will do."""
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _ask(home: "Home", run: "Run", what: str, value: object = None) -> None:
    """Write a request into the run's folder, and bring the database up to it."""
    folder = RunFolder(run.folder)
    ask(folder, what, value)
    _take_in(home, [folder])


def _take_in(home: "Home", folders: Iterable[RunFolder]) -> None:
    """Bring the database up to some folders. Where it cannot be written now, that is said: the folders have it all."""
    problems: list[str] = []
    try:
        with Store.write(home, wait_s=WAIT_S) as store:
            for folder in folders:
                problems += ingest(store, folder.path)
    except (UnavailableDatabaseError, UnwritableHomeError, sqlite3.Error) as error:
        problems.append(f"the database does not show it yet: {error}")
    for problem in problems:
        log.warning("%s", problem)
