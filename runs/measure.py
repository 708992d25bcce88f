"""How fast runs would train and end, measured: `python -m runs.measure` reads configs as JSON and answers with seconds.

A process of its own, since it loads torch: [{"config", "data", "judges"}, ...] on stdin, and on stdout for each
{"start_s": from the process's start to the first step, "step_s": median of a step, "validate_s": of one validation,
"sample_s", "judge_s": of the final samples and their judges, "steps", "train_images"}.
"""

import itertools
import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from diffusion.config import RunConfig, from_dict
from diffusion.errors import UserError
from runs.cost import short

STEPS = 12
FIRST = 3  # steps that warm caches up and are left out
LIMIT_S = 20.0  # for one config: a large network gets fewer steps, and its judges are left out


def measure(config: RunConfig, data: Path, judges: Path) -> dict[str, float | int]:
    """Train a few steps of a config, draw and judge what it would, and throw it away. What takes too long is left.

    Judges that are missing are not trained. Raises UserError for what cannot be trained.
    """
    from diffusion.events import Progress, Started
    from diffusion.train import train

    begun = last = time.perf_counter()
    moments: list[float] = []
    images, phase, taken = 0, "data", defaultdict[str, float](float)
    for event in train(short(config, STEPS), data_folder=data, judges=judges):
        now = time.perf_counter()
        phase = event.phase if isinstance(event, Progress) else phase
        taken[phase] += now - last
        last = now
        if isinstance(event, Started):
            images = int(event.facts["train_images"])
        if isinstance(event, Progress) and phase == "train":
            moments.append(now)
        if now - begun > LIMIT_S and len(moments) > FIRST:
            if isinstance(event, Progress) and phase == "sample" and event.done:
                taken[phase] *= event.total / event.done
            break
    apart = [after - before for before, after in itertools.pairwise(moments)]
    return {
        "start_s": moments[0] - begun,
        "step_s": statistics.median(apart[FIRST - 1 :] or apart),
        "validate_s": taken["validate"],
        "sample_s": taken["sample"],
        "judge_s": taken["judge"] + taken["evaluate"],
        "steps": len(moments),
        "train_images": images,
    }


def main() -> int:
    """Answer for each config on stdin. Returns the exit code."""
    asked: list[dict[str, Any]] = json.load(sys.stdin)
    begun = time.perf_counter()
    import diffusion.train  # noqa: F401  each run pays for it once

    loading_s = time.perf_counter() - begun
    try:
        found = [measure(from_dict(one["config"]), Path(one["data"]), Path(one["judges"])) for one in asked]
    except UserError as error:
        sys.stderr.write(str(error))
        return 2
    told = [one | {"start_s": one["start_s"] + loading_s} for one in found]
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
