"""Faults of processes and clocks: a clock set back, an id used again, a delete or a second resume at the wrong time."""

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.drills.faults_checkpoints import STEPS, half_done, last_words, unbroken
from benchmarks.drills.homes import ended, look, new_run, temporary_home
from benchmarks.drills.processes import Forked, command, wait_for, workbench, worker
from benchmarks.drills.results import differences
from benchmarks.drills.table import Table
from runs.home import Home
from runs.log import Log
from runs.processes import host_name, start_mark, this_process
from runs.store import Store

BACK_S = 3600.0


def clock_jumps_back(table: Table, quick: bool) -> None:
    """A worker's clock goes back by an hour in the middle, and the worker is killed after that."""
    with temporary_home() as home:
        reference = unbroken(home)
        folder = new_run(home, "jumped", train__steps=STEPS)
        words = folder.path.name, str(home.root)
        process = Forked(_worker_with_clock, *words, output=home.root / "jumped.out")
        code = process.end()
        run, plain = look(home, folder.id), look(home, reference.id)
        told = differences(home, plain, run)
        listed = workbench(home.root, "list")
        killed = new_run(home, "killed", train__steps=100_000)
        process = Forked(_worker_with_clock, killed.path.name, str(home.root), output=home.root / "killed.out")
        wait_for(lambda: killed.logs() and b'"back"' in (home.root / "killed.out").read_bytes(), "the jump")
        time.sleep(0.3)
        running, lived = look(home, killed.id).status, process.lives
        process.kill()
        died = look(home, killed.id).status
        times = [line for line in listed.stdout.splitlines() if "jumped" in line]
        held = code == 0 and not told and listed.returncode == 0 and (running, lived, died) == ("running", True, "died")
        shown = (
            f"{run.status}; killed after the jump: {running}, then {died}; in the list: {' '.join(times[0].split())}"
        )
        table.row(
            "clock of a worker goes back by an hour",
            shown,
            "nothing: equals a run without" if not told else str(told),
            held=held,
        )


def _worker_with_clock(name: str, home: str) -> int:
    """A worker whose time.time goes back an hour once it has asked for it so many times."""
    real, asked = time.time, [0]

    def back() -> float:
        asked[0] += 1
        if asked[0] == 40:
            print('"back"', flush=True)
        return real() - (BACK_S if asked[0] >= 40 else 0)

    time.time = back
    return worker(name, "--home", home)


def process_id_reused(table: Table, quick: bool) -> None:
    """The id of a dead worker belongs to another program by now."""
    with temporary_home() as home:
        folder = half_done(home)
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        try:
            log = Log.new(folder, "attempt")
            header = {"pid": other.pid, "process_started": this_process()["process_started"], "host": host_name()}
            log.add("attempt", {"format": 1, "command": "workbench resume", **header})
            log.flush()
            log.close()
            status = look(home, folder.id).status
            stopped = workbench(home.root, "stop", "--now", folder.name)
            lives = bool(start_mark(other.pid)) and other.poll() is None
            resumed = workbench(home.root, "resume", folder.name)
            run = look(home, folder.id)
            held = (status, lives, stopped.returncode, run.status) == ("died", True, 2, "completed")
            shown = f"{status}; `stop --now`: {last_words(stopped.stderr)} (exit code {stopped.returncode})"
            lost = f"nothing: the other program lives: {lives}; resumed: {run.status} (exit code {resumed.returncode})"
            table.row("process id used again by another program", shown, lost, held=held)
        finally:
            other.kill()
            other.wait()


def delete_running(table: Table, quick: bool) -> None:
    """`delete` of a run that is being trained, by the command and behind its back."""
    from diffusion.errors import UserError
    from runs.actions import delete

    with temporary_home() as home:
        reference, folder = unbroken(home), new_run(home, "busy", train__steps=STEPS)
        process = Forked(worker, folder.path.name, "--home", str(home.root), output=home.root / "busy.out")
        wait_for(lambda: folder.logs(), "the attempt's log")
        run = look(home, folder.id)
        try:
            delete(home, run)  # as the command does, without its own look at the status
            forced = "deleted"
        except UserError as error:
            forced = str(error)
        done = workbench(home.root, "delete", "--yes", folder.name)
        code = process.end()
        run, plain = look(home, folder.id), look(home, reference.id)
        told = differences(home, plain, run)
        held = done.returncode == 2 and forced != "deleted" and code == 0 and not told
        shown = f"`delete --yes`: {last_words(done.stderr)} (exit code {done.returncode}); its action: {forced}"
        table.row(
            "delete of a running run", shown, "nothing: it went on to its end" if not told else str(told), held=held
        )


def two_resumes(table: Table, quick: bool) -> None:
    """`resume` twice at the same moment, in the foreground and then through the queue."""
    _twice(table, "two `resume` at once", lambda home, name: ("resume", name), 1)
    _twice(table, "two `resume --detach` at once", lambda home, name: ("resume", name, "--detach"), 1)


def _twice(table: Table, name: str, words: Callable[[Home, str], tuple[str, ...]], attempts: int) -> None:
    with temporary_home() as home:
        reference, folder = unbroken(home), half_done(home)
        before = len(folder.logs())
        both = [Forked(command, *words(home, folder.name), output=home.root / f"resume-{n}.out") for n in range(2)]
        codes = sorted(str(process.end()) for process in both)
        run = ended(home, folder.id)
        plain = look(home, reference.id)
        told = differences(home, plain, run)
        made = len(folder.logs()) - before
        with Store.read(home) as store:
            rows = len(store.attempts(run)) - before
        refused = next((last_words(process.text) for process in both if "error" in process.text), "both were taken in")
        held = made == rows == attempts and not told and "Traceback" not in both[0].text + both[1].text
        lost = "nothing: equals an unbroken run" if not told else str(told)
        table.row(name, f"{refused} (exit codes {', '.join(codes)}; attempts made: {made})", lost, held=held)
