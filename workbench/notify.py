"""A person's own command, run at each alert and at the end of a run: bell, mail, webhook, theirs to choose.

The command comes from `--notify` or from the person's settings file, never from a database, a log or a run's folder. It
gets no text on its command line, only in its environment, so that nothing in a run's name is ever taken for shell code.
In the background a process of its own watches: `python -m workbench.notify`.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.events import Alert, Event, Finished
from workbench.format import number, safe_text

if TYPE_CHECKING:
    from runs.folder import RunFolder
    from runs.home import Home
    from runs.records import Run

Events = Generator[Event, None, None]
POLL_S = 1.0
LIMIT_S = 60.0  # for one call of the command


def notified(events: Events, folder: "RunFolder", command: str) -> Events:
    """Yield events on, and run the command for each alert and for the end. An empty command does nothing."""
    if not command:
        yield from events
        return
    about = {"RUN": folder.name, "RUN_ID": folder.id, "FOLDER": str(folder.path)}
    step = 0
    try:
        with closing(events):
            for event in events:
                step = getattr(event, "step", step)
                yield event
                if isinstance(event, Alert):
                    call(command, about | _alert(event.level, event.step, event.text, "running"))
                elif isinstance(event, Finished):
                    call(command, about | _end(event.outcome, event.step, event.figures.get("loss"), event.text))
    except Exception as error:
        call(command, about | _end("failed", step, None, str(error)))
        raise


def call(command: str, values: Mapping[str, str]) -> None:
    """Run the command in a shell. What goes wrong with it is said on stderr; the run goes on."""
    environ = {f"WORKBENCH_{name}": safe_text(value) for name, value in values.items()}
    process = subprocess.Popen(  # noqa: S602 the person's own command, as they typed it
        command, shell=True, env={**os.environ, **environ}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the shell and what it started
        process.wait()
        sys.stderr.write(f"warning: the --notify command took longer than {LIMIT_S:.0f} s and was ended\n")
    else:
        if code:
            sys.stderr.write(f"warning: the --notify command ended with exit code {code}\n")


def start_notifier(home: "Home", ids: Sequence[str], command: str) -> None:
    """Watch queued runs from a process of its own, which ends with the last of them."""
    from runs.files import open_plain
    from runs.queue import launch

    output = open_plain(home.root / "notify.log", os.O_WRONLY | os.O_APPEND)
    try:
        since = str(time.time())  # what earlier attempts said was told then
        words = ("--home", str(home.root), f"--notify={command}", "--since", since, *ids)
        launch("workbench.notify", *words, home=home, output=output, environ={})
    finally:
        os.close(output)


def watch(home: "Home", ids: Sequence[str], command: str, since: float) -> None:
    """Run the command for what some runs have said since a moment, until none of them waits or works any more."""
    from runs.ingest import catch_up
    from runs.store import Store
    from workbench.background import GOING

    left, told = list(ids), dict.fromkeys(ids, 0)
    while left:
        catch_up(home)
        with Store.read(home) as store:
            found = {run.id: (run, store.alerts(run)) for run in store.some(left)}
        left = [one for one in left if one in found]  # a deleted run has no end to tell of
        for run, all_alerts in found.values():
            alerts = [one for one in all_alerts if (one.time or 0) >= since]
            for alert in alerts[told[run.id] :]:
                call(command, _about(run) | _alert(alert.level, alert.step, alert.text, run.status))
            told[run.id] = len(alerts)
            if run.status not in GOING:
                call(command, _about(run) | _end(run.status, run.step, run.loss, run.text))
                left.remove(run.id)
        if left:
            time.sleep(POLL_S)


def _about(run: "Run") -> dict[str, str]:
    return {"RUN": run.name, "RUN_ID": run.id, "FOLDER": str(run.folder)}


def _alert(level: str, step: int, text: str, status: str) -> dict[str, str]:
    return {"EVENT": "alert", "LEVEL": level, "STEP": str(step), "TEXT": text, "STATUS": status, "LOSS": ""}


def _end(status: str, step: int, loss: float | None, text: str) -> dict[str, str]:
    level = "info" if status in ("completed", "stopped", "paused") else "error"
    told = "" if loss is None else number(loss)
    return {"EVENT": "end", "LEVEL": level, "STEP": str(step), "TEXT": text, "STATUS": status, "LOSS": told}


def main(arguments: list[str] | None = None) -> int:
    """Watch the runs that are named by their ids."""
    from runs.home import Home

    parser = argparse.ArgumentParser(prog="python -m workbench.notify")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--notify", required=True)
    parser.add_argument("--since", type=float, required=True)
    parser.add_argument("ids", nargs="+")
    given = parser.parse_args(arguments)
    watch(Home(given.home), given.ids, given.notify, given.since)
    return 0


if __name__ == "__main__":
    sys.exit(main())
