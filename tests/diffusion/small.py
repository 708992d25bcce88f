"""A run of a second: the smallest network on digits."""

from diffusion.config import RunConfig, with_settings
from diffusion.events import Checkpoint

SMALL = {
    "process.schedule": "flow",
    "process.prediction": "flow",
    "network.channels": 16,
    "network.multipliers": "1",
    "network.blocks": 1,
    "network.patch": 2,
    "train.steps": 12,
    "train.batch_size": 32,
    "train.warmup_steps": 4,
    "train.log_every_steps": 3,
    "train.validate_every_steps": 6,
    "train.validation_images": 32,
    "train.checkpoint_every_steps": 6,
    "preview.every_steps": 6,
    "sampling.sampling_steps": 4,
    "sampling.per_class": 2,
    **{f"judges.{name}": "off" for name in ("clip", "classifier", "fidelity", "sharpness", "emergence")},
}


def small(**changes) -> RunConfig:
    """The small config with changes by short name, or by key with __ for the dot."""
    return with_settings(RunConfig(), SMALL | {key.replace("__", "."): value for key, value in changes.items()})


def run(events, folder):
    """All events of a run; its checkpoints are written into a folder, which the last one of is returned too."""
    folder.mkdir(parents=True, exist_ok=True)
    seen, last = [], None
    for event in events:
        seen.append(event)
        if isinstance(event, Checkpoint):
            last = folder / f"{event.step}.safetensors"
            event.write(last)
    return seen, last


def stop_at(step):
    """A should_stop that says yes once so many optimizer steps are done; feed it the events by .seen."""

    class Stop:
        done = -1

        def watch(self, events):
            for event in events:
                self.done = max(self.done, getattr(event, "step", 0) if type(event).__name__ == "Progress" else 0)
                yield event

        def __call__(self):
            return self.done >= step

    return Stop()
