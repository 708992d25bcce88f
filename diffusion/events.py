"""What a run tells while it goes on. Frozen, without torch; an event is good until the next one is asked for.

A run is a function from a config to an iterator of these; what uses them is a stage that yields them on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # [H, W, C], C is 1 or 3


@dataclass(frozen=True)
class Started:
    """The run knows what it works with. facts are plain values: device, dtype, parameters, data checksum, ..."""

    facts: dict[str, str | int | float]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """Where the work stands: after each optimizer step and inside longer work, so that it can be seen and stopped."""

    phase: Literal["data", "train", "validate", "preview", "sample", "judge", "evaluate"]
    done: int
    total: int
    step: int = 0  # optimizer steps done so far


@dataclass(frozen=True)
class Metric:
    """One number of one step. value may be NaN, which is a finding."""

    step: int
    name: str  # "train/loss", "val/loss", "images_per_s", ...
    value: float


@dataclass(frozen=True)
class TimestepLoss:
    """The loss inside one bin of log-SNR, so that two schedules can be compared at equal noise."""

    step: int
    split: Literal["train", "val"]
    log_snr_low: float
    log_snr_high: float
    value: float  # mean squared error of predicted x0, it and the pictures in [-1, 1]
    n: int


@dataclass(frozen=True)
class Drawn:
    """One drawn picture, or one snapshot on the way to it."""

    picture: Picture
    label: int  # class, -1 when drawn without one
    seed: int
    index: int  # which of the pictures of this seed: the same (seed, index) gives the same noise at any batch size
    sampling_step: int | None = None  # steps taken so far; None: the finished picture
    sigma: float | None = None  # noise level of the snapshot
    content: Literal["x_t", "x0"] = "x0"


@dataclass(frozen=True)
class Preview:
    """Pictures drawn while training: the class grid, or the trajectory of a few of them."""

    step: int
    kind: Literal["grid", "trajectory"]
    weights: Literal["ema", "raw"]
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True)
class Sample:
    """Finished pictures, drawn at the end of a run or asked for later."""

    step: int
    weights: Literal["ema", "raw"]
    drawn: tuple[Drawn, ...]
    settings: dict[str, str | int | float | bool]  # sampler, sampling_steps, guidance, ...


@dataclass(frozen=True)
class Checkpoint:
    """The run can be gone on with from here. write(path) puts the whole training state into one file, or raises."""

    step: int
    write: Callable[[Path], None]


@dataclass(frozen=True)
class Evaluation:
    """One judged number with its interval and its n; low and high are None where no interval is known."""

    step: int
    judge: str
    name: str
    value: float
    n: int
    label: int | None = None
    low: float | None = None
    high: float | None = None
    prompts: str = ""  # CLIP's prompt set, by name; empty: the judge was asked nothing in words
    baseline_set: str = ""  # of the known pictures that were measured beside it; empty: none were


@dataclass(frozen=True)
class Baseline:
    """The same number for pictures whose quality is known, measured with the same judge: what others are read against.

    It belongs to no run but to a baseline set: all that one judge said at one look of known pictures, named by its
    content (diffusion.judges.beside). Two looks with the same name have been measured beside the same numbers.
    """

    judge: str
    dataset: str
    size: int
    channels: int
    name: str
    pictures: Literal["real", "train", "noise", "other-class"]  # real: the test split; other-class: it, labels moved on
    value: float
    n: int
    label: int | None = None
    low: float | None = None
    high: float | None = None
    prompts: str = ""
    blur: float = 0.0  # of the run's training pictures, in pixels: known copies and repeats are blurred as they are
    classes: str = ""  # what was drawn, as "8 of each class": real pictures are of the same classes
    baseline_set: str = ""


@dataclass(frozen=True)
class ClipScore:
    """What CLIP said of one picture; the three conventions follow from cosine and probability."""

    sha256: str  # of the picture's own bytes, [H, W, C] uint8
    label: int  # the class that it was drawn as
    cosine: float  # between the picture's embedding and its class's, in [-1, 1]
    probability: float  # of its class, softmax over all classes at the model's own logit scale
    best: int  # the class whose prompts fit best


@dataclass(frozen=True)
class ClipScores:
    """One row a picture. prompts: the prompt set's name, which changes with any of its templates."""

    step: int
    judge: str
    model: str
    weights: str
    prompts: str
    scores: tuple[ClipScore, ...]


@dataclass(frozen=True)
class Curve:
    """A judged number along an axis: power by frequency, accuracy by timestep. y may be NaN where there is none."""

    step: int
    judge: str
    name: str
    axis: str
    points: tuple[tuple[float, float], ...]
    label: int | None = None


@dataclass(frozen=True)
class Alert:
    """Something that a person should know of. of_pictures: it is about those that judges looked at."""

    level: Literal["info", "warning", "error"]
    step: int
    text: str
    of_pictures: bool = False


@dataclass(frozen=True)
class Finished:
    """The last event. outcome: completed (the goal is reached), stopped (asked to), diverged (NaN or infinite loss)."""

    outcome: Literal["completed", "stopped", "diverged"]
    step: int
    seconds: float
    text: str = ""
    figures: dict[str, float] = field(default_factory=dict)  # last loss, images/s, ...


Judgement = Evaluation | Baseline | ClipScores | Curve
Event = Started | Progress | Metric | TimestepLoss | Preview | Sample | Checkpoint | Judgement | Alert | Finished
