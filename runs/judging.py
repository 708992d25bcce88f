"""A run's pictures judged by what is asked for, recorded like all that a run tells; and the home's judges, trained."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import JudgesConfig
from diffusion.errors import UserError
from diffusion.events import Alert, Event, Progress
from runs.attempt import data_folder, kept, new_log
from runs.drawn import cut
from runs.folder import RunFolder
from runs.record import record

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Image, Run

Events = Generator[Event, None, None]


def score(
    run: "Run",
    home: "Home",
    images: "Sequence[Image]",
    *,
    judges: JudgesConfig,
    per_class: int = 0,
    seed: int = 0,
    device: str = "auto",
    should_stop: Callable[[], bool],
) -> Events:
    """Judge pictures of a run and record what is said: images of one sample set, or per_class fresh ones a class,
    which become one.

    judges: settings in the place of the run's own. seed: of fresh pictures. Raises UserError without pictures, or for a
    judge that cannot be used.
    """
    from diffusion.evaluate import evaluate_fresh, evaluate_pictures

    folder, config = RunFolder(run.folder), replace(run.config, judges=judges)
    places: dict[str, Any] = {"judges": home.judges, "data_folder": data_folder(config, home)}
    places |= {"device": device, "should_stop": should_stop}
    if not per_class:
        if not images:
            raise UserError(
                f"run {run.name} has no drawn pictures to judge",
                next_command=f"workbench score {run.name} --per-class 64",
            )
        sample_set = images[0].sample_set
        events = evaluate_pictures(config, cut(run.folder, images), step=images[0].step, **places)
    else:
        checkpoint, sample_set = folder.latest_checkpoint(), None
        if checkpoint is None:
            raise UserError(
                f"run {run.name} has no checkpoint to draw from", next_command=f"workbench resume {run.name}"
            )
        events = evaluate_fresh(config, checkpoint, per_class=per_class, seed=seed, **places)
    log = new_log(folder, "scores")
    try:
        yield from kept(record(events, folder, log, sample_set), folder, home)
    finally:
        if b'"event":"evaluation"' not in log.path.read_bytes():
            log.path.unlink()


def train_judges(
    home: "Home", dataset: str, kinds: Sequence[str], *, device: str, data: str
) -> Generator[Progress | Alert, None, list[dict[str, Any]]]:
    """Train judges of a data set and keep them in the home. Returns what is said of each. Raises UserError."""
    from diffusion.judges.training import train_judges as train

    home.make()
    where = Path(data).expanduser() if data else home.data
    return (yield from train(dataset, kinds, home.judges, data_folder=where, device=device))
