"""A worker: one process, one attempt at one run, in a session of its own. `python -m runs.worker RUN`.

What it has to say goes into the run's folder: events into the attempt's log, words into output.log, which is also its
stdout and stderr when a dispatcher starts it. SIGTERM and SIGINT lead to a checkpoint; a closed terminal is not heard.
"""

import argparse
import os
import signal
import sys
import traceback
from contextlib import closing

from diffusion.errors import UserError
from diffusion.events import Finished
from runs.attempt import work
from runs.folder import DESCRIPTION, RunFolder
from runs.home import Home
from runs.lock import HeldError
from runs.stopping import StopOnSignal

FAILED, BAD_INPUT, HELD = 1, 2, 75  # 75: another process holds the run, EX_TEMPFAIL of sysexits.h


def main(arguments: list[str] | None = None) -> int:
    """Work on the run that is named. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m runs.worker", description=__doc__)
    parser.add_argument("run", help="the run's folder in the home, its name or its id")
    parser.add_argument("--home", help="where runs are kept; else WORKBENCH_HOME")
    parser.add_argument("--steps", type=int, help="train up to so many steps in all")
    parser.add_argument("--queued", action="store_true", help="only if the run still waits in the queue")
    given = parser.parse_args(arguments)
    try:
        home = Home.find(given.home)
        return _serve(home, _folder(home, given.run), given.steps, given.queued)
    except HeldError as error:
        return _said(str(error), HELD)
    except UserError as error:
        return _said(f"error: {error}", BAD_INPUT)
    except KeyboardInterrupt:
        return _said("ended without a last checkpoint", 128 + signal.SIGINT)
    except Exception:  # the process's last word: the run's log has the outcome, output.log where it happened
        return _said(traceback.format_exc(), FAILED)


def _serve(home: Home, folder: RunFolder, steps: int | None, only_queued: bool) -> int:
    last = None
    with (
        StopOnSignal(lambda text: None, signals=("SIGINT", "SIGTERM")) as stop,
        closing(work(folder, home, steps=steps, only_queued=only_queued, should_stop=stop.should_stop)) as events,
    ):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for event in events:
            last = event if isinstance(event, Finished) else last
    return FAILED if last is not None and last.outcome == "diverged" else 0


def _folder(home: Home, text: str) -> RunFolder:
    """The run that text names: by its folder, which needs no database, else as the commands find it."""
    direct = home.runs / text
    if direct.parent == home.runs and (direct / DESCRIPTION).is_file() and not direct.is_symlink():
        return RunFolder(direct)
    from runs.store import Store

    with Store.read(home) as store:
        return RunFolder(store.find(text).folder)


def _said(text: str, code: int) -> int:
    os.write(sys.stderr.fileno(), f"{text.rstrip()}\n".encode(errors="replace"))
    return code


if __name__ == "__main__":
    sys.exit(main())
