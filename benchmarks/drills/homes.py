"""A home of the drill's own, the small runs in it, and looks at them as `workbench list` takes them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.drills.processes import end_all, wait_for
from diffusion.config import RunConfig, with_settings
from runs.create import create_run
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import catch_up
from runs.queue import keep_going
from runs.records import Run
from runs.store import Store

SMALL = {  # a step, a checkpoint or a preview each few hundredths of a second
    "process.schedule": "flow",
    "process.prediction": "flow",
    "network.channels": 16,
    "network.multipliers": "1",
    "network.blocks": 1,
    "network.patch": 2,
    "train.steps": 240,
    "train.batch_size": 32,
    "train.warmup_steps": 4,
    "train.log_every_steps": 1,
    "train.validate_every_steps": 10,
    "train.validation_images": 32,
    "train.checkpoint_every_steps": 3,
    "preview.every_steps": 6,
    "sampling.sampling_steps": 4,
    "sampling.per_class": 2,
    "device": "cpu",
}


@contextmanager
def temporary_home(under: Path | None = None) -> Iterator[Home]:
    """A home that is gone afterwards, with every process that works on it; this process is inside meanwhile."""
    before, named = Path.cwd(), os.environ.get("WORKBENCH_HOME")
    root = Path(tempfile.mkdtemp(prefix="drill-", dir=under)) / "home"
    root.mkdir(mode=0o700)
    os.chdir(root)
    os.environ["WORKBENCH_HOME"] = str(root)
    try:
        yield Home(root)
    finally:
        end_all(root)
        os.chdir(before)
        os.environ.pop("WORKBENCH_HOME")
        if named is not None:
            os.environ["WORKBENCH_HOME"] = named
        shutil.rmtree(root.parent)


def small(**changes: object) -> RunConfig:
    """The small config with changes by key, __ for the dot."""
    return with_settings(RunConfig(), SMALL | {key.replace("__", "."): value for key, value in changes.items()})


def new_run(home: Home, name: str, **changes: object) -> RunFolder:
    """A small run that is made and not started."""
    return create_run(home, small(**changes), preset="digits", command="workbench run", name=name)


def words_for(config: dict[str, object]) -> list[str]:
    """--set options for a small run with changes, for the command line."""
    return [word for key, value in (SMALL | config).items() for word in ("--set", f"{key}={value}")]


def look(home: Home, run_id: str) -> Run:
    """A run as whoever types `workbench list` sees it; a queue that stands still goes on."""
    catch_up(home)
    keep_going(home)
    with Store.read(home) as store:
        return store.some([run_id])[0]


def look_all(home: Home) -> list[Run]:
    """All runs, as look sees one."""
    catch_up(home)
    keep_going(home)
    with Store.read(home) as store:
        return store.runs()


def seconds_until(home: Home, run_id: str, status: str, patience_s: float = 20.0) -> float:
    """How long somebody has to look until a run is shown with a status; patience_s or more when it is not."""
    start = time.monotonic()
    while look(home, run_id).status != status and time.monotonic() - start < patience_s:
        time.sleep(0.02)
    return time.monotonic() - start


def ended(home: Home, run_id: str, patience_s: float = 120.0) -> Run:
    """The run, once nothing works on it and it does not wait."""

    def there() -> Run | None:
        run = look(home, run_id)
        return run if run.status not in ("queued", "running") else None

    found: Run = wait_for(there, f"the end of run {run_id}", patience_s, poll_s=0.1)
    return found
