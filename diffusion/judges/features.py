"""Features of pictures by their content: a picture that was looked at before is not encoded again."""

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from diffusion.errors import UserError

Encode = Callable[[Tensor], Tensor]  # uint8 [N, C, H, W] -> float32 [N, D]
BATCH = 256


def content_digests(pixels: Tensor) -> list[bytes]:
    """SHA-256 of each picture of uint8 [N, C, H, W]: of its bytes as [H, W, C], as the record has it."""
    rows = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [hashlib.sha256(row.data).digest() for row in rows]


class Features:
    """Features of pictures by their content, kept in a folder for one encoder: a picture is encoded once.

    Files are only ever added, each whole, so any number of processes may share the folder.
    """

    def __init__(self, judges: Path, fingerprint: str) -> None:
        self.folder = judges / "features" / fingerprint

    def of(self, pixels: Tensor, encode: Encode, *, batch: int = BATCH) -> Generator[int, None, Tensor]:
        """float32 [N, D] for uint8 [N, C, H, W], on the CPU; yields how many of the N are done. Encodes what is new."""
        digests = content_digests(pixels)
        known = self._known(set(digests))
        new = list(dict.fromkeys(one for one in digests if one not in known))
        if new:
            row_of = {digest: row for row, digest in reversed(list(enumerate(digests)))}
            rows = torch.tensor([row_of[one] for one in new])
            made = []
            for part in torch.split(rows, batch):
                made.append(encode(pixels[part]).float().cpu())
                yield len(digests) - len(new) + sum(map(len, made))
            features = torch.cat(made)
            self._add(new, features)
            known |= dict(zip(new, features, strict=True))
        return torch.stack([known[one] for one in digests])

    def _known(self, wanted: set[bytes]) -> dict[bytes, Tensor]:
        found: dict[bytes, Tensor] = {}
        for path in sorted(self.folder.glob("*.safetensors")) if self.folder.is_dir() else []:
            try:
                tensors = load_file(path)
                digests = [bytes(row) for row in tensors["sha256"].numpy()]
                found |= {one: row for one, row in zip(digests, tensors["features"], strict=True) if one in wanted}
            except (OSError, SafetensorError, KeyError) as error:
                raise UserError(f"{path} is damaged: {error}", next_command=f"rm '{path}'") from error
        return found

    def _add(self, digests: Sequence[bytes], features: Tensor) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(b"".join(digests)).hexdigest()[:16]
        part = self.folder / f".{name}-{os.getpid()}.tmp"
        hashes = torch.frombuffer(bytearray(b"".join(digests)), dtype=torch.uint8).reshape(-1, 32)
        save_file({"sha256": hashes, "features": features.contiguous()}, part)
        part.replace(self.folder / f"{name}.safetensors")
