"""What torch can do on this machine, tried out: `python -m diffusion.probe` in a process of its own.

A driver may crash and a compiler hang, so whoever asks starts this as a process with a time limit. It prints one JSON
object a line, each as soon as it is known, and before each trial a line that says which: what is missing at the end
tells where it stopped. With --compile it also tries torch.compile, which takes long.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported by `trials` after its first line, since that import may be what fails
    import torch
    from torch import Tensor

# The largest error against float64, in standard deviations of the result. TF32, which CUDA's convolutions use for
# float32, has 10 bits of mantissa as float16 has; bfloat16 has 7.
TOLERANCE = {"float32": 0.01, "bfloat16": 0.08, "float16": 0.01}
MEASURED_S = 0.02  # at least; the best of a few counts, since other programs only ever make it slower
REPEATS = 3
# By kind of device: side of the matrices, and batch, channels and side of the convolution. Large enough for a GPU's
# multipliers to be busy, small enough that a CPU without float16 units answers within a second.
SIDE = {"cuda": 4096, "mps": 2048, "cpu": 256}
CONVOLUTION = {"cuda": (64, 128, 32), "mps": (32, 128, 32), "cpu": (8, 32, 16)}

Line = dict[str, Any]


def trials(*, compiling: bool) -> Iterator[Line]:
    """What is tried and what came of it, line by line: driver, torch, each dtype on each device, torch.compile."""
    yield {"trying": "the NVIDIA driver"}
    yield {"driver": nvidia_driver()}
    yield {"trying": "import torch"}
    import torch

    from diffusion.device import available_devices

    yield {"trying": "the list of devices"}
    names = available_devices()
    facts = {"torch": torch.__version__, "cuda": torch.version.cuda or "", "threads": torch.get_num_threads()}
    yield facts | {"devices": [_facts(torch.device(name)) for name in names]}
    for name in names:
        for dtype in TOLERANCE:
            yield {"trying": f"{dtype} on {name}"}
            yield {"device": name, "dtype": dtype} | _outcome(partial(_dtype, torch.device(name), dtype))
        if compiling:
            yield {"trying": f"torch.compile on {name}"}
            yield {"device": name, "compile": True} | _outcome(partial(_compiled, torch.device(name)))
    yield {"done": True}


def nvidia_driver() -> str:
    """The version of the NVIDIA driver as NVML tells it; empty without a driver or without its Python binding."""
    import importlib

    try:
        nvml = importlib.import_module("pynvml")
    except ModuleNotFoundError:
        return ""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:  # no driver, the common case
        return ""
    try:
        version = nvml.nvmlSystemGetDriverVersion()
        return version.decode() if isinstance(version, bytes) else str(version)
    finally:
        nvml.nvmlShutdown()


def _facts(device: "torch.device") -> Line:
    """What a device is, with the dtype that a run on pictures of 32 pixels takes by itself."""
    import torch

    from diffusion.config import RunConfig
    from diffusion.device import device_name, numerics
    from diffusion.memory import free_bytes

    free, total = 0, 0
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
    elif device.type == "mps":
        total = torch.mps.recommended_max_memory()
        free = total - torch.mps.driver_allocated_memory()
    else:
        import psutil

        free, total = free_bytes(), int(psutil.virtual_memory().total)
    return {
        "name": str(device),
        "title": device_name(device),
        "memory_gb": round(total / 1e9, 2),
        "free_gb": round(free / 1e9, 2),
        "auto_dtype": str(numerics(RunConfig(), device, 32).dtype).removeprefix("torch."),
    }


def _outcome(attempt: Callable[[], Line]) -> Line:
    """What an attempt found, or why it failed: a trial's failure is its result."""
    try:
        return {"works": True, "error": ""} | attempt()
    except Exception as error:  # torch's compiler raises whatever its compilers make it meet
        first = (str(error).strip().splitlines() or [""])[0]
        return {"works": False, "error": f"{type(error).__name__}: {first}"[:300]}


Operation = Callable[["Tensor", "Tensor"], "Tensor"]
Shapes = Sequence[tuple[int, ...]]


def operations(kind: str) -> list[tuple[str, Operation, Shapes, Shapes, int]]:
    """What is tried on a kind of device: name, operation, shapes of its inputs at a small and at a large size.

    Last: the floating-point operations of forward and backward at the large size, a multiplication and an addition each
    counted as one.
    """
    import torch
    from torch.nn.functional import conv2d

    side = SIDE[kind]
    batch, channels, pixels = CONVOLUTION[kind]
    large = [(batch, channels, pixels, pixels), (channels, channels, 3, 3)]
    return [
        ("matmul", torch.matmul, [(64, 64)] * 2, [(side, side)] * 2, 6 * side**3),
        (
            "convolution",
            lambda x, weight: conv2d(x, weight, padding=1),
            [(2, 8, 8, 8), (8, 8, 3, 3)],
            large,
            54 * batch * (channels * pixels) ** 2,
        ),
    ]


def _dtype(device: "torch.device", name: str) -> Line:
    """Each operation, forward and backward: right at the small size, and its 10^9 operations a second at the large."""
    import torch

    dtype: torch.dtype = getattr(torch, name)
    found: Line = {}
    for operation_name, operation, small, large, flops in operations(device.type):
        _compare(operation, small, device, dtype, TOLERANCE[name])
        found[f"{operation_name}_gflops"] = _rate(operation, large, flops, device, dtype)
    return found


def _compare(
    operation: Operation, shapes: Shapes, device: "torch.device", dtype: "torch.dtype", tolerance: float
) -> None:
    """Raise ArithmeticError unless result and gradients are those of float64 on the CPU, within the tolerance."""
    import torch

    inputs = [one.to(dtype) for one in _normal(shapes)]
    exact = _both_ways(operation, [one.double() for one in inputs])
    found = _both_ways(operation, [one.to(device) for one in inputs])
    for right, wrong in zip(exact, found, strict=True):
        error = float((wrong.cpu().double() - right).abs().max() / right.std())
        if not error <= tolerance:  # NaN is not
            told = "result is NaN" if torch.isnan(wrong).any() else f"error is {error:.2g} standard deviations"
            raise ArithmeticError(f"wrong: the {told}, allowed are {tolerance:g}")


def _normal(shapes: Shapes) -> "list[Tensor]":
    import torch

    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def _both_ways(operation: Operation, inputs: "list[Tensor]") -> "list[Tensor]":
    """The result, and the gradients by the inputs where the result's own is the result."""
    import torch

    leaves = [one.detach().requires_grad_() for one in inputs]
    result = operation(*leaves)
    return [result.detach(), *torch.autograd.grad(result, leaves, result.detach())]


def _rate(operation: Operation, shapes: Shapes, flops: int, device: "torch.device", dtype: "torch.dtype") -> float:
    inputs = [one.to(device, dtype) for one in _normal(shapes)]
    _both_ways(operation, inputs)
    seconds, count = _seconds(operation, inputs, 1, device), 1
    while seconds < MEASURED_S:
        count *= 2
        seconds = _seconds(operation, inputs, count, device)
    best = min(_seconds(operation, inputs, count, device) for _ in range(REPEATS))
    return round(count * flops / min(best, seconds) / 1e9, 1)


def _seconds(operation: Operation, inputs: "list[Tensor]", count: int, device: "torch.device") -> float:
    _wait(device)
    begun = time.perf_counter()
    for _ in range(count):
        _both_ways(operation, inputs)
    _wait(device)
    return time.perf_counter() - begun


def _wait(device: "torch.device") -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _compiled(device: "torch.device") -> Line:
    """A small function and its gradient through torch.compile, equal to what they are without it."""
    import torch

    def small(x: "Tensor", weight: "Tensor") -> "Tensor":
        """A product and two elementwise operations, for the compiler to fuse. x and weight: [32, 32]."""
        return torch.nn.functional.silu(x @ weight) * 2 + x.square()

    begun = time.perf_counter()
    inputs = [one.to(device) for one in _normal([(32, 32), (32, 32)])]
    compiled: Operation = torch.compile(small)
    for right, found in zip(_both_ways(small, inputs), _both_ways(compiled, inputs), strict=True):
        torch.testing.assert_close(found, right, rtol=1e-3, atol=1e-2)
    return {"seconds": round(time.perf_counter() - begun, 1)}


def main() -> None:
    """Print the lines. What libraries print goes to stderr, so that stdout has these lines alone."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in trials(compiling="--compile" in sys.argv[1:]):
            out.write(json.dumps(line) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
