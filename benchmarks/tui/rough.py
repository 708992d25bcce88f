"""A terminal that does not read for a while, and a screen that is hung up or killed while runs go on."""

import signal
import subprocess
import time
from pathlib import Path

from benchmarks.drills.homes import ended, look_all, temporary_home, words_for
from benchmarks.drills.processes import wait_for
from benchmarks.tui.live import HZ, writing
from benchmarks.tui.program import ROOT, WORKBENCH, Program, environ, running
from benchmarks.tui.report import Report
from runs.home import Home
from runs.ingest import catch_up
from runs.store import Store

FRAMES = 30  # whole screens that are asked for while nobody reads: 400 kB, where the kernel keeps 64 at most
GOALS = {"one": 300, "two": 301}  # steps, not the same ones: runs equal but for their seed would be one line


def stalled(report: Report, folder: Path, seconds: float) -> None:
    """Nobody reads for so long, while a run records 1,000 points a second and keys are pressed."""
    with writing("record", folder) as home, running(WORKBENCH, environ(home.root)) as one:
        one.wait_for(lambda text: "live" in text and "running" in text)
        one.settle()
        steps, begun = _steps(home), time.monotonic()
        for _ in range(FRAMES):
            one.type("\x0c")
            time.sleep(0.05)
        one.type("/abcdefghijklmnopqrstuvwxyz")
        time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
        recorded, took = _steps(home) - steps, time.monotonic() - begun
        what = f"{took:.0f} s without reading"
        report.add(
            f"{what}: steps that the writer did not record", max(0.0, HZ * took - recorded - HZ), "steps", most=0
        )
        sent, begun = one.sent, time.monotonic()
        one.wait_for(lambda text: "abcdefghijklmnopqrstuvwxyz" in text)
        report.add(f"{what}: until the keys pressed meanwhile are seen", time.monotonic() - begun, "s", most=1.0)
        report.add(f"{what}: sent until then", one.sent - sent, "bytes")
        one.type("\r")  # from the filter back to the list
        begun = time.monotonic()
        one.type("q")
        one.wait_for(lambda text: "run goes on" in text)
        report.add(f"{what}: from q to its words", time.monotonic() - begun, "s", most=1.0)
        one.end()


def _steps(home: Home) -> int:
    catch_up(home)
    with Store.read(home) as store:
        return store.runs()[-1].step


def killed(report: Report, numbers: tuple[signal.Signals, ...] = (signal.SIGHUP, signal.SIGKILL)) -> None:
    """The screen ends by each signal in turn while two runs train; they go on, and a new screen shows them."""
    with temporary_home() as home:
        variables = environ(home.root)
        for name, steps in GOALS.items():
            words = [*WORKBENCH, "run", "--detach", "--slots", "2", "--name", name, *words_for({"train.steps": steps})]
            subprocess.run(words, env=variables, cwd=ROOT, check=True, capture_output=True)
        for number in numbers:
            with running(WORKBENCH, variables) as one:
                one.wait_for(lambda text: "one" in text and "two" in text)
                wait_for(
                    lambda: all(run.status == "running" and run.step for run in look_all(home)), "two runs at work"
                )
                one.kill(number)
            lost = sum(run.status != "running" for run in look_all(home))
            report.add(f"{number.name} to the screen: of two runs that no longer train", lost, "runs", most=0)
        done = [ended(home, run.id) for run in look_all(home)]
        short = sum(run.status != "completed" or run.step != GOALS[run.name] for run in done)
        report.add("runs that did not come to their end after that", short, "runs", most=0)
        with running(WORKBENCH, variables) as one:
            one.wait_for(lambda text: text.count("completed") >= 2)
            report.add("a new screen after that: runs shown as completed", 2, "runs")
            _curve_is_whole(report, one)


def _curve_is_whole(report: Report, one: Program) -> None:
    one.type("\r")
    one.wait_for(lambda text: "charts 1 to" in text or "x: step" in text)
    report.add("a new screen after that: curves opened", 1, "screen")
