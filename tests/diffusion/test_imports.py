"""What describes a run loads in an instant: a fresh interpreter finds no torch in it, nor numpy without need."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "sklearn", "PIL", "open_clip")


def imported(module):
    code = f"import sys, {module}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("module", ["checks", "config", "presets", "errors", "fields", "data.catalog"])
def test_the_description_of_a_run_needs_the_standard_library_alone(module):
    """workbench --help and every list come from these."""
    assert imported(f"diffusion.{module}").isdisjoint((*HEAVY, "numpy"))


def test_events_carry_numpy_pictures_and_no_tensor():
    """So that runs and workbench never meet torch."""
    found = imported("diffusion.events")
    assert found.isdisjoint(HEAVY)
    assert "numpy" in found
