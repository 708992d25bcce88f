"""Faults of the disk: full, not writable, on a network."""

import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.drills.faults_checkpoints import STEPS, last_words, unbroken
from benchmarks.drills.homes import look, new_run, temporary_home
from benchmarks.drills.processes import Forked, command, wait_for, worker
from benchmarks.drills.results import broken_pictures, differences
from benchmarks.drills.table import Table
from runs.folder import is_whole
from runs.home import Home
from runs.store import Store

TMPFS_MB = 6


def disk_full(table: Table, quick: bool) -> None:
    """A home on a small tmpfs that fills up while checkpoints are written."""
    name = "disk full while a checkpoint is written"
    place = Path(tempfile.mkdtemp(prefix="drill-disk-"))
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m,mode=0700", "tmpfs", str(place)]
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
        if mounted.returncode:
            table.row(name, f"no small disk here: {mounted.stderr.strip()}", "", held=None)
            return
        try:
            _disk_full(table, name, place)
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    finally:
        place.rmdir()


def _disk_full(table: Table, name: str, place: Path) -> None:
    with temporary_home(place) as home:
        reference = unbroken(home)
        folder = new_run(home, "full", train__steps=STEPS)
        process = Forked(command, "resume", folder.name, output=place.parent / f"{place.name}.out")
        wait_for(lambda: len(folder.checkpoints()) == 2 or not process.lives, "two checkpoints", poll_s=0.001)
        filler = home.root / "filler"
        with filler.open("wb") as file:
            while os.statvfs(place).f_bavail:
                try:
                    os.write(file.fileno(), bytes(4096))
                except OSError:  # full, as it should be
                    break
        code, shown = process.end(), last_words(process.text)
        process.output.unlink()
        whole = [path for path in folder.checkpoints() if is_whole(path)]
        filler.unlink()
        run = look(home, folder.id)
        before = run.status, broken_pictures(home, run, set())
        again = Forked(command, "resume", folder.name, output=place.parent / f"{place.name}.out")
        code_again = again.end()
        again.output.unlink()
        run, plain = look(home, folder.id), look(home, reference.id)
        told = (
            differences(home, plain, run) if run.status == "completed" else [f"{run.status}: {last_words(again.text)}"]
        )
        lost = "nothing: with room again it goes on, and its end equals an unbroken run's" if not told else str(told)
        held = (
            code == 1
            and before[0] in ("failed", "died")
            and not before[1]
            and bool(whole)
            and code_again == 0
            and not told
        )
        table.row(name, f"{shown} (exit code {code}, shown as {before[0]})", lost, held=held)


def folder_not_writable(table: Table, quick: bool) -> None:
    """A home that may be read and not written."""
    with temporary_home() as home:
        folder = unbroken(home)
        output = home.root.parent
        home.runs.chmod(0o500)
        home.root.chmod(0o500)
        tried = {}
        for words in (("run", "--steps", "2"), ("run", "--steps", "2", "--detach"), ("list",), ("stop", folder.name)):
            process = Forked(_without_privileges, *words, output=output / "-".join(words[:1] + words[3:]))
            tried[words] = process.end(), last_words(process.text)
        home.root.chmod(0o700)
        home.runs.chmod(0o700)
        refused = all(tried[words][0] == 2 and "cannot be" in tried[words][1] for words in tried if words[0] == "run")
        held = refused and tried["list",][0] == 0 and look(home, folder.id).status == "completed"
        shown = "; ".join(
            f"`{' '.join(words)}`: {text[:140]} (exit code {code})" for words, (code, text) in tried.items()
        )
        table.row("folder not writable", shown, "nothing: the list is still shown", held=held)


def _without_privileges(*words: str) -> int:
    """A command for which mode bits count, also where root types it: it has given up all its capabilities."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    none = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice 32 bits each
    if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")
    return command(*words)


def network_file_system(table: Table, quick: bool) -> None:
    """A home whose mount is said to be NFS."""
    with temporary_home() as home:
        mounts = home.root.parent / "mountinfo"
        mounts.write_text(f"36 35 98:0 / {home.root} rw,noatime - nfs4 server:/share rw\n")
        folders = [new_run(home, f"run-{number}", train__steps=STEPS, seed=number) for number in range(2)]
        processes = [
            Forked(
                _on_network,
                str(mounts),
                "worker",
                folder.path.name,
                "--home",
                str(home.root),
                output=home.root / folder.name,
            )
            for folder in folders
        ]
        codes = [process.end() for process in processes]
        journal = home.root / "workbench.db-wal"
        doctor = Forked(_on_network, str(mounts), "command", "doctor", output=home.root / "doctor.out")
        doctor.end()
        shown = next((line.strip() for line in doctor.text.splitlines() if "network file system" in line), "")
        mode, rows = _journal(home)
        held = codes == [0, 0] and mode == "delete" and not journal.exists() and bool(shown) and rows == [STEPS, STEPS]
        table.row(
            "store on a network file system (two workers)",
            shown,
            f"nothing; journal mode {mode}, losses {rows}",
            held=held,
        )


def _on_network(mounts: str, main: str, *words: str) -> int:
    from runs import home

    home.file_system.__defaults__ = (Path(mounts),)  # where it looks for the mounts
    return worker(*words) if main == "worker" else command(*words)


def _journal(home: Home) -> tuple[str, list[int]]:
    with Store.read(home) as store:
        mode = str(store.db.execute("pragma journal_mode").fetchone()[0])
        return mode, [len(store.points(run, "train/loss")) for run in store.runs()]
