"""A run taken elsewhere: its folder, and its numbers as one CSV file."""

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.folder import RunFolder
from runs.lines import BadLineError, Line
from runs.log import lines_from

if TYPE_CHECKING:
    from runs.records import Run

METRICS = "metrics.csv"


def export_run(run: "Run", output: Path) -> Path:
    """Copy a run's folder into output, with metrics.csv, one row a point, read from its logs. Returns the copy.

    Put into the runs folder of another home it is a run there. Raises UserError where there is something already, and
    then copies nothing; a copy that fails half-way is removed.
    """
    target = output / run.folder.name
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            f"{target} exists", allowed="a folder without it", next_command=f"workbench export {run.name} -o FOLDER"
        )
    if output.exists() and not output.is_dir():
        raise UserError(f"--output is {output}, a file", allowed="a folder")
    part = output / f".{run.folder.name}.tmp"
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(run.folder, part, ignore=_left_out)
        _write_metrics(RunFolder(run.folder), part / METRICS)
        part.replace(target)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, PermissionError):
            raise UserError(f"{output} cannot be written: {error.strerror}") from error
        raise
    return target


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Half-written files, the lock, and links, which would lead elsewhere on another machine."""
    return {name for name in names if name.startswith(".") or name == "lock" or (Path(folder) / name).is_symlink()}


def _write_metrics(folder: RunFolder, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("name", "step", "value", "time", "attempt"))
        for log in folder.logs():
            offset, end = -1, 0
            while end != offset:
                offset = end
                lines, end, _ = lines_from(log, offset)
                for _, data in lines:
                    writer.writerows(_points(data, log))


def _points(data: bytes, log: Path) -> list[tuple[object, ...]]:
    attempt = int(log.stem.rpartition("-")[2])
    try:
        line = Line(data)
        if line.event != "metrics":
            return []
        step = line.integer("step")
        return [(name, step, value, line.time, attempt) for name, value in line.mapping("values").items()]
    except BadLineError:  # `workbench reindex` tells of it
        return []
