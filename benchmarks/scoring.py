"""CLIP scoring beside bare encode_image, in pictures a second; a model without knowledge costs what a real one does.

python -m benchmarks.scoring [MODEL]
"""

import sys
import tempfile
import time
from pathlib import Path

import open_clip
import torch

from diffusion.device import pick_device
from diffusion.judges.clip import Clip, Source
from diffusion.judges.features import BATCH, Features


def main() -> None:
    """Print pictures a second, bare and with all that scoring does: hashing, resizing, the cache."""
    name = sys.argv[1] if len(sys.argv) > 1 else "ViT-B-32"
    device = pick_device("auto")
    network = open_clip.create_model(name)
    clip = Clip(Source(name, name, "random"), network, open_clip.get_tokenizer(name), "benchmark", device)
    pixels = torch.randint(0, 256, (2 * BATCH, 3, 32, 32), dtype=torch.uint8)
    prepared = clip.preprocess(pixels[:BATCH]).to(clip.dtype)
    with torch.no_grad():
        clip.network.encode_image(prepared[:8])
        start = time.perf_counter()
        for _ in range(2):
            clip.network.encode_image(prepared).float().cpu()
        bare = 2 * BATCH / (time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for _ in Features(Path(folder), clip.fingerprint).of(pixels, clip.encode):
            pass
        scored = 2 * BATCH / (time.perf_counter() - start)
    print(
        f"{name}, {device}, {clip.dtype}: encode_image {bare:.0f}, scoring {scored:.0f} pictures/s, {scored / bare:.2f}"
    )


if __name__ == "__main__":
    main()
