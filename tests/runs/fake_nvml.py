"""A stand-in for pynvml: as many GPUs as a test likes, with what each of them does not know."""

import types
from dataclasses import dataclass, field


class NVMLError(Exception):
    """What every function of NVML may raise."""


@dataclass
class FakeGpu:
    """One GPU; unknown names what its driver does not tell."""

    uuid: str
    name: str = "NVIDIA Test"
    percent: int = 0
    used: float = 1e9
    total: float = 80e9
    milliwatts: int = 70_000
    celsius: int = 40
    unknown: set[str] = field(default_factory=set)


class FakeNvml(types.ModuleType):
    """The functions of pynvml that are used here. up: whether there is a driver."""

    NVML_TEMPERATURE_GPU = 0
    NVMLError = NVMLError

    def __init__(self, *gpus: FakeGpu, up: bool = True) -> None:
        super().__init__("pynvml")
        self.gpus, self.up, self.started = list(gpus), up, 0

    def nvmlInit(self):
        self.started += 1
        self._check()

    def nvmlDeviceGetCount(self):
        self._check()
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index):
        return self.gpus[index]

    def nvmlDeviceGetUUID(self, gpu):
        return gpu.uuid.encode()  # as older versions of the driver's binding answer

    def nvmlDeviceGetName(self, gpu):
        return gpu.name

    def nvmlDeviceGetMemoryInfo(self, gpu):
        return types.SimpleNamespace(used=gpu.used, total=gpu.total)

    def nvmlDeviceGetPowerUsage(self, gpu):
        return self._told(gpu, "power", gpu.milliwatts)

    def nvmlDeviceGetUtilizationRates(self, gpu):
        return self._told(gpu, "percent", types.SimpleNamespace(gpu=gpu.percent))

    def nvmlDeviceGetTemperature(self, gpu, sensor):
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._told(gpu, "temperature", gpu.celsius)

    def _told(self, gpu, what, value):
        if what in gpu.unknown:
            raise NVMLError
        return value

    def _check(self):
        if not self.up:
            raise NVMLError
