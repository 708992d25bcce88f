"""The second part of a run's report: what the training did, and what the network draws."""

from typing import TYPE_CHECKING

import numpy as np

from runs.curves import Curves
from runs.drawn import cut, newest, own
from runs.learning import gap, learned, share_of_gain
from workbench.drawing import class_names
from workbench.format import count, number
from workbench.pictures import by_class
from workbench.report.document import Block, Line, Pictures, Plot, Points, Section, Table, Text
from workbench.terminal.grid import grid_picture
from workbench.terminal.table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diffusion.events import Drawn
    from runs.learning import Learned
    from runs.records import Image, MetricPoint, Run
    from runs.store import Store

LOSSES = {"train/bank_loss": "training", "val/loss": "validation", "val/x0_loss": "predicted x0, validation"}
FRACTIONS = (0.25, 0.5, 0.7, 0.9)
MOMENTS = 11  # of the way out of the noise that are shown
MOST_ROWS = 10  # classes shown in full
ACROSS = 10  # pictures of each class
STATISTICS = (
    Column("loss"),
    Column("at start", right=True),
    Column("final", right=True),
    Column("best", right=True),
    Column("at step", right=True),
    Column("improvement", right=True),
    Column("above the best", right=True),
    Column("90 % of the gain by step", right=True),
    Column("plateau from step", right=True),
)


def training(store: "Store", run: "Run") -> Section:
    """Curves, and their statistics: start, final, best, improvement, gap, plateau, where the gain was made."""
    points = {name: store.points(run, name) for name in LOSSES}
    found = [one for name in LOSSES if (one := learned(points[name], name)) is not None]
    blocks: list[Block] = []
    if lines := _curves(store, run):
        caption = "loss of the training's own batches, and on fixed pictures and noise"
        blocks.append(Plot(caption, "step", "loss", lines, log_y=True))
    if found:
        rows = [statistics_row(one) for one in found]
        blocks.append(Table(STATISTICS, rows, "each on a fixed set of pictures and noise, with averaged weights"))
        blocks.append(Points(tuple(_sentences(store, run, found, points))))
    if (bins := _by_log_snr(store, run)) is not None:
        blocks.append(bins)
    return Section("Training", tuple(blocks or [Text("Nothing was measured.")]))


def statistics_row(one: "Learned") -> list[str]:
    """One loss as a row of STATISTICS."""
    return [
        LOSSES[one.metric],
        number(one.start),
        number(one.final),
        number(one.best),
        count(one.best_step),
        f"{100 * one.improvement:.1f} %",
        f"{100 * one.rise:.1f} %",
        count(one.most_step),
        count(one.plateau_step),
    ]


def _sentences(
    store: "Store", run: "Run", found: "Sequence[Learned]", points: "dict[str, list[MetricPoint]]"
) -> "Sequence[str]":
    told = []
    ends = gap(store, run)
    if ends is not None:
        told.append(
            f"The validation loss ended {abs(100 * ends):.1f} % {'above' if ends > 0 else 'below'} the loss on "
            "training pictures at the same noise."
        )
    last = found[-1]
    shares = [(at, share) for at in FRACTIONS if (share := share_of_gain(points[last.metric], at)) is not None]
    if shares:
        made = ", ".join(f"{100 * share:.0f} % in the first {100 * at:.0f} %" for at, share in shares)
        told.append(f"Of what {LOSSES[last.metric]} gained, {made} of the steps; measured {last.n} times.")
    if last.plateau_step is not None:
        began = (
            "began before the last quarter" if last.is_flat else "did not begin before the last quarter: more may help"
        )
        told.append(
            f"The plateau, within 2 % of the gain of the best, {began} before the last quarter of the training."
        )
    told += [f"{one.spoiled} values of {one.metric} were not finite." for one in found if one.spoiled]
    return told


def _curves(store: "Store", run: "Run") -> tuple[Line, ...]:
    cursor, wanted = Curves(run.number), ("train/loss", "train/bank_loss", "val/loss")
    parts: dict[str, dict[float, float]] = {}
    while cursor.more:
        for stretch in cursor.read(store, wanted):
            if stretch.name in wanted:  # where attempts overlap, the newer one's
                parts.setdefault(stretch.name, {}).update(
                    zip(stretch.steps.tolist(), stretch.values.tolist(), strict=True)
                )
    kept = {name: sorted(parts[name].items()) for name in wanted if len(parts.get(name, ())) > 1}
    names = {"train/loss": "training batches"} | LOSSES
    return tuple(Line(names[name], *np.array(rows, dtype=np.float64).T) for name, rows in kept.items())


def _by_log_snr(store: "Store", run: "Run") -> Plot | None:
    rows = [one for one in store.timestep_losses(run) if one.split == "val"]
    steps = sorted({one.step for one in rows})
    if not steps:
        return None
    chosen = dict.fromkeys(steps[round(at * (len(steps) - 1) / 3)] for at in range(4))
    lines = []
    for step in chosen:
        bins = sorted((one for one in rows if one.step == step), key=lambda one: one.log_snr_low)
        middles = np.array([(one.log_snr_low + one.log_snr_high) / 2 for one in bins])
        values = np.array([np.nan if one.value is None else one.value for one in bins])
        lines.append(Line(f"step {count(step)}", middles, values))
    caption = "squared error of the predicted picture by noise level, validation pictures"
    return Plot(caption, "log-SNR", "error", tuple(lines), log_y=True)


def denoising(store: "Store", run: "Run") -> Section | None:
    """Snapshots along the way out of the noise; None where none was recorded."""
    images = newest(store.images(run, kind="trajectory"))
    if not images:
        return None
    first = images[0]
    drawn = cut(run.folder, [one for one in images if (one.seed, one.index, one.label) == _key(first)])
    rows = [sorted((one for one in drawn if one.content == content), key=_moment) for content in ("x_t", "x0")]
    longest = max(map(len, rows))
    chosen = sorted({round(at * (longest - 1) / (MOMENTS - 1)) for at in range(MOMENTS)})
    kept = [[row[at] for at in chosen if at < len(row)] for row in rows if row]
    shown = "; ".join(_told(one, longest) for one in kept[0])
    caption = f"x_t above, the x0 predicted from it below, at sampling step and log-SNR: {shown}"
    side = sum(one.picture.shape[1] + 2 for one in kept[0])
    strip = grid_picture([[one.picture for one in row] for row in kept], gap=2, fill=128)
    names = class_names(run)
    which = f"class {names[first.label]}" if first.label is not None and first.label < len(names) else "no class"
    told = Text(f"One picture of {which} on its way out of the noise, at training step {count(first.step)}.")
    return Section("Denoising", (told, Pictures(caption, strip, max(1, 620 // side))))


def _key(image: "Image") -> tuple[int, int, int | None]:
    return image.seed, image.index, image.label


def _moment(drawn: "Drawn") -> float:
    return float("inf") if drawn.sampling_step is None else drawn.sampling_step


def _told(drawn: "Drawn", longest: int) -> str:
    step = longest - 1 if drawn.sampling_step is None else drawn.sampling_step
    if not drawn.sigma:
        return f"{step} (no noise)"
    return f"{step} ({-2 * np.log(drawn.sigma):.1f})"


def samples(store: "Store", run: "Run") -> Section | None:
    """The drawn pictures, a row a class; None where there are none."""
    images = own(store.images(run, kind="sample")) or newest(store.images(run, kind="preview"))
    if not images:
        return None
    names = class_names(run)
    groups = by_class(cut(run.folder, images), names)
    rows = [members[:ACROSS] for members in groups.values()]
    shown = list(groups)
    classes = f"rows from the top: {', '.join(shown)}" if len(shown) > 1 else f"class {shown[0]}"
    caption = f"{count(sum(map(len, rows)))} of {count(len(images))} pictures; {classes}"
    first = images[0]
    told = Text(f"Drawn at training step {count(first.step)} with {first.weights} weights.")
    scale = max(1, min(3, 620 // (max(map(len, rows)) * (rows[0][0].shape[1] + 2))))
    return Section("Samples by class", (told, Pictures(caption, grid_picture(rows, gap=2, fill=128), scale)))
