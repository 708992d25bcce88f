"""What of a run is shown in other words than it is kept."""

from typing import TYPE_CHECKING

from workbench.format import safe_text

if TYPE_CHECKING:
    from runs.records import Run


def dataset_label(dataset: str) -> str:
    """A data set as the list names it: a folder by its own name, without the way to it."""
    return "folder:" + dataset.rstrip("/").rpartition("/")[2] if dataset.startswith("folder:") else dataset


def seconds_left(run: "Run") -> float | None:
    """What is left of a running run's steps at its present pace; None where that is not known."""
    if run.status != "running" or not run.total_steps or not run.images_per_s:
        return None
    return max(run.total_steps - run.step, 0) * run.config.train.batch_size / run.images_per_s


def device_label(device: str) -> str:
    """A device in a word or two: CPU, H100."""
    return safe_text(device.partition(",")[0].removeprefix("NVIDIA ")) or "-"
