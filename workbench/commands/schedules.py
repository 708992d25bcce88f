"""`workbench schedules`: forward processes beside each other, before anything is trained."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.options import Sets, put


def schedules(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME[,KEY=VALUE...]",
            help="A schedule, with settings of its own where they differ: linear,timesteps=100. Without: all of them.",
        ),
    ] = None,
    sets: Sets = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="The picture to noise; else a digit.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All numbers as a JSON array.")] = False,
) -> None:
    """Noise schedules beside each other: no training, no torch.

    Beta, alpha-bar, log-SNR and the share of training at each noise level; the same picture noised at equal time and
    at equal SNR; and what `workbench run` would warn of. data.blur blurs the picture as it would the training pictures.
    """
    from workbench import schedule_page
    from workbench.schedule_page import Shown
    from workbench.schedule_specs import configs, example_of
    from workbench.settings import read_settings
    from workbench.terminal.screen import screen

    shown = [Shown.of(name, config) for name, config in configs(names or [], sets or [])]
    if json:
        _print_json(schedule_page.values(shown))
        return
    example = example_of(picture, shown[0].config.data.blur)
    put("\n".join(schedule_page.lines(shown, example, screen(), read_settings().images)))


def _print_json(values: object) -> None:
    import json

    put(json.dumps(values, indent=1))


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(schedules)
