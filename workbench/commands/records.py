"""`workbench query`, `reindex` and `export`: the record as data."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError, nearest_name
from workbench.commands.options import Home, home_folder, put, record, tell

if TYPE_CHECKING:
    from runs.records import Run

FORMATS = ("table", "csv", "json")


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A SELECT; the database is opened for reading only.")],
    format: Annotated[str, typer.Option("--format", "-f", metavar="NAME", help="table, csv or json.")] = "table",
    home: Home = None,
) -> None:
    """Ask the database a question in SQL. Every row of the answer is printed."""
    if format not in FORMATS:
        near = nearest_name(format, FORMATS)
        raise UserError(
            f"--format is '{format}'",
            allowed=", ".join(FORMATS),
            nearest=near,
            next_command=f"--format {near or 'csv'}",
        )
    with record(home) as store:
        result = store.query(sql)
    {"table": _table, "csv": _csv, "json": _json}[format](list(result.columns), [list(row) for row in result.rows])


def _table(columns: list[str], rows: list[list[object]]) -> None:
    from workbench.format import safe_text
    from workbench.terminal.table import Column, table_lines

    numeric = [all(isinstance(row[at], int | float | None) for row in rows) for at in range(len(columns))]
    heads = [Column(safe_text(name), right=right) for name, right in zip(columns, numeric, strict=True)]
    texts = [["NULL" if value is None else safe_text(str(value)) for value in row] for row in rows]
    put("\n".join(table_lines(heads, texts)))
    sys.stderr.write(f"{len(rows)} row{'s' * (len(rows) != 1)}\n")


def _csv(columns: list[str], rows: list[list[object]]) -> None:
    import csv

    from workbench.format import safe_text

    def shown(value: object) -> object:  # a program gets a text as it is, a terminal nothing that it would act on
        return safe_text(value) if isinstance(value, str) and sys.stdout.isatty() else _plain(value)

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(shown, columns))
    writer.writerows([shown(value) for value in row] for row in rows)


def _json(columns: list[str], rows: list[list[object]]) -> None:
    import json

    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:  # an object would keep only the last of them
        raise UserError(f"two columns are called {twice[0]}", next_command=f"select ... as {twice[0]}_2")
    objects = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
    ascii_only = sys.stdout.isatty()  # control and direction characters as \\u202e
    put("[" + ",\n ".join(json.dumps(one, ensure_ascii=ascii_only) for one in objects) + "]")


def _plain(value: object) -> object:
    """A value as text formats have it: bytes as hex, an infinite number, which JSON does not know, as none."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.hex() if isinstance(value, bytes) else value


def reindex(home: Home = None) -> None:
    """Build the database from the runs' folders.

    Whatever state it is in: a deleted or damaged database loses nothing.
    """
    from runs.ingest import reindex as rebuild

    folder = home_folder(home)
    found, problems = rebuild(folder)
    tell(problems)
    put(f"{found} run{'s' * (found != 1)} in {folder.database}")


def export(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Name or id, or the start of either.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every run.")] = False,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="NAME", help="Of the metrics: csv, or parquet with pyarrow.")
    ] = "csv",
    home: Home = None,
) -> None:
    """Copy a run into a folder: its metrics as one table, pictures, config, logs and checkpoints.

    It can be taken elsewhere: put into the runs folder of another home, `workbench reindex` finds it.
    """
    if (run is None) == (not everything):
        raise UserError("export takes one run or --all", next_command="workbench list")
    if output is None:
        again = f"workbench export {run or '--all'} -o FOLDER"
        raise UserError("export needs a folder to write to", next_command=again)
    with record(home) as store:
        chosen = store.runs() if run is None else [store.find(run)]
        for one in chosen:
            put(str(_exported(one, output, format)))


def _exported(run: "Run", output: Path, format: str) -> Path:
    """The folder of a copied run, its config beside it as TOML that `workbench run --config` reads."""
    from runs.export import export_run
    from workbench.configure import as_toml

    def with_config(folder: Path) -> None:
        (folder / "config.toml").write_text(as_toml(run.config, run.preset), encoding="utf-8")

    return export_run(run, output, format=format, finish=with_config)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(query)
    app.command()(reindex)
    app.command()(export)
