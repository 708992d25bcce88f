"""CLIP scoring beside bare encode_image, in pictures a second; a model without knowledge costs what a real one does.

The two take turns and on a CPU processor time counts, so that other work on the machine falls out of their ratio.

python -m benchmarks.scoring [MODEL [PICTURES A TURN]]
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

TURNS = 4


def main() -> None:
    """Print pictures a second, bare and with all that scoring does: hashing, resizing, the cache."""
    name = sys.argv[1] if len(sys.argv) > 1 else "ViT-B-32"
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else BATCH
    device = pick_device("auto")
    network = open_clip.create_model(name)
    clip = Clip(Source(name, name, "random"), network, open_clip.get_tokenizer(name), "benchmark", device)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    pixels = torch.randint(0, 256, (TURNS * batch, 3, 32, 32), dtype=torch.uint8)
    prepared = clip.preprocess(pixels[:batch]).to(clip.dtype)
    taken = {"bare": 0.0, "scored": 0.0}
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        clip.network.encode_image(prepared[:8])
        for part in torch.split(pixels, batch):
            start = clock()
            clip.network.encode_image(prepared).float().cpu()
            taken["bare"] += clock() - start
            start = clock()
            for _ in Features(Path(folder), clip.fingerprint).of(part, clip.encode, batch=batch):
                pass
            taken["scored"] += clock() - start
    bare, scored = (TURNS * batch / seconds for seconds in taken.values())
    print(
        f"{name}, {device}, {clip.dtype}: encode_image {bare:.0f}, scoring {scored:.0f} pictures/s, {scored / bare:.2f}"
    )


if __name__ == "__main__":
    main()
