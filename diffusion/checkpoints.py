"""Training state to and from one safetensors file: whole or not at all, and no pickled code in it.

The file's metadata holds one JSON text: config, step, class names, shape and checksum of the pictures, what of the last
step's work is still to do. Its tensors are network.*, ema.*, optimizer.* and window. The state of the random streams is
the seed and the step, since every stream is made from them (diffusion.seeds).
"""

import contextlib
import dataclasses
import json
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from diffusion.config import RunConfig, from_dict, to_dict
from diffusion.errors import DamagedCheckpointError, UserError

FORMAT = 1


@dataclass(frozen=True)
class State:
    """What a checkpoint says beside its tensors. seconds: spent so far; pending: the step's work that is not done."""

    config: RunConfig
    step: int
    seconds: float
    class_names: tuple[str, ...]
    size: int  # side of the pictures in pixels
    channels: int
    data_checksum: str
    pending: tuple[str, ...] = ()


def write_checkpoint(path: Path, state: State, tensors: dict[str, Tensor]) -> None:
    """Write one file that is either whole or absent: to a temporary name, to the disk, then renamed.

    Raises OSError, with what was there before left as it was.
    """
    plain = dataclasses.asdict(state) | {"config": to_dict(state.config), "format": FORMAT, "torch": torch.__version__}
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        plain["crc32"] = _checksum(contiguous)
        try:
            save_file(contiguous, unfinished, {"workbench": json.dumps(plain)})
        except SafetensorError as error:
            if code := re.search(r"os error (\d+)", str(error)):  # the system's own: no space left on the device
                raise OSError(int(code[1]), os.strerror(int(code[1])), str(path)) from error
            raise OSError(f"{path} could not be written: {error}") from error
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
        raise


def read_state(path: Path) -> State:
    """What a checkpoint says of itself, without its tensors. Raises UserError for a file that is none."""
    return _read(path, with_tensors=False)[0]


def read_checkpoint(path: Path) -> tuple[State, dict[str, Tensor]]:
    """State and tensors, on the CPU. Raises UserError for a file cut short, no checkpoint, or of a newer format."""
    return _read(path, with_tensors=True)


def _read(path: Path, *, with_tensors: bool) -> tuple[State, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()} if with_tensors else {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise DamagedCheckpointError(
            f"checkpoint {path} cannot be read: {error}", next_command="use an earlier one"
        ) from error
    try:
        plain: dict[str, Any] = json.loads(metadata["workbench"])
    except (KeyError, ValueError) as error:
        raise UserError(f"{path} is no checkpoint of this program") from error
    if with_tensors and plain.get("crc32") != _checksum(tensors):
        raise DamagedCheckpointError(
            f"checkpoint {path} is damaged", next_command="remove it, so that the one before it is taken"
        )
    if plain["format"] > FORMAT:
        raise UserError(
            f"checkpoint {path} has format {plain['format']}",
            allowed=f"up to {FORMAT}",
            next_command="pip install --upgrade diffusion-workbench",
        )
    state = State(
        config=from_dict(plain["config"]),
        step=plain["step"],
        seconds=plain["seconds"],
        class_names=tuple(plain["class_names"]),
        size=plain["size"],
        channels=plain["channels"],
        data_checksum=plain["data_checksum"],
        pending=tuple(plain["pending"]),
    )
    return state, tensors


def _checksum(tensors: dict[str, Tensor]) -> int:
    """CRC-32 of all tensors' bytes, by name: a file of the right length may still hold other bytes."""
    found = 0
    for name in sorted(tensors):
        found = zlib.crc32(tensors[name].contiguous().view(-1).view(torch.uint8).numpy().data, found)
    return found


def part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors called name.*, without that beginning."""
    return {key.removeprefix(name + "."): value for key, value in tensors.items() if key.startswith(name + ".")}


def put_weights(network: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Fill a network's parameters. Raises UserError when they are not those of this network."""
    own = dict(network.named_parameters())
    wrong = [name for name, tensor in own.items() if name not in weights or weights[name].shape != tensor.shape]
    wrong += [name for name in weights if name not in own]
    if wrong:
        raise UserError(
            f"checkpoint {path} is of another network: {len(wrong)} weights differ in name or shape, as {wrong[0]}",
            next_command="train anew with this config, or resume with the config it was made with",
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])
