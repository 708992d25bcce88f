"""Which metrics belong into one chart: training and validation of the same quantity."""

from collections.abc import Iterable

FIRST = ("loss", "x0_loss")  # charts, in this order; then by name
SPLITS = ("train/", "val/")
SYSTEM = ("system/", "images_per_s")


def is_system(name: str) -> bool:
    """Whether a metric tells of the machine rather than of the training."""
    return name.startswith(SYSTEM)


def group_of(name: str) -> str:
    """The chart of a metric: train/loss, val/loss and train/bank_loss are all "loss"."""
    for split in SPLITS:
        if name.startswith(split):
            return name.removeprefix(split).removeprefix("bank_")
    return name.removeprefix("system/")


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Metrics by chart, charts and metrics in the order they are shown in."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: ("bank_" in name, not name.startswith("train/"), name)):
        groups.setdefault(group_of(name), []).append(name)
    order = sorted(groups, key=lambda title: (FIRST.index(title) if title in FIRST else len(FIRST), title))
    return {title: groups[title] for title in order}
