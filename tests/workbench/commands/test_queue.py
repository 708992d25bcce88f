"""`workbench stop`, `pause`, `wait`, `log` and `move-up`."""

import pytest

from runs import actions
from runs.requests import queued
from tests.workbench.commands.conftest import SHOWN, Attempt, find


def test_out_of_the_queue(workbench, home, made):
    """Said on stderr; on stdout where each run stands then."""
    for name, command, status in [("a", "stop", "stopped"), ("b", "pause", "paused")]:
        actions.enqueue(home, made(name))
        code, out, err = workbench(command, name)
        assert (code, out, err) == (0, f"{name} {status} at step 0\n", f"{name} is out of the queue\n")


def test_stop_waits_for_the_end(workbench, home, made, meanwhile):
    """The command ends when all of them have."""
    first, second = Attempt(made("a")), Attempt(made("b"))

    def story():
        yield
        first.add("metrics", step=7, values={"train/loss": 0.25}).end("stopped")
        yield
        second.end("stopped")
        yield

    meanwhile(story())
    code, out, err = workbench("stop", "a", "b")
    assert (code, out) == (0, "a stopped at step 7, loss 0.2500\nb stopped at step 0\n")
    assert err == "".join(f"{one} was asked to stop: it ends after this step, with a checkpoint\n" for one in "ab")


def test_a_pause_that_is_heard(workbench, home, made, meanwhile):
    """Shown as paused, until it is resumed."""
    attempt = Attempt(made())

    def story():
        attempt.end("stopped")
        yield

    meanwhile(story())
    assert workbench("pause", "first")[:2] == (0, "first paused at step 0\n")
    assert workbench("list")[1].splitlines()[1].split()[:2] == ["paused", "first"]


def test_a_worker_that_takes_long(workbench, home, made, monkeypatch):
    """The command says that it goes on alone, and what to type."""
    monkeypatch.setattr("workbench.commands.queue.PATIENCE_S", 0.0)
    Attempt(made("my run"))
    code, out, err = workbench("stop", "my run")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "error: my run has not ended in 0 s; it will, after what it does now; "
        "next: workbench wait 'my run', or workbench stop --now 'my run'"
    )


def test_several_or_none(workbench, home, made):
    """One that neither works nor waits: none of the others is stopped."""
    actions.enqueue(home, made("waits"))
    made("rests")
    code, out, err = workbench("stop", "waits", "rests")
    assert (code, out) == (2, "")
    assert err == "error: run rests cannot be stopped: it is created; next: workbench show rests\n"
    assert find(home, "waits").status == "queued"


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["completed"], 0),
        (["completed", "completed"], 0),
        (["diverged"], 3),
        (["stopped"], 1),
        (["completed", "diverged"], 3),
        (["diverged", "failed"], 1),
        (["failed", "diverged"], 1),
    ],
)
def test_wait(workbench, home, made, outcomes, code):
    """How each ended, and the worst of it as exit code."""
    names = [f"r{number}" for number in range(len(outcomes))]
    for name, outcome in zip(names, outcomes, strict=True):
        Attempt(made(name)).end(outcome, "because")
    assert workbench("wait", *names) == (
        code,
        "".join(f"{name} {outcome} at step 0: because\n" for name, outcome in zip(names, outcomes, strict=True)),
        "",
    )


def test_wait_for_one_that_works(workbench, home, made, meanwhile):
    """And one that waits: each is told when it ends. One that is named twice is told once."""
    first, second = made("a"), made("b")
    actions.enqueue_all(home, [first, second])

    def story():
        yield
        attempt = Attempt(first)
        yield
        attempt.end()
        yield
        Attempt(second).end("stopped")
        yield

    meanwhile(story())
    assert workbench("wait", "a", "b", "a") == (1, "a completed at step 0\nb stopped at step 0\n", "")


def test_wait_for_a_run_that_is_deleted(workbench, home, made, meanwhile):
    """Nobody waits for ever."""
    folder = made()
    actions.enqueue(home, folder)
    run = find(home)

    def story():
        actions.delete(home, run)
        yield

    meanwhile(story())
    code, _, err = workbench("wait", "first")
    assert (code, err) == (2, f"error: run {run.id} was deleted; next: workbench list\n")


def test_ctrl_c_while_waiting(workbench, home, made, monkeypatch):
    """The runs go on, and that is said."""
    actions.enqueue(home, made())

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    assert workbench("wait", "first") == (130, "", "error: interrupted; the runs go on; next: workbench list\n")
    assert find(home).status == "queued"


def output(folder, text):
    (folder.path / "output.log").write_bytes(text)


def test_log(workbench, home, made):
    """Clean lines; the last ones where so many are asked for."""
    folder = made()
    output(folder, b"one\n 10%\r 50%\r100%\n\x1b[31mred\x1b[0m\x1b[2J\nlast")
    assert workbench("log", "first") == (0, "one\n100%\nred\nlast\n", "")
    assert workbench("log", "first", "--lines", "2") == (0, "red\nlast\n", "")
    assert workbench("log", "first", "-n", "99") == (0, "one\n100%\nred\nlast\n", "")


def test_log_of_a_run_that_says_nothing(workbench, home, made):
    """Where it stands."""
    made()
    assert workbench("log", "first") == (0, "", "first has said nothing yet: it is created\n")
    assert workbench("log", "-f", "first") == (0, "", "first has said nothing yet: it is created\n")


def test_log_follows(workbench, home, made, meanwhile):
    """From before its first word to its last one."""
    folder = made()
    actions.enqueue(home, folder)

    def story():
        yield
        attempt = Attempt(folder)
        yield
        output(folder, b"one\ntw")
        yield
        output(folder, b"one\ntwo\n 10%\r")
        yield
        output(folder, b"one\ntwo\n 10%\r 20%\nlast words")
        attempt.end()
        yield

    meanwhile(story())
    assert workbench("log", "first", "--follow") == (0, "one\ntwo\n 20%\nlast words\n", "")


def test_log_never_follows_a_link(workbench, home, made, tmp_path):
    """Somebody put it there; a pipe would never end."""
    import os

    folder = made()
    (tmp_path / "secret").write_text("secret\n")
    (folder.path / "output.log").symlink_to(tmp_path / "secret")
    code, out, err = workbench("log", "first")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {folder.path / 'output.log'} cannot be read: ")
    (folder.path / "output.log").unlink()
    os.mkfifo(folder.path / "output.log")
    assert workbench("log", "first")[:2] == (2, "")


def test_move_up(workbench, home, made):
    """Its new place."""
    actions.enqueue_all(home, [made(name) for name in "abc"])
    assert workbench("move-up", "c") == (0, "c is number 2 in the queue\n", "")
    assert workbench("move-up", "b", "--top") == (0, "b is number 1 in the queue\n", "")
    listed = [line.split()[:3] for line in workbench("list")[1].splitlines()[1:]]
    assert listed == [["queued", "3", "c"], ["queued", "1", "b"], ["queued", "2", "a"]]


def test_names_are_harmless(workbench, home, odd):
    """Whatever a run is called, nothing of it reaches the terminal."""
    actions.enqueue(home, odd)
    commands = [
        ("move-up", odd.id),
        ("log", odd.id),
        ("stop", odd.id),
        ("wait", odd.id),
        ("stop", odd.id),
    ]
    for words in commands:
        _, out, err = workbench(*words)
        assert SHOWN in out + err, words
        assert not set("\x1b\x07\u202e\x9b") & set(out + err), words
    assert queued(odd) is None
