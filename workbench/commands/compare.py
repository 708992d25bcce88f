"""`workbench compare`: runs, or the runs of a study, beside each other."""

import sys
from typing import Annotated, Any, cast

import typer

from diffusion.errors import UserError, nearest_name
from workbench.commands.options import Home, put, record, run_names

AXES = ("step", "images", "seconds", "log-snr")
MOST_SMOOTHING = 0.999


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
        str, typer.Option("--axis", metavar="NAME", help="Of the curves: step, images, seconds or log-snr.")
    ] = "step",
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="KEY[=VALUE]",
            help="Compare runs that differ in this setting alone, with VALUE or its first value.",
        ),
    ] = None,
    smooth: Annotated[
        str | None, typer.Option("--smooth", metavar="WEIGHT", help="Of curves of 50 points or more, from 0 to 0.999.")
    ] = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="Below each picture its absolute difference from the other one.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
    home: Home = None,
) -> None:
    """Runs beside each other, those that are equal but for their seed as one, with 95 % intervals.

    What differs in their settings, curves and where they part, the loss at equal noise, pictures from the same noise,
    what is decided and how many more seeds or pictures would decide the rest, and what each took.
    """
    from runs.comparison import Comparison, against, usual_against, values
    from workbench import compare_page
    from workbench.settings import read_settings
    from workbench.terminal.screen import screen

    if axis not in AXES:
        near = nearest_name(axis, AXES)
        raise UserError(f"--axis is '{axis}'", allowed=", ".join(AXES), nearest=near, next_command="--axis seconds")
    weight = _smoothing(smooth)
    if bool(runs) == bool(study):
        raise UserError(
            "compare takes two runs or more, or --study NAME", next_command="workbench list, or workbench study list"
        )
    with record(home) as store:
        arms = _arms(store, runs or [], study)
        along = against(arms, by) if by is not None else usual_against(arms) if study else None
        found = Comparison(store, arms, metrics or (), cast(Any, axis), along)
        if json:
            _print_json(values(found))
        else:
            look = compare_page.Look(screen(), read_settings().images, weight, difference)
            put("\n".join(compare_page.lines(found, look)))


def _smoothing(text: str | None) -> float:
    """The weight of --smooth. Raises UserError for what is none."""
    try:
        weight = float(text or 0)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= MOST_SMOOTHING:
        raise UserError(f"--smooth is '{text}'", allowed="0 to 0.999", next_command="--smooth 0.9")
    return weight


def _arms(store: Any, texts: list[str], study: str | None) -> Any:
    """The runs that are meant, as arms. Raises UserError for less than two."""
    from runs import studies
    from runs.arms import arms
    from workbench.study_page import study_runs

    if study is None:
        found = [*{run.id: run for run in (store.find(text) for text in texts)}.values()]
    else:
        found = [run for run in study_runs(store, study) if run.status in studies.DONE]
        if len(found) < 2:
            raise UserError(
                f"{len(found)} run{'s' * (len(found) != 1)} of study {study} have ended",
                allowed="two or more",
                next_command=f"workbench study extend {study}",
            )
    parents = store.some([*{run.parent for run in found if run.parent}])
    return arms(found, {run.id: run.name for run in parents})


def _print_json(values: object) -> None:
    import json

    json.dump(values, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(compare)
