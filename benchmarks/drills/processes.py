"""Processes of the drills: forked from one that has torch already, or real ones; each ended by its own id."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from runs.processes import start_mark

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0
_CONTEXT = multiprocessing.get_context("forkserver")  # clean of whatever threads this process has
_CONTEXT.set_forkserver_preload(
    ["runs.worker", "diffusion.train", "workbench.cli", "workbench.foreground", "torch._dynamo", "sklearn.datasets"]
)


class Forked:
    """main(*arguments) in a process and a session of its own; its words go into a file."""

    def __init__(self, main: Callable[..., Any], *arguments: Any, output: Path, **environ: str) -> None:
        self.output = output
        self._process = _CONTEXT.Process(
            target=_child, args=(main, arguments, str(output), {**os.environ, **environ}), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def kill(self) -> bool:
        """SIGKILL. Whether it was that which ended it."""
        self._process.kill()
        self._process.join(PATIENCE_S)
        return self._process.exitcode == -signal.SIGKILL

    def end(self, patience_s: float = PATIENCE_S) -> int | None:
        """Wait for its end; its exit code, None when it had not ended in time and was killed."""
        self._process.join(patience_s)
        if self.lives:
            self.kill()
            return None
        return self._process.exitcode


def _child(main: Callable[..., Any], arguments: tuple[Any, ...], output: str, environ: dict[str, str]) -> None:
    os.setsid()
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(handle, number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(environ["WORKBENCH_HOME"])
    code = main(*arguments)
    sys.stdout.flush()
    sys.exit(code if isinstance(code, int) else 0)


def command(*words: str) -> int:
    """`workbench` with these words, inside a forked process."""
    from workbench.cli import main

    sys.argv = ["workbench", *words]
    return main(list(words))


def worker(*words: str) -> int:
    """`python -m runs.worker` with these words, inside a forked process."""
    from runs.worker import main

    return main(list(words))


def workbench(home: Path, *words: str, timeout_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
    """The real command, from a fresh interpreter."""
    return subprocess.run(
        [*program(), *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=environ(home),
        cwd=home,
        check=False,
    )


def program() -> list[str]:
    """The words that start `workbench` with this interpreter."""
    return [sys.executable, "-c", "import sys; from workbench.cli import main; sys.exit(main())"]


def environ(home: Path) -> dict[str, str]:
    """An environment in which everything of ours works on one home."""
    return {**os.environ, "WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def processes_of(home: Path) -> list[psutil.Process]:
    """The dispatchers and workers whose command line names a home, which is the drill's alone."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "--home" in words and str(home) in words and process.pid != os.getpid():
            found.append(process)
    return found


def end_all(home: Path) -> None:
    """Kill what still works on a home, each by its id, until nothing does."""
    ends = time.monotonic() + PATIENCE_S
    while (found := processes_of(home)) and time.monotonic() < ends:
        for process in found:
            kill(process.pid, start_mark(process.pid))
        time.sleep(0.02)


def kill(pid: int, mark: str) -> bool:
    """SIGKILL to the process that is meant; whether it still ran."""
    from runs.processes import Process, host_name

    process = Process(pid, mark, host_name())
    lived = process.lives()
    process.send(signal.SIGKILL)
    ends = time.monotonic() + PATIENCE_S
    while process.lives() and time.monotonic() < ends:
        time.sleep(0.001)
    process.close()
    return lived


def wait_for(there: Callable[[], Any], what: str, patience_s: float = PATIENCE_S, poll_s: float = 0.01) -> Any:
    """Wait until something holds and return it. Raises TimeoutError, which names it, when it does not."""
    ends = time.monotonic() + patience_s
    while not (found := there()):
        if time.monotonic() > ends:
            raise TimeoutError(f"after {patience_s:.0f} s still not: {what}")
        time.sleep(poll_s)
    return found


@contextmanager
def timed() -> Iterator[list[float]]:
    """A list that holds the seconds spent, once it is left."""
    spent: list[float] = []
    start = time.perf_counter()
    yield spent
    spent.append(time.perf_counter() - start)
