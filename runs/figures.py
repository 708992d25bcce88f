"""The figures in which runs are compared: what each measured last, and which of them mean the same in all of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffusion.config import RunConfig, flat
from diffusion.errors import UserError, nearest_name
from runs.statistics import Estimate, mean_interval

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

X0_LOSS = "val/x0_loss"  # the one loss that compares runs of any schedule, prediction and weighting
SECONDS, IMAGES = "seconds", "training images"
HEADLINES = ("accuracy", "cosine", "fd", "sharpness", "blur_sigma")  # of the judges, over all classes
PICTURES = ("data.dataset", "data.image_size", "data.channels")


def figures(store: "Store", run: "Run") -> dict[str, float]:
    """A run's newest value of each metric, and its judges' numbers over all classes as "JUDGE NAME"."""
    found = {
        name: value
        for name, value in store.last_values(run).items()
        if value is not None and not name.startswith("system/")
    }
    for one in store.evaluations(run):  # by step: the newest stays
        if one.label is None and one.value is not None:
            found[f"{one.judge} {one.name}"] = one.value
    seconds = sum((one.ended or one.heartbeat) - one.started for one in store.attempts(run))
    if seconds > 0:
        found[SECONDS] = seconds
    return found | {IMAGES: float(run.step * run.config.train.batch_size)}


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


def why_not(name: str, configs: Sequence[RunConfig]) -> str:
    """Why a figure does not mean the same in all of these runs; an empty text when it does."""
    if name in (SECONDS, IMAGES, "images_per_s") or name.startswith("system/"):
        return ""
    deciding: list[str] = list(PICTURES)
    measured_on = "measured on other pictures"
    if name.startswith(("val/", "train/")):
        deciding += ["data.blur"]
    if name.startswith("val/"):
        deciding += ["train.validation_images"]
    if apart := _apart(configs, deciding):
        return f"{measured_on}: {apart}"
    if name != X0_LOSS and name.startswith(("val/", "train/")):
        scales = [key for key in flat(configs[0]) if key.startswith("process.")]
        if apart := _apart(configs, scales):
            return f"of another scale: {apart}"
    return ""


def _apart(configs: Sequence[RunConfig], keys: Sequence[str]) -> str:
    """The settings of keys in which the configs differ, with their values."""
    told = []
    for key in keys:
        values = dict.fromkeys(str(flat(config)[key]) for config in configs)
        if len(values) > 1:
            told.append(f"{key} {', '.join(values)}")
    return "; ".join(told)


def folded(found: Sequence[Mapping[str, float]], name: str) -> Estimate | None:
    """One figure of several seeds: mean and interval over those that have it; None where none has."""
    values = [one[name] for one in found if name in one]
    return mean_interval(values) if values else None
