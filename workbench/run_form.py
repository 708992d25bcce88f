"""A new run as a form: what each setting is, what was typed, what is wrong with it, and the runs that it amounts to.

Several values in a field, with commas between, make a study: all combinations of all fields, seeds included.
"""

import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diffusion.config import RunConfig, differences, flat, setting_info, settings
from diffusion.errors import UserError, unknown_name
from diffusion.fields import Plain, describe, parse
from diffusion.presets import PRESETS
from runs.names import checked_name
from runs.studies import Plan
from workbench.configure import DEFAULT_PRESET, Typed, configured
from workbench.study_plan import Asked, value_texts
from workbench.study_plan import planned as study_planned

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
    """What the form amounts to: one run, or the runs of a study; and the command that makes them."""

    configs: tuple[RunConfig, ...]
    preset: str
    command: str
    name: str | None  # of the run, where one was typed, or of the study
    study: Plan | None = None


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
                for value in value_texts(info, text):
                    parse(key, value, info.field, info.kind)
        except UserError as error:
            return told_in_form(error)
        return ""

    def count(self) -> int:
        """How many runs it amounts to."""
        return math.prod(len(value_texts(setting_info(key), text)) for key, text in self.typed.items())

    def planned(self) -> Planned:
        """The runs, checked as a whole as the command line does. Raises UserError for what cannot be used."""
        order = [info.key for info in settings()]
        typed = {key: self.typed[key] for key in sorted(self.typed, key=order.index)}
        several = [key for key, text in typed.items() if len(value_texts(setting_info(key), text)) > 1]
        if self.count() > MOST_RUNS:
            raise UserError(f"this makes {self.count()} runs", allowed=f"up to {MOST_RUNS} at once")
        single = {key: text for key, text in typed.items() if key not in several}
        from_preset = Typed(self.preset, None, {}, [f"{key}={text}" for key, text in single.items()])
        if not several:
            config, preset = configured(from_preset)
            return Planned((config,), preset, command(preset, single, self.name), self.name or None)
        vary = [f"{key}=" + re.sub(" *([,;]) *", r"\1", typed[key]) for key in several]
        plan = study_planned(Asked(vary, name=self.name or None, typed=from_preset))
        line = study_command(plan.preset, vary, single, self.name)
        return Planned(plan.configs, plan.preset, line, plan.name, plan)


def told_in_form(error: UserError) -> str:
    """What is wrong, and the setting that mends it; commands and options of the shell are of no use in a form."""
    mends = re.sub(r"--(set )?", "", error.next_command) if error.next_command.startswith("--") else ""
    return error.told.removeprefix("--") + (f"; set {mends}" if mends else "")


def text_of(value: Plain) -> str:
    """A setting's value as it is typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def command(preset: str, values: Mapping[str, str], name: str) -> str:
    """The command line that makes one run. name: "" where one is to be made."""
    words = ["workbench", "run", "--preset", preset]
    for key, text in values.items():
        words += [OPTIONS[key], text] if key in OPTIONS else ["--set", f"{key}={text}"]
    return shlex.join([*words, *(["--name", name] if name else [])])


def study_command(preset: str, vary: Sequence[str], values: Mapping[str, str], name: str) -> str:
    """The command line that makes a study. name: "" where its name is made from what it varies."""
    words = ["workbench", "study", *(word for text in vary for word in ("--vary", text)), "--preset", preset]
    words += [word for key, text in values.items() for word in ("--set", f"{key}={text}")]
    return shlex.join([*words, *(["--name", name] if name else [])])


def warnings(plan: Planned) -> list[str]:
    """What is likely a mistake in the forward processes, as the runs themselves would say at their start."""
    from diffusion.process.lint import lint

    different = {(config.process, config.data): config for config in plan.configs}
    return list(dict.fromkeys(sentence for config in different.values() for sentence in lint(config)))
