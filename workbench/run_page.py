"""The page of `workbench show`: one run as lines of text, section by section, from what the store knows."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from diffusion.config import differences, flat
from diffusion.presets import PRESETS
from runs.drawn import cut, newest, own
from workbench import judges_page
from workbench.drawing import class_names
from workbench.format import age, clipped, compact, count, duration, number, safe_text
from workbench.pictures import sample_lines, shows_pictures, trajectory_lines
from workbench.settings import read_settings
from workbench.terminal.plot import curve_lines
from workbench.terminal.screen import Screen

if TYPE_CHECKING:
    from runs.records import Alert, Attempt, Image, Run, TimestepLoss
    from runs.store import Store

CURVES = ("train/loss", "val/loss")
BAR = 24  # cells of the longest bar


def lines(store: "Store", run: "Run", screen: Screen, *, sample_set: int = 0, every: bool = False) -> list[str]:
    """The whole page; what judges say of the run's own pictures, of a sample set, or of all that they looked at."""
    sections = (
        ("", _head(run, parent_name(store, run))),
        ("settings that differ from preset " + safe_text(run.preset), _settings(run)),
        ("results", _results(store, run)),
        ("curves", _curves(store, run, screen)),
        ("validation loss by log-SNR", _by_log_snr(store, run)),
        ("pictures", _pictures(store, run, screen)),
        *judges_page.of_run(store, run, screen, sample_set=sample_set, every=every),
        ("alerts", alert_lines(store.alerts(run))),
        ("attempts", attempt_lines(store.attempts(run))),
        ("made with", fact_lines(run)),
        ("files", [safe_text(str(run.folder))]),
    )
    page: list[str] = []
    for title, body in sections:
        if body:
            page += ([""] if page else []) + ([screen.styled(title, "1")] if title else [])
            page += [f"  {line}" if title and title != "pictures" else line for line in body]
    return page


def values(store: "Store", run: "Run") -> dict[str, Any]:
    """What the page tells, as plain values."""
    import dataclasses

    return {
        "metrics": store.last_values(run),
        "timestep_losses": [dataclasses.asdict(one) for one in store.timestep_losses(run)],
        "evaluations": [dataclasses.asdict(one) for one in store.evaluations(run)],
        "alerts": [dataclasses.asdict(one) for one in store.alerts(run)],
        "attempts_made": [dataclasses.asdict(one) for one in store.attempts(run)],
        "images": [dataclasses.asdict(one) for one in store.images(run)],
    }


def parent_name(store: "Store", run: "Run") -> str:
    """The run that this one was forked from: its name, its id where it is not here."""
    found = store.some([run.parent]) if run.parent else []
    return safe_text(found[0].name if found else run.parent or "")


def _head(run: "Run", parent: str) -> list[str]:
    of = f" of {count(run.total_steps)}" if run.total_steps else ""
    place = f" at place {run.queue_position}" if run.queue_position else ""
    step = f"step {count(run.step)}{of}"
    head = "  ".join([safe_text(run.name), run.status + place, step, safe_text(run.dataset), f"seed {run.seed}"])
    told = [head, f"{run.id}, made {age(run.created)}" + (f", forked from {parent}" if parent else "")]
    if run.tags or run.starred:
        told.append("  ".join([*(["starred"] if run.starred else []), *(f"#{safe_text(tag)}" for tag in run.tags)]))
    told += [f"note: {line}" for line in safe_text(run.notes, lines=True).splitlines()]
    return [line for line in [*told, safe_text(run.text)] if line]


def _settings(run: "Run") -> list[str]:
    known = PRESETS.get(run.preset)
    if known is None:
        return [f"{key} = {plain(value)}" for key, value in flat(run.config).items()]
    differing = differences(run.config, known.config)
    if not differing:
        return ["none"]
    width = max(map(len, differing))
    return [f"{key:<{width}}  {plain(mine)}  (preset {plain(theirs)})" for key, (mine, theirs) in differing.items()]


def plain(value: object) -> str:
    """A setting as it is written in a config file, without quotes."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else safe_text(str(value)) or "''"


def _results(store: "Store", run: "Run") -> list[str]:
    known = store.last_values(run)
    seconds = sum((one.ended or one.started) - one.started for one in store.attempts(run))
    rows = [
        ("loss", number(known.get("train/loss"))),
        ("validation loss", number(known.get("val/loss"))),
        ("images/s", count(known.get("images_per_s"))),
        ("time", duration(seconds) if seconds else "-"),
    ]
    kept = [(safe_text(label), value) for label, value in rows if value != "-"]
    width = max((len(label) for label, _ in kept), default=0)
    return [f"{label:<{width}}  {value}" for label, value in kept]


def _curves(store: "Store", run: "Run", screen: Screen) -> list[str]:
    found: list[str] = []
    for name in CURVES:
        points = store.points(run, name)
        if len(points) > 1:
            xs, ys = [float(point.step) for point in points], [point.value for point in points]
            found += [f"{name}, log scale", *curve_lines(xs, ys, min(screen.wide - 2, 78), 7, log=True)]
    return found


def _by_log_snr(store: "Store", run: "Run") -> list[str]:
    rows = [one for one in store.timestep_losses(run) if one.split == "val"]
    last = max((one.step for one in rows), default=0)
    bins = sorted((one for one in rows if one.step == last), key=lambda one: one.log_snr_low)
    highest = max((one.value for one in bins if one.value is not None), default=0.0)
    return [_bin_line(one, highest) for one in bins]


def _bin_line(one: "TimestepLoss", highest: float) -> str:
    bar = "" if not highest or one.value is None else "█" * max(1, round(BAR * one.value / highest))
    return f"{one.log_snr_low:>6.1f} to {one.log_snr_high:>5.1f}  {number(one.value):>9}  {bar}"


def _pictures(store: "Store", run: "Run", screen: Screen) -> list[str]:
    samples = own(store.images(run, kind="sample")) or newest(store.images(run, kind="preview"))
    trajectory = newest(store.images(run, kind="trajectory"))
    if not (samples or trajectory):
        return []
    if not shows_pictures(screen, read_settings().images):
        return [f"  {_told(images)}: {path}" for images in (samples, trajectory) for path in _sheets(run, images)]
    names = class_names(run)
    found: list[str] = []
    if samples:
        found += [f"  {_told(samples)}", *sample_lines(cut(run.folder, samples), names, screen)]
    if trajectory:
        found += ["", f"  first of {_told(trajectory)}: noise at the left, the predicted x0 below"]
        found += trajectory_lines(cut(run.folder, trajectory), screen)
    return found


def _told(images: "Sequence[Image]") -> str:
    """What pictures that were drawn together are: 80 samples at step 400, ema weights."""
    first = images[0]
    number = len({(one.seed, one.index, one.label) for one in images})
    kind = {"sample": "sample", "preview": "preview picture", "trajectory": "trajectory"}[first.kind]
    plural = "trajectories" if kind == "trajectory" else f"{kind}s"
    what = f"{count(number)} {kind if number == 1 else plural}"
    return f"{what} at step {count(first.step)}, {safe_text(first.weights)} weights{_of_set(first.sample_set)}"


def _sheets(run: "Run", images: "Sequence[Image]") -> list[str]:
    """The files that hold pictures."""
    return list(dict.fromkeys(safe_text(str(run.folder / one.path)) for one in images))


def alert_lines(alerts: "Sequence[Alert]") -> list[str]:
    """Alerts, one a line, each with the pictures that it is about."""
    return [safe_text(f"{one.level} at step {count(one.step)}{_of_set(one.sample_set)}: {one.text}") for one in alerts]


def _of_set(sample_set: int | None) -> str:
    return "" if sample_set is None else f", sample set {sample_set}"


def attempt_lines(attempts: "Sequence[Attempt]") -> list[str]:
    """Attempts, one a line."""
    return [
        f"{one.number}  {one.outcome or 'running'}  {age(one.started)}"
        + (f", took {duration(one.ended - one.started)}" if one.ended else "")
        for one in attempts
    ]


def fact_lines(run: "Run") -> list[str]:
    """What a run worked with and was made with."""
    return [f"{safe_text(str(key))}: {_fact(str(key), value)}" for key, value in sorted(_leaves(run.facts))]


def _leaves(facts: dict[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from _leaves(value, head if key == "provenance" else f"{head}{key} ")
        else:
            yield head + key, value


def _fact(key: str, value: object) -> str:
    if key == "parameters" and isinstance(value, int | float):
        return f"{count(value)} ({compact(value)})"
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return clipped(safe_text(text), 200)
