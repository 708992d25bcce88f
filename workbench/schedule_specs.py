"""Schedules as they are written, `linear,timesteps=100`: read, told again, and changed setting by setting."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from diffusion.checks import check_levels
from diffusion.config import (
    DISCRETE_SCHEDULES,
    SCHEDULES,
    ProcessConfig,
    RunConfig,
    SettingInfo,
    flat,
    setting_info,
    with_settings,
)
from diffusion.errors import UserError
from diffusion.fields import Plain
from runs.studies import value_text
from workbench.configure import assignment
from workbench.schedule_page import Example

MOST = 12  # schedules that can be told apart on one page
SIDE = 28  # pixels of a picture of one's own
COMMON = (
    "process.prediction",
    "process.weighting",
    "data.blur",
)  # of any schedule
NICE = (1.0, 2.0, 5.0)  # the steps of a dial, times powers of ten
LEAST_POWER = -5
STRAIGHT = {"data.blur": 0.5}  # settings with equal steps, as have those that may be below 0
USUAL_STRAIGHT = 0.1


def configs(names: Sequence[str], sets: Sequence[str]) -> list[tuple[str, RunConfig]]:
    """Each schedule's name on the page and the config it stands in; all schedules where none is named.

    Raises UserError for what is no schedule, no setting of it, or gives no noise levels.
    """
    chosen = list(dict.fromkeys(names)) or list(SCHEDULES)
    if len(chosen) > MOST:
        raise UserError(f"{len(chosen)} schedules are asked for", allowed=f"up to {MOST} on one page")
    base = with_settings(RunConfig(), dict(assignment(text) for text in sets))
    found = [(name, with_settings(base, settings_of(name))) for name in chosen]
    for _, config in found:
        check_levels(config.process)
    return found


def settings_of(text: str) -> dict[str, str]:
    """The settings that one argument names: the schedule, then process settings, whose section may be left out."""
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
        able = readers(short.removeprefix("process."))
        if name in SCHEDULES and able and name not in able:
            raise UserError(f"'{text}': {name} does not read {short}", allowed=f"{short} of {', '.join(able)}")
        known = hasattr(ProcessConfig, short)
        found[f"process.{short}" if known else setting_info(short).key] = value.strip()
    return found


def readers(key: str) -> tuple[str, ...]:
    """The schedules that a process setting makes a difference to; none where it is not a schedule's own."""
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


def example_of(path: Path | None, blur: float) -> Example:
    """The picture of a file, or a digit. Raises UserError for a file that is no picture."""
    from diffusion.data.digits import read_digits

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


def own_settings(config: RunConfig) -> list[str]:
    """The settings that make a difference to a config's schedule, then those that any schedule is used with."""
    schedule = config.process.schedule
    own = [f"process.{one.name}" for one in fields(ProcessConfig) if schedule in readers(one.name)]
    return [*own, *COMMON]


def spec_of(config: RunConfig) -> str:
    """A config's schedule as it is written: its name, then its settings that are not the usual ones."""
    values, usual = flat(config), flat(RunConfig())
    told = [
        f"{key.removeprefix('process.')}={value_text(values[key])}"
        for key in own_settings(config)
        if values[key] != usual[key]
    ]
    return ",".join([config.process.schedule, *told])


def stepped(config: RunConfig, key: str, by: int) -> RunConfig:
    """config with one setting a step higher or lower: the next choice, or the next of 1, 2, 5, 10, ...

    At a limit, and where a step gives no noise levels, it stays as it is.
    """
    info, value = setting_info(key), flat(config)[key]
    choices: Sequence[Plain] = (False, True) if info.kind is bool else info.field.metadata["choices"]
    if choices:
        return with_settings(config, {key: choices[(choices.index(value) + by) % len(choices)]})
    try:
        changed = with_settings(config, {key: _next(float(value), by, info)})  # type: ignore[arg-type]
        check_levels(changed.process)
    except UserError:
        return config
    return changed


def _next(value: float, by: int, info: SettingInfo) -> float:
    low = info.field.metadata["low"]
    if low is None or info.key in STRAIGHT:
        return round(value + by * STRAIGHT.get(info.key, USUAL_STRAIGHT), 6)
    dial = [*([0.0] if low == 0 else []), *(one * 10.0**power for power in range(LEAST_POWER, 7) for one in NICE)]
    beyond = [one for one in dial if by * (one - value) > 1e-9 * value]
    if not beyond:
        return value
    found = min(beyond) if by > 0 else max(beyond)
    return int(found) if info.kind is int else float(f"{found:.1g}")
