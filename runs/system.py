"""What a worker takes of its machine, every two seconds, as metrics; and a warning before the disk is full.

A thread measures, so that a driver that answers slowly never holds up a step; the stage hands on what it has found.
"""

import shutil
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from diffusion.events import Alert, Event, Metric, Progress, Started
from runs.gpus import gpus

Events = Generator[Event, None, None]
EVERY_S = 2.0
GB = 1e9
LEAST_DISK_GB = 1.0


class Meter(threading.Thread):
    """Measures until it is stopped. `take` gives the newest figures once, an empty dict when there are no newer ones.

    system/cpu_percent: of the worker, 100 is one core; memory_gb: its resident memory; disk_free_gb: where the run is
    kept; gpu_*: the whole GPU that it works on, by NVML.
    """

    def __init__(self, folder: Path, every_s: float = EVERY_S) -> None:
        super().__init__(name="system metrics", daemon=True)
        import psutil

        self.device = ""  # as the training told: cpu, cuda:0, ...
        self._folder = folder
        self._every_s = every_s
        self._process = psutil.Process()
        self._done = threading.Event()
        self._newest: dict[str, float] = {}

    def run(self) -> None:
        """Measure now and then."""
        self._process.cpu_percent()  # the first answer is always 0: it has nothing to compare with
        while not self._done.wait(self._every_s):
            self._newest = {f"system/{name}": value for name, value in self._measured().items()}

    def stop(self) -> None:
        """End the thread soon; it is not waited for."""
        self._done.set()

    def take(self) -> dict[str, float]:
        """The newest figures, if they were not taken yet."""
        found, self._newest = self._newest, {}
        return found

    def _measured(self) -> dict[str, float]:
        values: dict[str, float | None] = {
            "cpu_percent": self._process.cpu_percent(),
            "memory_gb": self._process.memory_info().rss / GB,
            "disk_free_gb": shutil.disk_usage(self._folder).free / GB,
        }
        if self.device.startswith("cuda"):
            number = int(self.device.partition(":")[2] or 0)
            found = gpus()
            if number < len(found):
                gpu = found[number]
                values |= {
                    "gpu_percent": gpu.percent,
                    "gpu_memory_gb": gpu.memory_used_gb,
                    "gpu_power_w": gpu.power_w,
                    "gpu_temperature_c": gpu.temperature_c,
                }
        return {name: value for name, value in values.items() if value is not None}


def with_system_metrics(events: Events, folder: Path, every_s: float = EVERY_S) -> Events:
    """Yield events on, and between two of them what was measured meanwhile, as metrics of the step that is done."""
    meter, low = Meter(folder, every_s), False
    meter.start()
    try:
        with closing(events):
            for event in events:
                yield event
                if isinstance(event, Started):
                    meter.device = str(event.facts.get("device", ""))
                if not isinstance(event, Progress):
                    continue
                found = meter.take()
                for name, value in found.items():
                    yield Metric(event.step, name, value)
                free = found.get("system/disk_free_gb")
                if free is not None:
                    if free < LEAST_DISK_GB and not low:
                        yield Alert("warning", event.step, f"{free:.2f} GB are free on the disk of {folder}")
                    low = free < LEAST_DISK_GB * (1.5 if low else 1)  # told again only after it had got better
    finally:
        meter.stop()
