"""GPUs as NVML tells of them, with a stand-in for NVML."""

import sys

import pytest

from runs.gpus import Gpu, _nvml, gpus
from tests.runs.fake_nvml import FakeGpu, FakeNvml


@pytest.fixture
def nvml(monkeypatch):
    """Puts a driver with these GPUs into this machine."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def install(*found, up=True):
        module = FakeNvml(*found, up=up)
        monkeypatch.setitem(sys.modules, "pynvml", module)
        _nvml.cache_clear()
        return module

    yield install
    _nvml.cache_clear()


def test_what_each_does(nvml):
    """In units that a person reads; uuid and name as text, whichever the driver gives."""
    nvml(FakeGpu("GPU-a", "NVIDIA H100", percent=37, used=12e9, milliwatts=312_500, celsius=61))
    assert gpus() == [Gpu(0, "GPU-a", "NVIDIA H100", 37.0, 12.0, 80.0, 312.5, 61.0)]


@pytest.mark.parametrize(
    ("unknown", "field"), [("percent", "percent"), ("power", "power_w"), ("temperature", "temperature_c")]
)
def test_a_figure_that_the_driver_does_not_give(nvml, unknown, field):
    """As on a slice of a GPU: None, and the rest is told."""
    nvml(FakeGpu("GPU-a", percent=5, unknown={unknown}))
    (found,) = gpus()
    assert getattr(found, field) is None
    assert [found.percent, found.power_w, found.temperature_c].count(None) == 1
    assert found.memory_used_gb == 1.0


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(None, ["GPU-aa1", "GPU-ab2", "GPU-c"], id="not set"),
        pytest.param("1", ["GPU-ab2"], id="index"),
        pytest.param("2,0", ["GPU-c", "GPU-aa1"], id="their order"),
        pytest.param("GPU-c", ["GPU-c"], id="uuid"),
        pytest.param("GPU-ab", ["GPU-ab2"], id="start of a uuid"),
        pytest.param(" 0 , GPU-c ", ["GPU-aa1", "GPU-c"], id="blanks"),
        pytest.param("0,7,1", ["GPU-aa1"], id="none after an unknown one"),
        pytest.param("-1", [], id="none"),
        pytest.param("", [], id="empty"),
    ],
)
def test_those_that_the_process_may_use(nvml, monkeypatch, wanted, found):
    """CUDA_VISIBLE_DEVICES as CUDA reads it."""
    nvml(FakeGpu("GPU-aa1"), FakeGpu("GPU-ab2"), FakeGpu("GPU-c"))
    if wanted is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert [gpu.uuid for gpu in gpus()] == found


def test_no_driver(nvml):
    """None, and it is asked for once only."""
    module = nvml(FakeGpu("GPU-a"), up=False)
    assert gpus() == gpus() == []
    assert module.started == 1


def test_a_driver_that_goes_away(nvml):
    """As in an update: no figures until it is back."""
    module = nvml(FakeGpu("GPU-a"))
    assert len(gpus()) == 1
    module.up = False
    assert gpus() == []
    module.up = True
    assert len(gpus()) == 1
