"""`workbench sample`: more pictures from a run that has learned."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.options import Home, RunName, home_folder, whole


def sample(
    run: RunName,
    label: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="A class by name or number; else all in turn.")
    ] = None,
    count: Annotated[str, typer.Option(metavar="N", help="How many pictures.")] = "16",
    sampler: Annotated[
        str | None, typer.Option(metavar="NAME", help="ddpm, ddim, euler, heun or dpm++2m; else the run's own.")
    ] = None,
    sampling_steps: Annotated[str | None, typer.Option(metavar="N", help="Sampling steps; else the run's own.")] = None,
    guidance: Annotated[str | None, typer.Option(metavar="SCALE", help="Guidance scale; else the run's own.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="NAME", help="ema or raw.")] = None,
    seed: Annotated[str, typer.Option(metavar="N", help="The same seed gives the same pictures.")] = "0",
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="PNG", help="One picture of all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    home: Home = None,
) -> None:
    """Draw pictures from a run and show them.

    They come from its last checkpoint and are recorded as a new sample set of the run.
    """
    from workbench.drawing import Wanted, draw_and_show

    given = {
        "sampling.sampler": sampler,
        "sampling.sampling_steps": sampling_steps,
        "sampling.guidance": guidance,
        "sampling.weights": weights,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    pictures, start = whole("--count", count, low=1, high=100_000), whole("--seed", seed, low=0, high=2**53)
    code = draw_and_show(home_folder(home), run, Wanted(label, pictures, changes, start, device, output, json))
    if code:
        raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(sample)
