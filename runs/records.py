"""What the store hands out: frozen rows."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from diffusion.config import RunConfig
from runs.processes import is_alive


@dataclass(frozen=True)
class Run:
    """One run as it stands now; status is the truth, also when its worker was killed."""

    id: str
    number: int  # order of creation
    name: str
    status: str  # created, queued, running, paused, completed, stopped, diverged, failed, died
    dataset: str
    preset: str
    config: RunConfig
    seed: int
    step: int
    total_steps: int | None
    loss: float | None
    images_per_s: float | None
    created: float
    started: float | None
    ended: float | None
    starred: bool
    text: str  # how it ended, in words
    parent: str | None
    study: str | None
    facts: dict[str, Any] = field(hash=False)
    tags: tuple[str, ...]
    notes: str
    folder: Path
    command: str
    device: str  # what it worked on last, in words
    queue_position: int | None  # 1 is next; None for a run that does not wait


@dataclass(frozen=True)
class Attempt:
    """One process that worked on a run. outcome is None while it lives."""

    number: int
    started: float
    ended: float | None
    outcome: str | None
    heartbeat: float
    step: int
    goal: int | None
    pid: int | None
    host: str
    command: str
    text: str


@dataclass(frozen=True)
class OpenAttempt:
    """An attempt without an end, and the process that makes it."""

    run: int  # number
    number: int
    step: int
    pid: int
    started: str  # the process's mark, see runs.processes
    host: str
    heartbeat: float

    @property
    def lives(self) -> bool:
        """Whether its process does."""
        return is_alive(pid=self.pid, started=self.started, host=self.host, heartbeat=self.heartbeat, now=time.time())


class MetricPoint(NamedTuple):
    """One number of one step; None where it was NaN or infinite. A tuple: 100,000 of them are read at once."""

    step: int
    value: float | None
    time: float | None


@dataclass(frozen=True)
class TimestepLoss:
    """The loss inside one bin of log-SNR."""

    step: int
    split: str
    log_snr_low: float
    log_snr_high: float
    value: float | None
    n: int


@dataclass(frozen=True)
class Image:
    """One drawn picture: where it lies on its sheet, and what it was drawn with."""

    number: int
    attempt: int | None
    kind: str  # sample, preview, trajectory
    step: int
    sampling_step: int | None
    sigma: float | None
    content: str
    label: int | None
    seed: int
    index: int
    weights: str
    sample_set: int | None
    path: str  # the sheet, inside the run's folder
    left: int
    top: int
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class Evaluation:
    """One judged number with its interval and its n."""

    step: int
    judge: str
    name: str
    label: int | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    sample_set: int | None = None  # of the pictures; None: they were drawn for this look alone
    prompts: str = ""  # CLIP's prompt set, by name
    baseline_set: str | None = None  # the known pictures that were measured beside it
    attempt: int | None = None  # that told it; None: it was asked for beside the run, as `workbench score` does


@dataclass(frozen=True)
class Baseline:
    """The same number for pictures whose quality is known."""

    judge: str
    name: str
    pictures: str  # real, train, noise, other-class
    label: int | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    baseline_set: str  # of the evaluations that it stands beside
    classes: str  # what was drawn, as "8 of each class"


@dataclass(frozen=True)
class Curve:
    """A judged number along an axis."""

    step: int
    judge: str
    name: str
    axis: str
    label: int | None
    sample_set: int | None
    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True)
class Alert:
    """Something that a person should know of."""

    level: str
    step: int
    text: str
    time: float | None
    sample_set: int | None = None  # of the pictures that a judge speaks of


@dataclass(frozen=True)
class QueryResult:
    """The answer to a question in SQL; more says that there are rows beyond these."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool = False
