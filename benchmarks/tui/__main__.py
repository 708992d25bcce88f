"""The terminal workbench as a person meets it: python -m benchmarks.tui [PART ...] [--quick] [--leet] [--json FILE]

Parts: start (500 runs), curves (20 x 50,000 points and more), live (1,000 points a second), stalled (nobody reads),
killed (SIGHUP and SIGKILL while runs train); all of them without a name. It prints Markdown, row by row, and ends with
exit code 1 when something is not within what is allowed. --leet: W&B LEET too where that makes sense, on the same data
in the same run; it needs `pip install wandb`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.filled import fill
from benchmarks.leet import write_runs
from benchmarks.tui import curves, live, rough, start
from benchmarks.tui.report import Report
from runs.home import Home

PARTS = ("start", "curves", "live", "stalled", "killed")


def main() -> int:
    """Measure what is asked for; 1 when something did not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tui", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--home", type=Path, help="a home that is filled already, for start")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small numbers: whether it works, not the figures")
    parser.add_argument("--leet", action="store_true", help="W&B LEET too, on the same data")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"unknown part {unknown[0]}; there are {', '.join(PARTS)}")
    report, begun = Report(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for part in given.parts or PARTS:
            _measure(part, report, Path(folder), given)
    print(f"\nload: {begun:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} cores")
    if given.json:
        report.write(given.json)
    print("all of it held" if not report.broken else "did not hold:\n" + "\n".join(f"- {one}" for one in report.broken))
    return 1 if report.broken else 0


def _measure(part: str, report: Report, folder: Path, given: argparse.Namespace) -> None:
    quick = given.quick
    if part == "start":
        runs, points = (20, 100) if quick else (given.runs, given.points)
        report.heading(f"start: a home of {runs} runs x {points:,} points at 120x40")
        home = Home((given.home or folder / "home").absolute())
        if given.home is None:
            fill(home, runs, points)
        wandb = write_runs(folder / "wandb", runs, points) if given.leet else None
        start.measure(report, home, wandb, 1 if quick else given.starts, 2.0 if quick else 10.0)
    elif part == "curves":
        report.heading("curves: long ones at 200x60")
        curves.measure(report, Home(folder / "long"), quick)
    elif part == "live":
        report.heading("live: points arriving at 120x40")
        live.measure(report, folder, given.leet, 3.0 if quick else 20.0)
    elif part == "stalled":
        report.heading("stalled: nobody reads")
        rough.stalled(report, folder / "stalled", 2.0 if quick else 10.0)
    else:
        report.heading("killed: the screen ends while runs train")
        rough.killed(report)


if __name__ == "__main__":
    sys.exit(main())
