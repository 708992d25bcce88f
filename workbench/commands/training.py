"""`workbench run` and `workbench resume`: one run in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from workbench import exit_codes
from workbench.commands.options import DataDir, Device, Home, RunName, data_folder, home_folder, put, whole

Text = str | None  # a setting as it was typed: diffusion.config reads and checks it, and says what it allows


def run(
    preset: Annotated[
        Text, typer.Option(metavar="NAME", help="Where to start from: `workbench presets` lists them.")
    ] = None,
    data: Annotated[
        Text, typer.Option(metavar="NAME", help="digits, mnist, fashion-mnist, cifar10 or folder:PATH.")
    ] = None,
    schedule: Annotated[Text, typer.Option(metavar="NAME", help="Noise schedule.")] = None,
    prediction: Annotated[Text, typer.Option(metavar="NAME", help="What the network predicts.")] = None,
    blur: Annotated[
        Text, typer.Option(metavar="SIGMA", help="Gaussian blur of the training pictures, pixels of sigma.")
    ] = None,
    steps: Annotated[Text, typer.Option(metavar="N", help="Train so many optimizer steps,")] = None,
    epochs: Annotated[Text, typer.Option(metavar="N", help="or so many passes over the pictures,")] = None,
    minutes: Annotated[Text, typer.Option(metavar="N", help="or so long.")] = None,
    seed: Annotated[Text, typer.Option(metavar="N", help="Decides data order, noise and first weights.")] = None,
    device: Device = None,
    sampler: Annotated[Text, typer.Option(metavar="NAME", help="ddpm, ddim, euler, heun or dpm++2m.")] = None,
    sampling_steps: Annotated[Text, typer.Option(metavar="N", help="Sampling steps.")] = None,
    guidance: Annotated[Text, typer.Option(metavar="SCALE", help="Classifier-free guidance scale; 1 is none.")] = None,
    name: Annotated[Text, typer.Option(metavar="NAME", help="A name for the run; else one is made.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting; may be given many times.")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings from a TOML file.")] = None,
    print_config: Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML and stop.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    home: Home = None,
    data_dir: DataDir = None,
) -> None:
    """Train a model, draw from it, record it all.

    Settings come from the preset, then the config file, then the options, then --set; later ones win.
    Ctrl-C stops after a checkpoint, and `workbench resume` goes on from there.
    """
    from workbench.configure import Typed, as_toml, configured, one_goal

    typed = {
        "data.dataset": data,
        "process.schedule": schedule,
        "process.prediction": prediction,
        "data.blur": blur,
        "seed": seed,
        "device": device,
        "sampling.sampler": sampler,
        "sampling.sampling_steps": sampling_steps,
        "sampling.guidance": guidance,
        "data.folder": data_folder(data_dir) or None,
    }
    options = {key: value for key, value in typed.items() if value is not None}
    options |= one_goal({"steps": steps, "epochs": epochs, "minutes": minutes})
    chosen, base = configured(Typed(preset, config, options, sets or ()))
    if print_config:
        put(as_toml(chosen, base).rstrip("\n"))
        return
    from workbench.foreground import start

    _exit(start(home_folder(home), chosen, preset=base, name=name, json=json))


def resume(
    run: RunName,
    steps: Annotated[Text, typer.Option(metavar="N", help="Train up to so many optimizer steps in all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    home: Home = None,
) -> None:
    """Go on with a run from its last checkpoint."""
    from workbench.foreground import go_on

    goal = None if steps is None else whole("--steps", steps, low=1)
    _exit(go_on(home_folder(home), run, steps=goal, json=json))


def _exit(code: int) -> None:
    if code != exit_codes.DONE:
        raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command(epilog=exit_codes.HELP)(run)
    app.command(epilog=exit_codes.HELP)(resume)
