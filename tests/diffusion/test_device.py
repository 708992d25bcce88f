"""Which device and which arithmetic, on this machine and on pretended ones."""

import os

import pytest
import torch

from diffusion.config import NetworkConfig, RunConfig, TrainConfig
from diffusion.device import Numerics, available_devices, device_name, numerics, pick_device, set_threads
from diffusion.errors import UserError

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")


@pytest.fixture
def machine(monkeypatch):
    """A machine with so many CUDA devices of a compute capability, with or without an Apple GPU."""

    def pretend(cuda=0, mps=False, capability=(8, 0)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    return pretend


@pytest.mark.parametrize(
    ("here", "names"),
    [
        ({}, ["cpu"]),
        ({"mps": True}, ["mps", "cpu"]),
        ({"cuda": 2}, ["cuda:0", "cuda:1", "cpu"]),
    ],
    ids=["cpu", "mps", "cuda"],
)
def test_auto_is_the_best_device_here(machine, here, names):
    """Which is the first one listed."""
    machine(**here)
    assert available_devices() == names
    assert pick_device("auto") == torch.device(names[0])
    assert [str(pick_device(name)) for name in names] == names


def test_cuda_alone_is_the_first_one(machine):
    """As torch has it."""
    machine(cuda=2)
    assert pick_device("cuda") == CUDA


@pytest.mark.parametrize(
    ("here", "name", "message"),
    [
        ({}, "cuda", "device is 'cuda'; torch sees no CUDA device here; allowed: auto, cpu; next: --device auto"),
        ({}, "cuda:1", "device is 'cuda:1'; torch sees no CUDA device here; allowed: auto, cpu; next: --device auto"),
        ({"cuda": 1}, "cuda:1", "device is 'cuda:1'; allowed: auto, cuda:0, cpu; next: --device auto"),
        (
            {"mps": True},
            "cuda",
            "device is 'cuda'; torch sees no CUDA device here; allowed: auto, mps, cpu; next: --device auto",
        ),
        ({}, "mps", "device is 'mps'; allowed: auto, cpu; next: --device auto"),
        ({}, "gpu", "device is 'gpu'; allowed: auto, cpu; next: --device auto"),
    ],
    ids=["cuda", "cuda:1", "second of one", "cuda on a Mac", "mps", "unknown"],
)
def test_a_device_that_is_not_here_is_refused(machine, here, name, message):
    """With those that are."""
    machine(**here)
    with pytest.raises(UserError) as caught:
        pick_device(name)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("device", "capability", "dtype", "layout"),
    [
        (CPU, (0, 0), torch.float32, torch.channels_last),
        (CUDA, (7, 5), torch.float32, torch.channels_last),
        (CUDA, (8, 0), torch.bfloat16, torch.channels_last),
        (CUDA, (9, 0), torch.bfloat16, torch.channels_last),
        (torch.device("mps"), (0, 0), torch.float32, torch.contiguous_format),
    ],
    ids=["cpu", "Turing", "Ampere", "Hopper", "mps"],
)
def test_auto_is_what_pays_on_the_device(machine, monkeypatch, device, capability, dtype, layout):
    """And a setting is a setting."""
    machine(cuda=1, capability=capability)
    monkeypatch.setattr("diffusion.device.cpu_has_bfloat16", lambda: False)
    assert numerics(RunConfig(), device, 32) == Numerics(dtype, layout, device)
    asked = RunConfig(train=TrainConfig(dtype="float32", memory_format="channels_last"))
    assert numerics(asked, device, 32) == Numerics(torch.float32, torch.channels_last, device)
    asked = RunConfig(train=TrainConfig(dtype="bfloat16", memory_format="contiguous"))
    assert numerics(asked, device, 32) == Numerics(torch.bfloat16, torch.contiguous_format, device)


@pytest.mark.parametrize(("size", "dtype"), [(8, torch.float32), (28, torch.bfloat16)], ids=["digits", "mnist"])
def test_bfloat16_pays_for_all_but_the_smallest_pictures(monkeypatch, size, dtype):
    """On a CPU that has it; pictures of 8 pixels make too few products."""
    monkeypatch.setattr("diffusion.device.cpu_has_bfloat16", lambda: True)
    config = RunConfig(network=NetworkConfig(patch=2))
    assert numerics(config, CPU, size).dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_products_are_computed_in_the_chosen_dtype(dtype):
    """By autocast, so that weights stay float32."""
    with Numerics(dtype, torch.contiguous_format, CPU).autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_the_name_says_how_many_threads(machine):
    """Two runs differ in speed by it."""
    assert device_name(CPU).removesuffix("s") == f"CPU, {torch.get_num_threads()} thread"
    assert device_name(torch.device("mps")) == "Apple GPU"


@pytest.mark.parametrize(
    ("variable", "cores", "expected"),
    [("3", 1, 8), ("", 2, 2), ("", 64, 8), ("many", 2, 2)],
    ids=["told", "two cores", "more than torch takes", "ill-typed"],
)
def test_threads_are_those_that_the_process_may_use(monkeypatch, variable, cores, expected):
    """Two cores of a machine of 64 given to a cluster's job; what OMP_NUM_THREADS says, torch has read itself."""
    threads = [8]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda count: threads.__setitem__(0, count))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert set_threads(14) == expected
    assert set_threads(4) == (expected if variable.isdigit() else 1)
