"""How fast runs would train, measured: `python -m runs.measure` reads configs as JSON and answers with seconds.

A process of its own, since it loads torch: [{"config", "data"}, ...] on stdin, and on stdout for each
{"start_s": from the process's start to the first step, "step_s": median of a step, "steps", "train_images"}.
"""

import itertools
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from diffusion.config import RunConfig, from_dict
from diffusion.errors import UserError
from runs.cost import short

STEPS = 12
FIRST = 3  # steps that warm caches up and are left out
LIMIT_S = 15.0  # for one config: a large network gets fewer steps


def measure(config: RunConfig, data: Path) -> dict[str, float | int]:
    """Train a few steps of a config and throw them away. Raises UserError for what cannot be trained."""
    from diffusion.events import Progress, Started
    from diffusion.train import train

    begun = time.perf_counter()
    moments: list[float] = []
    images = 0
    for event in train(short(config, STEPS), data_folder=data):
        if isinstance(event, Started):
            images = int(event.facts["train_images"])
        if isinstance(event, Progress) and event.phase == "train":
            moments.append(time.perf_counter())
            if len(moments) == STEPS or (len(moments) > FIRST and moments[-1] - begun > LIMIT_S):
                break  # before the validation at the end
    apart = [after - before for before, after in itertools.pairwise(moments)]
    step_s = statistics.median(apart[FIRST - 1 :] or apart)
    return {"start_s": moments[0] - begun, "step_s": step_s, "steps": len(moments), "train_images": images}


def main() -> int:
    """Answer for each config on stdin. Returns the exit code."""
    asked: list[dict[str, Any]] = json.load(sys.stdin)
    begun = time.perf_counter()
    import diffusion.train  # noqa: F401  each run pays for it once

    loading_s = time.perf_counter() - begun
    try:
        found = [measure(from_dict(one["config"]), Path(one["data"])) for one in asked]
    except UserError as error:
        sys.stderr.write(str(error))
        return 2
    told = [one | {"start_s": one["start_s"] + loading_s} for one in found]
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
