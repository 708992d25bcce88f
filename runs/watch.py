"""Watches a run's loss: one that jumps far above what it was is told, once for each jump."""

import math
from collections import deque
from collections.abc import Generator
from contextlib import closing
from statistics import median

from diffusion.events import Alert, Event, Metric

Events = Generator[Event, None, None]
LOSS = "train/loss"
RECENT = 101  # recorded losses whose median is the measure
ENOUGH = 10  # of them before anything is said
FACTOR = 10.0


def watch(events: Events) -> Events:
    """Yield events on, and a warning where the training loss is above FACTOR times its running median."""
    recent: deque[float] = deque(maxlen=RECENT)
    high = False
    with closing(events):
        for event in events:
            yield event
            if not (isinstance(event, Metric) and event.name == LOSS and math.isfinite(event.value)):
                continue
            usual = median(recent) if len(recent) >= ENOUGH else math.inf
            jumped = event.value > FACTOR * usual > 0
            if jumped and not high:
                yield Alert(
                    "warning",
                    event.step,
                    f"the loss is {event.value:.4g}, over {FACTOR:g} times its running median of {usual:.4g}",
                )
            high = jumped
            recent.append(event.value)
