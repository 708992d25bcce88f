"""The machine and the queue in one line."""

import re
from types import SimpleNamespace

import pytest

from runs.gpus import Gpu
from runs.home import Home
from workbench.machine import Machine, gpu_label


def gpu(percent=87.0, temperature=61.0):
    """One GPU."""
    return Gpu(0, "GPU-1", "NVIDIA H100 80GB HBM3", percent, 23.4, 80.0, 300.0, temperature)


def test_a_gpu():
    """Its load, memory and temperature, as far as they are known."""
    assert gpu_label(gpu()) == "GPU 0 H100 80GB HBM3 87 % 23/80 GB 61°"
    assert gpu_label(gpu(None, None)) == "GPU 0 H100 80GB HBM3 23/80 GB"


@pytest.mark.parametrize(
    ("statuses", "alerts", "line"),
    [
        (["running", "queued", "queued", "completed"], 1, "1 of 2 slots  2 queued  disk N free  1 alert (!)"),
        ([], 0, "0 of 2 slots  disk N free"),
        (["running"], 3, "1 of 2 slots  disk N free  3 alerts (!)"),
    ],
)
def test_the_line(tmp_path, monkeypatch, statuses, alerts, line):
    """GPUs first; a home that is not made yet has a disk too."""
    monkeypatch.setattr("workbench.machine.gpus", lambda: [gpu()])
    monkeypatch.setattr("workbench.machine.slots", lambda home: 2)
    runs = [SimpleNamespace(status=status) for status in statuses]
    told = Machine(Home(tmp_path / "not" / "made")).line(runs, alerts)
    assert re.fullmatch(
        r"GPU 0 H100 80GB HBM3 87 % 23/80 GB 61°  CPU \d+ %  memory \d+ %  " + re.escape(line).replace("N", r"\S+ \S+"),
        told,
    )


def test_a_number_of_slots_that_cannot_be_read(tmp_path):
    """Is said in the line, and the rest with it."""
    home = Home(tmp_path / "home")
    home.make()
    (home.root / "slots").write_text("many")
    assert "--slots is 'many'" in Machine(home).line([], 0)
