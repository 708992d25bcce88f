"""The whole of it in a pseudo-terminal: a run started from the form, seen, stopped, left alone, and found again."""

import os
import re
import signal
import time

import pytest

from runs.home import Home
from runs.queue import dispatcher_process
from runs.store import Store
from tests.workbench.pty_screen import PtyScreen
from tests.workbench.tui import recorded

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/ptmx"), reason="no pseudo-terminals")  # noqa: PTH110
SETTINGS = {
    "train.steps": "3000",
    "network.channels": "8",
    "preview.every_steps": "20",
    "sampling.per_class": "1",
    "judges.train": "false",  # which takes ten seconds, and is not what is tested here
}


@pytest.fixture
def home(tmp_path):
    """A home, whose dispatcher has ended when the test does."""
    home = Home(tmp_path / "home")
    yield home
    ends = time.monotonic() + 60
    while dispatcher_process(home) is not None:
        assert time.monotonic() < ends
        time.sleep(0.05)


def status(home, name):
    """A run's status in the database."""
    if not home.database.exists():
        return ""
    with Store.read(home) as store:
        return next((run.status for run in store.runs() if run.name == name), "")


def wait_until(there):
    """Wait until something is true of the record."""
    ends = time.monotonic() + 60
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_run_from_the_form_to_its_end(home):
    """Start the screen, start a tiny run, see its curve and its picture, stop it, leave, and find it again."""
    screen = PtyScreen(home.root)
    screen.wait_for("no runs yet")
    screen.type("n")
    screen.wait_for("where to start from")
    for key, value in {"name": "tiny", **SETTINGS}.items():
        screen.type(f"/\x15{key}\r\r\x15{value}\r")
    screen.wait_for("--name tiny")
    screen.type("s")
    screen.wait_for("queued 1")
    screen.wait_for(re.compile(r"running +tiny").search)
    screen.wait_for(lambda text: "train/loss" in text and re.search("[⠁-⣿]{3}", text))
    screen.wait_for(lambda text: "▀" in text or "▄" in text)
    screen.type("s")
    screen.wait_for(re.compile(r"stopped +tiny").search)
    screen.type("q")
    assert screen.end() == 0
    assert status(home, "tiny") == "stopped"

    again = PtyScreen(home.root, size=(80, 24))
    again.wait_for(re.compile(r"stopped +tiny").search)
    again.type("\r")
    again.wait_for("1 Curves")
    again.type("q")
    assert again.end() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
def test_runs_outlive_the_screen(home, number):
    """Hung up or killed: the run goes on to its end, and a new screen shows it."""
    screen = PtyScreen(home.root)
    screen.wait_for("no runs yet")
    screen.type("n")
    screen.wait_for("where to start from")
    for key, value in {"name": "alone", **SETTINGS, "train.steps": "100", "preview.every_steps": "0"}.items():
        screen.type(f"/\x15{key}\r\r\x15{value}\r")
    screen.wait_for("--name alone")
    screen.type("s")
    screen.wait_for(lambda text: status(home, "alone") == "running")
    screen.kill(number)
    wait_until(lambda: status(home, "alone") == "completed")
    again = PtyScreen(home.root)
    again.wait_for(re.compile(r"completed +alone").search)
    again.type("q")
    assert again.end() == 0


def test_an_idle_screen_sends_nothing(home):
    """And takes next to no time."""
    for number in range(3):
        recorded(home, f"run-{number}")
    screen = PtyScreen(home.root)
    screen.wait_for("run-2")
    screen.wait_for("disk")
    screen.read(3.0)
    before, used = screen.sent, cpu_seconds(screen.pid)
    screen.read(4.0)
    assert screen.sent - before < 100  # an age may turn from 9 s to 10 s
    assert cpu_seconds(screen.pid) - used < 0.2
    screen.type("q")
    assert screen.end() == 0


def cpu_seconds(pid):
    """What a process has used so far."""
    with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123
        fields = stream.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_output_that_stalls(home):
    """Nobody reads, more is to be drawn than the kernel and Textual's queue hold, keys are pressed: none is lost."""
    for number in range(30):
        recorded(home, f"run-{number:02d}")
    screen = PtyScreen(home.root, size=(200, 60))
    screen.wait_for("run-29")
    for _ in range(40):
        screen.type("\x0c")  # all of it anew: 10 kB each
        time.sleep(0.02)
    screen.type("G/run-07\r")
    time.sleep(0.5)
    screen.wait_for("1 of 30 runs")
    screen.type("q")
    assert screen.end() == 0


def test_without_a_terminal_it_is_text(home):
    """A dumb terminal gets the overview."""
    recorded(home, "one")
    screen = PtyScreen(home.root, TERM="dumb")
    assert screen.end() == 0
    assert "workbench --help" in screen.text
    assert "one" in screen.text


def test_resized_at_random(home):
    """Two hundred times, down to one cell: no error, and the screen is whole again."""
    import random

    recorded(home, "one")
    chance = random.Random(1)
    screen = PtyScreen(home.root)
    screen.wait_for("one")
    for _ in range(200):
        screen.resize(chance.randint(1, 200), chance.randint(1, 60))
        screen.read(0.01)
    screen.resize(100, 30)
    screen.wait_for(lambda text: "one" in text and "? keys" in text and "1 run" in text)
    screen.type("q")
    assert screen.end() == 0
