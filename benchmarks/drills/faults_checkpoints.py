"""Faults of checkpoints: cut short, with other bytes, of another config."""

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.drills.homes import look, new_run, temporary_home
from benchmarks.drills.processes import Forked, command, worker
from benchmarks.drills.results import differences
from benchmarks.drills.table import Table
from runs.folder import RunFolder
from runs.home import Home
from runs.store import Store

STEPS = 60
ASKED = 100  # times that a run of so many steps is asked before it stops: about half-way


def half_done(home: Home, name: str = "half", **changes: object) -> RunFolder:
    """A run that was stopped in the middle: two checkpoints, and the goal ahead."""
    folder = new_run(home, name, train__steps=STEPS, **changes)
    process = Forked(_stopped_halfway, folder.path.name, str(home.root), output=home.root / f"{name}.out")
    assert process.end() == 0, process.text
    assert len(folder.checkpoints()) == 2, folder.checkpoints()
    return folder


def _stopped_halfway(name: str, home: str) -> int:
    from runs import attempt, worker

    real = attempt.StopRequests.__call__
    asked = [0]

    def stops(self: attempt.StopRequests) -> bool:  # asked once a step, and inside previews and validations
        asked[0] += 1
        return asked[0] > ASKED or real(self)

    attempt.StopRequests.__call__ = stops  # type: ignore[method-assign]
    return worker.main([name, "--home", home])


def unbroken(home: Home, **changes: object) -> RunFolder:
    """The same run without a break."""
    folder = new_run(home, "unbroken", train__steps=STEPS, **changes)
    process = Forked(worker, folder.path.name, "--home", str(home.root), output=home.root / "unbroken.out")
    assert process.end() == 0, process.text
    return folder


def last_words(text: str) -> str:
    """What a command has said in the end, without its progress."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("error:", "warning:"))]
    return (errors or lines or [""])[-1]


def checkpoint_cut_short(table: Table, quick: bool) -> None:
    """The newest checkpoint has lost its last third."""
    _damaged(
        table, "checkpoint cut short", lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    )


def flipped_bytes(table: Table, quick: bool) -> None:
    """The newest checkpoint has the right length and other bytes."""

    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        for place in range(len(data) // 2, len(data) // 2 + 8):
            data[place] ^= 0x40
        path.write_bytes(data)

    _damaged(table, "checkpoint with 8 flipped bytes", flip)


def _damaged(table: Table, name: str, damage: Callable[[Path], object]) -> None:
    with temporary_home() as home:
        reference, folder = unbroken(home), half_done(home)
        newest = folder.checkpoints()[-1]
        damage(newest)
        process = Forked(command, "resume", folder.name, output=home.root / "resume.out")
        code = process.end()
        run, plain = look(home, folder.id), look(home, reference.id)
        with Store.read(home) as store:
            shown = " / ".join(alert.text for alert in store.alerts(run) if "damaged" in alert.text)
        told = differences(home, plain, run)
        lost = "nothing: the end equals an unbroken run's" if not told else "; ".join(told)
        kept = any(path.name.endswith(".damaged") for path in newest.parent.iterdir())
        held = code == 0 and run.status == "completed" and not told and bool(shown) and kept
        table.row(name, shown or last_words(process.text), lost, held=held)


def checkpoint_of_another_config(table: Table, quick: bool) -> None:
    """A checkpoint of a larger network stands in the place of the newest one."""
    with temporary_home() as home:
        folder, other = half_done(home), half_done(home, "other", network__channels=32)
        newest, foreign = folder.checkpoints()[-1], other.checkpoints()[-1]
        kept = newest.read_bytes()
        shutil.copyfile(foreign, newest)
        process = Forked(command, "resume", folder.name, output=home.root / "resume.out")
        code = process.end()
        shown = last_words(process.text)
        newest.write_bytes(kept)
        again = Forked(command, "resume", folder.name, output=home.root / "again.out").end()
        run = look(home, folder.id)
        held = code == 2 and "Traceback" not in process.text and again == 0 and run.status == "completed"
        table.row(
            "checkpoint of another config",
            f"{shown} (exit code {code})",
            "nothing: goes on with its own put back",
            held=held,
        )
