"""Judging: from drawn pictures and the real ones to a stream of events."""

import importlib
from collections.abc import Callable, Generator
from pathlib import Path

import torch

from diffusion.checkpoints import read_state
from diffusion.config import RunConfig, with_settings
from diffusion.data.load import Loading, loading
from diffusion.data.pictures import Pictures
from diffusion.device import pick_device
from diffusion.errors import UserError
from diffusion.events import Alert, Drawn, Event, Progress, Sample
from diffusion.generate import generate
from diffusion.judges.beside import tied
from diffusion.judges.judged import Judged, Judging, UnfitPicturesError
from diffusion.memory import memory_errors_told

# In the order of judging, by the setting judges.* that turns each off; imported when it judges.
JUDGES = {
    "clip": ("diffusion.judges.clip_judge", "judge_clip"),
    "classifier": ("diffusion.judges.accuracy", "judge_classifier"),
    "fidelity": ("diffusion.judges.fidelity", "judge_fidelity"),
    "sharpness": ("diffusion.judges.sharpness", "judge_sharpness"),
    "emergence": ("diffusion.judges.emergence", "judge_emergence"),
}


def wanted(config: RunConfig) -> list[str]:
    """The judges that a config asks for."""
    return [name for name in JUDGES if getattr(config.judges, name) != "off"]


def evaluate(judged: Judged, *, strict: bool = False) -> Judging:
    """Judge pictures with each judge that judged.config asks for: yields Progress, then results, judge by judge.

    A judge that cannot be used is told as an Alert, so that a run of hours does not fail at its end; strict raises its
    UserError. One that can say nothing of such pictures, as of too few, is told as an Alert in both cases.
    """
    for name in wanted(judged.config):
        module, function = JUDGES[name]
        judge: Callable[[Judged], Judging] = getattr(importlib.import_module(module), function)
        try:
            yield from tied(judge(judged), judged)
        except (UserError, OSError) as error:  # OSError: the folder of judges cannot be written
            if strict and not isinstance(error, UnfitPicturesError):
                raise
            yield Alert("warning", judged.step, f"{name} did not judge: {error}", of_pictures=True)


def sharp_pictures(config: RunConfig, pictures: Pictures, data_folder: Path | None) -> Loading:
    """The real pictures that drawn ones are judged against: those of a run, without the blur of its training."""
    if not config.data.blur:
        return pictures
    return (yield from loading(with_settings(config, {"data.blur": 0}), data_folder))


def evaluate_pictures(
    config: RunConfig,
    drawn: tuple[Drawn, ...],
    *,
    step: int,
    judges: Path,
    data_folder: Path | None = None,
    device: str = "auto",
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Judge finished pictures of a run with what config.judges asks for; nothing more after a yes of should_stop.

    Raises UserError for pictures, data or a judge that cannot be used.
    """
    where = pick_device(device)
    work = _judging(config, drawn, step, judges, data_folder, where)
    with memory_errors_told(where, f"judging {len(drawn)} pictures", "--device cpu"):
        for event in work:
            yield event
            if isinstance(event, Progress) and should_stop():
                work.close()
                return


def evaluate_fresh(
    config: RunConfig,
    checkpoint: Path,
    *,
    per_class: int,
    seed: int = 0,
    judges: Path,
    data_folder: Path | None = None,
    device: str = "auto",
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Draw per_class pictures of each class as config.sampling says, yield them as a Sample, and judge them.

    checkpoint: what draws. Otherwise as evaluate_pictures.
    """
    count = per_class * len(read_state(checkpoint).class_names)
    drawing = generate(
        checkpoint, count=count, settings=config.sampling, seed=seed, device=device, should_stop=should_stop
    )
    for event in drawing:
        yield event
        if isinstance(event, Sample):
            yield from evaluate_pictures(
                config,
                event.drawn,
                step=event.step,
                judges=judges,
                data_folder=data_folder,
                device=device,
                should_stop=should_stop,
            )


def _judging(
    config: RunConfig, drawn: tuple[Drawn, ...], step: int, judges: Path, data_folder: Path | None, device: torch.device
) -> Judging:
    pictures = yield from loading(with_settings(config, {"data.blur": 0}), data_folder)
    yield from evaluate(Judged(config, pictures, drawn, step, device, judges), strict=True)
