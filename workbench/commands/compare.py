"""`workbench compare`: runs, or the runs of a study, beside each other."""

import sys
from typing import Annotated, Any, cast

import typer

from diffusion.errors import UserError, nearest_name
from workbench.commands.options import Home, put, record, run_names

AXES = ("step", "images", "seconds")


def compare(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN...",
            help="Two runs or more; the first is what the others are compared with.",
            autocompletion=run_names,
        ),
    ] = None,
    study: Annotated[str | None, typer.Option("--study", metavar="NAME", help="All finished runs of a study.")] = None,
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", metavar="NAME", help="A figure to compare; may be given many times.")
    ] = None,
    axis: Annotated[
        str, typer.Option("--axis", metavar="NAME", help="Of the curves: step, images or seconds.")
    ] = "step",
    json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
    home: Home = None,
) -> None:
    """Runs beside each other, those that are equal but for their seed as one, with 95 % intervals.

    What differs in their settings, curves and where they part, the loss at equal noise, pictures from the same noise,
    what is decided and how many more seeds or pictures would decide the rest, and what each took.
    """
    from workbench import compare_page
    from workbench.comparison import Comparison, values
    from workbench.settings import read_settings
    from workbench.terminal.screen import screen

    if axis not in AXES:
        near = nearest_name(axis, AXES)
        raise UserError(f"--axis is '{axis}'", allowed=", ".join(AXES), nearest=near, next_command="--axis seconds")
    if bool(runs) == bool(study):
        raise UserError(
            "compare takes two runs or more, or --study NAME", next_command="workbench list, or workbench study list"
        )
    with record(home) as store:
        arms = _arms(store, runs or [], study)
        found = Comparison(store, arms, metrics or (), cast(Any, axis))
        if json:
            _print_json(values(found))
        else:
            put("\n".join(compare_page.lines(found, screen(), read_settings().images)))


def _arms(store: Any, texts: list[str], study: str | None) -> Any:
    """The runs that are meant, as arms. Raises UserError for less than two."""
    from runs import studies
    from runs.compare import arms
    from workbench.study_page import study_runs

    if study is None:
        found = {run.id: run for run in (store.find(text) for text in texts)}
        return arms(list(found.values()))
    done = [run for run in study_runs(store, study) if run.status in studies.DONE]
    if len(done) < 2:
        raise UserError(
            f"{len(done)} run{'s' * (len(done) != 1)} of study {study} have ended",
            allowed="two or more",
            next_command=f"workbench study extend {study}",
        )
    return arms(done)


def _print_json(values: object) -> None:
    import json

    json.dump(values, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(compare)
