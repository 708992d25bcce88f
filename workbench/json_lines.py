"""Events as JSON lines, one object a line on stdout, for programs that watch a run.

Every object has "event": started, progress, metric, timestep_loss, preview, sample, checkpoint, evaluation, baseline,
clip_scores, curve, alert or finished; the other keys are the fields of that event in diffusion.events. A number that is
NaN or infinite is null. A drawn picture is told by its label, seed, index, shape and the SHA-256 of its bytes, never by
its pixels: those are in the run's folder. The command line writes one object before them: "event": "run" with id, name,
folder and home.
"""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from diffusion.events import Checkpoint, Drawn, Event


def events_as_json(events: Iterable[Event], stream: TextIO) -> Iterator[Event]:
    """Write each event to stream as one line and yield it on."""
    for event in events:
        write_line(as_plain(event), stream)
        yield event


def write_line(values: Mapping[str, Any], stream: TextIO) -> None:
    """One object as one whole line, at once, so that a reader never waits for the rest of it."""
    stream.write(json.dumps(_finite(values), ensure_ascii=False, separators=(", ", ": ")) + "\n")
    stream.flush()


def as_plain(event: Event) -> dict[str, Any]:
    """An event's name and fields as plain values, without pixels and functions."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    if isinstance(event, Checkpoint):
        return {"event": name, "step": event.step}
    values = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    if "drawn" in values:
        values["drawn"] = [_drawn(one) for one in values["drawn"]]
    return {"event": name, **values}


def _drawn(drawn: Drawn) -> dict[str, Any]:
    values = {field.name: getattr(drawn, field.name) for field in dataclasses.fields(drawn) if field.name != "picture"}
    pixels = drawn.picture.tobytes()
    return values | {"shape": list(drawn.picture.shape), "sha256": hashlib.sha256(pixels).hexdigest()}


def _finite(value: Any) -> Any:
    """value with NaN and infinity as null: JSON knows neither."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _finite(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value
