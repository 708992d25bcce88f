"""`workbench list`, `workbench show`, and what `workbench` alone prints: reading the store."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.commands.options import Home, RunName, home_folder, put, record, whole
from workbench.terminal.screen import Screen, screen
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.records import Run

COLUMNS = (  # where the screen is too narrow those with the highest number go first
    Column("STATUS"),
    Column("NAME", shrinks_to=20),
    Column("DATA", hides=4, shrinks_to=8),
    Column("SCHEDULE", hides=3),
    Column("BLUR", right=True, hides=2),
    Column("STEP", right=True),
    Column("LOSS", right=True),
    Column("IMAGES/S", right=True),
    Column("ETA", right=True),
    Column("DEVICE", hides=5, shrinks_to=8),
    Column("AGE", right=True),
)
STYLES = {
    "running": "32",
    "queued": "36",
    "paused": "33",
    "stopped": "33",
    "diverged": "31",
    "failed": "31",
    "died": "31",
}


def list_runs(
    json: Annotated[bool, typer.Option("--json", help="The runs as a JSON array, every setting included.")] = False,
    home: Home = None,
) -> None:
    """The runs, newest first.

    Status (with the place in the queue), data, schedule, blur, step, loss, images/s, time to go, device and age.
    """
    with record(home) as store:
        runs = newest_first(store.runs())
    if json:
        _print_json([run_values(run) for run in runs])
    elif runs:
        put("\n".join(run_lines(runs, screen())))
    else:
        sys.stderr.write("no runs yet; next: workbench run\n")


def show(
    run: RunName,
    sample_set: Annotated[
        str | None, typer.Option(metavar="N", help="What judges say of this sample set; else of the run's own.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="What judges said of all pictures they looked at.")] = False,
    json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
    home: Home = None,
) -> None:
    """One run: settings, results and pictures.

    Also its curves, attempts, alerts, what it was made with and where its files are.
    """
    from workbench import run_page

    number = 0 if sample_set is None else whole("--sample-set", sample_set, low=1)
    with record(home) as store:
        found = store.find(run)
        if json:
            _print_json(run_values(found) | run_page.values(store, found))
        else:
            put("\n".join(run_page.lines(store, found, screen(), sample_set=number, every=every)))


def workbench(images: str | None) -> None:
    """The screen where a person sits at a terminal that can show it, else the overview."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        overview()
        return
    from workbench.app import run_app
    from workbench.settings import checked_images, read_settings

    told = run_app(home_folder(None), images=checked_images(images, "--images") if images else read_settings().images)
    if told:
        put(told)


def overview() -> None:
    """The newest runs and the commands to type next."""
    from workbench.format import quoted

    target = screen()
    with record(None) as store:
        runs = newest_first(store.runs())
    shown = runs[: max(3, target.high - 9)]
    lines = run_lines(shown, target) if shown else ["no runs yet"]
    if len(runs) > len(shown):
        lines.append(f"and {len(runs) - len(shown)} more: workbench list")
    lines += ["", "next:", f"  {'workbench run':<22}train on digits: seconds, nothing to download"]
    if shown:
        lines.append(f"  workbench show {quoted(shown[0].name)}")
    put("\n".join([*lines, f"  {'workbench --help':<22}all commands"]))


def newest_first(runs: "list[Run]") -> "list[Run]":
    """Runs in the order of the list."""
    return sorted(runs, key=lambda run: run.number, reverse=True)


def run_lines(runs: "list[Run]", target: Screen) -> list[str]:
    """The table of runs, cut to the screen's width where a person reads it and whole where a program does."""
    rows = [_row(run) for run in runs]
    heading, *lines = table_lines(COLUMNS, rows, target.wide if target.terminal else None)
    return [target.styled(heading, "2"), *(_coloured(line, run, target) for line, run in zip(lines, runs, strict=True))]


def _row(run: "Run") -> list[str]:
    from workbench.format import age, compact, count, duration, number, safe_text
    from workbench.run_labels import dataset_label, device_label, seconds_left

    config = run.config
    steps = f"{compact(run.step)}/{compact(run.total_steps)}" if run.total_steps else str(run.step)
    return [
        run.status + (f" {run.queue_position}" if run.queue_position else ""),
        safe_text(("*" if run.starred else "") + run.name),
        safe_text(dataset_label(run.dataset)),
        config.process.schedule,
        f"{config.data.blur:g}",
        steps,
        "NaN" if run.status == "diverged" and run.loss is None else number(run.loss),
        count(run.images_per_s),
        duration(seconds_left(run)),
        device_label(run.device),
        age(run.ended or run.started or run.created).removesuffix(" ago"),
    ]


def _coloured(line: str, run: "Run", target: Screen) -> str:
    style = STYLES.get(run.status, "")
    head, tail = line[: len(run.status)], line[len(run.status) :]
    return target.styled(head, style) + tail if style else line


def run_values(run: "Run") -> dict[str, Any]:
    """A run as plain values, its config nested."""
    import dataclasses

    from diffusion.config import to_dict
    from workbench.run_labels import seconds_left

    values = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    values |= {"config": to_dict(run.config), "folder": str(run.folder), "tags": list(run.tags)}
    return values | {"eta_s": seconds_left(run)}


def _print_json(values: Any) -> None:
    import json

    json.dump(values, sys.stdout, ensure_ascii=sys.stdout.isatty(), indent=1, default=str)
    sys.stdout.write("\n")


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("list")(list_runs)
    app.command()(show)
