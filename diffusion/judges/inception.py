"""Inception features, on which published FID and KID are measured: torch-fidelity's network, with weights from a file.

torch-fidelity is an extra (pip install 'diffusion-workbench[inception]'). Its weights are the TensorFlow ones that FID
was defined with, `weights-inception-2015-12-05-6726825d.pth` of its releases, 95 MB; nothing is downloaded here.
"""

import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from diffusion.errors import UserError
from diffusion.judges.kept import file_digest

NAME = "inception"
LAYER = "2048"  # the last pooling's output
BATCH = 64


@dataclass(frozen=True, eq=False)
class Inception:
    """The network on a device. fingerprint stands for its weights, for features that are kept."""

    network: Any
    device: torch.device
    fingerprint: str
    name: str = NAME

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Features float32 [N, 2048] on the CPU of uint8 [N, C, H, W]; gray pictures are shown in all three colours.

        The network resizes to 299 pixels as TensorFlow 1 did.
        """
        parts = [
            self.network(part.to(self.device).expand(-1, 3, -1, -1).contiguous())[0].float().cpu()
            for part in torch.split(pixels, BATCH)
        ]
        return torch.cat(parts)


def load_inception(weights: str, device: torch.device) -> Inception:
    """The network with weights from a file, .pth or .safetensors. Raises UserError for a file that cannot be used."""
    path = Path(weights).expanduser()
    tensors = _tensors(path)
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise UserError(
            "judges.inception needs torch-fidelity, which is not installed",
            next_command="pip install 'diffusion-workbench[inception]'",
        ) from error
    with tempfile.TemporaryDirectory() as folder:  # it reads pickles only, so it is given one of these very tensors
        copy = Path(folder) / "weights.pth"
        torch.save(tensors, copy)
        try:
            network = FeatureExtractorInceptionV3(NAME, [LAYER], feature_extractor_weights_path=str(copy))
        except RuntimeError as error:
            told = str(error).splitlines()[1].strip() if len(str(error).splitlines()) > 1 else str(error)
            raise UserError(f"the weights in {path} do not fit Inception: {told}") from error
    return Inception(network.to(device), device, file_digest(path, NAME, LAYER))


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)  # tensors alone: a pickle may hold any code
    except FileNotFoundError as error:
        raise UserError(f"judges.inception names {path}, which is not there") from error
    except (OSError, SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"{path} cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}") from error
    except pickle.UnpicklingError as error:
        raise UserError(f"{path} holds more than tensors, so it is not opened") from error
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise UserError(f"{path} holds no weights by name")
    return found
