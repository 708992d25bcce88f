"""What killed processes have left in the home, and runs whose rows and folders do not match. Changes nothing.

Each finding comes with the command that clears it away; none of it keeps anything from working.
"""

import os
import re
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.checkup import Finding, again
from runs.folder import RunFolder
from runs.lines import Line
from runs.log import lines_from
from runs.processes import is_alive, start_mark

if TYPE_CHECKING:
    from runs.home import Home

BEING_MADE_S = 60.0  # a folder that is being made or deleted changes within this time
_UNDER_WAY = (".new-", ".deleted-")
_ASIDE = re.compile(r"damaged-.*\.db(-wal)?")
_REINDEX_PART = re.compile(r"\.workbench-(\d+)\.db.*")
_HALF_WRITTEN = re.compile(r"\..*\.tmp(\.unfinished)?|\.sample-set-\d+\.claim")


def leftovers(home: "Home", known: Mapping[str, str] | None) -> Iterator[Finding]:
    """All of them. known: the runs that the database has rows of, by folder with their names; None leaves these out."""
    try:
        yield from _in_home(home)
        found = _entries(home.runs)
    except OSError as error:
        yield Finding(f"it cannot be read: {error.strerror}", home.root, f"ls -la {_quoted(home.root)}", broken=True)
        return
    for path in found:
        try:
            yield from _in_runs(home, path, known)
        except FileNotFoundError:  # cleared away since the folder was listed
            continue
        except OSError as error:
            yield Finding(f"it cannot be read: {error.strerror}", path, f"ls -la {_quoted(path)}", broken=True)
    names = {path.name for path in found}
    for folder, name in (known or {}).items():
        if folder not in names:
            told = f"run {name} has rows and no folder: bring the folder back, or drop the rows"
            yield Finding(told, home.runs / folder, again(home, "reindex"))


def _in_home(home: "Home") -> Iterator[Finding]:
    for path in _entries(home.root):
        if _ASIDE.fullmatch(path.name):
            told = f"a damaged database, moved aside ({_megabytes([path])}); the logs hold all of it"
            yield Finding(told, path, f"rm {_quoted(path)}")
        elif (part := _REINDEX_PART.fullmatch(path.name)) and not start_mark(int(part[1])):
            yield Finding(f"a reindex that was killed left it ({_megabytes([path])})", path, f"rm {_quoted(path)}")


def _in_runs(home: "Home", path: Path, known: Mapping[str, str] | None) -> Iterator[Finding]:
    if path.name.startswith(_UNDER_WAY):
        if time.time() - path.lstat().st_mtime > BEING_MADE_S:
            what = "made" if path.name.startswith(".new-") else "deleted"
            yield Finding(f"a run that was being {what} by a process that was killed", path, f"rm -r {_quoted(path)}")
    elif path.is_symlink():
        yield Finding("a symbolic link, which is never read as a run", path, f"rm {_quoted(path)}")
    elif path.is_dir() and not path.name.startswith("."):
        if known is not None and path.name not in known:
            yield _unknown(home, path)
        yield from _in_run(path)


def _unknown(home: "Home", path: Path) -> Finding:
    """A folder that the database does not know: not read yet, no run, or a copy of a run that is here."""
    try:
        folder = RunFolder(path)
        name, run_id = folder.name, folder.id
    except UserError as error:
        told = f"no run: {error.problem}"
        return Finding(told, path, f"ls -la {_quoted(path)}, and where nothing of it is needed rm -r {_quoted(path)}")
    if first := _twin(home, path, run_id):
        told = f"it has the id of the run in {first.name}, so it is not read: a copy of it"
        return Finding(told, path, f"mv {_quoted(path)} to another home, or rm -r {_quoted(path)}")
    return Finding(f"run {name} has a folder and no rows yet", path, again(home, "reindex"))


def _twin(home: "Home", path: Path, run_id: str) -> Path | None:
    """Another folder of the home with the same run's id."""
    for other in sorted(home.runs.iterdir()):
        try:
            if other != path and other.is_dir() and not other.name.startswith(".") and RunFolder(other).id == run_id:
                return other
        except UserError:  # told by itself
            continue
    return None


def _in_run(path: Path) -> Iterator[Finding]:
    """Damaged checkpoints that were set aside, and half-written files of no living process."""
    folders = [folder for folder in (path, path / "checkpoints", path / "pictures") if not folder.is_symlink()]
    files = [file for folder in folders for file in _entries(folder)]
    if damaged := [file for file in files if file.name.endswith(".damaged")]:
        yield _files(path, damaged, "damaged checkpoint", "set aside")
    half = [file for file in files if _HALF_WRITTEN.fullmatch(file.name)]
    if half and not _is_worked_on(RunFolder(path)):
        yield _files(path, half, "half-written file", "of a process that is gone")


def _files(path: Path, files: list[Path], what: str, how: str) -> Finding:
    many = f"{len(files)} {what}s" if len(files) > 1 else f"a {what}"
    command = shlex.join(["rm", "-f", *map(str, files)])
    return Finding(f"{path.name}: {many} {how} ({_megabytes(files)})", path, command)


def _is_worked_on(folder: RunFolder) -> bool:
    """Whether a process that trains the run or draws from it lives, by what the logs say of their writers."""
    return any(_writer_lives(log) for log in [*folder.logs()[-1:], *folder.logs("samples")])


def _writer_lives(log: Path) -> bool:
    try:
        lines, _, _ = lines_from(log, 0)
        header = Line(lines[0][1]) if lines else None
        if header is None:  # just begun, or killed before its first line
            return time.time() - log.lstat().st_mtime < BEING_MADE_S
        return is_alive(
            pid=header.integer("pid"),
            started=header.text("process_started"),
            host=header.text("host"),
            heartbeat=log.lstat().st_mtime,
            now=time.time(),
        )
    except (ValueError, OSError):  # no line of ours: whose it is cannot be told, so it stays
        return True


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing where there is none."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _megabytes(paths: Iterable[Path]) -> str:
    return f"{sum(path.lstat().st_size for path in paths if os.path.lexists(path)) / 1e6:,.1f} MB"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
