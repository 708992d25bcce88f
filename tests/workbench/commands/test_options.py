"""What several commands share: completion, whole numbers, the home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffusion.errors import UserError
from tests.workbench.commands.conftest import find
from workbench import cli
from workbench.commands.options import run_names, setting_keys, whole


def test_names_of_runs(home, made, odd):
    """Newest first; one that could not be typed is left out."""
    for name in ("tidy-otter", "tidy-owl", "loud-crow"):
        made(name)
    find(home, "loud-crow")
    assert run_names("") == ["loud-crow", "tidy-owl", "tidy-otter"]
    assert run_names("tidy-o") == ["tidy-owl", "tidy-otter"]
    assert run_names("x") == []


def test_no_home_no_names(home):
    """And a damaged database ends no shell; nothing is made."""
    assert run_names("") == []
    assert not home.root.exists()
    home.make()
    home.database.write_bytes(b"no database" * 1000)
    assert run_names("") == []


def test_settings():
    """By key and by short name, each with the sign that a value follows."""
    assert setting_keys("blu") == ["blur="]
    assert setting_keys("train.learning") == ["train.learning_rate="]
    assert len(setting_keys("")) > 40


@pytest.mark.parametrize("words", ["workbench show ti", "workbench stop loud ti"])
def test_the_shell_completes_them(home, made, words):
    """As bash asks for it."""
    made("tidy-otter")
    find(home, "tidy-otter")
    environ = {
        **os.environ,
        "_WORKBENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "PYTHONPATH": str(Path(cli.__file__).parents[1]),
    }
    code = "from workbench.cli import main; main([])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=60)
    assert (done.stdout, done.stderr) == ("tidy-otter\n", "")


@pytest.mark.parametrize(
    ("text", "high", "message"),
    [
        ("x", None, "--n is 'x'; allowed: a whole number, 1 or more; next: --n 1"),
        ("0", None, "--n is 0; allowed: a whole number, 1 or more; next: --n 1"),
        ("1.5", 9, "--n is '1.5'; allowed: a whole number from 1 to 9; next: --n 1"),
        ("10", 9, "--n is 10; allowed: a whole number from 1 to 9; next: --n 9"),
        ("-3", 9, "--n is -3; allowed: a whole number from 1 to 9; next: --n 1"),
    ],
)
def test_whole_numbers(text, high, message):
    """What is allowed, and the nearest that is."""
    with pytest.raises(UserError) as caught:
        whole("--n", text, low=1, high=high)
    assert str(caught.value) == message
    assert whole("--n", "7", low=1, high=high) == 7
