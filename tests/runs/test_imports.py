"""What looking at runs does not load: it has to be quick."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        pytest.param("runs.store", ["torch", "numpy", "sqlite_utils", "psutil", "PIL"], id="store"),
        pytest.param("runs.ingest", ["torch", "numpy", "sqlite_utils", "psutil", "PIL"], id="ingest"),
        pytest.param("runs.export", ["torch", "numpy", "sqlite_utils", "psutil", "PIL"], id="export"),
        pytest.param("runs.create", ["torch", "numpy", "sqlite_utils", "PIL"], id="create"),
        pytest.param("runs.attempt", ["torch", "sqlite_utils", "PIL", "textual"], id="worker"),
    ],
)
def test_what_is_not_imported(module, absent):
    """In a fresh interpreter."""
    code = f"import sys, {module}\nprint([name for name in {absent!r} if name in sys.modules])"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout == "[]\n"
