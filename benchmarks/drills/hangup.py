"""Drill `hangup`: a real terminal (tmux) is killed with two workers and a run in the foreground in it."""

import os
import shlex
import shutil
import signal
import subprocess
import time

from benchmarks.drills.homes import ended, look, look_all, temporary_home, words_for
from benchmarks.drills.processes import Forked, command, environ, program, wait_for
from benchmarks.drills.results import broken_pictures
from benchmarks.drills.table import CHECKS, Table
from runs.folder import RunFolder
from runs.home import Home
from runs.store import Store

STEPS = 600


def drill(times: int, quick: bool) -> list[str]:
    """Hang up that many times. Returns what did not hold."""
    table = Table(f"hangup: tmux kill-session, {times} times", CHECKS)
    if shutil.which("tmux") is None:
        table.row("a terminal to hang up", "no tmux here", "", held=None)
        return table.broken
    for _ in range(times):
        with temporary_home() as home:
            _hang_up(home, table)
        with temporary_home() as home:
            _twice(home, table)
    return table.broken


def _hang_up(home: Home, table: Table) -> None:
    socket = home.root.parent / "tmux"
    tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
    settings = shlex.join(words_for({"train.steps": STEPS}))
    bare = shlex.join(words_for({"train.steps": STEPS, "train.checkpoint_every_steps": 0}))  # only what the end writes
    typed = shlex.join(program())
    lines = [
        f"{typed} run --detach --slots 2 --name one {settings}",
        f"{typed} run --detach --name two {settings}",
        f"{typed} run --name front {bare}",
    ]
    env = {name: value for name, value in environ(home.root).items() if name not in ("TMUX", "TMUX_PANE")}
    subprocess.run([*tmux, "new-session", "-d", "-s", "drill", "-x", "100", "-y", "30", "sh"], env=env, check=True)
    try:
        for line in lines:
            subprocess.run([*tmux, "send-keys", "-t", "drill", line, "Enter"], env=env, check=True)
        wait_for(
            lambda: len([r for r in look_all(home) if r.status == "running" and r.step > 5]) == 3,
            "three runs at work",
            120,
            0.2,
        )
    finally:
        subprocess.run([*tmux, "kill-session", "-t", "drill"], env=env, check=True)
    start = time.monotonic()
    runs = {run.name: run for run in look_all(home)}
    steps = {name: run.step for name, run in runs.items()}
    front = ended(home, runs["front"].id)
    took = time.monotonic() - start
    checkpoint = RunFolder(front.folder).latest_step()
    told = f"{front.status} at step {front.step} after {took:.1f} s, checkpoint of step {checkpoint}; {front.text}"
    table.check(
        "the run in the foreground",
        told,
        "stopped, with a checkpoint of its last step",
        front.status == "stopped" and checkpoint == front.step > 0,
    )
    for name in ("one", "two"):
        run = ended(home, runs[name].id)
        with Store.read(home) as store:
            attempts = len(store.attempts(run))
            losses = len({point.step for point in store.points(run, "train/loss")})
        whole = not broken_pictures(home, run, set())
        told = (
            f"{run.status} at step {run.step} (hung up at {steps[name]}), attempts {attempts}, losses of {losses} steps"
        )
        table.check(
            f"worker {name}",
            told,
            f"completed at {STEPS} in one attempt",
            (run.status, run.step, attempts, losses, whole) == ("completed", STEPS, 1, STEPS, True),
        )
    resumed = subprocess.run(
        [*program(), "resume", "front", "--steps", str(front.step + 5)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    after = look(home, front.id)
    table.check(
        "`resume` of the foreground run",
        f"{after.status} at step {after.step}, exit code {resumed.returncode}",
        f"completed at {front.step + 5}",
        after.status == "completed" and after.step == front.step + 5,
    )


def _twice(home: Home, table: Table) -> None:
    """A terminal that closes often says so twice: from tmux or the shell, then from the kernel."""
    settings = words_for({"train.steps": STEPS, "train.checkpoint_every_steps": 0})
    process = Forked(command, "run", "--name", "front", *settings, output=home.root / "front.out")
    wait_for(lambda: any(run.step > 3 for run in look_all(home)), "a run at work")
    for _ in range(2):
        os.kill(process.pid, signal.SIGHUP)
        time.sleep(0.0005)  # else the kernel delivers one
    code = process.end()
    (front,) = look_all(home)
    checkpoint = RunFolder(front.folder).latest_step()
    told = f"{front.status} at step {front.step}, checkpoint of step {checkpoint}, exit code {code}; {front.text}"
    held = front.status == "stopped" and checkpoint == front.step > 0
    table.check("two SIGHUP in a row to a run in the foreground", told, "a checkpoint of its last step", held)
