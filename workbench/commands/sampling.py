"""`workbench sample`: more pictures from a run that has learned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from diffusion.errors import UserError
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
    best_of: Annotated[
        str, typer.Option(metavar="N", help="Draw so many for each picture and keep the one that CLIP finds best.")
    ] = "1",
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any sampling setting, as sampling.eta=1."),
    ] = None,
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
    changes = {key: value for key, value in given.items() if value is not None} | _drawing_settings(sets or [])
    pictures, start = whole("--count", count, low=1, high=100_000), whole("--seed", seed, low=0, high=2**53)
    ranked = whole("--best-of", best_of, low=1, high=1000)
    code = draw_and_show(home_folder(home), run, Wanted(label, pictures, changes, start, device, output, json, ranked))
    if code:
        raise typer.Exit(code)


def _drawing_settings(sets: Sequence[str]) -> dict[str, str]:
    """What --set asks for. Raises UserError for a setting that decides how a run trains."""
    from workbench.configure import assignment

    changes = dict(assignment(text) for text in sets)
    for key in changes:
        if not key.startswith("sampling."):
            raise UserError(
                f"--set {key} decides how a run trains, not how it draws",
                allowed="settings that begin with sampling.",
                next_command=f"workbench run --set {key}={changes[key]}",
            )
    return changes


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(sample)
