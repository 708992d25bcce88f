"""`workbench report`: a run or a study as one document."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError, nearest_name
from workbench.commands.options import Home, put, record, run_names

if TYPE_CHECKING:
    from runs.store import Store
    from runs.verdicts import Verdict
    from workbench.report.document import Document

FORMATS = {"html": ".html", "md": ".md"}
MARK = b"made by workbench"  # in every report: a file without it is not overwritten


def report(
    target: Annotated[
        str, typer.Argument(metavar="RUN|STUDY", help="A study's name, or a run's.", autocompletion=run_names)
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write; else NAME.html here.")
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="NAME", help="html or md; else by the file's name.")
    ] = None,
    claims: Annotated[
        Path | None, typer.Option("--claims", metavar="FILE", help="Claims to check; else those of workbench.")
    ] = None,
    home: Home = None,
) -> None:
    """Write a report of a run or of a study: one file that needs nothing else, to read, to print and to send.

    Question, setup, schedules, training, denoising, samples, judges, comparison, claims, limits, and how to make it
    again. As Markdown its pictures are in a folder beside it.
    """
    path, chosen = _where(target, output, format)
    with record(home) as store:
        document = _document(store, target, claims)
    put(str(_written(document, path, chosen)))


def _where(target: str, output: Path | None, format: str | None) -> tuple[Path, str]:
    """The file and its format. Raises UserError for a format that there is not, and for a file that is no report."""
    from runs.names import slug

    chosen = format or next((name for name, ending in FORMATS.items() if output and output.suffix == ending), "html")
    if chosen not in FORMATS:
        near = nearest_name(chosen, FORMATS)
        raise UserError(
            f"--format is '{chosen}'", allowed=", ".join(FORMATS), nearest=near, next_command="--format html"
        )
    path = output or Path(slug(target) + FORMATS[chosen])
    try:
        foreign = path.is_dir() or (path.exists() and MARK not in path.read_bytes())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", next_command="-o another file") from error
    if foreign:
        again = f"workbench report {shlex.quote(target)} -o {slug(target)}{FORMATS[chosen]}"
        raise UserError(f"{path} exists and is no report", allowed="a new file, or an older report", next_command=again)
    return path, chosen


def _document(store: "Store", target: str, claims: Path | None) -> "Document":
    """Of the study that is called so, else of the run that target names."""
    import time

    from runs.studies import named_studies
    from workbench.report.one_run import of_run
    from workbench.report.study import of_study

    when = time.strftime("%Y-%m-%d")
    studies = named_studies(store.runs())
    if target in studies:
        return of_study(store, target, studies[target], when, _verdicts(store, target, claims))
    try:
        run = store.find(target)
    except UserError as error:
        near = nearest_name(target, studies)
        if not near or error.nearest:
            raise
        problem = f"no run and no study is called '{target}'"
        raise UserError(problem, nearest=near, next_command="workbench study list") from error
    return of_run(store, run, when)


def _verdicts(store: "Store", study: str, file: Path | None) -> "Sequence[Verdict]":
    """The claims that rest on a study."""
    from runs.claims import read_claims
    from runs.verdicts import check
    from workbench.claims_page import SHIPPED

    return check(store, [one for one in read_claims(file or SHIPPED) if one.study in ("", study)])


def _written(document: "Document", path: Path, format: str) -> Path:
    """The file that was written whole, its folder of pictures before it."""
    from workbench.report.html import as_html
    from workbench.report.markdown import as_markdown, folder_beside

    try:
        if format == "html":
            _put_whole(path, as_html(document).encode())
            return path
        folder = folder_beside(path)
        text, files = as_markdown(document, folder.name)
        for name, data in files.items():
            _put_whole(folder / name, data)
        _put_whole(path, text.encode())
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", next_command="-o a file that can be") from error
    return path


def _put_whole(path: Path, data: bytes) -> None:
    """The whole file or none of it, readable by whom new files are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(report)
