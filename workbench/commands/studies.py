"""`workbench study`: runs that differ along axes, times seeds; made, queued, looked at, stopped and extended."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError
from workbench.commands.options import DataDir, Home, Sets, Slots, data_folder, home_folder, put, record

if TYPE_CHECKING:
    from runs.home import Home as HomeFolder
    from runs.records import Run
    from runs.studies import Plan
    from workbench.study_plan import Asked

STUDY_HELP = "The study's name: `workbench study list` shows them."
StudyName = Annotated[str, typer.Argument(metavar="STUDY", help=STUDY_HELP)]
Vary = Annotated[
    list[str] | None,
    typer.Option("--vary", metavar="KEY=A,B,...", help="A setting and its values; given several times, all products."),
]
Seeds = Annotated[str | None, typer.Option("--seeds", metavar="N", help="So many seeds of each; 1, ready studies 3.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, however long it takes.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until all of its runs have ended.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and make nothing.")]

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def study(
    context: typer.Context,
    vary: Vary = None,
    ready: Annotated[
        str | None, typer.Option("--ready", metavar="NAME", help="A ready study: `study list --ready` shows them.")
    ] = None,
    seeds: Seeds = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="A name; else one by what it varies.")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Where its runs start from.")] = None,
    sets: Sets = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings of all its runs from a file.")] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Train nothing: draw from this run's checkpoint.")
    ] = None,
    yes: Yes = False,
    dry_run: Dry = False,
    wait: Wait = False,
    slots: Slots = None,
    home: Home = None,
    data_dir: DataDir = None,
) -> None:
    """Runs that differ along axes, times seeds, into the queue.

    What it will cost is said first. The same command again makes what is missing and queues what was stopped or killed;
    nothing that is done is done twice. With more values or seeds it extends the study.
    """
    from workbench.configure import Typed
    from workbench.study_plan import Asked

    if context.invoked_subcommand is not None:
        return
    options = {"data.folder": folder} if (folder := data_folder(data_dir)) else {}
    asked = Asked(vary or (), ready, seeds, name, Typed(preset, config, options, sets or ()))
    if run is not None and (preset or config or sets):
        raise UserError("--run brings its own settings", allowed="--vary, --ready, --seeds and --name beside it")
    _begin(home, asked, run, yes=yes, dry_run=dry_run, wait=wait, slots=slots)


@app.command("list")
def list_studies(
    ready: Annotated[bool, typer.Option("--ready", help="Those that only have to be asked for.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """The studies that there are, newest first, or the ready ones."""
    from runs.studies import axes_of, named_studies
    from workbench import study_page
    from workbench.terminal.screen import screen

    if ready:
        put("\n".join(study_page.ready_lines(screen())))
        return
    with record(home) as store:
        found = named_studies(store.runs())
    if json:
        _print_json(
            [
                {"study": name, "axes": axes_of([run.config for run in runs]), "runs": [run.name for run in runs]}
                for name, runs in reversed(found.items())
            ]
        )
    elif found:
        put("\n".join(study_page.list_lines(found, screen())))
    else:
        sys.stderr.write("no studies yet; next: workbench study --ready schedules\n")


@app.command()
def show(
    name: StudyName,
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", metavar="NAME", help="A figure to show; may be given many times.")
    ] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """One study as a table over its axes: mean and 95 % interval over the seeds."""
    from workbench import study_page
    from workbench.terminal.screen import screen

    with record(home) as store:
        runs = study_page.study_runs(store, name)
        if json:
            _print_json(study_page.show_values(store, runs, metrics or ()))
        else:
            put("\n".join(study_page.show_lines(store, runs, metrics or (), screen())))


@app.command()
def stop(name: StudyName, home: Home = None) -> None:
    """Stop a study's runs after a checkpoint and take the others out of the queue.

    The command that began the study goes on with it.
    """
    from runs import actions
    from workbench.background import GOING
    from workbench.format import safe_text
    from workbench.study_page import study_runs

    folder = home_folder(home)
    with record(home) as store:
        going = [run for run in study_runs(store, name) if run.status in GOING]
    for run in sorted(going, key=lambda run: run.status == "running"):  # the queue first: a free slot would begin more
        put(safe_text(actions.stop(folder, run)))
    put(f"{len(going)} run{'s' * (len(going) != 1)} of {safe_text(name)} stopped")


@app.command()
def extend(
    name: StudyName,
    vary: Vary = None,
    seeds: Seeds = None,
    yes: Yes = False,
    dry_run: Dry = False,
    wait: Wait = False,
    slots: Slots = None,
    home: Home = None,
) -> None:
    """More values or seeds for a study that is there.

    Axes that are not named keep the values that its runs have; without --vary and --seeds it is only gone on with.
    """
    from workbench.study_page import study_runs
    from workbench.study_plan import extended

    with record(home) as store:
        runs = study_runs(store, name)
        parent = store.some([runs[0].parent]) if runs[0].parent else []
    _run(home, extended(name, runs, vary or (), seeds, parent[0] if parent else None), yes, dry_run, wait, slots)


def _begin(
    home: str | None, asked: "Asked", run: str | None, *, yes: bool, dry_run: bool, wait: bool, slots: str | None
) -> None:
    from workbench.commands.options import found_runs
    from workbench.study_plan import planned

    source: Run | None = found_runs(home, [run])[0] if run is not None else None
    _run(home, planned(asked, source), yes, dry_run, wait, slots)


def _run(home: str | None, plan: "Plan", yes: bool, dry_run: bool, wait: bool, slots: str | None) -> None:
    """Say what a plan costs, ask where it is much, make and queue it."""
    from runs import studies
    from workbench.background import use_slots
    from workbench.foreground import typed_command
    from workbench.format import count, quoted, safe_text

    folder = home_folder(home)
    use_slots(folder, slots)
    if not _cost(folder, home, plan, yes, dry_run):
        return
    begun = studies.begin(folder, plan, command=typed_command())
    put(safe_text(plan.name))
    sys.stdout.flush()
    sys.stderr.write(f"{count(len(begun.queued))} runs queued, {count(begun.left)} done or under way before; ")
    sys.stderr.write(f"next: workbench study show {quoted(plan.name)}\n")
    if wait:
        _wait(folder, plan)


def _cost(folder: "HomeFolder", home: str | None, plan: "Plan", yes: bool, dry_run: bool) -> bool:
    """Say it, and whether to go on."""
    from runs.cost import costs
    from runs.gpus import gpus
    from runs.queue import slots as slots_of
    from runs.studies import check_same_study, identity, is_to_do, members
    from workbench.study_plan import cost_lines, is_long, say_yes, warning_lines

    there = members(folder, plan.name)
    check_same_study(plan, there)
    to_do = [one for one in plan.configs if (run := there.get(identity(one))) is None or is_to_do(run)]
    at_once = slots_of(folder)
    with record(home) as store:
        found = costs(store, folder, to_do, drawn=plan.drawn_from is not None)
    devices = len(gpus())
    told = cost_lines(plan, len(to_do), found, at_once, devices)
    sys.stderr.write("\n".join([*(warning_lines(plan) if to_do else []), *told]) + "\n")
    sys.stderr.flush()
    if dry_run:
        return False
    if not yes and is_long(found, at_once, devices):
        return say_yes(f"{told[-1].partition(': ')[2] or told[-1]}: begin?")
    return True


def _wait(folder: "HomeFolder", plan: "Plan") -> None:
    from runs.studies import identity, members
    from workbench.background import wait as wait_for

    there = members(folder, plan.name)
    code = wait_for(folder, [there[identity(config)].id for config in plan.configs])
    if code:
        raise typer.Exit(code)


def _print_json(values: object) -> None:
    import json

    put(json.dumps(values, ensure_ascii=False, indent=1))


def register(parent: typer.Typer) -> None:
    """Add this family's commands."""
    parent.add_typer(app, name="study")
