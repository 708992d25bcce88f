"""One run with long curves, recorded and ingested as any other: what the charts are measured on."""

import math

import numpy as np

from diffusion.config import with_settings
from diffusion.presets import preset
from runs.create import create_run
from runs.home import Home
from runs.ingest import ingest
from runs.log import Log
from runs.processes import this_process
from runs.store import Store

FLUSH_STEPS = 5000


def long_run(home: Home, metrics: int, steps: int) -> str:
    """Make a run with so many metrics of so many steps, noisy and falling. Returns its id."""
    home.make()
    config = with_settings(preset("mnist").config, {"train.steps": steps})
    name = f"long-{metrics}-{steps}"
    folder = create_run(home, config, preset="mnist", command="workbench run --preset mnist", name=name)
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
    random = np.random.default_rng(0)
    names = ["train/loss", *(f"train/part{number:02d}" for number in range(1, metrics))]
    noise = random.normal(0, 0.08, (steps, metrics))
    for step in range(1, steps + 1):
        falling = step**-0.4
        values = {name: 0.05 + falling * math.exp(change) for name, change in zip(names, noise[step - 1], strict=True)}
        log.add("metrics", {"step": step, "values": values})
        if step % FLUSH_STEPS == 0:
            log.flush()
    log.add("finished", {"outcome": "completed", "step": steps, "seconds": 60.0, "text": "", "facts": {}})
    log.flush()
    log.close()
    with Store.write(home) as store:
        ingest(store, folder.path)
    return folder.id
