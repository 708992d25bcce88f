"""The columns of the list of runs: what each shows of a run, and what it is sorted by."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.format import age, compact, count, number, safe_text
from workbench.run_labels import dataset_label, device_label, seconds_left
from workbench.widgets.table import Cell, Column

if TYPE_CHECKING:
    from runs.records import Run

STATUS_STYLES = {
    "running": "green",
    "queued": "cyan",
    "paused": "cyan",
    "stopped": "yellow",
    "diverged": "red",
    "failed": "red",
    "died": "red",
}
GOING = ("running", "queued")  # what goes on when the screen is left
UNFINISHED = ("running", "queued", "paused", "stopped")  # where a bar says how far it is
STATUS_ORDER = ("running", "queued", "paused", "created", "diverged", "failed", "died", "stopped", "completed")
BAR = 6
SPARK = 10
ROUNDING = 1e-12  # of a mean: equal losses of three seeds are up to 1e-16 apart
EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Glance:
    """What the list knows of the runs beside their rows, by the run's number."""

    smoothed: Mapping[int, float] = field(default_factory=dict)
    clip: Mapping[int, float] = field(default_factory=dict)
    x0: Mapping[int, float] = field(default_factory=dict)
    sparks: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of the list: a run, or several that are equal but for their seed."""

    runs: tuple["Run", ...]
    folded: bool = False
    inner: bool = False  # one of a fold that is open

    @property
    def run(self) -> "Run":
        """The run that stands for all of them: the newest."""
        return self.runs[-1]

    @property
    def key(self) -> str:
        """What cursor and marks follow."""
        return ("fold " if self.folded else "") + self.runs[0].id


@dataclass(frozen=True)
class RunColumn:
    """One column: its text for a line, and the value that lines are sorted by (None comes last)."""

    column: Column
    about: str
    text: Callable[[Line, Glance, float], Cell]
    value: Callable[[Line, Glance], Any]


def bar(done: int, total: int | None, width: int = BAR) -> str:
    """How much is done, in eighths of a cell."""
    if not total:
        return ""
    eighths = min(width * 8, done * width * 8 // total)
    rest = EIGHTHS[eighths % 8].strip()
    return ("█" * (eighths // 8) + rest).ljust(width, "·")


def short_age(then: float | None, now: float) -> str:
    """An age in few cells: 5 s, 12 min, 3 h, 2 d."""
    return age(then, now).removesuffix(" ago")


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def spread(values: Sequence[float]) -> float:
    """The sample standard deviation, 0 for fewer than two and for what differs by rounding only."""
    mean = _mean(values)
    if len(values) < 2 or mean is None:
        return 0.0
    found = float((sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5)
    return found if found > ROUNDING * abs(mean) else 0.0


def measured(values: Sequence[float | None], digits: int = 4) -> str:
    """A number, or for several the mean and the spread, and of how many where some are not known."""
    known = [value for value in values if value is not None]
    told = f" ±{number(spread(known), 2)}" if len(known) > 1 else ""
    told += f" {len(known)} of {len(values)}" if 0 < len(known) < len(values) else ""
    return number(_mean(known), digits) + told


def _status(line: Line, glance: Glance, now: float) -> Cell:
    counts = {status: [run.status for run in line.runs].count(status) for status in STATUS_ORDER}
    found = [status for status in STATUS_ORDER if counts[status]] or [line.run.status]
    position = line.run.queue_position
    text = found[0] + (f" {position}" if not line.folded and position else "")
    if len(found) > 1:
        text = f"{counts[found[0]]} {found[0]}"
    return text, STATUS_STYLES.get(found[0], "")


def _name(line: Line, glance: Glance, now: float) -> Cell:
    star = "★" if any(run.starred for run in line.runs) else ""
    if line.folded:
        return f"▸ {len(line.runs)} seeds  {star}{safe_text(line.run.name)}"
    return ("  · " if line.inner else "") + star + safe_text(line.run.name)


def _steady(done: int, total: int) -> str:
    """Steps done, always as wide as they will ever be on the way to total: a column must not jump."""
    unit, size = ("M", 1e6) if total >= 1e6 else ("k", 1e3) if total >= 1e4 else ("", 1.0)
    places = 1 if unit and total / size < 100 else 0
    return f"{done / size:>{len(f'{total / size:.{places}f}')}.{places}f}{unit}"


def _step(line: Line, glance: Glance, now: float) -> Cell:
    done, total = sum(run.step for run in line.runs), sum(run.total_steps or 0 for run in line.runs)
    all_of = "Σ " if line.folded else ""
    if not total:
        return all_of + compact(done)
    shown = all_of + (f"{_steady(done, total)}/{compact(total)}" if done != total else compact(done))
    unfinished = done != total and any(run.status in UNFINISHED for run in line.runs)
    return f"{shown} {bar(done, total)}" if unfinished else shown


def _loss(line: Line, glance: Glance, now: float) -> Cell:
    values = [run.loss for run in line.runs]
    if all(value is None for value in values) and any(run.status == "diverged" for run in line.runs):
        return "NaN", "red"
    return measured(values)


def _of(mapping: Callable[[Glance], Mapping[int, float]]) -> Callable[[Line, Glance], list[float]]:
    return lambda line, glance: [mapping(glance)[run.number] for run in line.runs if run.number in mapping(glance)]


def _measure(
    key: str, title: str, about: str, rank: int, mapping: Callable[[Glance], Mapping[int, float]]
) -> RunColumn:
    known = _of(mapping)
    return RunColumn(
        Column(key, title, right=True, rank=rank),
        about,
        lambda line, glance, now: measured([mapping(glance).get(run.number) for run in line.runs]),
        lambda line, glance: _mean(known(line, glance)),
    )


def _plain(
    key: str, title: str, about: str, rank: int, text: Callable[["Run"], str], *, right: bool = False, least: int = 0
) -> RunColumn:
    return RunColumn(
        Column(key, title, right=right, shrinks_to=least or None, rank=rank),
        about,
        lambda line, glance, now: text(line.run),
        lambda line, glance: text(line.run).casefold() or None,
    )


def _when(run: "Run") -> float:
    return run.ended or run.started or run.created


COLUMNS = (
    RunColumn(
        Column("status", "STATUS", rank=0),
        "created, queued, running, paused, stopped, completed, diverged, failed or died",
        _status,
        lambda line, glance: STATUS_ORDER.index(line.run.status) if line.run.status in STATUS_ORDER else 99,
    ),
    RunColumn(
        Column("name", "NAME", shrinks_to=22, rank=-1),
        "its name; ★ starred",
        _name,
        lambda line, glance: line.run.name.casefold(),
    ),
    _plain("data", "DATA", "data set", 5, lambda run: safe_text(dataset_label(run.dataset)), least=6),
    _plain("schedule", "SCHEDULE", "noise schedule", 2, lambda run: run.config.process.schedule, least=5),
    RunColumn(
        Column("blur", "BLUR", right=True, rank=4),
        "Gaussian blur of the training pictures, pixels of sigma",
        lambda line, glance, now: f"{line.run.config.data.blur:g}",
        lambda line, glance: line.run.config.data.blur,
    ),
    RunColumn(
        Column("step", "STEP", rank=3),
        "optimizer steps done, of how many; Σ of all seeds of a line together",
        _step,
        lambda line, glance: line.run.step,
    ),
    RunColumn(
        Column("loss", "LOSS", right=True, rank=1),
        "newest training loss; of several seeds mean ± standard deviation, and 2 of 3 where one is NaN",
        _loss,
        lambda line, glance: _mean([run.loss for run in line.runs if run.loss is not None]),
    ),
    RunColumn(
        Column("curve", "CURVE", rank=6),
        "training loss from the start, log scale; sorted by the loss's mean over the last 20 points",
        lambda line, glance, now: glance.sparks.get(line.run.number, "").ljust(SPARK),
        lambda line, glance: _mean(_of(lambda known: known.smoothed)(line, glance)),
    ),
    _measure("smooth", "SMOOTH", "training loss, mean of the last 20 points", 12, lambda glance: glance.smoothed),
    _measure("x0", "VAL X0", "newest val/x0_loss, which compares runs of any schedule", 9, lambda glance: glance.x0),
    _measure("clip", "CLIP", "newest CLIP score", 8, lambda glance: glance.clip),
    RunColumn(
        Column("pace", "IMG/S", right=True, rank=10),
        "training pictures a second",
        lambda line, glance, now: count(_mean([run.images_per_s for run in line.runs if run.images_per_s])),
        lambda line, glance: line.run.images_per_s,
    ),
    RunColumn(
        Column("eta", "LEFT", right=True, rank=7),
        "time left at this pace",
        lambda line, glance, now: _eta(line),
        lambda line, glance: seconds_left(line.run),
    ),
    _plain("device", "DEVICE", "what it was trained on", 11, lambda run: device_label(run.device), least=5),
    _plain("seed", "SEED", "seed", 13, lambda run: str(run.seed), right=True),
    _plain("tags", "TAGS", "tags", 9, lambda run: safe_text(" ".join(run.tags)), least=6),
    _plain("study", "STUDY", "the study that it is of", 8, lambda run: safe_text(run.study or ""), least=6),
    RunColumn(
        Column("age", "AGE", right=True, rank=4),
        "since it ended, or started, or was made; sorted by creation",
        lambda line, glance, now: short_age(_when(line.run), now),
        lambda line, glance: line.run.number,
    ),
)
BY_KEY = {column.column.key: column for column in COLUMNS}
MAY_BE_EMPTY = ("clip", "x0", "eta", "smooth", "study")
SHOWN_AT_FIRST = tuple(column.column.key for column in COLUMNS if column.column.key not in ("smooth", "seed", "tags"))


def _eta(line: Line) -> str:
    from workbench.format import duration

    seconds = seconds_left(line.run)
    return "" if seconds is None else duration(seconds).replace(" min", "m").replace(" h", "h").replace(" s", "s")


def worth_showing(columns: Sequence[RunColumn], lines: Sequence[Line], glance: Glance) -> list[RunColumn]:
    """The columns without those that would be empty in every line."""
    return [
        column
        for column in columns
        if column.column.key not in MAY_BE_EMPTY or any(column.value(line, glance) is not None for line in lines)
    ]


def cells(line: Line, columns: Sequence[RunColumn], glance: Glance, now: float | None = None) -> tuple[Cell, ...]:
    """A line's texts."""
    moment = time.time() if now is None else now
    return tuple(column.text(line, glance, moment) for column in columns)


def in_order(lines: Sequence[Line], column: RunColumn, glance: Glance, reverse: bool) -> list[Line]:
    """Lines by a column's value, those without one last; equal ones newest first."""
    newest = sorted(lines, key=lambda line: line.run.number, reverse=True)
    known = [line for line in newest if column.value(line, glance) is not None]
    unknown = [line for line in newest if column.value(line, glance) is None]
    return sorted(known, key=lambda line: column.value(line, glance), reverse=reverse) + unknown
