"""The terminal workbench in a pseudo-terminal, as a person has it: what it sends is drawn by a terminal emulator."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

PATIENCE_S = 60.0
ROOT = Path(__file__).parents[2]
START = "import sys; sys.argv = ['workbench', *sys.argv[1:]]; from workbench.cli import main; sys.exit(main())"


class PtyScreen:
    """`workbench` in a session of its own, in a terminal of (columns, lines)."""

    def __init__(self, home: Path, *words: str, size: tuple[int, int] = (100, 30), **environ: str) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)
        self.sent = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        variables = {
            **clean,
            **{"WORKBENCH_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "OMP_NUM_THREADS": "1"},
            **{"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home.parent / "config")},
            **environ,
        }
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-c", START, *words], variables)
        self.resize(*size)
        self.ended: int | None = None

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    @property
    def text(self) -> str:
        """What the terminal shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float) -> None:
        """Draw what comes within some time."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and self.ended is None:
            if not select.select([self.master], [], [], left)[0]:
                return
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                self.ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
                return
            self.sent += len(data)
            self.stream.feed(self._decoder.decode(data))

    def wait_for(self, there: str | Callable[[str], object]) -> str:
        """Read until the screen shows a text, or is as it should be."""
        ends = time.monotonic() + PATIENCE_S
        while not (there in self.text if isinstance(there, str) else there(self.text)):
            assert time.monotonic() < ends, self.text
            assert self.ended is None, self.text
            self.read(0.1)
        return self.text

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def kill(self, number: signal.Signals) -> None:
        """Send the process a signal and see its end."""
        os.kill(self.pid, number)
        self.end()

    def end(self) -> int:
        """Its exit code, once it has ended."""
        ends = time.monotonic() + PATIENCE_S
        while self.ended is None:
            assert time.monotonic() < ends, self.text
            self.read(0.1)
        os.close(self.master)
        return self.ended
