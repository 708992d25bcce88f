"""A new run as a form: what each setting is, what was typed, what is wrong with it, and the runs that it amounts to.

Several values in a field, with commas between, make a run for each: all combinations of all fields, seeds included.
"""

import itertools
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_origin

from diffusion.config import RunConfig, SettingInfo, differences, flat, setting_info, settings
from diffusion.errors import UserError, unknown_name
from diffusion.fields import Plain, describe, parse
from diffusion.presets import PRESETS
from runs.names import checked_name
from workbench.configure import DEFAULT_PRESET, Typed, configured

if TYPE_CHECKING:
    from runs.records import Run

MOST_RUNS = 500
OPTIONS = {  # of `workbench run`
    "data.dataset": "--data",
    "process.schedule": "--schedule",
    "process.prediction": "--prediction",
    "data.blur": "--blur",
    "seed": "--seed",
    "device": "--device",
    "sampling.sampler": "--sampler",
    "sampling.sampling_steps": "--sampling-steps",
    "sampling.guidance": "--guidance",
}
PRESET, NAME = "preset", "name"  # beside the settings
WHOLE = ("data.folder", "device")  # a comma belongs to the value


@dataclass(frozen=True)
class Field:
    """One line of the form. text is the value as it is typed, default the preset's."""

    key: str
    text: str
    default: str
    help: str
    allowed: str
    choices: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether it differs from the preset."""
        return self.text != self.default


@dataclass(frozen=True)
class Planned:
    """One run that the form amounts to, and the command that would make it."""

    config: RunConfig
    preset: str
    command: str
    name: str | None


class RunForm:
    """What has been typed so far."""

    def __init__(self, preset: str = DEFAULT_PRESET, typed: Mapping[str, str] | None = None) -> None:
        self.preset = preset
        self.name = ""
        self.typed = dict(typed or {})

    @classmethod
    def like(cls, run: "Run") -> "RunForm":
        """The form that makes a run's config again."""
        preset = run.preset if run.preset in PRESETS else DEFAULT_PRESET
        changed = differences(run.config, PRESETS[preset].config)
        return cls(preset, {key: text_of(mine) for key, (mine, _) in changed.items()})

    def fields(self) -> Iterator[Field]:
        """Preset and name first, then every setting in the order of the config."""
        presets = tuple(PRESETS)
        about = f"where to start from: {PRESETS[self.preset].about}"
        yield Field(PRESET, self.preset, self.preset, about, ", ".join(presets), presets)
        yield Field(NAME, self.name, "", "a name for the run; else one is made", "text without a slash", ())
        base = flat(PRESETS[self.preset].config)
        for info in settings():
            default = text_of(base[info.key])
            meta = info.field.metadata
            choices = ("true", "false") if info.kind is bool else tuple(meta["choices"])
            allowed = describe(info.field, info.kind)
            yield Field(info.key, self.typed.get(info.key, default), default, meta["help"], allowed, choices)

    def put(self, key: str, text: str) -> None:
        """Type a value. One that is the preset's own counts as not typed."""
        if key == PRESET:
            if text not in PRESETS:
                raise unknown_name("preset", text, PRESETS)
            self.preset = text
        elif key == NAME:
            self.name = text.strip()
        elif text.strip() == text_of(flat(PRESETS[self.preset].config)[key]):
            self.typed.pop(key, None)
        else:
            self.typed[key] = text.strip()

    def problem(self, key: str, text: str) -> str:
        """What is wrong with a value for a field by itself, "" when nothing is."""
        try:
            if key == PRESET and text not in PRESETS:
                raise unknown_name("preset", text, PRESETS)
            if key == NAME and text.strip():
                checked_name(text.strip())
            if key not in (PRESET, NAME):
                info = setting_info(key)
                for value in values_of(info, text):
                    parse(key, value, info.field, info.kind)
        except UserError as error:
            return str(error)
        return ""

    def count(self) -> int:
        """How many runs it amounts to."""
        return math.prod(len(values) for values in self._axes().values())

    def planned(self) -> list[Planned]:
        """The runs, checked as a whole as the command line does. Raises UserError for what cannot be used."""
        axes = self._axes()
        if self.count() > MOST_RUNS:
            raise UserError(f"this makes {self.count()} runs", allowed=f"up to {MOST_RUNS} at once")
        found = []
        for number, chosen in enumerate(itertools.product(*axes.values()), start=1):
            values = dict(zip(axes, chosen, strict=True))
            config, preset = configured(Typed(self.preset, None, {}, [f"{key}={text}" for key, text in values.items()]))
            name = f"{self.name}-{number}" if self.name and self.count() > 1 else self.name or None
            found.append(Planned(config, preset, command(preset, values, name), name))
        return found

    def study(self) -> str:
        """What several runs are tagged with: their fields of several values."""
        several = [key.rpartition(".")[2] for key, values in self._axes().items() if len(values) > 1]
        return re.sub(r"[^\w.-]+", "-", self.name or "-".join(several)) if several else ""

    def _axes(self) -> dict[str, list[str]]:
        order = [info.key for info in settings()]
        return {key: values_of(setting_info(key), self.typed[key]) for key in sorted(self.typed, key=order.index)}


def values_of(info: SettingInfo, text: str) -> list[str]:
    """The values that a field's text holds: with commas between, or semicolons where a value itself has commas.

    0..4 stands for whole numbers, as of seeds.
    """
    if info.key in WHOLE or text.startswith("folder:"):
        return [text]
    sign = ";" if get_origin(info.kind) is tuple else ","
    parts = [part.strip() for part in text.split(sign)]
    found = [one for part in parts for one in _range(part)] if info.kind is int else parts
    return list(dict.fromkeys(found)) if any(found) else [text]


def _range(part: str) -> list[str]:
    match = re.fullmatch(r"(\d{1,15})\.\.(\d{1,15})", part)
    if match is None or not 0 <= int(match[2]) - int(match[1]) < MOST_RUNS:
        return [part]
    return [str(number) for number in range(int(match[1]), int(match[2]) + 1)]


def text_of(value: Plain) -> str:
    """A setting's value as it is typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def command(preset: str, values: Mapping[str, str], name: str | None) -> str:
    """The command line that makes one run."""
    words = ["workbench", "run", "--preset", preset]
    for key, text in values.items():
        words += [OPTIONS[key], text] if key in OPTIONS else ["--set", f"{key}={text}"]
    return shlex.join([*words, *(["--name", name] if name else [])])


def several(command_lines: list[str]) -> str:
    """Command lines in one text: the first, and how many more there are."""
    more = f"   and {len(command_lines) - 1} more" if len(command_lines) > 1 else ""
    return command_lines[0] + more
