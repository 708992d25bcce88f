"""A CLIP model as a judge: found, loaded by open_clip, and asked for embeddings. open_clip is imported when one is.

Pictures go in as CLIP was trained: RGB, resized with antialias to the model's side, its own mean and deviation.
"""

import json
import os
import re
import socket
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures
from diffusion.device import cpu_has_bfloat16
from diffusion.errors import UserError, nearest_name
from diffusion.events import Progress
from diffusion.judges.clip_weights import check_finite, check_weights, misfit
from diffusion.judges.kept import (
    ABOUT,
    DEFAULT_CLIP,
    DEFAULT_HUB,
    DEFAULT_MB,
    check_data,
    file_digest,
    read_judge,
    sized_name,
)
from diffusion.judges.prompts import filled
from diffusion.judges.turns import reading, turn_to_train

WEIGHT_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
CONFIG_FILE = "open_clip_config.json"
LARGE = 10_000_000  # parameters of a picture tower from which bfloat16 pays
CONNECT_S = 10.0
_TEXTS_AT_ONCE = 256


class AbsentClipError(UserError):
    """There is no CLIP judge at hand, and none was named."""


@dataclass(frozen=True)
class Source:
    """Where a CLIP model comes from. model and weights are what open_clip takes; name is what its numbers carry."""

    name: str
    model: str  # open_clip's name of it, or local-dir:PATH
    weights: str  # a tag, a file, or empty for a folder


class Clip:
    """One CLIP model on one device: pictures and prompts to unit vectors [N, D] in float32."""

    def __init__(self, source: Source, network: Any, tokenizer: Any, fingerprint: str, device: torch.device) -> None:
        self.name = source.name
        self.model = source.model.rpartition("/")[2] if source.model.startswith("local-dir:") else source.model
        self.weights = Path(source.weights).name or "its own"
        self.fingerprint = fingerprint
        self.device = device
        self.scale = float(network.logit_scale.detach().float().exp())
        settings = network.visual.preprocess_cfg
        side = settings["size"]
        self.size = (side, side) if isinstance(side, int) else (int(side[-2]), int(side[-1]))
        self.interpolation = settings.get("interpolation", "bicubic")
        self._mean = torch.tensor(settings["mean"], device=device)[:, None, None]
        self._std = torch.tensor(settings["std"], device=device)[:, None, None]
        self.network = network.eval().requires_grad_(False).to(device)
        self.dtype = fast_dtype(sum(one.numel() for one in network.visual.parameters()), device)
        self.network.visual.to(self.dtype)
        self._tokenizer = tokenizer
        self._classes: dict[tuple[tuple[str, ...], tuple[str, ...]], Tensor] = {}

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Unit vectors [N, D] of uint8 pictures [N, C, H, W] in [0, 255], on the judge's device."""
        return self._embedded(self.preprocess(pixels))

    def encode_x0(self, x0: Tensor) -> Tensor:
        """Unit vectors [N, D] of floats [N, C, H, W] in [-1, 1], with gradients."""
        resized = resized_as_pillow((x0.clamp(-1, 1) + 1) / 2, self.size, self.interpolation)
        return self._embedded((resized.expand(-1, 3, -1, -1) - self._mean) / self._std)

    def preprocess(self, pixels: Tensor) -> Tensor:
        """What the picture tower takes, float32 [N, 3, h, w], of uint8 [N, C, H, W]: open_clip's own transform.

        Resizing is done on whole levels, as Pillow does it, and on one channel where there is one.
        """
        there = pixels.to(self.device)
        if there.device.type == "cpu" and tuple(there.shape[-2:]) != self.size:  # only the CPU resizes whole levels
            resized = interpolate(there, self.size, mode=self.interpolation, antialias=True).float() / 255
        else:
            resized = resized_as_pillow(there.float() / 255, self.size, self.interpolation)
        return (resized.expand(-1, 3, -1, -1) - self._mean) / self._std

    def _embedded(self, prepared: Tensor) -> Tensor:
        return normalize(self.network.encode_image(prepared.to(self.dtype)).float(), dim=-1)

    @torch.no_grad()
    def classes(self, names: Sequence[str], templates: Sequence[str]) -> Tensor:
        """Unit vectors [classes, D]: of each class the mean over its templates' unit vectors (Radford et al. 2021)."""
        key = (tuple(names), tuple(templates))
        if key not in self._classes:
            texts = [filled(template, name) for name in names for template in templates]
            parts = [texts[start : start + _TEXTS_AT_ONCE] for start in range(0, len(texts), _TEXTS_AT_ONCE)]
            found = [self.network.encode_text(self._tokenizer(part).to(self.device)).float() for part in parts]
            each = normalize(torch.cat(found), dim=-1).reshape(len(names), len(templates), -1)
            self._classes[key] = normalize(each.mean(1), dim=-1)
        return self._classes[key]


def resized_as_pillow(pictures: Tensor, size: tuple[int, int], interpolation: str) -> Tensor:
    """Floats [N, C, H, W] in [0, 1] at another size: across, limited to [0, 1], then down, as Pillow does it.

    Without the limit between the two a bicubic overshoot at a hard edge comes out 20 gray levels apart from Pillow's.
    """
    for side in ((pictures.shape[-2], size[1]), size):
        if tuple(pictures.shape[-2:]) != side:
            pictures = interpolate(pictures, side, mode=interpolation, antialias=True).clamp(0, 1)
    return pictures


def fast_dtype(parameters: int, device: torch.device) -> torch.dtype:
    """The dtype of the picture tower: bfloat16 where it is fast and the tower large, else float32.

    Of ViT-B/32 on two cores with AVX-512 BF16: 125 pictures/s against 30, cosine between the two 0.9999.
    """
    fast = device.type == "cpu" and cpu_has_bfloat16()
    fast |= device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.bfloat16 if fast and parameters >= LARGE else torch.float32


def trained_name(dataset: str, pictures: Pictures) -> str:
    """The name of the CLIP judge that is trained here for a data set."""
    return f"clip-{sized_name(dataset, pictures)}-trained-here"


def clip_for(
    config: RunConfig, pictures: Pictures, judges: Path, device: torch.device
) -> Generator[Progress, None, Clip]:
    """The CLIP judge that config.judges.clip asks for, trained first where config.judges.train says so.

    auto is one trained here on these pictures, else DEFAULT_CLIP where its weights are on the disk; it never downloads.
    Raises AbsentClipError when there is none, UserError for one that cannot be used.
    """
    wanted, name = config.judges.clip, trained_name(config.data.dataset, pictures)
    if wanted != "auto":
        return load_clip(wanted, config.data.dataset, pictures, device)
    about = read_judge(judges, name)
    if about is None and not config.judges.train and default_at_hand():
        return load_clip(DEFAULT_CLIP, config.data.dataset, pictures, device)
    if about is None and config.judges.train:
        from diffusion.judges.clip_train import train_clip

        with (yield from turn_to_train(judges, name)):
            if read_judge(judges, name) is None:
                yield from train_clip(pictures, config.data.dataset, judges, device)
    elif about is None:
        raise AbsentClipError(
            f"no CLIP judge for {config.data.dataset} is at hand, and none is downloaded unasked",
            next_command=f"workbench judge train --dataset {config.data.dataset} (or workbench score RUN --model "
            f"ViT-B-32 --weights datacomp_xl_s13b_b90k, which downloads {DEFAULT_MB} MB)",
        )
    with reading(judges, name):
        return load_clip(str(judges / name), config.data.dataset, pictures, device)


def load_clip(wanted: str, dataset: str, pictures: Pictures, device: torch.device) -> Clip:
    """A CLIP model by MODEL/TAG, MODEL/FILE or a folder; a tag's weights are downloaded where they are missing.

    Raises UserError for one that is not there, does not fit, cannot be fetched, or learned from other pictures.
    """
    source = find_source(wanted)
    if not source.weights:
        folder = Path(source.model.removeprefix("local-dir:"))
        about = read_judge(folder.parent, folder.name, mend=f"a whole {ABOUT}, as `workbench judge` wrote it")
        if about is not None:
            check_data(about, dataset, pictures)
    return _loaded(source, device)


def find_source(wanted: str) -> Source:
    """What a text such as ViT-B-32/openai, ViT-B-32/weights.safetensors or a folder's path means."""
    import open_clip

    folder = Path(wanted).expanduser()
    if folder.is_dir():
        if not (folder / CONFIG_FILE).is_file():
            raise UserError(
                f"{folder} has no {CONFIG_FILE}", allowed=f"a folder with {CONFIG_FILE} and {WEIGHT_FILES[0]}"
            )
        _weights_in(folder)
        return Source(folder.name, f"local-dir:{folder.absolute()}", "")
    model, _, weights = wanted.partition("/")
    if model not in open_clip.list_models():
        raise UserError(
            f"unknown CLIP model '{model}'",
            allowed="a folder, or MODEL/WEIGHTS of open_clip",
            nearest=nearest_name(model, open_clip.list_models()),
            next_command="--model ViT-B-32 --weights datacomp_xl_s13b_b90k",
        )
    if Path(weights).expanduser().is_file():
        return Source(f"{model}/{Path(weights).name}", model, str(Path(weights).expanduser().absolute()))
    tags = open_clip.list_pretrained_tags_by_model(model)
    if weights not in tags:
        raise UserError(
            f"{model} has no weights '{weights}'",
            allowed=f"a file, or one of {', '.join(tags) or 'none'}",
            nearest=nearest_name(weights, tags),
            next_command=f"--model {model} --weights {tags[0] if tags else 'FILE'}",
        )
    return Source(f"{model}/{weights}", model, weights)


def default_at_hand() -> bool:
    """Whether the weights of DEFAULT_CLIP are in open_clip's cache already; open_clip itself is not needed to know."""
    return _is_cached({"hf_hub": DEFAULT_HUB})


def download_mb(wanted: str) -> int:
    """Megabytes of MODEL's weights in float32, by its parameters; nothing is made of them."""
    import open_clip

    settings = open_clip.get_model_config(wanted.partition("/")[0])
    with torch.device("meta"):
        network = open_clip.CLIP(**{key: value for key, value in settings.items() if key != "custom_text"})
    parameters = sum(one.numel() for one in network.parameters())
    return round(4 * int(parameters) / 1e6)


@lru_cache(maxsize=1)  # a run that is judged again and again loads its judge once
def _loaded(source: Source, device: torch.device) -> Clip:
    network, tokenizer, path = load_network(source)
    return Clip(source, network, tokenizer, file_digest(path, network.visual.preprocess_cfg), device)


def load_network(source: Source) -> tuple[Any, Any, Path]:
    """open_clip's network and tokenizer on the CPU in float32, and the file of its weights. Raises UserError."""
    import open_clip

    path = _weights_in(_folder(source)) if not source.weights else _fetched(source)
    try:
        if not source.weights or Path(source.weights).is_file():  # a tag's are known to open_clip to fit
            check_weights(path, _settings(source))
        network = open_clip.create_model(source.model, pretrained=source.weights or None)
        check_finite(path, network)
        return network, open_clip.get_tokenizer(source.model), path
    except UserError:
        raise
    except RuntimeError as error:
        raise _misfit(source, path, error) from error
    except (
        Exception
    ) as error:  # damaged files and configs of no sense: open_clip, torch and safetensors raise all kinds
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"the CLIP model {source.name} cannot be read: {told}") from error


def _settings(source: Source) -> dict[str, Any]:
    """open_clip's model_cfg of a source."""
    import open_clip

    if source.weights:
        named: dict[str, Any] = open_clip.get_model_config(source.model)
        return named
    own: dict[str, Any] = json.loads((_folder(source) / CONFIG_FILE).read_text())["model_cfg"]
    return own


def _folder(source: Source) -> Path:
    return Path(source.model.removeprefix("local-dir:"))


def _weights_in(folder: Path) -> Path:
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{folder} has no weights", allowed=", ".join(WEIGHT_FILES))


def _fetched(source: Source) -> Path:
    """The file of a source's weights, downloaded by open_clip into its cache where it is not there."""
    if os.path.isfile(source.weights):  # noqa: PTH113 a text of a tag as well
        return Path(source.weights)
    from open_clip.pretrained import download_pretrained, get_pretrained_cfg

    settings = get_pretrained_cfg(source.model, source.weights)
    try:
        if not _is_cached(settings):
            _check_connection(settings)
        return Path(download_pretrained(settings))
    except Exception as error:  # the hub's client, its HTTP library and the sockets below each raise their own
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"the weights {source.name} ({download_mb(source.name)} MB) are not on this machine and could not be "
            f"downloaded: {told}",
            next_command=f"on a machine with a connection: workbench judge fetch --model {source.model} "
            f"--weights {source.weights} --output FOLDER, then copy FOLDER here and give it as --weights FOLDER",
        ) from error


def _is_cached(settings: dict[str, Any]) -> bool:
    """Whether weights of the hub are in its cache; of weights at a plain address open_clip looks itself."""
    from huggingface_hub import try_to_load_from_cache

    hub = settings.get("hf_hub", "").rstrip("/")
    return bool(hub) and any(isinstance(try_to_load_from_cache(hub, name), str) for name in WEIGHT_FILES)


def _check_connection(settings: dict[str, Any]) -> None:
    """Raise OSError where the weights' server cannot be reached: the hub's client would try for a minute."""
    from huggingface_hub.constants import ENDPOINT

    address = ENDPOINT if settings.get("hf_hub") else settings.get("url", "")
    if not getproxies() and (host := urlsplit(address).hostname):
        socket.create_connection((host, urlsplit(address).port or 443), timeout=CONNECT_S).close()


def _misfit(source: Source, path: Path, error: RuntimeError) -> UserError:
    """Weights that do not fit their config, with the tensors' names."""
    text = str(error)
    lists = re.findall(r"(?:Missing|Unexpected) key\(s\) in state_dict: (.*)", text)
    names = re.findall(r"size mismatch for ([\w.]+)", text) + [
        name for one in lists for name in re.findall(r'"([^"]+)"', one)
    ]
    if not names:
        return UserError(f"the CLIP model {source.name} cannot be loaded: {text.splitlines()[0]}")
    return misfit(path, [f"{name} differs in name or shape" for name in names])
