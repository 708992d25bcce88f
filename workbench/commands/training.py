"""`workbench run`, `resume` and `fork`: one run, here or in the background."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError
from workbench import exit_codes
from workbench.commands.options import (
    DataDir,
    DataSet,
    Detach,
    Device,
    Home,
    Notify,
    Prediction,
    PresetName,
    RunName,
    Sampler,
    Schedule,
    Sets,
    Slots,
    Wait,
    data_folder,
    found_runs,
    home_folder,
    put,
    whole,
)

if TYPE_CHECKING:
    from runs.folder import RunFolder
    from runs.home import Home as HomeFolder

Text = str | None  # a setting as it was typed: diffusion.config reads and checks it, and says what it allows


def run(
    preset: PresetName = None,
    data: DataSet = None,
    schedule: Schedule = None,
    prediction: Prediction = None,
    blur: Annotated[
        Text, typer.Option(metavar="SIGMA", help="Gaussian blur of the training pictures, pixels of sigma.")
    ] = None,
    steps: Annotated[Text, typer.Option(metavar="N", help="Train so many optimizer steps,")] = None,
    epochs: Annotated[Text, typer.Option(metavar="N", help="or so many passes over the pictures,")] = None,
    minutes: Annotated[Text, typer.Option(metavar="N", help="or so long.")] = None,
    seed: Annotated[Text, typer.Option(metavar="N", help="Decides data order, noise and first weights.")] = None,
    device: Device = None,
    sampler: Sampler = None,
    sampling_steps: Annotated[Text, typer.Option(metavar="N", help="Sampling steps.")] = None,
    guidance: Annotated[Text, typer.Option(metavar="SCALE", help="Classifier-free guidance scale; 1 is none.")] = None,
    name: Annotated[Text, typer.Option(metavar="NAME", help="A name for the run; else one is made.")] = None,
    sets: Sets = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings from a TOML file.")] = None,
    print_config: Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML and stop.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    detach: Detach = False,
    wait: Wait = False,
    slots: Slots = None,
    notify: Notify = None,
    home: Home = None,
    data_dir: DataDir = None,
) -> None:
    """Train a model, draw from it, record it all.

    Settings come from the preset, then the config file, then the options, then --set; later ones win.
    Ctrl-C stops after a checkpoint, and `workbench resume` goes on from there. With --detach the run goes on by itself,
    whatever becomes of the terminal.
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
    folder, command = home_folder(home), _notify(notify)
    if _in_background(detach, wait, slots, json):
        from workbench.background import queue_new

        queued = queue_new(folder, chosen, preset=base, name=name, slots=slots)
        _exit(_after_queueing(folder, queued, command, wait))
    else:
        from workbench.foreground import start

        _exit(start(folder, chosen, preset=base, name=name, json=json, notify=command))


def resume(
    run: RunName,
    steps: Annotated[Text, typer.Option(metavar="N", help="Train up to so many optimizer steps in all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    detach: Detach = False,
    wait: Wait = False,
    slots: Slots = None,
    notify: Notify = None,
    home: Home = None,
) -> None:
    """Go on with a run from its last checkpoint.

    A stopped, paused or failed one, one whose worker died, or, with --steps, one that has reached its goal.
    """
    goal = None if steps is None else whole("--steps", steps, low=1)
    folder, command, (found,) = home_folder(home), _notify(notify), found_runs(home, [run])
    if _in_background(detach, wait, slots, json):
        from runs.folder import RunFolder
        from workbench.background import queue_folder

        queued = queue_folder(folder, RunFolder(found.folder), steps=goal, slots=slots)
        _exit(_after_queueing(folder, queued, command, wait))
    else:
        from workbench.foreground import go_on

        _exit(go_on(folder, found, steps=goal, json=json, notify=command))


def fork(
    run: RunName,
    sets: Sets = None,
    steps: Annotated[Text, typer.Option(metavar="N", help="Train up to so many optimizer steps in all.")] = None,
    from_step: Annotated[
        Text, typer.Option("--from-step", metavar="N", help="From the checkpoint of this step, if it is kept.")
    ] = None,
    name: Annotated[Text, typer.Option(metavar="NAME", help="A name for the new run; else one is made.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    detach: Detach = False,
    wait: Wait = False,
    slots: Slots = None,
    notify: Notify = None,
    home: Home = None,
) -> None:
    """A new run that goes on from a run's newest checkpoint, or an older one, with other settings."""
    from runs import actions
    from workbench.configure import assignment, one_goal
    from workbench.foreground import train_here, typed_command

    changes = one_goal({"steps": steps}) | dict(assignment(text) for text in sets or ())
    folder, command, (found,) = home_folder(home), _notify(notify), found_runs(home, [run])
    queued = _in_background(detach, wait, slots, json)
    start = None if from_step is None else whole("--from-step", from_step, low=1)
    child = actions.fork(folder, found, changes, step=start, name=name, command=typed_command())
    if queued:
        from workbench.background import queue_folder

        queue_folder(folder, child, slots=slots)
        _exit(_after_queueing(folder, child, command, wait))
    else:
        _exit(train_here(folder, child, json=json, notify=command))


def _in_background(detach: bool, wait: bool, slots: str | None, json: bool) -> bool:
    """Whether a run goes into the queue. Raises UserError for options that do not go together."""
    queued = detach or wait
    if slots is not None and not queued:
        raise UserError("--slots is of the queue, and this run would not wait in it", next_command="the same with -d")
    if json and queued:
        raise UserError("--json tells of a run in the foreground", next_command="workbench show RUN --json")
    if slots not in (None, "auto"):
        from runs.queue import checked_slots

        checked_slots(slots)
    return queued


def _notify(given: str | None) -> str:
    """The command to run at alerts and at the end: as it was given, else as the person's settings have it."""
    from workbench.settings import read_settings

    return read_settings().notify if given is None else given


def _after_queueing(home: "HomeFolder", folder: "RunFolder", notify: str, wait: bool) -> int:
    from workbench.background import say_queued
    from workbench.background import wait as wait_for
    from workbench.notify import start_notifier

    say_queued(home, folder)  # first: what fails from here on leaves it in the queue
    if notify:
        start_notifier(home, [folder.id], notify)
    return wait_for(home, [folder.id]) if wait else exit_codes.DONE


def _exit(code: int) -> None:
    if code != exit_codes.DONE:
        raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command(epilog=exit_codes.HELP)(run)
    app.command(epilog=exit_codes.HELP)(resume)
    app.command(epilog=exit_codes.HELP)(fork)
