"""`workbench schedules`: forward processes beside each other, before anything is trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffusion.errors import UserError
from workbench.commands.options import Sets, put

if TYPE_CHECKING:
    from diffusion.config import RunConfig
    from workbench.schedule_page import Example

MOST = 12  # schedules that can be told apart on one page
SIDE = 28  # pixels of a picture of one's own


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
    from workbench.settings import read_settings
    from workbench.terminal.screen import screen

    shown = [Shown.of(name, config) for name, config in _configs(names or [], sets or [])]
    if json:
        _print_json(schedule_page.values(shown))
        return
    example = _example(picture, shown[0].config.data.blur)
    put("\n".join(schedule_page.lines(shown, example, screen(), read_settings().images)))


def _configs(names: list[str], sets: list[str]) -> "list[tuple[str, RunConfig]]":
    """Each schedule's name on the page and the config it stands in."""
    from diffusion.checks import check_levels
    from diffusion.config import SCHEDULES, RunConfig, with_settings
    from workbench.configure import assignment

    chosen = list(dict.fromkeys(names)) or list(SCHEDULES)
    if len(chosen) > MOST:
        raise UserError(f"{len(chosen)} schedules are asked for", allowed=f"up to {MOST} on one page")
    base = with_settings(RunConfig(), dict(assignment(text) for text in sets))
    found = [(name, with_settings(base, _settings(name))) for name in chosen]
    for _, config in found:
        check_levels(config.process)
    return found


def _settings(text: str) -> dict[str, str]:
    """The settings that one argument names: the schedule, then process settings, whose section may be left out."""
    from diffusion.config import SCHEDULES, ProcessConfig, setting_info

    name, *rest = text.split(",")
    found = {"process.schedule": name}
    for part in rest:
        key, sign, value = part.partition("=")
        short = key.strip().replace("-", "_")
        if not sign or not short:
            raise UserError(
                f"'{text}' holds '{part}', which sets nothing",
                allowed="a schedule, then KEY=VALUE with commas between",
                next_command=f"workbench schedules {name},timesteps=100",
            )
        readers = _readers(short.removeprefix("process."))
        if name in SCHEDULES and readers and name not in readers:
            raise UserError(f"'{text}': {name} does not read {short}", allowed=f"{short} of {', '.join(readers)}")
        known = hasattr(ProcessConfig, short)
        found[f"process.{short}" if known else setting_info(short).key] = value.strip()
    return found


def _readers(key: str) -> tuple[str, ...]:
    """The schedules that a process setting makes a difference to; none where it is not a schedule's own."""
    from diffusion.config import DISCRETE_SCHEDULES

    own = {
        "timesteps": DISCRETE_SCHEDULES,
        "zero_terminal_snr": DISCRETE_SCHEDULES,
        "cosine_offset": ("cosine",),
        "sigma_min": ("edm", "flow"),
        "sigma_max": ("edm", "flow"),
    }
    for start, names in (
        ("beta_", ("linear", "linear-unscaled")),
        ("sigmoid_", ("sigmoid",)),
        ("sigma_log_", ("edm",)),
    ):
        if key.startswith(start):
            return names
    return own.get(key, ())


def _example(path: Path | None, blur: float) -> "Example":
    from diffusion.data.digits import read_digits
    from workbench.schedule_page import Example

    if path is None:
        return Example(read_digits()[0][0][..., None], blur)
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        told = getattr(error, "strerror", None) or "it is no picture"
        raise UserError(f"--picture {path} cannot be read: {told}", allowed="a picture, as PNG or JPEG") from error
    return Example(np.asarray(small, dtype=np.uint8), blur)


def _print_json(values: object) -> None:
    import json

    put(json.dumps(values, indent=1))


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command()(schedules)
