"""What a worker takes of its machine, as metrics."""

import shutil
import threading
import time
from collections import namedtuple
from typing import ClassVar

import pytest

from diffusion.events import Alert, Finished, Metric, Progress, Started
from runs.gpus import Gpu
from runs.system import Meter, with_system_metrics
from tests.waiting import until

GPUS = [
    Gpu(0, "GPU-a", "A", 10.0, 1.0, 80.0, 100.0, 50.0),
    Gpu(1, "GPU-b", "B", 90.0, 20.0, 80.0, None, 70.0),
]
OF_THE_PROCESS = {"system/cpu_percent", "system/memory_gb", "system/disk_free_gb"}


class Measured(Meter):
    """A meter that measures when the test says so."""

    given: ClassVar[dict[str, float]] = {}

    def run(self):
        pass

    def take(self):
        found, type(self).given = self.given, {}
        return found


def test_a_meter_measures_now_and_then(tmp_path):
    """Figures of this process, each handed out once; it ends when it is told to."""
    meter = Meter(tmp_path, every_s=0.01)
    meter.start()
    found = until(meter.take)
    assert found.keys() == OF_THE_PROCESS
    assert 0.01 < found["system/memory_gb"] < 100
    assert found["system/disk_free_gb"] == pytest.approx(shutil.disk_usage(tmp_path).free / 1e9, rel=0.2)
    assert until(meter.take).keys() == OF_THE_PROCESS
    meter.stop()
    meter.join(10)
    assert not meter.is_alive()
    meter.take()
    assert meter.take() == {}


@pytest.mark.parametrize(
    ("device", "percent"),
    [("cpu", None), ("cuda", 10.0), ("cuda:0", 10.0), ("cuda:1", 90.0), ("cuda:2", None), ("mps", None)],
)
def test_of_the_gpu_it_works_on(tmp_path, monkeypatch, device, percent):
    """The one that the training told of; what its driver does not tell is left out."""
    monkeypatch.setattr("runs.system.gpus", lambda: GPUS)
    meter = Meter(tmp_path, every_s=0.01)
    meter.device = device
    meter.start()
    found = until(meter.take)
    meter.stop()
    meter.join(10)
    assert found.get("system/gpu_percent") == percent
    assert ("system/gpu_power_w" in found) == (percent == 10.0)
    assert ("system/gpu_temperature_c" in found) == (percent is not None)


def test_no_gpu_is_asked_for_on_the_cpu(tmp_path, monkeypatch):
    """NVML is started only where the run works on a GPU."""
    monkeypatch.setattr("runs.system.gpus", lambda: pytest.fail("asked"))
    meter = Meter(tmp_path, every_s=0.001)
    meter.device = "cpu"
    meter.start()
    until(meter.take)
    meter.stop()


def events(values, meter=Measured):
    """Progress of as many steps, with what is measured before each."""
    for step, given in enumerate(values, 1):
        meter.given = {f"system/{name}": value for name, value in given.items()}
        yield Progress("train", step, len(values), step)


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.setattr("runs.system.Meter", Measured)
    Measured.given = {}


def test_figures_belong_to_the_step_that_is_done(tmp_path, measured):
    """Between two events, only when there are new ones; the events go on as they are."""
    seen = list(with_system_metrics(events([{}, {"cpu_percent": 50.0, "memory_gb": 2.0}, {}]), tmp_path))
    assert seen == [
        Progress("train", 1, 3, 1),
        Progress("train", 2, 3, 2),
        Metric(2, "system/cpu_percent", 50.0),
        Metric(2, "system/memory_gb", 2.0),
        Progress("train", 3, 3, 3),
    ]


@pytest.mark.parametrize(
    ("free", "told"),
    [
        pytest.param([5.0, 2.0, 1.1], [], id="enough"),
        pytest.param([5.0, 0.9], [2], id="below"),
        pytest.param([0.9, 0.8, 0.7], [1], id="once"),
        pytest.param([0.9, 1.1, 0.9, 1.4, 0.9], [1], id="not better yet"),
        pytest.param([0.9, 1.6, 0.9], [1, 3], id="better, then worse"),
    ],
)
def test_the_disk_is_nearly_full(tmp_path, measured, free, told):
    """A warning, and again only after it had got better."""
    seen = list(with_system_metrics(events([{"disk_free_gb": value} for value in free]), tmp_path))
    alerts = [event for event in seen if isinstance(event, Alert)]
    assert [alert.step for alert in alerts] == told
    assert all(alert.level == "warning" for alert in alerts)
    assert all(alert.text.endswith(f" GB are free on the disk of {tmp_path}") for alert in alerts)


def test_the_device_is_what_the_training_told(tmp_path, monkeypatch):
    """The thread measures the GPU from then on, and ends with the stage, also when that is closed or fails."""
    made = []

    class Kept(Meter):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("runs.system.Meter", Kept)
    monkeypatch.setattr("runs.system.gpus", lambda: GPUS)

    def source():
        yield Started({"device": "cuda:1"}, ())
        ends = time.monotonic() + 20
        step = 0
        while time.monotonic() < ends:
            step += 1
            yield Progress("train", step, 9, step)
        yield Finished("completed", 1, 1.0)

    stage = with_system_metrics(source(), tmp_path, every_s=0.01)
    found = next(event for event in stage if isinstance(event, Metric) and event.name == "system/gpu_percent")
    assert found.value == 90.0
    stage.close()
    (meter,) = made
    meter.join(10)
    assert not meter.is_alive()

    def fails():
        yield Progress("train", 1, 9, 1)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        list(with_system_metrics(fails(), tmp_path, every_s=0.01))
    made[1].join(10)
    assert not made[1].is_alive()


def test_a_slow_driver_holds_up_no_step(tmp_path, monkeypatch):
    """Measuring takes for ever; the events pass."""
    asked, answer = threading.Event(), threading.Event()
    Usage = namedtuple("Usage", "free")

    def slow(folder):
        asked.set()
        answer.wait(30)
        return Usage(1e12)

    monkeypatch.setattr("runs.system.shutil.disk_usage", slow)

    def source():
        for step in range(1, 1000):
            yield Progress("train", step, 999, step)
            assert step > 1 or asked.wait(20)

    assert len(list(with_system_metrics(source(), tmp_path, every_s=0.001))) == 999
    answer.set()
