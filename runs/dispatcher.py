"""The dispatcher: keeps as many workers busy as there are slots. `python -m runs.dispatcher --home FOLDER`.

It is no daemon: the first queued run starts it and it ends with the last. What it knows is in the runs' folders and in
the table of processes, so that it may be killed at any time: its workers go on, and the next one finds them.
"""

import argparse
import fcntl
import logging
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from diffusion.errors import UserError
from runs.attempt import goal_now
from runs.create import FORMAT
from runs.files import open_plain
from runs.folder import RunFolder
from runs.gpus import Gpu, gpus
from runs.home import Home
from runs.ingest import catch_up
from runs.log import Log
from runs.narrate import open_output
from runs.processes import start_mark, this_process
from runs.queue import LOCK, dispatcher_process, launch, slots
from runs.records import Run
from runs.requests import ask, newest_attempt, queued
from runs.store import Store
from runs.worker import HELD

POLL_S = 0.5
LOOK_EVERY_S = 10.0  # into the folders, for what could not be written into the database when it was asked
AGAIN_S = 2.0  # before a run that another process holds is tried again
STARTING_S = 5.0  # for which a dispatcher waits for the lock of one that is about to end
log = logging.getLogger("dispatcher")


@dataclass
class Child:
    """A worker that this dispatcher started."""

    run: str  # id
    name: str
    folder: RunFolder
    attempts: int  # the newest attempt when it was started
    gpu: str  # UUID, or an empty text
    process: subprocess.Popen[bytes]


class Dispatcher:
    """One home's queue, served until it is empty and the last worker has ended."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.children: dict[str, Child] = {}
        self._looked = float("-inf")
        self._not_before: dict[str, float] = {}
        self._problem = ""
        self._looks = 0
        self._doubted: dict[str, int] = {}  # run: the look into the folders that is to decide

    def serve(self, leaving: "Leaving") -> None:
        """Start what waits as slots become free; returns when nothing waits and nothing works any more."""
        while True:
            try:
                if not (self._round() or self.children) and leaving.is_final(self._look_once_more):
                    return
            except (UserError, OSError) as error:  # the database or the disk: they may be back later, the runs wait
                self._tell(str(error))
            time.sleep(POLL_S)

    def _look_once_more(self) -> bool:
        """Whether runs wait after all, by the folders too: the database may not have taken the last request."""
        self._looked = float("-inf")
        return self._round()

    def _round(self) -> bool:
        """One look at everything. Returns whether runs still wait."""
        self._reap()
        now = time.monotonic()
        if now - self._looked > LOOK_EVERY_S or not self.home.database.exists():
            self._looked = now
            self._looks += 1
            for problem in catch_up(self.home):
                self._tell(problem)
        most = slots(self.home)
        with Store.read(self.home) as store:  # those at the head are enough: ten thousand may wait
            head = store.queue(limit=most + len(self.children) + len(self._not_before))
            waiting = [run for run in head if run.id not in self.children]
            busy = store.working_here().keys() | self.children.keys()
        free = most - len(busy)
        for run in waiting:
            if free <= 0:
                break
            if now >= self._not_before.get(run.id, 0) and self._start(run):
                free -= 1
        return bool(waiting)

    def _start(self, run: Run) -> bool:
        """Start a worker for a run, unless what its folder says is newer than the database."""
        folder = RunFolder(run.folder)
        try:
            place = queued(folder)
            if place is None:
                self._doubt(run, folder)
                return False
            output = open_output(folder.path)
        except (UserError, OSError) as error:
            self._fail(folder, f"it could not be started: {error}")
            self._not_before[run.id] = time.monotonic() + LOOK_EVERY_S
            return False
        gpu = self._freest(run)
        try:
            environ = self._environ(run, gpu) | ({"WORKBENCH_DATA": place.data_folder} if place.data_folder else {})
            words = (folder.path.name, "--home", str(self.home.root), "--queued")
            process = launch("runs.worker", *words, home=self.home, output=output, environ=environ)
        finally:
            os.close(output)
        uuid = gpu.uuid if gpu else ""
        self.children[run.id] = Child(run.id, run.name, folder, newest_attempt(folder), uuid, process)
        log.info("started %s as process %d%s", run.name, process.pid, f" on GPU {gpu.index}" if gpu else "")
        return True

    def _doubt(self, run: Run, folder: RunFolder) -> None:
        """A run that waits by the database and not by its folder: the folder may be newer, so look there first. A run
        that was queued in a folder of another name, before its home was moved, does not wait any more.
        """
        if self._doubted.get(run.id) == self._looks:
            log.warning("%s was queued in another place; it does not wait here", run.name)
            ask(folder, "stop")
        self._doubted[run.id] = self._looks + 1
        self._looked = float("-inf")

    def _freest(self, run: Run) -> Gpu | None:
        """The GPU for a run that leaves the choice open: with the fewest of our workers, then the most free memory."""
        if run.config.device not in ("auto", "cuda"):
            return None
        ours = [child.gpu for child in self.children.values()]
        return min(
            gpus(),
            key=lambda gpu: (ours.count(gpu.uuid), round(gpu.memory_used_gb - gpu.memory_gb), gpu.percent or 0),
            default=None,
        )

    def _environ(self, run: Run, gpu: Gpu | None) -> dict[str, str]:
        environ = {}
        if not os.environ.get("OMP_NUM_THREADS", "").isdigit():  # the person's own choice comes first
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            share = str(max(1, cores // slots(self.home)))
            environ = {"WORKBENCH_THREADS": share, "OMP_NUM_THREADS": share}
        if gpu:
            environ["CUDA_VISIBLE_DEVICES"] = gpu.uuid
        return environ

    def _reap(self) -> None:
        for child in list(self.children.values()):
            code = child.process.poll()
            if code is None:
                continue
            del self.children[child.run]
            self._looked = float("-inf")
            log.info("%s ended, exit code %d", child.name, code)
            if code == HELD:  # somebody works on it in the foreground, or deletes it
                self._not_before[child.run] = time.monotonic() + AGAIN_S
            else:
                self._bury_unborn(child, code)

    def _bury_unborn(self, child: Child, code: int) -> None:
        """A worker that ended before its attempt began would be started for ever: its run has failed."""
        folder = child.folder
        if folder.path.exists() and newest_attempt(folder) == child.attempts and queued(folder):
            words = f"workbench log {shlex.quote(child.name)}"
            self._fail(folder, f"the worker ended with exit code {code} before it began; {words}")

    def _fail(self, folder: RunFolder, text: str) -> None:
        """An attempt that says why there was none, so that the run does not wait any more."""
        try:
            with folder.held():
                goal = goal_now(folder)
                attempt = Log.new(folder, "attempt")
                attempt.add("attempt", {"format": FORMAT, **this_process(), "command": "dispatcher", "goal": goal})
                attempt.add("ended", {"outcome": "failed", "text": text})
                attempt.flush(sync=True)
                attempt.close()
        except (UserError, OSError) as error:  # nothing can be written there: it waits, and this log says why
            self._tell(f"{folder.path.name}: {text}; {error}")
        self._looked = float("-inf")

    def _tell(self, problem: str) -> None:
        """Log a problem once, not four times a second."""
        if problem != self._problem:
            self._problem = problem
            log.warning("%s", problem)


class Leaving:
    """The lock of the one dispatcher, and how it ends without leaving a run behind that was queued just then."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def announce(self) -> None:
        """Let everybody know that a dispatcher works, so that none starts another."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()} {start_mark(os.getpid())}\n".encode(), 0)

    def is_final(self, more: Callable[[], bool]) -> bool:
        """Whether this is the end. Who queues a run first writes it, then looks whether a dispatcher works: so the
        dispatcher first says that it does not, then looks once more.
        """
        os.ftruncate(self._handle, 0)
        final = False
        try:
            final = not more()
        finally:
            if not final:
                self.announce()
        return final


@contextmanager
def the_only_one(home: Home) -> Iterator[Leaving | None]:
    """Hold the dispatcher's lock; None while another dispatcher works."""
    handle = open_plain(home.root / LOCK, os.O_RDWR)
    try:
        yield _locked(home, handle)
    finally:
        os.close(handle)


def _locked(home: Home, handle: int) -> Leaving | None:
    ends = time.monotonic() + STARTING_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if dispatcher_process(home) is not None or time.monotonic() > ends:
                return None
            time.sleep(0.02)  # its owner is about to begin or to end
        else:
            leaving = Leaving(handle)
            leaving.announce()
            return leaving


def main(arguments: list[str] | None = None) -> int:
    """Serve a home's queue, unless another process does already."""
    parser = argparse.ArgumentParser(prog="python -m runs.dispatcher")
    parser.add_argument("--home", required=True, type=Path)
    home = Home(parser.parse_args(arguments).home.absolute())
    logging.basicConfig(format="%(asctime)s  %(message)s", datefmt="%Y-%m-%d %H:%M:%S", level=logging.INFO)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    home.make()
    with the_only_one(home) as leaving:
        if leaving is not None:
            Dispatcher(home).serve(leaving)
    return 0


if __name__ == "__main__":
    sys.exit(main())
