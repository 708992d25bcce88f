"""What the first screen does not load: it has to be quick, and no screen ever needs torch."""

import subprocess
import sys
from pathlib import Path

import pytest

SCREENS = ("run", "new_run", "query", "compare", "compare_tabs.curves", "compare_tabs.pictures", "studies", "claims")
EVERYTHING = ", ".join([*(f"workbench.screens.{name}" for name in SCREENS), "workbench.widgets.preview"])


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        pytest.param(
            "workbench.cli, workbench.app, workbench.screens.runs, workbench.terminal.driver",
            ["torch", "numpy", "PIL", "psutil", "sklearn", "sqlite_utils", "pynvml"],
            id="first screen",
        ),
        pytest.param(EVERYTHING, ["torch", "torchvision", "sklearn", "open_clip"], id="all screens"),
    ],
)
def test_what_is_not_imported(modules, absent):
    """In a fresh interpreter."""
    code = f"import sys, {modules}\nprint([name for name in {absent!r} if name in sys.modules])"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout == "[]\n"
