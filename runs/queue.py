"""The queue of a home: who waits is in the runs' own folders (`runs.requests`); here is how many work at once, and
the dispatcher that starts them: a process of its own, begun with the first queued run, ended with the last.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.files import NotPlainError, found_file, open_plain, write_bytes
from runs.folder import RunFolder
from runs.processes import start_mark
from runs.requests import ask, where
from runs.store import Store

if TYPE_CHECKING:
    from runs.home import Home

LOCK = "dispatcher.lock"
OUTPUT = "dispatcher.log"
SLOTS = "slots"
MOST_SLOTS = 256


def enqueue(
    home: "Home",
    folders: Sequence[RunFolder],
    *,
    steps: int | None = None,
    check: Callable[[RunFolder], object] = lambda folder: None,
) -> None:
    """Put runs behind all others that wait. Nothing starts them: `start_dispatcher` does.

    check raises UserError for a run that is not to wait; no attempt begins or ends between its look and the request.
    """
    with Store.read(home) as store:
        last = store.last_position()
    data = os.environ.get("WORKBENCH_DATA", "") and str(home.data)  # the dispatcher may know another one
    for place, folder in enumerate(folders, last + 1):
        with folder.held():
            check(folder)
            request = {"position": place, "steps": steps, "data_folder": data, "place": where(folder.path)}
            ask(folder, "queue", request)


def slots(home: "Home") -> int:
    """How many runs work at once: as `set_slots` was told, else one for each GPU, one in all without a GPU."""
    try:
        with found_file(home.root / SLOTS) as stream:
            text = stream.read(20).decode().strip()
    except FileNotFoundError:
        text = ""
    except (OSError, ValueError) as error:
        raise UserError(f"{home.root / SLOTS} cannot be read: {error}", next_command="workbench doctor") from error
    if text:
        return checked_slots(text)
    from runs.gpus import gpus

    return max(1, len(gpus()))


def checked_slots(text: str) -> int:
    """The number that --slots was given. Raises UserError for one that is none."""
    value = int(text) if text.isdecimal() and len(text) < 10 else 0
    if not 1 <= value <= MOST_SLOTS:
        raise UserError(
            f"--slots is '{text}'", allowed=f"a whole number from 1 to {MOST_SLOTS}, or auto", next_command="--slots 1"
        )
    return value


def set_slots(home: "Home", number: int | None) -> None:
    """How many runs work at once from now on, also for a dispatcher that works already; None for the default."""
    home.make()
    if number is None:
        (home.root / SLOTS).unlink(missing_ok=True)
    else:
        write_bytes(home.root / SLOTS, f"{number}\n".encode())


def dispatcher_process(home: "Home") -> int | None:
    """The process id of the dispatcher that works for a home, or None. Raises NotPlainError."""
    try:
        with found_file(home.root / LOCK) as stream:
            pid, _, mark = stream.read(200).decode(errors="replace").strip().partition(" ")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # a link or a pipe in its place
        raise NotPlainError(home.root / LOCK) from error
    return int(pid) if pid.isdecimal() and mark and start_mark(int(pid)) == mark else None


def start_dispatcher(home: "Home") -> None:
    """See to it that a dispatcher works; of several that are started at once one stays."""
    if dispatcher_process(home) is None:
        output = open_plain(home.root / OUTPUT, os.O_WRONLY | os.O_APPEND)
        try:
            launch("runs.dispatcher", "--home", str(home.root), home=home, output=output, environ={})
        finally:
            os.close(output)


def launch(module: str, *words: str, home: "Home", output: int, environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start one of this project's modules as a process in a session of its own, which outlives whoever started it.

    -P: the folder that the process starts in holds no code of ours, whatever lies there.
    """
    here = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *words],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        cwd=home.root,
        env={**os.environ, "PYTHONPATH": path, "WORKBENCH_HOME": str(home.root), **environ},
    )


def keep_going(home: "Home") -> list[str]:
    """Start a dispatcher where runs wait and none works, as after a reboot; not in a home that is read-only. Returns
    what keeps it from that, to be told: what only reads goes on all the same.
    """
    if not home.database.exists() or not os.access(home.root, os.W_OK):
        return []
    try:
        if dispatcher_process(home) is None:
            with Store.read(home) as store:
                waiting = store.has_queue()
            if waiting:
                start_dispatcher(home)
    except (UserError, OSError) as error:
        return [f"the queue stands still: {error}"]
    return []
