"""From what was typed to a config: preset, then config file, then options, then --set; and a config as TOML."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diffusion.checks import check
from diffusion.config import RunConfig, from_dict, setting_info, settings, with_settings
from diffusion.data.catalog import FOLDER_PREFIX
from diffusion.errors import UserError
from diffusion.fields import Plain, describe
from diffusion.presets import PRESETS, preset

DEFAULT_PRESET = "digits"
GOALS = ("steps", "epochs", "minutes")


@dataclass(frozen=True)
class Typed:
    """What a person typed for a run; options hold only what was given, as text, by the setting's key."""

    preset: str | None = None
    config_file: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    sets: Sequence[str] = ()


def configured(typed: Typed) -> tuple[RunConfig, str]:
    """The checked config and the name of the preset that it starts from. Raises UserError for what cannot be used."""
    from_file = _read(typed.config_file) if typed.config_file else {}
    named = from_file.pop("preset", None)
    if named is not None and not isinstance(named, str):
        raise UserError(
            f"preset in {typed.config_file} is {named}", allowed=", ".join(PRESETS), next_command="workbench presets"
        )
    base = (
        typed.preset
        if typed.preset is not None
        else named or _preset_of(typed.options.get("data.dataset") or _dataset_in(from_file))
    )
    config = from_dict(from_file, preset(base).config)
    config = with_settings(config, _whole(typed.options))
    config = with_settings(config, _whole(dict(assignment(text) for text in typed.sets)))
    return check(config), base


def one_goal(goals: Mapping[str, str | None]) -> dict[str, str]:
    """The one of --steps, --epochs, --minutes that was given, as settings: it takes the place of the other two."""
    given = {name: value for name, value in goals.items() if value is not None}
    if not given:
        return {}
    if len(given) > 1:
        options = " and ".join(f"--{name} {value}" for name, value in given.items())
        raise UserError(f"{options} each say when a run ends", allowed="one of --steps, --epochs, --minutes")
    return {f"train.{name}": given.get(name, "0") for name in GOALS}


def _preset_of(dataset: str | None) -> str:
    return dataset if dataset in PRESETS else DEFAULT_PRESET


def _dataset_in(values: Mapping[str, Any]) -> str | None:
    data = values.get("data")
    found = data.get("dataset") if isinstance(data, Mapping) else values.get("data.dataset")
    return found if isinstance(found, str) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"--config names {path}, which does not exist", next_command=f"workbench run --print-config > {path}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"--config {path} cannot be read: {told}",
            allowed="a TOML file",
            next_command="workbench run --print-config shows one",
        ) from error


def assignment(text: str) -> tuple[str, str]:
    """The setting's full key and the value, as text, of one --set."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UserError(
            f"--set is '{text}'",
            allowed="a setting and a value: --set train.steps=1000",
            next_command="workbench settings",
        )
    return setting_info(key.strip()).key, value.strip()


def _whole(values: Mapping[str, str]) -> dict[str, str]:
    """values with folders written in full, so that a run can be resumed from anywhere."""
    whole = dict(values)
    dataset = whole.get("data.dataset", "")
    if dataset.startswith(FOLDER_PREFIX) and len(dataset) > len(FOLDER_PREFIX):
        whole["data.dataset"] = FOLDER_PREFIX + _full(dataset.removeprefix(FOLDER_PREFIX))
    if whole.get("data.folder"):
        whole["data.folder"] = _full(whole["data.folder"])
    return whole


def _full(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def as_toml(config: RunConfig, preset_name: str) -> str:
    """config as TOML that --config reads back to the same config, each setting with its help."""
    lines = [f"preset = {_toml(preset_name)}"]
    section = ""
    for info in settings():
        head, _, name = info.key.rpartition(".")
        if head != section:
            lines += ["", f"[{head}]"]
            section = head
        value = getattr(getattr(config, head) if head else config, name)
        meta = info.field.metadata
        allowed = "" if info.kind in (bool, str) and not meta["choices"] else f"; {describe(info.field, info.kind)}"
        lines += [f"# {meta['help']}{allowed}", f"{name} = {_toml(value)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return repr(value)
