"""Whether the settings of a run fit together: each single one is inside its limits already (diffusion.fields)."""

import re

from diffusion.config import DISCRETE_SCHEDULES, NetworkConfig, ProcessConfig, RunConfig, TrainConfig
from diffusion.data.catalog import dataset_info
from diffusion.errors import UserError


def check(config: RunConfig) -> RunConfig:
    """config itself when its settings fit together. Raises UserError for the first combination that cannot work."""
    info = dataset_info(config.data.dataset)
    size = config.data.image_size or info.size
    _check_device(config.device)
    if config.data.channels == 2:
        raise UserError(
            "data.channels is 2", allowed="0 (the data set's own), 1, 3", next_command="--set data.channels=1"
        )
    if not (config.train.steps or config.train.epochs or config.train.minutes):
        raise UserError("train.steps, train.epochs and train.minutes are all 0", next_command="--steps 1000")
    _check_train(config.train)
    _check_network(config.network)
    if size:
        check_size(config, size)
    _check_process(config.process)
    _check_sampling(config)
    return config


def side_factor(network: NetworkConfig) -> int:
    """What the side of the pictures must be a multiple of: the stem's patch, then one halving between levels."""
    return network.patch << (len(network.multipliers) - 1)


def check_size(config: RunConfig, size: int) -> None:
    """Raise UserError unless the network fits pictures of this side; called again when a folder has told its size."""
    network = config.network
    factor = side_factor(network)
    if size % factor:
        near = max(factor, round(size / factor) * factor)
        levels = len(network.multipliers)
        raise UserError(
            f"pictures of {size} pixels do not fit network.patch {network.patch} and the {levels} "
            f"level{'s' * (levels > 1)} of network.multipliers",
            allowed=f"sides that {factor} divides",
            next_command=f"--set data.image_size={near}",
        )
    sides = [size // network.patch // 2**level for level in range(len(network.multipliers))]
    missing = [side for side in network.attention if side not in sides]
    if missing:
        raise UserError(
            f"network.attention names side {missing[0]}, which does not occur at {size} pixels",
            allowed=", ".join(map(str, sides)),
            next_command=f"--set network.attention={sides[-1]}",
        )
    for side, multiplier in zip(sides, network.multipliers, strict=True):
        width = network.channels * multiplier
        if side in network.attention and width % min(network.head_channels, width):
            raise UserError(
                f"network.head_channels {network.head_channels} does not divide the {width} channels at side {side}",
                next_command=f"--set network.head_channels={_head_channels(network)}",
            )


def _head_channels(network: NetworkConfig) -> int:
    """The most channels, at most those asked for and at least 4 where it can be, that suit every level."""
    fitting = [count for count in range(4, network.head_channels + 1) if network.channels % count == 0]
    return max(fitting, default=network.channels)


def _check_device(name: str) -> None:
    """The form of the name alone; whether the device is here is known only where the run runs."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise UserError(f"device is '{name}'", allowed="auto, cpu, cuda, cuda:N, mps", next_command="--device auto")


def _check_train(train: TrainConfig) -> None:
    if train.lr_schedule == "inverse-sqrt" and train.warmup_steps == 0:
        raise UserError(
            "train.lr_schedule inverse-sqrt falls from the end of the warm-up on, and train.warmup_steps is 0",
            allowed="1 or more, 100 by default",
            next_command="--set train.lr_schedule=constant (or --set train.warmup_steps=1)",
        )


def _check_network(network: NetworkConfig) -> None:
    if not network.multipliers:
        raise UserError(
            "network.multipliers is empty, and a network has one level or more",
            allowed="whole numbers, with commas between",
            next_command="--set network.multipliers=1,2,2",
        )
    if network.channels % 2:
        raise UserError(
            f"network.channels is {network.channels}",
            allowed="even numbers, half for cosines and half for sines of the noise level",
            next_command=f"--set network.channels={network.channels + 1}",
        )


def _check_process(process: ProcessConfig) -> None:
    if process.zero_terminal_snr:
        if process.schedule not in DISCRETE_SCHEDULES:
            raise UserError(
                f"process.zero_terminal_snr needs a discrete schedule, got {process.schedule}",
                allowed=", ".join(DISCRETE_SCHEDULES),
                next_command="--schedule linear",
            )
        if process.prediction == "noise":
            raise UserError(
                "process.zero_terminal_snr with process.prediction noise: pure noise tells nothing of the picture, "
                "so x0 cannot be recovered from it at T",
                allowed="v, x0, flow, edm",
                next_command="--set process.prediction=v",
            )
    check_levels(process)


def check_levels(process: ProcessConfig) -> None:
    """Raise UserError for limits of the noise that are the wrong way round."""
    if process.beta_start >= process.beta_end:
        raise UserError(
            f"process.beta_start {process.beta_start:g} is not below process.beta_end {process.beta_end:g}",
            next_command="--set process.beta_start=0.0001 --set process.beta_end=0.02",
        )
    if process.sigma_min >= process.sigma_max:
        raise UserError(
            f"process.sigma_min {process.sigma_min:g} is not below process.sigma_max {process.sigma_max:g}",
            next_command="--set process.sigma_min=0.002",
        )


def _check_sampling(config: RunConfig) -> None:
    process, sampling = config.process, config.sampling
    conditional = config.network.conditioning != "none"
    if conditional and sampling.guidance != 1 and config.train.label_dropout == 0:
        raise UserError(
            f"sampling.guidance {sampling.guidance:g} needs a network that also learned without labels, "
            "and train.label_dropout is 0",
            next_command="--set train.label_dropout=0.1 (or --set sampling.guidance=1)",
        )
    if conditional and sampling.guidance != 0 and config.train.label_dropout == 1:
        raise UserError(
            "train.label_dropout 1 hides every label, so the network would draw by labels that it never learned",
            next_command="--set train.label_dropout=0.1 (or --set network.conditioning=none)",
        )
    if sampling.guidance_low > sampling.guidance_high:
        raise UserError(
            f"sampling.guidance_low {sampling.guidance_low:g} is above sampling.guidance_high "
            f"{sampling.guidance_high:g}, so guidance would never act",
            next_command="--set sampling.guidance_low=0",
        )
    if sampling.clip_guidance_low > sampling.clip_guidance_high:
        raise UserError(
            f"sampling.clip_guidance_low {sampling.clip_guidance_low:g} is above sampling.clip_guidance_high "
            f"{sampling.clip_guidance_high:g}, so CLIP guidance would never act",
            next_command="--set sampling.clip_guidance_low=0",
        )
    used = [
        name
        for name, value in (
            ("sampling.clip_guidance", sampling.clip_guidance),
            ("train.clip_loss_weight", config.train.clip_loss_weight),
        )
        if value
    ]
    if used and (not conditional or config.judges.clip == "off"):
        why = "network.conditioning is none, so no class is asked for" if not conditional else "judges.clip is off"
        raise UserError(f"{used[0]} needs CLIP and a class, and {why}", next_command=f"--set {used[0]}=0")
    steps = {"sampling": sampling.sampling_steps, "preview": config.preview.sampling_steps}
    for section, count in steps.items():
        if process.schedule in DISCRETE_SCHEDULES and count > process.timesteps:
            raise UserError(
                f"{section}.sampling_steps {count} is above process.timesteps {process.timesteps}",
                allowed=f"{int(section == 'sampling')} to {process.timesteps}",
                next_command=f"--set {section}.sampling_steps={process.timesteps}",
            )
