"""A person's own command at alerts and at the end."""

import json
import shlex
import sys
import time
from dataclasses import replace

import pytest

from diffusion.events import Alert, Finished, Progress
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import catch_up
from runs.log import Log
from runs.processes import this_process
from runs.requests import ask
from runs.store import Store
from tests.waiting import until
from workbench import notify
from workbench.notify import call, notified, start_notifier, watch

TELLS = """
import json, os
with open("told", "a") as file:
    print(json.dumps({name: value for name, value in os.environ.items() if name.startswith("WORKBENCH_")}), file=file)
"""
TELL = shlex.join([sys.executable, "-c", TELLS])


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def folder(home) -> RunFolder:
    from diffusion.config import RunConfig
    from runs.create import create_run

    return create_run(home, RunConfig(), preset="digits", command="workbench run", name="my run")


@pytest.fixture
def calls(monkeypatch):
    """What the command was called with; it is not called."""
    found = []
    monkeypatch.setattr(notify, "call", lambda command, values: found.append((command, values)))
    return found


def told(tmp_path):
    path = tmp_path / "told"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def short(calls):
    return [(values["EVENT"], values["STATUS"], values["LEVEL"], values["STEP"], values["TEXT"]) for _, values in calls]


EVENTS = [
    Progress("train", 1, 9, 1),
    Alert("warning", 1, "hot"),
    Progress("train", 2, 9, 2),
    Finished("completed", 2, 1.0, figures={"loss": 0.25}),
]


def test_in_the_foreground(folder, calls):
    """At each alert and at the end; the events go on as they are."""
    assert list(notified((event for event in EVENTS), folder, "bell")) == EVENTS
    assert short(calls) == [
        ("alert", "running", "warning", "1", "hot"),
        ("end", "completed", "info", "2", ""),
    ]
    for command, values in calls:
        assert command == "bell"
        assert (values["RUN"], values["RUN_ID"], values["FOLDER"]) == ("my run", folder.id, str(folder.path))
    assert calls[-1][1]["LOSS"] == "0.2500"


def test_no_command(folder, calls):
    """Nothing is called."""
    assert list(notified((event for event in EVENTS), folder, "")) == EVENTS
    assert calls == []


@pytest.mark.parametrize(("outcome", "level"), [("completed", "info"), ("stopped", "info"), ("diverged", "error")])
def test_how_serious_an_end_is(folder, calls, outcome, level):
    """Something went wrong, or not."""
    list(notified((event for event in [replace(EVENTS[-1], outcome=outcome)]), folder, "bell"))
    assert short(calls) == [("end", outcome, level, "2", "")]


def test_a_training_that_fails(folder, calls):
    """That is an end too, and the error goes on up."""

    def fails():
        yield EVENTS[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        list(notified(fails(), folder, "bell"))
    assert short(calls) == [("end", "failed", "error", "1", "the disk is full")]


def test_the_environment_is_all_it_gets(tmp_path, monkeypatch):
    """Whatever a run's name says, no shell ever reads it; control characters are shown, not sent."""
    monkeypatch.chdir(tmp_path)
    odd = "$(touch hacked); `touch hacked` && touch hacked\n\x1b]0;x\x07'\"\u202e\0\udce9"
    call(TELL, {"RUN": odd, "TEXT": odd, "EVENT": "end"})
    (found,) = told(tmp_path)
    shown = "$(touch hacked); `touch hacked` && touch hacked\\x0a\\x1b]0;x\\x07'\"\\u202e\\x00\\udce9"
    assert (found["WORKBENCH_RUN"], found["WORKBENCH_TEXT"], found["WORKBENCH_EVENT"]) == (shown, shown, "end")
    assert not (tmp_path / "hacked").exists()


def test_a_command_that_fails_is_told(capfd):
    """On stderr; the run goes on."""
    call("exit 3", {})
    call("no-such-command-anywhere 2> /dev/null", {})
    assert capfd.readouterr().err == (
        "warning: the --notify command ended with exit code 3\nwarning: the --notify command ended with exit code 127\n"
    )


def test_a_command_that_hangs_is_ended(monkeypatch, capfd):
    """After its time, and that is told."""
    monkeypatch.setattr(notify, "LIMIT_S", 0.2)
    begun = time.monotonic()
    call("exec sleep 60", {})
    assert time.monotonic() - begun < 20
    assert capfd.readouterr().err == "warning: the --notify command took longer than 0 s and was ended\n"


def test_a_command_cannot_read_the_terminal(tmp_path, monkeypatch):
    """It waits for no key."""
    monkeypatch.chdir(tmp_path)
    call('read line; echo "got [$line]" > got', {})
    assert (tmp_path / "got").read_text() == "got []\n"


class Running:
    """An attempt that goes on as the test says."""

    def __init__(self, folder):
        self.log = Log.new(folder, "attempt")
        self.add("attempt", format=1, command="x", **this_process())

    def add(self, event, **values):
        self.log.add(event, values)
        self.log.flush()


def test_in_the_background(home, folder, calls, monkeypatch):
    """What is new of a run since it was queued, each once, until it has ended."""
    old = Running(folder)
    old.add("alert", level="warning", step=1, text="of the first attempt")
    old.add("ended", outcome="failed", text="")
    time.sleep(0.002)  # the log's times have three digits
    since = time.time()
    running = Running(folder)

    def story():
        yield
        assert calls == []
        running.add("alert", level="warning", step=5, text="hot")
        yield
        assert len(calls) == 1
        running.add("alert", level="error", step=6, text="hotter")
        running.add("metrics", step=6, values={"train/loss": 0.5})
        yield
        running.add("ended", outcome="completed", text="")
        yield

    steps = story()
    monkeypatch.setattr("workbench.notify.time.sleep", lambda seconds: next(steps))
    watch(home, [folder.id], "bell", since)
    assert short(calls) == [
        ("alert", "running", "warning", "5", "hot"),
        ("alert", "running", "error", "6", "hotter"),
        ("end", "completed", "info", "6", ""),
    ]
    assert calls[-1][1]["LOSS"] == "0.5000"


def test_a_worker_that_died(home, folder, calls):
    """An alert and an end."""
    since = time.time() - 1
    running = Running(folder)
    running.add("attempt", format=1, command="x", **this_process() | {"pid": 2**22 + 1})
    watch(home, [folder.id], "bell", since)
    assert [values["EVENT"] for _, values in calls] == ["alert", "end"]
    assert calls[0][1]["TEXT"].startswith("the worker died at step 0")
    assert (calls[1][1]["STATUS"], calls[1][1]["LEVEL"]) == ("died", "error")


def test_a_run_that_is_deleted_meanwhile(home, folder, calls, monkeypatch):
    """It has no end to tell of, and nobody waits for it for ever."""
    Running(folder)
    catch_up(home)

    def deleted(seconds):
        import shutil

        with Store.write(home) as store:
            store.forget(folder.id)
        shutil.rmtree(folder.path)

    monkeypatch.setattr("workbench.notify.time.sleep", deleted)
    watch(home, [folder.id], "bell", 0.0)
    assert calls == []


def test_a_process_of_its_own(home, folder, tmp_path):
    """Started with a command that holds blanks and quotes; it ends with the run."""
    catch_up(home)
    running = Running(folder)
    ask(folder, "rename", "$(touch hacked)")
    catch_up(home)
    start_notifier(home, [folder.id], TELL)
    running.add("ended", outcome="completed", text="")
    (found,) = until(lambda: told(home.root))
    assert (found["WORKBENCH_RUN"], found["WORKBENCH_STATUS"]) == ("$(touch hacked)", "completed")
    assert not list(home.root.glob("hacked"))
    assert (home.root / "notify.log").stat().st_mode & 0o777 == 0o600
    assert (home.root / "notify.log").read_text() == ""
