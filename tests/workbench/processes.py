"""`workbench` in a process of its own, with its own session, streams and signals; torch is imported once for all."""

import codecs
import fcntl
import multiprocessing
import os
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")  # clean of whatever threads this process has
_CONTEXT.set_forkserver_preload(
    ["tests.workbench.processes", "diffusion.train", "runs.attempt", "workbench.drawing", "torch._dynamo"]
)
PATIENCE_S = 60.0


class Workbench:
    """One `workbench` process: its words, and what it has written so far."""

    def __init__(self, *words: str, folder: Path, environ: dict[str, str] | None = None, slow: bool = False) -> None:
        self.out_file, self.err_file = folder / f"out-{id(self)}", folder / f"err-{id(self)}"
        paths = (os.devnull, str(self.out_file), str(self.err_file))
        self.process = _start(words, folder, environ, paths, slow)

    @property
    def out(self) -> str:
        """Its stdout so far."""
        return self.out_file.read_text() if self.out_file.exists() else ""

    @property
    def err(self) -> str:
        """Its stderr so far."""
        return self.err_file.read_text() if self.err_file.exists() else ""

    def wait_for(self, there: Callable[[str, str], bool]) -> None:
        """Wait until stdout and stderr are as they should be."""
        ends = time.monotonic() + PATIENCE_S
        while not there(self.out, self.err):
            assert self.process.is_alive(), self.err
            assert time.monotonic() < ends, self.err
            time.sleep(0.003)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def end(self) -> int | None:
        """Wait for its end; its exit code."""
        self.process.join(PATIENCE_S)
        return self.process.exitcode


class Terminal:
    """A pseudo-terminal of so many columns and lines, with one `workbench` process in it."""

    def __init__(self, *words: str, folder: Path, environ: dict[str, str] | None = None, size: tuple[int, int]) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._slave = slave
        self.before = termios.tcgetattr(slave)
        name = os.ttyname(slave)
        self.process = _start(words, folder, environ, (name, name, name), slow=False)
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def read(self, until: str | None = None) -> str:
        """All that it writes until some text or its end."""
        ends = time.monotonic() + PATIENCE_S
        while until is None or until not in self.text:
            assert time.monotonic() < ends, self.text
            if select.select([self._master], [], [], 0.02)[0]:
                self.text += self._decoder.decode(os.read(self._master, 65536))
            elif not self.process.is_alive():
                break
        return self.text

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def close(self) -> int | None:
        """Its exit code; what it did to the terminal's settings is in `after`."""
        self.process.join(PATIENCE_S)
        self.after = termios.tcgetattr(self._slave)
        os.close(self._master)
        os.close(self._slave)
        return self.process.exitcode


def _start(
    words: tuple[str, ...], folder: Path, environ: dict[str, str] | None, paths: tuple[str, str, str], slow: bool
) -> multiprocessing.process.BaseProcess:
    args = (words, str(folder), {**os.environ, **(environ or {})}, paths, slow)
    process = _CONTEXT.Process(target=_child, args=args, daemon=True)  # it never outlives the tests
    process.start()
    return process


def _child(
    words: tuple[str, ...], folder: str, environ: dict[str, str], paths: tuple[str, str, str], slow: bool
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, path in enumerate(paths):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)  # the first terminal becomes the session's own
        os.dup2(handle, number)
        os.close(handle)
    encoding = environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["workbench", *words]
    if slow:
        _slow_down()
    from workbench.cli import main

    sys.exit(main())


def _slow_down() -> None:
    """Optimizer steps that take a minute each."""
    from diffusion.learner import Learner

    step = Learner.train_step

    def slow(self: Learner, share_done: float) -> None:
        sys.stderr.write("in a slow step\n")
        time.sleep(60)
        step(self, share_done)

    Learner.train_step = slow  # type: ignore[method-assign]
