"""Runs in the background, as the command line speaks of them; waiting for them is in commands/test_queue.py."""

from dataclasses import replace

import pytest

from diffusion.config import RunConfig
from runs.create import create_run
from runs.home import Home
from runs.ingest import catch_up
from runs.store import Store
from workbench.background import ending, say_queued, worse


@pytest.mark.parametrize(
    ("codes", "worst"), [([0, 0], 0), ([0, 3], 3), ([3, 0], 3), ([3, 1], 1), ([1, 3], 1), ([0, 1], 1), ([1, 0], 1)]
)
def test_the_worse_of_two(codes, worst):
    """A failure tells more of what went wrong than a loss that diverged."""
    assert worse(*codes) == worst


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def folder(home):
    return create_run(home, RunConfig(), preset="digits", command="workbench run", name="my run")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        pytest.param(
            {"status": "completed", "step": 12_000, "loss": 0.5},
            "my run completed at step 12,000, loss 0.5000",
            id="whole",
        ),
        pytest.param({"status": "died"}, "my run died at step 0", id="nothing done"),
        pytest.param({"status": "failed", "text": "a\x1b[2Jb"}, "my run failed at step 0: a\\x1b[2Jb", id="odd words"),
        pytest.param({"status": "failed", "name": "\u202ex"}, "\\u202ex failed at step 0", id="odd name"),
    ],
)
def test_an_ending_in_one_line(home, folder, values, line):
    """What it came to."""
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("my run")
    assert ending(replace(run, **values)) == line


def test_what_is_said_of_a_queued_run(home, folder, capsys, monkeypatch):
    """The bare name on stdout, for scripts; what to type next where a person reads."""
    say_queued(home, folder)
    assert capsys.readouterr() == ("my run\n", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    say_queued(home, folder)
    out, err = capsys.readouterr()
    assert out == "my run\n"
    assert err == "queued; next: workbench list, workbench log -f 'my run'\n"
