"""What cannot be used, of the commands on runs: one sentence, exit code 2, and everything as it was before."""

import os

import pytest

from runs import actions
from runs.home import Home
from runs.ingest import catch_up
from runs.store import Store
from tests.workbench.commands.conftest import Attempt, home, made, started  # noqa: F401 fixtures
from tests.workbench.conftest import tree

RUNS = ["show", "log", "wait", "stop", "pause", "resume", "fork", "tag", "note", "star", "delete", "move-up"]
DETACHED = ["run", "--detach"]
SLOTS = "--slots is '{}'; allowed: a whole number from 1 to 256, or auto; next: --slots 1"
IN_FRONT = "--json tells of a run in the foreground; next: workbench show RUN --json"
NO_QUEUE = "--slots is of the queue, and this run would not wait in it; next: the same with -d"


@pytest.fixture
def some(home, made):  # noqa: F811 fixtures
    """first rests, first-two waits, done has completed, works is worked on."""
    made("first")
    catch_up(home)
    actions.enqueue(home, made("first-two"))
    Attempt(made("done")).end()
    Attempt(made("works"))
    catch_up(home)
    return home


def state(home: Home) -> tuple[object, ...]:  # noqa: F811
    with Store.read(home) as store:
        rows = store.db.execute("select id, name, status, tags, notes, starred, queue_position from runs").fetchall()
    return tree(home.root), rows


@pytest.fixture
def refused(workbench, some):
    """Runs a command and says what its error was, after looking that nothing else came of it."""

    def run(*words: str) -> str:
        before = state(some)
        code, out, err = workbench(*words)
        assert (code, out) == (2, ""), err
        assert "Traceback" not in err
        (line,) = err.splitlines()
        assert state(some) == before
        assert line.startswith("error: ")
        return line.removeprefix("error: ")

    return run


@pytest.mark.parametrize("command", RUNS)
def test_no_such_run(refused, command):
    """What is near, or which ones it could be, wherever RUN stands."""
    more = ["--yes"] if command == "delete" else []
    assert refused(command, "frist", *more) == "unknown run 'frist'; did you mean first?; next: workbench list"
    told = "'fir' is the start of 2 runs; allowed: first, first-two; next: workbench list"
    assert refused(command, "fir", *more) == told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param([*DETACHED, "--slots", "-1"], SLOTS.format("-1"), id="slots -1"),
        pytest.param([*DETACHED, "--slots", "0"], SLOTS.format("0"), id="slots 0"),
        pytest.param([*DETACHED, "--slots", "x"], SLOTS.format("x"), id="slots x"),
        pytest.param([*DETACHED, "--slots", ""], SLOTS.format(""), id="slots empty"),
        pytest.param(["resume", "first", "-d", "--slots", "999"], SLOTS.format("999"), id="slots 999"),
        pytest.param(["run", "--slots", "2"], NO_QUEUE, id="slots without detach"),
        pytest.param(["resume", "first", "--slots", "2"], NO_QUEUE, id="resume with slots without detach"),
        pytest.param([*DETACHED, "--json"], IN_FRONT, id="json with detach"),
        pytest.param(["run", "--wait", "--json"], IN_FRONT, id="json with wait"),
        pytest.param(["resume", "first", "-d", "--json"], IN_FRONT, id="resume json with detach"),
        pytest.param(["fork", "first", "-d", "--json"], IN_FRONT, id="fork json with detach"),
        pytest.param(
            [*DETACHED, "--set", "learnig_rate=1"],
            "unknown setting 'learnig_rate'; did you mean learning_rate?; next: workbench settings",
            id="set unknown",
        ),
        pytest.param(
            [*DETACHED, "--set", "train.compile=maybe"],
            "train.compile is 'maybe'; allowed: true, false; next: workbench settings train.compile",
            id="set ill-typed",
        ),
        pytest.param(
            [*DETACHED, "--name", "first"],
            "--name is 'first', which is taken; allowed: a new name; next: workbench show first",
            id="name taken",
        ),
        pytest.param(
            ["rename", "first", "done"],
            "the new name is 'done', which is taken; next: workbench show done",
            id="rename to a taken name",
        ),
        pytest.param(
            ["fork", "first"],
            "run first has no checkpoint to fork from; next: workbench resume first",
            id="fork without a checkpoint",
        ),
        pytest.param(
            ["move-up", "first"],
            "run first does not wait in the queue: it is created; next: workbench list",
            id="move-up of what does not wait",
        ),
        pytest.param(
            ["stop", "done"],
            "run done cannot be stopped: it is completed; next: workbench show done",
            id="stop of what has ended",
        ),
        pytest.param(
            ["delete", "works", "--yes"],
            "run works is running; next: workbench stop works, then delete",
            id="delete of what works",
        ),
        pytest.param(
            ["delete", "first"],
            "delete asks before it removes anything, and nobody can answer here; next: --yes",
            id="delete without a terminal",
        ),
        pytest.param(
            ["log", "first", "--lines", "0"],
            "--lines is 0; allowed: a whole number, 1 or more; next: --lines 1",
            id="log of no lines",
        ),
        pytest.param(
            ["log", "first", "-n", "all"],
            "--lines is 'all'; allowed: a whole number, 1 or more; next: --lines 1",
            id="log of all lines",
        ),
        pytest.param(
            ["resume", "first-two", "-d"],
            "run first-two is queued already; next: workbench show first-two",
            id="resume of what waits",
        ),
        pytest.param(["wait"], "workbench wait needs RUN...; next: workbench wait --help", id="wait for nobody"),
        pytest.param(
            ["tag", "first", "a,b"], "the tag is 'a,b'; allowed: 1 to 100 characters, no comma", id="tag with a comma"
        ),
    ],
)
def test_refused(refused, words, message):
    """The setting, the value, what is allowed, what to type next."""
    assert refused(*words) == message


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "a\x1b[2Jb", "n" * 101])
def test_names_that_cannot_be(refused, name):
    """Said harmless, whatever is in them."""
    message = refused("rename", "--", "first", name)
    assert message.startswith("the new name is '")
    assert "; allowed: 1 to 100 characters, " in message
    assert "\x1b" not in message


@pytest.mark.parametrize("words", [["list"], ["log", "x"], ["stop", "x"], DETACHED, ["wait", "x"], ["delete", "x"]])
def test_a_home_that_cannot_be_read(workbench, some, monkeypatch, words):
    """Which folder, why, what to do."""
    real = os.access
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.R_OK and real(path, mode))
    code, out, err = workbench(*words)
    assert (code, out) == (2, "")
    assert err == (
        f"error: the home {some.root} cannot be read: Permission denied; next: the same command with --home FOLDER\n"
    )
