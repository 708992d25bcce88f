"""The recording stage: it takes a run's events, writes each where it belongs, and yields the same events on.

The order is: a file is whole on the disk, then the line that names it, then (in `runs.ingest`) the row. One write of
whole lines an optimizer step; the disk is waited for every few seconds. A failed write ends the run.
"""

import math
import time
import traceback
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from typing import Any

from diffusion.errors import UserError
from diffusion.events import (
    Alert,
    Baseline,
    Checkpoint,
    ClipScores,
    Curve,
    Drawn,
    Evaluation,
    Event,
    Finished,
    Metric,
    Preview,
    Progress,
    Sample,
    Started,
    TimestepLoss,
)
from runs.files import write_bytes, write_whole
from runs.folder import RunFolder
from runs.log import Log
from runs.sheets import Placed, Sheet, digest, sheets

Events = Generator[Event, None, None]
RESERVE_BYTES = 16_384  # given up when the disk is full, so that the log can say so
PROGRESS_EVERY_S = 1.0  # also the heartbeat
_NAMES: dict[type, str] = {
    TimestepLoss: "timestep_loss",
    Evaluation: "evaluation",
    Baseline: "baseline",
    ClipScores: "clip_scores",
    Curve: "curve",
}


def record(events: Events, folder: RunFolder, log: Log, sample_set: int | None = None) -> Events:
    """Write each event into the run's folder and yield it on; the log ends with how it ended.

    sample_set: of the pictures that are judged, until a Sample brings others.
    Raises OSError with a note that names the file when one cannot be written; what was written before stays.
    """
    recorder = _Recorder(folder, log, sample_set)
    reserve = folder.path / f".reserve-{log.path.stem}"
    write_bytes(reserve, bytes(RESERVE_BYTES))
    try:
        with closing(events):
            for event in events:
                recorder.take(event)
                yield event
        if not recorder.finished:
            recorder.end("stopped", "it ended without a result")
    except GeneratorExit:
        recorder.end("stopped", "interrupted")
        raise
    except KeyboardInterrupt:
        recorder.end("stopped", "interrupted without a last checkpoint")
        raise
    except BaseException as error:
        reserve.unlink(missing_ok=True)
        with suppress(OSError):  # the disk may be full: the first error is the one to tell
            text = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            trace = "" if isinstance(error, UserError) else "".join(traceback.format_exception(error))
            recorder.end("failed", "; ".join([text, *getattr(error, "__notes__", ())]), trace)
        raise
    finally:
        reserve.unlink(missing_ok=True)
        log.close()


class _Recorder:
    def __init__(self, folder: RunFolder, log: Log, sample_set: int | None) -> None:
        self.folder = folder
        self.log = log
        self.sample_set = sample_set
        self.finished = False
        self._metrics: dict[str, float | None] = {}
        self._metrics_step = 0
        self._progress = 0.0

    def take(self, event: Event) -> None:
        """Record one event. Metrics of one step share a line, which waits for the step's end."""
        if isinstance(event, Metric):
            if self._metrics and (event.step != self._metrics_step or event.name in self._metrics):
                self._add_metrics()
            self._metrics_step = event.step
            self._metrics[event.name] = finite(event.value)
            return
        if self._metrics:
            self._add_metrics()
        if isinstance(event, Progress):
            self._take_progress(event)
            self.log.flush()
        else:
            self._take_rare(event)

    def _take_progress(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._progress >= PROGRESS_EVERY_S or event.done == event.total:
            self._progress = now
            self.log.add("progress", asdict(event))

    def _take_rare(self, event: Event) -> None:
        if isinstance(event, TimestepLoss | Evaluation | Baseline | ClipScores | Curve):
            self._take_one_of_many(event)
            return  # many come together: the next event of another kind writes them
        if isinstance(event, Checkpoint):
            self._checkpoint(event)
        elif isinstance(event, Preview):
            kind = "trajectory" if event.kind == "trajectory" else "preview"
            self._pictures(kind, event, {"weights": event.weights})
        elif isinstance(event, Sample):
            self._samples(event)
        elif isinstance(event, Started):
            self.log.add("started", plain(asdict(event)))
        elif isinstance(event, Alert):
            of_set = {"sample_set": self.sample_set} if event.of_pictures else {}
            self.log.add("alert", {"level": event.level, "step": event.step, "text": event.text} | of_set)
        elif isinstance(event, Finished):
            self.finished = True
            self.log.add("finished", plain(asdict(event)))
        self.log.flush(sync=isinstance(event, Finished | Checkpoint))

    def _take_one_of_many(self, event: TimestepLoss | Evaluation | Baseline | ClipScores | Curve) -> None:
        values = plain(asdict(event))
        if not isinstance(event, TimestepLoss | Baseline):
            values["sample_set"] = self.sample_set
        self.log.add(_NAMES[type(event)], values)

    def _add_metrics(self) -> None:
        self.log.add("metrics", {"step": self._metrics_step, "values": self._metrics})
        self._metrics = {}

    def _checkpoint(self, event: Checkpoint) -> None:
        path = self.folder.checkpoint(event.step)
        write_whole(path, event.write)
        self.folder.prune_checkpoints(path)
        values = {"step": event.step, "path": f"checkpoints/{path.name}", "bytes": path.stat().st_size}
        self.log.add("checkpoint", values)

    def _pictures(self, kind: str, event: Preview | Sample, values: Mapping[str, Any], name: str = "") -> None:
        name = name or self._free_name(f"{kind}-{event.step:08d}-{event.weights}")
        for number, sheet in enumerate(sheets(event.drawn, trajectory=kind == "trajectory"), start=1):
            path = self._write_sheet(sheet, name if number == 1 else f"{name}-sheet{number}")
            placed = [_placed(one) for one in sheet.placed]
            self.log.add("pictures", {"kind": kind, "step": event.step, "path": path, **values, "images": placed})

    def _free_name(self, name: str) -> str:
        """An earlier attempt may have drawn at this step too: its picture stays what its rows say."""
        taken = (self.folder.path / "pictures" / f"{name}.png").exists()
        return f"{name}-attempt{self.log.number}" if taken else name

    def _write_sheet(self, sheet: Sheet, name: str) -> str:
        path = self.folder.path / "pictures" / f"{name}.png"
        write_whole(path, sheet.write, temporary=f".{self.log.path.stem}-{name}.tmp")
        return f"pictures/{path.name}"

    def _samples(self, event: Sample) -> None:
        """A sample set has a number of its own in the run: another process may be drawing at the same time."""
        number, claim = self.folder.claim_sample_set()
        try:
            values = {"weights": event.weights, "sample_set": number, "settings": plain(event.settings)}
            self._pictures("sample", event, values, f"sample-{event.step:08d}-{event.weights}-{number:02d}")
            self.sample_set = number
        finally:
            claim.unlink(missing_ok=True)

    def end(self, outcome: str, text: str, trace: str = "") -> None:
        """The last line of a log whose events ended without Finished."""
        if self._metrics:
            self._add_metrics()
        if not self.finished:
            self.log.add("ended", {"outcome": outcome, "text": text} | ({"traceback": trace} if trace else {}))
        self.log.flush(sync=True)


def finite(value: float) -> float | None:
    """value, or None for NaN and infinity, which strict JSON does not know."""
    return float(value) if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """value with None for what is not finite, at any depth."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(inner) for inner in value]
    return value


def _placed(one: Placed) -> dict[str, Any]:
    drawn: Drawn = one.drawn
    height, width = drawn.picture.shape[:2]
    values = {
        "left": one.left,
        "top": one.top,
        "width": width,
        "height": height,
        "label": drawn.label,
        "seed": drawn.seed,
        "index": drawn.index,
        "sampling_step": drawn.sampling_step,
        "sigma": None if drawn.sigma is None else finite(drawn.sigma),
        "content": drawn.content,
        "sha256": digest(drawn),
    }
    return {key: value for key, value in values.items() if value is not None}
