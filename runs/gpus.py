"""NVIDIA GPUs as NVML tells of them: what each does now, and which a process may use. None without a driver."""

import os
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

GB = 1e9


@dataclass(frozen=True)
class Gpu:
    """One GPU at this moment. A figure that the driver does not give is None."""

    index: int
    uuid: str
    name: str
    percent: float | None  # of time in which a kernel ran
    memory_used_gb: float
    memory_gb: float
    power_w: float | None
    temperature_c: float | None


def gpus() -> list[Gpu]:
    """The GPUs that this process may use, in the order of CUDA_VISIBLE_DEVICES; none where there is no driver."""
    nvml = _nvml()
    if nvml is None:
        return []
    try:
        found = [_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:  # the driver went away, as in an update: no figures until it is back
        return []
    return _visible(found, os.environ.get("CUDA_VISIBLE_DEVICES"))


def _visible(found: list[Gpu], wanted: str | None) -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES names, by index or the start of a UUID; like CUDA, none after an unknown one."""
    if wanted is None:
        return found
    chosen: list[Gpu] = []
    for text in filter(None, (part.strip() for part in wanted.split(","))):
        one = next((gpu for gpu in found if text == str(gpu.index) or gpu.uuid.startswith(text)), None)
        if one is None:
            break
        chosen.append(one)
    return chosen


@lru_cache
def _nvml() -> ModuleType | None:
    """NVML, started once; None where there is no NVIDIA driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver on this machine
        return None
    module: ModuleType = pynvml
    return module


def _gpu(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    milliwatts = _told(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
    return Gpu(
        index=index,
        uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
        name=_text(nvml.nvmlDeviceGetName(handle)),
        percent=_told(nvml, lambda one: nvml.nvmlDeviceGetUtilizationRates(one).gpu, handle),
        memory_used_gb=memory.used / GB,
        memory_gb=memory.total / GB,
        power_w=None if milliwatts is None else milliwatts / 1000,
        temperature_c=_told(nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
    )


def _told(nvml: Any, ask: Any, *values: Any) -> float | None:
    """What a function of NVML answers; None where this GPU does not know it, as MIG slices do not."""
    try:
        return float(ask(*values))
    except nvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
