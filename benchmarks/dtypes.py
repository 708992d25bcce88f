"""Which arithmetic and memory layout pays: python -m benchmarks.dtypes digits mnist [--data-dir FOLDER]

Steps of each preset in float32 and bfloat16, contiguous and channels_last, in turn on one machine; medians in images/s.
"""

import argparse
import os
import statistics
import time
from itertools import product
from pathlib import Path

from diffusion.config import with_settings
from diffusion.data.load import load
from diffusion.device import numerics, pick_device
from diffusion.learner import Learner
from diffusion.presets import preset


def measure(name: str, data: Path, rounds: int, steps: int = 4) -> dict[tuple[str, str], float]:
    """Images a second of each pair of dtype and layout."""
    config = preset(name).config
    pictures, device = load(config, data), pick_device("auto")
    learners = {}
    for dtype, layout in product(("float32", "bfloat16"), ("contiguous", "channels_last")):
        chosen = with_settings(config, {"train.dtype": dtype, "train.memory_format": layout})
        learners[dtype, layout] = Learner(chosen, pictures, numerics(chosen, device, pictures.size))
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in learners}
    for number in range(rounds + 1):
        for key, learner in learners.items():
            start = time.perf_counter()
            for _ in range(steps):
                learner.train_step(0.0)
            learner.window.tolist()  # waits for the device
            if number:  # the first round warms up
                seconds[key].append((time.perf_counter() - start) / steps)
    return {key: config.train.batch_size / statistics.median(times) for key, times in seconds.items()}


def main() -> None:
    """Print a table of the presets that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="+")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("WORKBENCH_DATA", "data")))
    asked = parser.parse_args()
    for name in asked.presets:
        rows = measure(name, asked.data_dir, asked.rounds)
        base = rows["float32", "contiguous"]
        for (dtype, layout), pace in rows.items():
            print(f"| {name} | {dtype} | {layout} | {pace:,.0f} | {pace / base:.2f} |", flush=True)


if __name__ == "__main__":
    main()
