"""What torch can do here, tried in a process of its own."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from diffusion import probe

CPU = torch.device("cpu")


def test_the_process_prints_lines_of_json():
    """Each trial is announced before it is made; on a CPU float32 and bfloat16 work, and the end is told."""
    words = [sys.executable, "-P", "-m", "diffusion.probe"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {"trying": "the NVIDIA driver"}
    assert lines[-1] == {"done": True}
    (facts,) = [line for line in lines if "torch" in line]
    assert facts["torch"] == torch.__version__
    assert facts["devices"][-1]["name"] == "cpu"
    assert facts["devices"][-1]["auto_dtype"] in ("bfloat16", "float32")
    assert facts["devices"][-1]["free_gb"] > 0
    for dtype in ("float32", "bfloat16"):
        at = lines.index({"trying": f"{dtype} on cpu"})
        found = lines[at + 1]
        assert (found["device"], found["dtype"], found["works"], found["error"]) == ("cpu", dtype, True, "")
        assert found["matmul_gflops"] > 0
        assert found["convolution_gflops"] > 0
    assert not any("compile" in line for line in lines)


def test_it_does_not_import_torch_before_its_first_line():
    """Since that import may be what fails."""
    code = "import sys, diffusion.probe; next(diffusion.probe.trials(compiling=False)); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("kind", probe.SIDE)
def test_operations_are_counted_as_torch_counts_them(kind):
    """Forward and backward, on tensors without numbers."""
    for name, operation, _, large, flops in probe.operations(kind):
        with FlopCounterMode(display=False) as counter:
            probe._both_ways(operation, [torch.empty(shape, device="meta") for shape in large])
        assert counter.get_total_flops() == flops, name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(lambda result: result * 1.2, "error is", id="result"),
        pytest.param(lambda result: result / 0, "NaN|error is", id="infinite"),
        pytest.param(lambda result: result * torch.nan, "result is NaN", id="NaN"),
        pytest.param(lambda result: result + 0.2 * (result - result.detach()), "error is", id="gradient alone"),
    ],
)
def test_a_device_that_computes_wrongly_is_found(wrong, message):
    """An operation that is right in float64, where the reference is made, and wrong in float32."""

    def operation(a, b):
        return a @ b if a.dtype == torch.float64 else wrong(a @ b)

    with pytest.raises(ArithmeticError, match=message):
        probe._compare(operation, [(64, 64), (64, 64)], CPU, torch.float32, probe.TOLERANCE["float32"])


def test_a_trial_that_fails_is_a_result(monkeypatch):
    """With the first line of the error; the other trials are made all the same."""

    def fails(device, name):
        raise RuntimeError("no kernel\nlong story")

    monkeypatch.setattr(probe, "_dtype", fails)
    found = [line for line in probe.trials(compiling=False) if "dtype" in line]
    assert {line["dtype"]: line["error"] for line in found if line["device"] == "cpu"} == dict.fromkeys(
        ("float32", "bfloat16", "float16"), "RuntimeError: no kernel"
    )
    assert not any(line["works"] for line in found)


@pytest.mark.parametrize(
    ("factor", "works"), [pytest.param(1, True, id="right"), pytest.param(2, False, id="wrong code")]
)
def test_compiled_code_is_compared(monkeypatch, factor, works):
    """With the function as it is."""
    monkeypatch.setattr(torch, "compile", lambda function: lambda *inputs: factor * function(*inputs))
    monkeypatch.setattr(probe, "_dtype", lambda device, name: {})
    lines = [line for line in probe.trials(compiling=True) if line.get("compile") and line["device"] == "cpu"]
    assert [line["works"] for line in lines] == [works]


@pytest.mark.slow
def test_torch_compile():
    """In truth: it needs a C++ compiler."""
    assert probe._compiled(CPU)["seconds"] > 0


class _NvmlError(Exception):
    pass


def _nvml(version):
    def init():
        if version is None:
            raise _NvmlError

    names = {"NVMLError": _NvmlError, "nvmlInit": init, "nvmlShutdown": lambda: None}
    return SimpleNamespace(**names, nvmlSystemGetDriverVersion=lambda: version)


@pytest.mark.parametrize(
    ("module", "version"),
    [
        pytest.param(_nvml("580.95.05"), "580.95.05", id="driver"),
        pytest.param(_nvml(b"470.1"), "470.1", id="old binding, bytes"),
        pytest.param(_nvml(None), "", id="no driver"),
        pytest.param(None, "", id="no binding"),
    ],
)
def test_the_driver(monkeypatch, module, version):
    """As NVML tells it."""
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert probe.nvidia_driver() == version
