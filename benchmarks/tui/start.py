"""The terminal workbench as a person meets it, in a pseudo-terminal: python -m benchmarks.tui [--quick] [--home FOLDER]

Seconds from the start of the process to the first useful screen (the newest run's name and loss are to be read), the
bytes sent until then and until the preview is there; bytes and CPU of an idle screen; resident memory. With --leet the
same for W&B LEET (`pip install wandb`) on the same curves.
"""

import argparse
import codecs
import fcntl
import json
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
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from benchmarks.filled import fill
from benchmarks.leet import write_runs
from runs.home import Home
from runs.store import Store

QUIET_S = 1.0  # without a byte: the screen is whole
ANSWERS = ((b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;4;22c"), (b"\x1b[>0q", b"\x1bP>|XTerm(388)\x1b\\"))


class Screen:
    """A program in a pseudo-terminal, and what it has sent."""

    def __init__(self, words: Sequence[str], environ: dict[str, str], size: tuple[int, int]) -> None:
        self.sent = b""
        self.started = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.execvpe(words[0], list(words), environ)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, until: Callable[[str], bool] | None, limit_s: float) -> float | None:
        """Seconds since the start at which until was true of the text sent; None when it never was."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = decoder.decode(self.sent)
        ends = time.perf_counter() + limit_s
        while (left := ends - time.perf_counter()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return None
            data = os.read(self.master, 65536)
            self.sent += data
            text += decoder.decode(data)
            for question, answer in ANSWERS:
                if question in data:
                    os.write(self.master, answer)
            if until is not None and until(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)):
                return time.perf_counter() - self.started
        return None

    def settle(self) -> None:
        """Read until nothing comes any more."""
        before = -1
        while before != len(self.sent):
            before = len(self.sent)
            self.read(None, QUIET_S)

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it has started."""
    return [process, *process.children(recursive=True)]


def cpu_s(process: psutil.Process) -> float:
    """Seconds of CPU that a process and its children have used."""
    return sum(sum(one.cpu_times()[:2]) for one in family(process))


def measure(
    words: Sequence[str], environ: dict[str, str], useful: Callable[[str], bool], idle_s: float
) -> dict[str, float]:
    """One start of a program and some seconds of its idle screen."""
    screen = Screen(words, environ, (120, 40))
    try:
        first_s = screen.read(useful, 60.0)
        if first_s is None:
            raise SystemExit(f"{words[0]} showed no useful screen: {screen.sent[-2000:]!r}")
        first_bytes = len(screen.sent)
        process = psutil.Process(screen.pid)
        first_cpu_s = cpu_s(process)
        screen.settle()
        whole_bytes = len(screen.sent)
        used = cpu_s(process)
        screen.read(None, idle_s)
        return {
            "first_s": round(first_s, 3),
            "first_cpu_s": round(first_cpu_s, 3),  # tells more than the time on a machine that has other work
            "first_bytes": first_bytes,
            "whole_bytes": whole_bytes,
            "idle_bytes_per_s": round((len(screen.sent) - whole_bytes) / idle_s, 1),
            "idle_cpu_percent": round(100 * (cpu_s(process) - used) / idle_s, 2),
            "rss_mb": round(sum(one.memory_info().rss for one in family(process)) / 1e6, 1),
        }
    finally:
        screen.close()


def workbench(home: Home, idle_s: float) -> dict[str, float]:
    """`workbench` on a home."""
    with Store.read(home) as store:
        newest = store.runs()[-1]
    words = [
        sys.executable,
        "-c",
        "import sys; sys.argv = ['workbench']; from workbench.cli import main; sys.exit(main())",
    ]
    environ = {**os.environ, "WORKBENCH_HOME": str(home.root), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    seen = newest.name[:20]
    return measure(words, environ, lambda text: seen in text and f"{newest.loss or 0:.4f}"[:5] in text, idle_s)


def leet(folder: Path, runs: int, idle_s: float) -> dict[str, float]:
    """W&B LEET on as many runs with the same curves: the newest run and its chart are to be seen."""
    name = f"run{runs - 1:05d}"
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    words = [sys.executable, "-m", "wandb", "leet", str(folder)]
    return measure(words, environ, lambda text: name in text and "train/loss" in text, idle_s)


def main() -> None:
    """Print a line for each start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a home that is filled already")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="20 runs of 100 points, one start: whether it still works")
    parser.add_argument("--leet", action="store_true", help="W&B LEET too, on the same curves; needs wandb")
    given = parser.parse_args()
    runs, points, starts = (20, 100, 1) if given.quick else (given.runs, given.points, given.starts)
    with tempfile.TemporaryDirectory() as folder:
        home = Home((given.home or Path(folder) / "home").absolute())
        if given.home is None:
            fill(home, runs, points)
        if given.leet:
            write_runs(Path(folder) / "wandb", runs, points)
        idle_s = 2.0 if given.quick else 10.0
        for _ in range(starts):  # in turn, so that both meet the same machine
            print(json.dumps({"program": "workbench"} | workbench(home, idle_s)), flush=True)
            if given.leet:
                print(json.dumps({"program": "leet"} | leet(Path(folder) / "wandb", runs, idle_s)), flush=True)


if __name__ == "__main__":
    main()
