"""From what was typed to a study: its axes, its name, the ready ones, and what it will cost in words."""

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_origin

from diffusion.config import RunConfig, SettingInfo, differences, flat, setting_info, with_settings
from diffusion.data.catalog import FOLDER_PREFIX
from diffusion.errors import UserError, unknown_name
from diffusion.fields import Plain, parse
from diffusion.presets import PRESETS
from diffusion.process.lint import lint
from runs.cost import total
from runs.names import checked_name, slug
from runs.studies import ELSEWHERE, Axis, Plan, axes_of, drawings, product, short_setting, value_text
from workbench.configure import Typed, configured
from workbench.format import count, duration

if TYPE_CHECKING:
    from runs.cost import Cost
    from runs.records import Run

MOST_SEEDS = 1000
LONGEST_NAME = 60
ASK_ABOVE_S, ASK_ABOVE_RUNS = 1800.0, 60  # beyond, a person says yes first


@dataclass(frozen=True)
class Ready:
    """A study that only has to be asked for. draws: from one trained run's checkpoint, which --run names."""

    name: str
    decides: str
    vary: tuple[str, ...]
    seeds: int = 3
    draws: bool = False


READY = {
    ready.name: ready
    for ready in (
        Ready("schedules", "Which noise schedule learns most?", ("schedule=linear,cosine,sigmoid,edm,flow",)),
        Ready("blur", "Does a network that learns from blurred pictures still draw sharp ones?", ("blur=0,0.5,1,2",)),
        Ready(
            "skips", "What do skip connections do for sharpness and class?", ("network.skip_connections=true,false",)
        ),
        Ready("conditioning", "How should the class enter the network?", ("conditioning=film,concat,add",)),
        Ready(
            "sampler-steps",
            "How few sampling steps will do, and with which sampler?",
            ("sampler=ddpm,ddim,heun,dpm++2m", "sampling_steps=5,10,20,50,200,1000"),
            draws=True,
        ),
        Ready(
            "guidance",
            "Which guidance scale, and over which noise levels?",
            ("guidance=1,1.5,2,4,8", "sampling.guidance_high=1e6,2"),
            draws=True,
        ),
        Ready(
            "ema", "Do averaged weights draw better than the current ones?", ("sampling.weights=ema,raw",), draws=True
        ),
    )
}


@dataclass(frozen=True)
class Asked:
    """What was typed of a study; texts as they came."""

    vary: Sequence[str] = ()
    ready: str | None = None
    seeds: str | None = None
    name: str | None = None
    typed: Typed = field(default_factory=Typed)


def planned(asked: Asked, run: "Run | None" = None) -> Plan:
    """The study that was asked for. run: the one whose checkpoint its runs draw from.

    Raises UserError for axes, values, seeds or a name that cannot be used, and for a ready study without its run.
    """
    ready = ready_study(asked.ready) if asked.ready is not None else None
    axes = [axis(text) for text in (*(ready.vary if ready else ()), *asked.vary)]
    if not axes:
        raise UserError(
            "a study varies one setting or more, and none is named",
            next_command="workbench study --vary schedule=linear,cosine, or workbench study --ready schedules",
        )
    if ready and ready.draws and run is None:
        raise UserError(
            f"the study {ready.name} draws from one trained run, and none is named",
            next_command=f"workbench study --ready {ready.name} --run RUN",
        )
    base, preset = (run.config, run.preset) if run else configured(asked.typed)
    seeds = _seeds(asked.seeds, ready.seeds if ready else 1, base.seed, axes)
    axes = [one for one in axes if one.key != "seed"]
    name = checked_name(asked.name) if asked.name is not None else made_name(ready, axes, base, preset, run)
    configs = drawings(run, axes, seeds) if run else product(base, axes, seeds)
    return Plan(name, configs, preset, run, tuple(one.key for one in axes))


def ready_study(name: str) -> Ready:
    """A ready study by its name. Raises UserError for another name."""
    if name not in READY:
        raise unknown_name("ready study", name, READY, "workbench study list --ready")
    return READY[name]


def axis(text: str) -> Axis:
    """--vary KEY=A,B,C: commas between the values, semicolons where a value has commas itself; 0..4 counts in ones.

    Raises UserError for an unknown setting, a value that it does not allow, or no value at all.
    """
    key, sign, rest = text.partition("=")
    if not sign or not key.strip() or not rest.strip():
        raise UserError(
            f"--vary is '{text}'",
            allowed="a setting and its values: --vary schedule=linear,cosine",
            next_command="workbench settings",
        )
    info = setting_info(key.strip())
    values = [parse(info.key, one, info.field, info.kind) for one in value_texts(info, rest)]
    return Axis(info.key, tuple(dict.fromkeys(values)))


def value_texts(info: SettingInfo, text: str) -> list[str]:
    """The values that a text holds: commas between them, or semicolons where a value has commas itself; 0..4 counts.

    A folder's commas are its own, unless another folder: follows one. Raises UserError for a count that cannot be.
    """
    if info.key in ELSEWHERE:
        return [text.strip()]
    sign = ";" if get_origin(info.kind) is tuple or ";" in text else ","
    if sign == "," and text.strip().startswith(FOLDER_PREFIX):
        sign = f",(?= *{FOLDER_PREFIX})"
    parts = [part.strip() for part in re.split(sign, text)]
    texts = [one for part in parts if part for one in (_counted(part) if info.kind in (int, float) else [part])]
    return list(dict.fromkeys(texts)) or [text.strip()]


def _counted(part: str) -> list[str]:
    match = re.fullmatch(r"(\d{1,9})\.\.(\d{1,9})", part)
    if match is None:
        return [part]
    first, last = int(match[1]), int(match[2])
    if first > last:
        raise UserError(f"'{part}' counts down", allowed=f"{last}..{first}")
    if last - first >= MOST_SEEDS:
        raise UserError(f"'{part}' counts {last - first + 1:,} values", allowed=f"1 to {MOST_SEEDS:,}")
    return [str(number) for number in range(first, last + 1)]


def _seeds(text: str | None, default: int, first: int, axes: Sequence[Axis]) -> list[int]:
    """The seeds of a study: so many from the first on, or those that --vary seed=... names."""
    named = [one for one in axes if one.key == "seed"]
    if named and text is not None:
        raise UserError("--seeds and --vary seed both say which seeds", allowed="one of them")
    if named:
        return [int(str(value)) for value in named[0].values]
    number = default if text is None else int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= number <= MOST_SEEDS:
        raise UserError(
            f"--seeds is '{text}'", allowed=f"a whole number from 1 to {MOST_SEEDS}", next_command="--seeds 3"
        )
    return list(range(first, first + number))


def made_name(ready: Ready | None, axes: Sequence[Axis], base: RunConfig, preset: str, run: "Run | None") -> str:
    """The same command gives the same name, so that asked again it goes on with the study that it began; every setting
    that differs from the preset is in it, or in four letters at the end where they are too many to read.
    """
    known = PRESETS[preset].config if preset in PRESETS else base
    varied = {axis.key: flat(known)[axis.key] for axis in axes}
    plain = with_settings(base, {**varied, "seed": known.seed, **{key: flat(known)[key] for key in ELSEWHERE}})
    parts = [ready.name] if ready else [axis.key.rpartition(".")[2].replace("_", "-") for axis in axes]
    settings = [short_setting(key, value) for key, (value, _) in differences(plain, known).items()]
    own = [run.name] if run else [*([preset] if preset != "digits" else []), *settings]
    name = slug("-".join([*parts, *own])) or "seeds"
    if len(name) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:4]
    return f"{name[: LONGEST_NAME - 5].rstrip('-.')}-{mark}"


def cost_lines(plan: Plan, missing: int, costs: "Sequence[Cost | None]", slots: int, gpus: int = 0) -> list[str]:
    """What a study will take: runs, seconds of each, and where they are known from. gpus: of this machine."""
    several = f"{count(missing)} run{'s' * (missing != 1)}"
    known = [one for one in costs if one is not None]
    if not missing:
        return [f"{plan.name}: all of its {count(len(plan.configs))} runs are done, waiting or running"]
    if len(known) < len(costs):
        return [f"{plan.name}: {several} to do; how long they take is not known, since none like them has ended yet"]
    each = sorted(one.seconds for one in known)
    spread = duration(each[0]) if each[-1] - each[0] < 1 else f"{duration(each[0])} to {duration(each[-1])}"
    sources = ", ".join(source for source, _ in Counter(one.source for one in known).most_common())
    at_once = f", {slots} at once" if slots > 1 else ""
    return [
        f"{plan.name}: {several} to do, {spread} each ({sources}{at_once})",
        f"about {duration(total(costs, slots, gpus))} in all",
    ]


def is_long(costs: "Sequence[Cost | None]", slots: int, gpus: int = 0) -> bool:
    """Whether a person should say yes first."""
    known = total([one for one in costs if one is not None], slots, gpus) or 0.0
    return known > ASK_ABOVE_S or len(costs) > ASK_ABOVE_RUNS


def warning_lines(plan: Plan) -> list[str]:
    """What the linter says of the plan's settings: each sentence once, with the values that bring it."""
    axes = axes_of(plan.configs)
    said: dict[str, list[RunConfig]] = {}
    for config in plan.configs:
        for sentence in lint(config):
            said.setdefault(sentence, []).append(config)
    told = []
    for sentence, configs in said.items():
        whole = {key: {flat(config)[key] for config in plan.configs} for key in axes}
        mine = {key: {flat(config)[key] for config in configs} for key in axes}
        values = [f"{key}={','.join(map(value_text, mine[key]))}" for key in axes if mine[key] != whole[key]]
        told.append(f"warning: {'with ' + ' '.join(values) + ': ' if values else ''}{sentence}")
    return told


def say_yes(question: str) -> bool:
    """Ask on the terminal. Raises UserError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UserError(f"{question} Nobody can answer here", next_command="the same with --yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def extended(
    name: str, runs: "Sequence[Run]", vary: Sequence[str], seeds: str | None, drawn_from: "Run | None"
) -> Plan:
    """A study with more values or seeds: those of its runs, and those that are named now. All of the product is in it.

    Raises UserError as `planned` does.
    """
    configs = [run.config for run in runs]
    there = {key: tuple(dict.fromkeys(flat(config)[key] for config in configs)) for key in axes_of(configs)}
    for one in map(axis, vary):
        known = there.get(one.key, (flat(configs[0])[one.key],))
        there[one.key] = tuple(dict.fromkeys([*known, *one.values]))
    axes = [Axis(key, values) for key, values in there.items() if key != "seed"]
    known_seeds = sorted({config.seed for config in configs})
    wanted = _seeds(seeds, len(known_seeds), known_seeds[0], [])
    named = [int(str(value)) for value in there.get("seed", ())]
    every = sorted({*known_seeds, *wanted, *named})
    if drawn_from is not None:
        return Plan(name, drawings(drawn_from, axes, every), runs[0].preset, drawn_from, tuple(there))
    if runs[0].parent:
        raise UserError(
            f"study {name} drew from a run that is not there any more",
            allowed="drawings of another run, as a study of their own",
            next_command=f"workbench study {_as_vary(there)} --run RUN",
        )
    return Plan(name, product(configs[0], axes, every), runs[0].preset, varied=tuple(there))


def _as_vary(axes: Mapping[str, tuple[Plain, ...]]) -> str:
    """Axes as they are typed."""
    return " ".join(
        f"--vary {key}={','.join(map(value_text, values))}" for key, values in axes.items() if key != "seed"
    )
