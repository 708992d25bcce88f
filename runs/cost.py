"""What runs will take, before they are made: from finished runs like them, else from a short measurement."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from diffusion.config import RunConfig, flat, to_dict
from diffusion.errors import UserError
from diffusion.fields import Plain
from runs.arms import config_now
from runs.attempt import data_folder

if TYPE_CHECKING:
    from runs.home import Home
    from runs.store import Store

MOST_MEASURED = 6  # kinds of runs that are measured; the others are taken to be like the slowest of these
FREE = ("process.", "data.blur", "data.flip", "data.folder", "seed", "device")  # settings that cost nothing
FREE_IN_TRAINING = (  # and the number of steps, whose cost is known
    "train.steps",
    "train.learning_rate",
    "train.warmup_steps",
    "train.lr_schedule",
    "train.weight_decay",
    "train.beta2",
    "train.gradient_clip",
    "train.ema_decay",
    "train.label_dropout",
)
MOST_SCALED = 3.0  # between numbers of steps: beyond, validations and previews on the way count for too much
Kind = tuple[Plain, ...]


class Took(NamedTuple):
    """What one finished run took: its steps, all of its seconds, and those of them that its steps took."""

    steps: int
    seconds: float
    stepping_s: float


@dataclass(frozen=True)
class Cost:
    """Seconds of one run, and where they are known from, in words.

    alone: measured while nothing else ran, so that without a GPU for each, several at once are no faster.
    """

    seconds: float
    source: str
    alone: bool = False


def costs(store: "Store", home: "Home", configs: Sequence[RunConfig], *, drawn: bool = False) -> list[Cost | None]:
    """What each config will take; None where it is not known.

    drawn: they draw from a checkpoint and train nothing, which only finished ones of the kind tell the time of.
    """
    known = _finished(store, drawn)
    kinds = {_kind(config): config for config in configs}
    found = {key: cost for key, config in kinds.items() if (cost := _like(known, config)) is not None}
    missing = [config for key, config in kinds.items() if key not in found]
    if missing and not drawn:
        measured = _measured(home, missing[:MOST_MEASURED])
        found |= {_kind(config): cost for config, cost in zip(missing, measured, strict=False)}
        slowest = max(measured, key=lambda cost: cost.seconds, default=None)
        if slowest is not None:
            found |= {_kind(config): slowest for config in missing[MOST_MEASURED:]}
    return [found.get(_kind(config)) for config in configs]


def total(found: Sequence[Cost | None], slots: int = 1, gpus: int = 0) -> float | None:
    """Seconds until all of them are done, so many at once; None where one is not known."""
    known = [cost for cost in found if cost is not None]
    if len(known) < len(found):
        return None
    workers = max(1, min(slots, len(known)))
    alone = max(1, min(workers, gpus))
    return sum(cost.seconds / (alone if cost.alone else workers) for cost in known)


def _kind(config: RunConfig) -> Kind:
    """What decides how long a run takes, but for its number of steps."""
    values = flat(config)
    return tuple(value for key, value in values.items() if not key.startswith(FREE) and key not in FREE_IN_TRAINING)


def _finished(store: "Store", drawn: bool) -> "dict[Kind, list[Took]]":
    """What finished runs took, by kind: those trained from their start, or those that only drew, for a study."""
    found: dict[Kind, list[Took]] = {}
    for run in store.runs():
        if run.status == "completed" and (run.parent is None if not drawn else bool(run.parent and run.study)):
            seconds = sum((one.ended or one.started) - one.started for one in store.attempts(run))
            if seconds > 0:
                stepping = run.step * run.config.train.batch_size / run.images_per_s if run.images_per_s else seconds
                took = Took(config_now(run).train.steps, seconds, min(stepping, seconds))
                found.setdefault(_kind(run.config), []).append(took)
    return found


def _like(known: "Mapping[Kind, Sequence[Took]]", config: RunConfig) -> Cost | None:
    """From runs of the same kind, those of as many steps first."""
    train = config.train
    alike = known.get(_kind(config), [])
    exact = [one.seconds for one in alike if one.steps == train.steps]
    if exact:
        return Cost(median(exact), f"{len(exact)} finished run{'s' * (len(exact) != 1)} like it")
    if train.minutes:
        return Cost(60 * train.minutes, "its time limit")
    near = [one for one in alike if one.steps and 1 / MOST_SCALED <= train.steps / one.steps <= MOST_SCALED]
    scaled = [one.seconds + one.stepping_s * (train.steps / one.steps - 1) for one in near]
    if not scaled:
        return None
    return Cost(median(scaled), "finished runs like it of another number of steps")


def _measured(home: "Home", configs: Sequence[RunConfig]) -> list[Cost]:
    """Some steps of each in a process of its own, so that this one loads no torch."""
    asked = [
        {"config": to_dict(one), "data": str(data_folder(one, home)), "judges": str(home.judges)} for one in configs
    ]
    here = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "runs.measure"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    if done.returncode:
        raise UserError(f"the runs cannot be measured: {done.stderr.strip() or f'exit code {done.returncode}'}")
    found = []
    for config, told in zip(configs, json.loads(done.stdout), strict=True):
        source = f"{told['steps']} steps measured now, with drawing and judging"
        found.append(Cost(_seconds(config, told), source, alone=True))
    return found


def _seconds(config: RunConfig, told: Mapping[str, float]) -> float:
    """What a run takes, from the parts that were measured; a preview as much a picture as the final samples."""
    steps, every = _steps(config, int(told["train_images"])), config.train.validate_every_steps
    validations = 1 + (int(steps // every) if every else 0)
    preview, sampling = config.preview, config.sampling
    share = 0.0
    if preview.every_steps and sampling.per_class:
        previews = 1 + int(steps // preview.every_steps)
        pictures = preview.per_class * (preview.sampling_steps or sampling.sampling_steps)
        share = previews * pictures / (sampling.per_class * sampling.sampling_steps)
    drawing = told["sample_s"] * (1 + share)
    training = steps * told["step_s"] + validations * told["validate_s"]
    return told["start_s"] + training + drawing + told["judge_s"]


def _steps(config: RunConfig, images: int) -> float:
    train = config.train
    if train.epochs:
        return train.epochs * images / train.batch_size
    return train.steps


def short(config: RunConfig, steps: int) -> RunConfig:
    """config as it is measured: so many steps, then its end; nothing on the way, and no judge is trained."""
    train = replace(
        config.train, steps=steps, epochs=0.0, minutes=0.0, validate_every_steps=0, checkpoint_every_steps=0
    )
    return replace(
        config,
        train=train,
        preview=replace(config.preview, every_steps=0),
        judges=replace(config.judges, train=False, every_steps=0),
    )
