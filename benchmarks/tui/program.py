"""A program in a pseudo-terminal of the benchmark's own: what it sends, what it uses, and its keys."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
QUIET_S = 1.0  # without a byte: the screen is whole
PATIENCE_S = 60.0
ANSWERS = ((b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;4;22c"), (b"\x1b[>0q", b"\x1bP>|XTerm(388)\x1b\\"))
WORKBENCH = (
    sys.executable,
    "-c",
    "import sys; sys.argv = ['workbench', *sys.argv[1:]]; from workbench.cli import main; sys.exit(main())",
)


class Program:
    """A program in a terminal of (columns, lines), and what it has sent."""

    def __init__(self, words: Sequence[str], environ: dict[str, str], size: tuple[int, int]) -> None:
        self.sent = 0
        self.tail = ""  # the newest text, without escape sequences
        self.ended: int | None = None
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self.started = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.execvpe(words[0], list(words), environ)
        self.process = psutil.Process(self.pid)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        """Press keys; what the program does not take at once waits in the kernel, as far as it has room."""
        os.write(self.master, keys.encode())

    def take(self, limit_s: float) -> bytes:
        """What comes next, within some time; nothing when nothing does, or when the program has ended."""
        if self.ended is not None or not select.select([self.master], [], [], max(0.0, limit_s))[0]:
            return b""
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux's word that the other end is closed
            self.ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            return b""
        self.sent += len(data)
        self.tail = (self.tail + re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._decode(data)))[-200_000:]
        for question, answer in ANSWERS:
            if question in data:
                os.write(self.master, answer)
        return data

    def wait_for(self, there: Callable[[str], object], limit_s: float = PATIENCE_S) -> float:
        """Seconds since the start when the text sent since the last call was as it should be. TimeoutError else."""
        ends = time.monotonic() + limit_s
        while not there(self.tail):
            left = ends - time.monotonic()
            if left <= 0 or (not self.take(left) and self.ended is not None):
                raise TimeoutError(f"it showed no such screen, but {self.tail[-2000:]!r}")
        self.tail = ""
        return time.perf_counter() - self.started

    def read(self, seconds: float) -> None:
        """Take what comes within some time."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and self.ended is None:
            self.take(left)

    def settle(self) -> None:
        """Read until nothing comes any more."""
        while self.take(QUIET_S):
            pass

    def cpu_s(self) -> float:
        """Seconds of CPU that it and its children have used."""
        return sum(sum(one.cpu_times()[:2]) for one in self._family())

    def rss_mb(self) -> float:
        """Resident memory of it and its children."""
        return sum(one.memory_info().rss for one in self._family()) / 1e6

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal that ends it, and see its end."""
        if self.ended is None:
            os.kill(self.pid, number)
            self.end()

    def end(self, limit_s: float = PATIENCE_S) -> int:
        """Its exit code, once it has ended; below 0 it is a signal's number."""
        ends = time.monotonic() + limit_s
        while self.ended is None:
            if time.monotonic() > ends:
                raise TimeoutError("it does not end")
            self.take(0.1)
        return self.ended


@contextmanager
def running(words: Sequence[str], environ: dict[str, str], size: tuple[int, int] = (120, 40)) -> Iterator[Program]:
    """A program that has ended when the block is left."""
    program = Program(words, environ, size)
    try:
        yield program
    finally:
        program.kill()
        os.close(program.master)


def environ(home: Path | None = None) -> dict[str, str]:
    """A terminal's usual environment, and a home for `workbench` to work on."""
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    apart = str(Path(tempfile.gettempdir()) / "workbench-benchmark")  # not how this person has left the list
    ours = {
        "XDG_STATE_HOME": apart,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": paths,
    }
    return {**clean, **ours, **({"WORKBENCH_HOME": str(home)} if home else {})}
