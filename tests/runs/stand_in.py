"""A training for real worker processes that needs no torch: it obeys, and takes as long as a test likes.

`installed` makes every process that is started from now on take it for diffusion.train.
"""

import os
import time
from collections.abc import Callable, Generator
from pathlib import Path

from diffusion.config import RunConfig
from diffusion.events import Checkpoint, Event, Finished, Metric, Progress, Started
from runs.folder import step_of

STEP_S = "STAND_IN_STEP_S"  # seconds of one step, in the environment

SITE = f"""
import importlib.util, sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "diffusion.train":
            return importlib.util.spec_from_file_location(name, {__file__!r})

sys.meta_path.insert(0, Finder)
"""


def installed(folder: Path) -> str:
    """The folder to put into PYTHONPATH."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE)
    return str(folder)


def _write(path: Path) -> None:
    path.write_bytes((2).to_bytes(8, "little") + b"{}")


def train(
    config: RunConfig, *, data_folder: Path, checkpoint: Path | None, should_stop: Callable[[], bool]
) -> Generator[Event, None, None]:
    """Steps that sleep, from a checkpoint on; the facts tell what the process was given."""
    given = {name: os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "WORKBENCH_DATA")}
    yield Started({"device": "cpu", **given}, ())
    step = step_of(checkpoint) if checkpoint else 0
    while step < config.train.steps:
        time.sleep(float(os.environ.get(STEP_S, "0.001")))
        step += 1
        yield Metric(step, "train/loss", 1 / step)
        yield Progress("train", step, config.train.steps, step)
        if should_stop():
            yield Checkpoint(step, _write)
            yield Finished("stopped", step, 0.1)
            return
    yield Checkpoint(step, _write)
    yield Finished("completed", step, 0.1)
