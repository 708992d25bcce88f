"""From the start of the process to the first useful screen, what is sent until then, and the idle screen after it."""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.tui.program import WORKBENCH, environ, running
from benchmarks.tui.report import Report
from runs.home import Home
from runs.store import Store

LOSS = re.compile(r" [01]\.\d{3,4} ")
FIRST_S, FIRST_BYTES, IDLE_PERCENT = 0.5, 10_000, 1.0


def measure(report: Report, home: Home, leet: Path | None, starts: int, idle_s: float) -> None:
    """Add the figures of so many starts on a home; leet: a folder of as many runs for W&B LEET, started in turn."""
    with Store.read(home) as store:
        runs = store.runs()
    names = {run.name[:12] for run in runs}

    def useful(text: str) -> bool:
        """Runs are seen with their losses: which ones, is up to how the list was left."""
        return LOSS.search(text) is not None and any(name in text for name in names)

    other = f"run{len(runs) - 1:05d}"
    viewer = (sys.executable, "-m", "wandb", "leet", str(leet))
    for _ in range(starts):  # in turn, so that both meet the same machine
        _start(report, "workbench", WORKBENCH, environ(home.root), useful, idle_s)
        if leet is not None:
            _start(report, "LEET", viewer, environ(), lambda text: other in text and "train/loss" in text, idle_s)


def _start(
    report: Report,
    program: str,
    words: Sequence[str],
    variables: dict[str, str],
    useful: Callable[[str], bool],
    idle_s: float,
) -> None:
    ours = program == "workbench"

    def add(what: str, value: float, unit: str, most: float | None = None) -> None:
        report.add(what, value, unit, most=most if ours else None, program=program)

    with running(words, variables) as one:
        first_s = one.wait_for(useful)
        cpu_s, sent = one.cpu_s(), one.sent
        add("first useful screen", first_s, "s", FIRST_S)
        add("CPU until then", cpu_s, "s")  # tells more than the time on a machine that has other work
        add("sent until then", sent, "bytes", FIRST_BYTES)
        one.settle()
        add("sent until all of it is there", one.sent, "bytes")
        sent, cpu_s = one.sent, one.cpu_s()
        one.read(idle_s)
        add("idle: sent", (one.sent - sent) / idle_s, "bytes/s", 0)
        add("idle: CPU", 100 * (one.cpu_s() - cpu_s) / idle_s, "% of a core", IDLE_PERCENT)
        add("resident memory", one.rss_mb(), "MB")
