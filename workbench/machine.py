"""The machine and the queue in one line: what a person looks at before starting another run."""

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.gpus import Gpu, gpus
from runs.queue import slots
from workbench.format import number, size
from workbench.run_labels import device_label

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Run


class Machine:
    """Asks the devices again at each call of `line`; only ever used in one thread."""

    def __init__(self, home: "Home") -> None:
        self.home = home

    def line(self, runs: "Sequence[Run]", alerts: int) -> str:
        """GPUs, CPU, memory, slots, queue, disk and alerts, the most important first."""
        import psutil

        running = sum(run.status == "running" for run in runs)
        queued = sum(run.status == "queued" for run in runs)
        parts = [gpu_label(gpu) for gpu in gpus()]
        parts.append(f"CPU {psutil.cpu_percent(None):.0f} %")
        parts.append(f"memory {psutil.virtual_memory().percent:.0f} %")
        parts.append(self._slots(running))
        parts += [f"{queued} queued"] if queued else []
        parts.append(self._disk())
        parts += [f"{alerts} alert{'s' if alerts != 1 else ''} (!)"] if alerts else []
        return "  ".join(filter(None, parts))

    def _slots(self, running: int) -> str:
        try:
            return f"{running} of {slots(self.home)} slots"
        except UserError as error:
            return error.problem

    def _disk(self) -> str:
        folder = next((path for path in (self.home.root, *self.home.root.parents) if path.exists()), None)
        return f"disk {size(shutil.disk_usage(folder).free)} free" if folder else ""


def gpu_label(gpu: Gpu) -> str:
    """One GPU in a few words: GPU 0 H100 87 % 23/80 GB 61°."""
    parts = [f"GPU {gpu.index} {device_label(gpu.name)}"]
    parts += [f"{gpu.percent:.0f} %"] if gpu.percent is not None else []
    parts.append(f"{number(gpu.memory_used_gb, 2)}/{number(gpu.memory_gb, 2)} GB")
    parts += [f"{gpu.temperature_c:.0f}°"] if gpu.temperature_c is not None else []
    return " ".join(parts)
