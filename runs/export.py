"""A run taken elsewhere: its folder, and its numbers as one CSV or Parquet file."""

import csv
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.errors import UserError
from runs.folder import RunFolder
from runs.lines import BadLineError, Line
from runs.log import lines_from

if TYPE_CHECKING:
    from runs.records import Run

FORMATS = ("csv", "parquet")
COLUMNS = ("name", "step", "value", "time", "attempt")
ROWS_AT_ONCE = 100_000


def export_run(
    run: "Run", output: Path, *, format: str = "csv", finish: Callable[[Path], None] = lambda folder: None
) -> Path:
    """Copy a run's folder into output, with its metrics, one row a point, read from its logs, as metrics.csv or
    metrics.parquet; finish may put more into the folder. Returns the copy.

    Put into the runs folder of another home it is a run there. Raises UserError where there is something already, and
    then copies nothing; a copy that fails half-way is removed.
    """
    if format not in FORMATS:
        raise UserError(f"--format is '{format}'", allowed=", ".join(FORMATS), next_command="--format csv")
    write = _write_csv if format == "csv" else _parquet_writer()
    target = output / run.folder.name
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            f"{target} exists",
            allowed="a folder without it",
            next_command=f"workbench export {shlex.quote(run.name)} -o FOLDER",
        )
    if output.exists() and not output.is_dir():
        raise UserError(f"--output is {output}, a file", allowed="a folder")
    part = output / f".{run.folder.name}.tmp"
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(run.folder, part, ignore=_left_out)
        write(RunFolder(run.folder), part / f"metrics.{format}")
        finish(part)
        part.replace(target)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            told = f"{output} cannot be written: {_reason(error)}"
            raise UserError(told, next_command=f"df -h {shlex.quote(str(output))}") from error
        raise
    return target


def _reason(error: OSError) -> str:
    """What kept a copy from being made; of several files the first one's."""
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        return str(error.args[0][0][-1])
    return error.strerror or str(error)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Half-written files, the lock, and links, which would lead elsewhere on another machine."""
    return {name for name in names if name.startswith(".") or name == "lock" or (Path(folder) / name).is_symlink()}


def _write_csv(folder: RunFolder, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(folder))


def _parquet_writer() -> Callable[[RunFolder, Path], None]:
    """What writes Parquet. Raises UserError where pyarrow is not installed, before anything is copied."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            "--format parquet needs pyarrow", allowed="csv without it", next_command="pip install pyarrow"
        ) from error

    def write(folder: RunFolder, path: Path) -> None:
        types = (pyarrow.string(), pyarrow.int64(), pyarrow.float64(), pyarrow.float64(), pyarrow.int32())
        schema = pyarrow.schema(list(zip(COLUMNS, types, strict=True)))
        with parquet.ParquetWriter(path, schema) as writer:
            for rows in _batches(_rows(folder), ROWS_AT_ONCE):
                columns = [list(column) for column in zip(*rows, strict=True)]
                writer.write_table(pyarrow.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema))

    return write


def _batches(rows: Iterable[tuple[object, ...]], size: int) -> Iterator[list[tuple[object, ...]]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _rows(folder: RunFolder) -> Iterator[tuple[object, ...]]:
    for log in folder.logs():
        offset, end = -1, 0
        while end != offset:
            offset = end
            lines, end, _ = lines_from(log, offset)
            for _, data in lines:
                yield from _points(data, log)


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
