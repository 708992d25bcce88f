"""The value of a figure for a run, with the step it is of, and which figures mean the same in all of some runs.

A figure is a metric ("val/x0_loss"), what a judge says ("classifier-digits accuracy", of all classes or of one), or
what the run took.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diffusion.config import RunConfig, flat
from diffusion.errors import UserError, nearest_name
from runs.statistics import Estimate, mean_interval, mean_of_intervals

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

X0_LOSS = "val/x0_loss"  # the one loss that compares runs of any schedule, prediction and weighting
SECONDS, IMAGES = "seconds", "training images"
HEADLINES = ("accuracy", "cosine", "fd", "sharpness", "blur_sigma")  # of the judges, over all classes
BLUR = ("pixels blur_sigma", "pixels sharpness")
HIGHER_IS_BETTER = ("accuracy", "cosine", "probability", "precision", "recall", "density", "coverage")
OF_SETS = (
    "fd",
    "precision",
    "recall",
    "density",
    "coverage",
    "vendi",
    "copies",
    "repeats",
)  # move with n by themselves
PICTURES = ("data.dataset", "data.image_size", "data.channels")


@dataclass(frozen=True)
class Measured:
    """One figure of one run. n and the interval are of the pictures that a judge looked at; metrics have none."""

    value: float
    step: int
    n: int | None = None
    low: float | None = None
    high: float | None = None
    sample_set: int | None = None  # whose pictures they were
    prompts: str = ""  # CLIP's prompt set

    @property
    def estimate(self) -> Estimate:
        """Over the pictures."""
        return Estimate(self.value, self.low, self.high, self.n or 1)


Key = tuple[str, int | None]  # a figure and a class; None: over all classes


def measured(store: "Store", run: "Run", began: int = 0, *, until: int | None = None) -> dict[Key, Measured]:
    """A run's newest value of each figure, or its newest up to a step; judges' of what it drew itself, if any did.

    began: the step of the checkpoint that it started from, whose work is another run's. A NaN is left out.
    """
    found: dict[Key, Measured] = {(name, None): one for name, one in _metrics(store, run, until).items()}
    told = sorted(store.evaluations(run), key=lambda one: one.attempt is not None)  # each by step: the newest stays
    for one in told:  # the run's own last: what was asked for beside it may be of other classes or prompts
        if one.value is not None and (until is None or one.step <= until):
            judged = Measured(one.value, one.step, one.n, one.low, one.high, one.sample_set, one.prompts)
            found[f"{one.judge} {one.name}", one.label] = judged
    seconds = sum((one.ended or one.heartbeat) - one.started for one in store.attempts(run))
    if seconds > 0:
        found[SECONDS, None] = Measured(seconds, run.step)
    return found | {(IMAGES, None): Measured(float((run.step - began) * run.config.train.batch_size), run.step)}


def _metrics(store: "Store", run: "Run", until: int | None) -> dict[str, Measured]:
    """The newest point of each metric; of several attempts at one step the newest one's."""
    if until is None:
        sql = "select name, last_step, last_value from series where run = ?1"
        rows = store.db.execute(sql, (run.number,)).fetchall()
    else:
        sql = (
            "select name, points.step, points.value from points join series on series.id = points.series "
            "where series.run = ?1 and points.step <= ?2 order by points.step, points.attempt"
        )
        rows = store.db.execute(sql, (run.number, until)).fetchall()
    newest = {name: (step, value) for name, step, value in rows if not name.startswith("system/")}
    return {name: Measured(value, step) for name, (step, value) in sorted(newest.items()) if value is not None}


def network_evaluations(config: RunConfig) -> int:
    """How often the network sees a picture while it is drawn; at most, where guidance acts in an interval alone."""
    sampling = config.sampling
    steps = 2 * sampling.sampling_steps - 1 if sampling.sampler == "heun" else sampling.sampling_steps
    guided = sampling.guidance not in (0, 1) and config.network.conditioning != "none"
    return steps * (2 if guided else 1)


def headlines(names: Sequence[str]) -> list[str]:
    """The figures to show when nobody names some: the loss that compares, the judges' main numbers, the time."""
    judged = [name for name in names if " " in name and name.rpartition(" ")[2] in HEADLINES]
    return [name for name in (X0_LOSS, *judged, SECONDS) if name in names]


def chosen(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """The figures that --metric names, each by its whole name or by its last word where that is one figure's alone.

    Raises UserError for one that no run has.
    """
    found = []
    for text in wanted:
        ends = [name for name in names if name.rpartition(" ")[2] == text or name.rpartition("/")[2] == text]
        if text not in names and len(ends) != 1:
            problem = f"--metric '{text}' could be several" if ends else f"no run has a metric '{text}'"
            raise UserError(
                problem, allowed=", ".join(sorted(ends or names)), nearest=nearest_name(text, [] if ends else names)
            )
        found.append(text if text in names else ends[0])
    return list(dict.fromkeys(found))


def why_not(name: str, configs: Sequence[RunConfig], counts: Sequence[int | None] = ()) -> str:
    """Why a figure does not mean the same in all of these runs; an empty text when it does.

    counts: how many pictures each was judged by, where that is known.
    """
    if name in (SECONDS, IMAGES, "images_per_s") or name.startswith("system/"):
        return ""
    deciding: list[str] = list(PICTURES)
    if name.startswith(("val/", "train/")):
        deciding += ["data.blur"]
    if name.startswith("val/"):
        deciding += ["train.validation_images"]
    if apart := _apart(configs, deciding):
        return f"measured on other pictures: {apart}"
    if name != X0_LOSS and name.startswith(("val/", "train/")):
        scales = [key for key in flat(configs[0]) if key.startswith("process.")]
        if apart := _apart(configs, scales):
            return f"of another scale: {apart}"
    numbers = sorted({count for count in counts if count is not None})
    if name.rpartition(" ")[2] in OF_SETS and " " in name and len(numbers) > 1:
        return f"of other numbers of pictures, with which it moves: {', '.join(f'{one:,}' for one in numbers)}"
    return ""


def _apart(configs: Sequence[RunConfig], keys: Sequence[str]) -> str:
    """The settings of keys in which the configs differ, with their values."""
    told = []
    every = [flat(config) for config in configs]
    for key in keys:
        values = dict.fromkeys(str(one[key]) for one in every)
        if len(values) > 1:
            told.append(f"{key} {', '.join(values)}")
    return "; ".join(told)


def grain(found: Sequence[Measured]) -> float:
    """How fine a figure's values are: 1/n where all are shares of n pictures, in [0, 1], else 0."""
    counts = [one.n for one in found if one.n]
    if len(counts) < len(found) or not counts:
        return 0.0
    shares = all(0 <= one.value <= 1 and _is_whole(one.value * (one.n or 1)) for one in found)
    return 1 / min(counts) if shares else 0.0


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-6


def folded(found: Sequence[Mapping[Key, Measured]], name: str, *, drawn: bool = False) -> Estimate | None:
    """One figure of several seeds: mean and interval over those that have it; None where none has.

    drawn: the seeds are drawings of one network, so that the interval is over pictures, where the judge gives one.
    """
    values = [one[name, None] for one in found if (name, None) in one]
    if drawn and values and all(one.low is not None for one in values):
        return mean_of_intervals([one.estimate for one in values])
    return mean_interval([one.value for one in values], grain(values)) if values else None
