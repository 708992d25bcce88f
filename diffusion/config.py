"""RunConfig: everything that decides what a run computes. Frozen, checked, to and from plain dicts; no torch here."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diffusion.errors import UserError, nearest_name
from diffusion.fields import Plain, default_of, kinds, parse, setting

DISCRETE_SCHEDULES = ("linear", "linear-unscaled", "cosine", "sigmoid")
SCHEDULES = (*DISCRETE_SCHEDULES, "edm", "flow")
PREDICTIONS = ("noise", "x0", "v", "flow", "edm")
WEIGHTINGS = ("uniform", "min-snr", "edm")
CONDITIONINGS = ("film", "concat", "add", "none")
LR_SCHEDULES = ("constant", "inverse-sqrt", "linear", "cosine")
SAMPLERS = ("ddpm", "ddim", "euler", "heun", "dpm++2m")


@dataclass(frozen=True)
class DataConfig:
    """The pictures a run learns from."""

    dataset: str = setting("digits", "digits, mnist, fashion-mnist, cifar10, or folder:PATH (subfolders are classes)")
    folder: str = setting("", "where data sets are kept; empty: WORKBENCH_DATA, else the data folder of the home")
    image_size: int = setting(
        0, "side of the square pictures; 0 keeps the data set's own", unit="pixels", low=0, high=1024
    )
    channels: int = setting(0, "1 for grayscale, 3 for RGB; 0 keeps the data set's own", low=0, high=3)
    blur: float = setting(0.0, "Gaussian blur of the training pictures", unit="pixels of sigma", low=0, high=64)
    flip: str = setting("auto", "mirror half of the training pictures", choices=("auto", "on", "off"))


@dataclass(frozen=True)
class ProcessConfig:
    """The forward process, what the network predicts of it, and how its noise levels are weighted."""

    schedule: str = setting("cosine", "noise schedule", choices=SCHEDULES)
    timesteps: int = setting(1000, "T of the discrete schedules", low=2, high=100_000)
    beta_start: float = setting(1e-4, "first beta of the linear schedules at T = 1000", low=1e-8, high=0.5)
    beta_end: float = setting(0.02, "last beta of the linear schedules at T = 1000", low=1e-8, high=0.999)
    cosine_offset: float = setting(0.008, "small shift s of time in the cosine schedule", low=0, high=0.5)
    sigmoid_start: float = setting(-3.0, "start of the sigmoid schedule")
    sigmoid_end: float = setting(3.0, "end of the sigmoid schedule")
    sigmoid_tau: float = setting(1.0, "temperature of the sigmoid schedule", low=0.01)
    sigma_log_mean: float = setting(-1.2, "mean of ln sigma in training, edm schedule")
    sigma_log_std: float = setting(1.2, "standard deviation of ln sigma in training, edm schedule", low=0.01)
    sigma_min: float = setting(0.002, "lowest sigma that the edm and flow schedules sample at", low=1e-5)
    sigma_max: float = setting(80.0, "highest sigma that the edm and flow schedules sample at", low=0.1, high=10_000)
    sigma_data: float = setting(0.5, "standard deviation of the pictures in [-1, 1], for edm", low=0.01, high=10)
    zero_terminal_snr: bool = setting(False, "rescale the schedule so that nothing of the picture is left at T")
    prediction: str = setting("v", "what the network predicts", choices=PREDICTIONS)
    weighting: str = setting("uniform", "weight of each noise level in the loss", choices=WEIGHTINGS)
    min_snr_gamma: float = setting(5.0, "gamma of the min-snr weighting", low=0.01)


@dataclass(frozen=True)
class NetworkConfig:
    """One U-Net and its switches."""

    channels: int = setting(64, "channels at the first level", low=8, high=2048)
    multipliers: tuple[int, ...] = setting(
        (1, 2, 2), "channels of each level, as multiples of the first", low=1, high=64
    )
    blocks: int = setting(2, "residual blocks a level", low=1, high=16)
    attention: tuple[int, ...] = setting((), "side in pixels of the feature maps that get self-attention", low=1)
    head_channels: int = setting(32, "channels of one attention head", low=4, high=512)
    conditioning: str = setting("film", "how the class and the noise level enter a block", choices=CONDITIONINGS)
    skip_connections: bool = setting(True, "pass each level's features across to the way up")
    dropout: float = setting(0.0, "share of features dropped in training", low=0, high=0.95)
    patch: int = setting(
        1, "pixel-unshuffle factor of the stem: 2 works on half the side with four times the channels", low=1
    )


@dataclass(frozen=True)
class TrainConfig:
    """The training loop. Of steps, epochs and minutes the first one reached ends the run; 0 means no limit."""

    steps: int = setting(1000, "optimizer steps", low=0)
    epochs: float = setting(0.0, "passes over the training pictures; replaces steps when above 0", low=0)
    minutes: float = setting(0.0, "wall-clock limit; replaces steps when above 0", unit="minutes", low=0)
    batch_size: int = setting(128, "pictures a step", low=1)
    learning_rate: float = setting(1e-3, "peak learning rate of AdamW", low=0)
    warmup_steps: int = setting(100, "steps over which the learning rate rises; inverse-sqrt falls from there", low=0)
    lr_schedule: str = setting(
        "inverse-sqrt",
        "how the learning rate goes on; inverse-sqrt and constant know no end, so a run that goes on past its goal "
        "equals a longer one, linear and cosine fall to 0 at the goal",
        choices=LR_SCHEDULES,
    )
    weight_decay: float = setting(0.0, "AdamW's weight decay", low=0)
    beta2: float = setting(0.99, "AdamW's second decay rate", low=0, high=0.99999)
    gradient_clip: float = setting(1.0, "largest norm of the gradient; 0 leaves it as it is", low=0)
    ema_decay: float = setting(
        0.999, "decay of the averaged weights, warmed up by (1 + step) / (10 + step)", low=0, high=0.999999
    )
    label_dropout: float = setting(0.1, "share of labels hidden, which guidance needs", low=0, high=1)
    dtype: str = setting("auto", "arithmetic of the network", choices=("auto", "float32", "bfloat16"))
    memory_format: str = setting(
        "auto", "layout of the pictures in memory", choices=("auto", "contiguous", "channels_last")
    )
    compile: bool = setting(False, "torch.compile the network: minutes at first, for long runs")
    clip_loss_weight: float = setting(
        0.0,
        "weight of a CLIP loss, 1 - cosine between predicted x0 and its class; train/loss is told without it; 0: none",
        low=0,
        high=1000,
    )
    log_every_steps: int = setting(10, "steps between two recorded losses", low=1)
    validate_every_steps: int = setting(250, "steps between two validation losses; 0: only at the end", low=0)
    validation_images: int = setting(512, "pictures in the fixed validation bank", low=16)
    checkpoint_every_steps: int = setting(500, "steps between two checkpoints; 0: only at the end", low=0)


@dataclass(frozen=True)
class PreviewConfig:
    """Pictures drawn while training, always from the same seeds."""

    every_steps: int = setting(250, "steps between two previews, the first at step 0; 0: none", low=0)
    per_class: int = setting(1, "pictures of each class in a preview grid", low=1, high=64)
    trajectory_every: int = setting(
        0, "sampling steps between two trajectory snapshots; 0: about a tenth of them", low=0
    )
    sampling_steps: int = setting(0, "sampling steps of a preview; 0: as for the final samples", low=0)


@dataclass(frozen=True)
class SamplingConfig:
    """How pictures are drawn from the trained network."""

    sampler: str = setting("heun", "sampler", choices=SAMPLERS)
    sampling_steps: int = setting(20, "sampling steps", low=1, high=100_000)
    guidance: float = setting(1.5, "classifier-free guidance scale; 1 is the plain conditional model", low=0, high=100)
    guidance_low: float = setting(0.0, "guidance acts from this sigma on", unit="sigma", low=0)
    guidance_high: float = setting(1e6, "guidance acts up to this sigma", unit="sigma", low=0)
    eta: float = setting(0.0, "noise of ddim: 0 none, 1 as much as ddpm", low=0, high=1)
    variance: str = setting(
        "small", "variance of ddpm: small is the posterior's, large is beta", choices=("small", "large")
    )
    clip: bool = setting(True, "clamp each predicted x0 to [-1, 1] while sampling")
    clip_guidance: float = setting(
        0.0,
        "scale of CLIP guidance: predicted x0 moves along the gradient of CLIP's log-probability of the class; 0: none",
        low=0,
        high=1000,
    )
    clip_guidance_low: float = setting(0.0, "CLIP guidance acts from this sigma on", unit="sigma", low=0)
    clip_guidance_high: float = setting(1e6, "CLIP guidance acts up to this sigma", unit="sigma", low=0)
    per_class: int = setting(8, "pictures of each class drawn at the end of a run; 0: none", low=0, high=10_000)
    weights: str = setting("ema", "which weights draw", choices=("ema", "raw"))


@dataclass(frozen=True)
class JudgesConfig:
    """What reads the drawn pictures: at the end of a run, and while it trains where every_steps says so."""

    clip: str = setting(
        "auto",
        "CLIP judge: auto (one trained here, else the default weights where they are on disk), off, MODEL/WEIGHTS of "
        "open_clip, or the path of a folder or of MODEL/FILE",
    )
    classifier: str = setting("auto", "classifier judge: class accuracy", choices=("auto", "off"))
    fidelity: str = setting(
        "auto",
        "distance, precision, recall, diversity and copies, in each feature space at hand",
        choices=("auto", "off"),
    )
    sharpness: str = setting("auto", "power spectrum, edges and blur against real pictures", choices=("auto", "off"))
    emergence: str = setting("auto", "what is read on the way out of the noise", choices=("auto", "off"))
    inception: str = setting(
        "",
        "file of torch-fidelity's Inception weights, for FD and the rest on its features; not FID as published, which "
        "is of 50,000 drawn pictures and all training pictures, this of those drawn and of 2,000; empty: none",
    )
    cas: bool = setting(False, "also train a classifier on the drawn pictures and test it on real ones")
    templates: str = setting("", "file of prompt templates, one a line, each with {}; empty: the data set's own")
    train: bool = setting(False, "train a judge that is missing, once, and keep it for all runs on these pictures")
    every_steps: int = setting(0, "steps between two looks at freshly drawn pictures; 0: only at the end", low=0)
    per_class: int = setting(8, "pictures of each class that a look while training draws", low=1, high=10_000)


@dataclass(frozen=True)
class RunConfig:
    """One experiment. Sections group the settings; a setting's key is "section.name", or its name at the top."""

    seed: int = setting(0, "decides data order, noise and first weights", low=0, high=2**53)
    device: str = setting("auto", "auto, cpu, cuda, cuda:N or mps")
    data: DataConfig = DataConfig()
    process: ProcessConfig = ProcessConfig()
    network: NetworkConfig = NetworkConfig()
    train: TrainConfig = TrainConfig()
    preview: PreviewConfig = PreviewConfig()
    sampling: SamplingConfig = SamplingConfig()
    judges: JudgesConfig = JudgesConfig()


# Settings typed so often that they have a name of their own, on the command line, in studies and in queries.
SHORT_NAMES = {
    "dataset": "data.dataset",
    "blur": "data.blur",
    "schedule": "process.schedule",
    "prediction": "process.prediction",
    "weighting": "process.weighting",
    "conditioning": "network.conditioning",
    "steps": "train.steps",
    "epochs": "train.epochs",
    "minutes": "train.minutes",
    "learning_rate": "train.learning_rate",
    "batch_size": "train.batch_size",
    "sampler": "sampling.sampler",
    "sampling_steps": "sampling.sampling_steps",
    "guidance": "sampling.guidance",
}


@dataclass(frozen=True)
class SettingInfo:
    """One setting as a form or a help page shows it."""

    key: str
    default: Plain
    kind: Any
    field: "dataclasses.Field[Any]"


def settings() -> Iterator[SettingInfo]:
    """Every setting, in the order of the config."""
    for field in dataclasses.fields(RunConfig):
        kind = kinds(RunConfig)[field.name]
        if dataclasses.is_dataclass(kind):
            assert isinstance(kind, type)
            for inner in dataclasses.fields(kind):
                yield SettingInfo(f"{field.name}.{inner.name}", default_of(inner), kinds(kind)[inner.name], inner)
        else:
            yield SettingInfo(field.name, default_of(field), kind, field)


_SETTINGS = {info.key: info for info in settings()}


def setting_info(key: str) -> SettingInfo:
    """A setting by its key or its short name. Raises UserError with the nearest keys for another."""
    full = SHORT_NAMES.get(key.replace("-", "_"), key.replace("-", "_"))
    if full not in _SETTINGS:
        near = nearest_name(full, [*_SETTINGS, *SHORT_NAMES])
        matching = [known for known in _SETTINGS if known.split(".")[-1] == full.split(".")[-1]]
        raise UserError(
            f"unknown setting '{key}'", nearest=", ".join(matching) or near, next_command="workbench settings"
        )
    return _SETTINGS[full]


def with_settings(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """config with some settings changed, each parsed and inside its limits; not yet checked as a whole."""
    for key, value in values.items():
        info = setting_info(key)
        parsed = parse(info.key, value, info.field, info.kind)
        section, _, name = info.key.rpartition(".")
        if section:
            inner = dataclasses.replace(getattr(config, section), **{name: parsed})
            config = dataclasses.replace(config, **{section: inner})
        else:
            config = dataclasses.replace(config, **{name: parsed})
    return config


def flat(config: RunConfig) -> dict[str, Plain]:
    """Every setting's value by its key."""
    values: dict[str, Plain] = {}
    for key in _SETTINGS:
        section, _, name = key.rpartition(".")
        values[key] = getattr(getattr(config, section) if section else config, name)
    return values


def to_dict(config: RunConfig) -> dict[str, Any]:
    """config as nested plain values, fit for JSON and TOML."""
    return {
        name: {inner: list(value) if isinstance(value, tuple) else value for inner, value in part.items()}
        if isinstance(part, dict)
        else part
        for name, part in dataclasses.asdict(config).items()
    }


def from_dict(values: Mapping[str, Any], base: RunConfig | None = None) -> RunConfig:
    """A config from nested plain values; what is not named keeps base's value. Raises UserError for unknown keys."""
    named: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            named |= {f"{key}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            named[key] = value
    return with_settings(base or RunConfig(), named)


def differences(config: RunConfig, other: RunConfig) -> dict[str, tuple[Plain, Plain]]:
    """The settings in which two configs differ: key -> (config's value, other's value)."""
    mine, theirs = flat(config), flat(other)
    return {key: (mine[key], theirs[key]) for key in mine if mine[key] != theirs[key]}
