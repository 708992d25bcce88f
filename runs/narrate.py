"""A run told in lines of text, in output.log beside what its worker writes: for people, and for `workbench log`."""

import os
import re
import time
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path

from diffusion.events import Alert, Checkpoint, Evaluation, Event, Finished, Metric, Preview, Progress, Sample, Started
from runs.files import open_plain

Events = Generator[Event, None, None]
OUTPUT = "output.log"
EVERY_S = 10.0  # between two lines of progress
FIGURES_A_LINE = 4  # of a judge
SAME_AGAIN = re.compile(r"clip_score_.*|.*_timestep|.*_log_snr")  # figures that are another one in another unit


def narrate(events: Events, folder: Path, every_s: float = EVERY_S) -> Events:
    """Yield events on and append what they say to output.log, whole lines at a time."""
    handle = open_output(folder)

    def say(text: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        os.write(handle, f"{stamp}  {text}\n".encode(errors="replace"))

    try:
        with closing(events):
            teller = _Teller(every_s)
            for event in events:
                for text in teller.told(event):
                    say(text)
                yield event
            for text in teller.rest():
                say(text)
    except Exception as error:
        with suppress(OSError):  # the disk may be full: the first error is the one to tell
            say(f"failed: {str(error) or type(error).__name__}")
        raise
    finally:
        os.close(handle)


def open_output(folder: Path) -> int:
    """The run's output.log, open for appending."""
    return open_plain(folder / OUTPUT, os.O_WRONLY | os.O_APPEND)


class _Teller:
    """Keeps the newest figures and says what is worth a line."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next = 0.0
        self._figures: dict[str, float] = {}
        self._judged: dict[tuple[int, str], _Judged] = {}

    def told(self, event: Event) -> list[str]:
        """The lines for an event, mostly none; what judges said before it comes first."""
        if isinstance(event, Evaluation):
            self._judged.setdefault((event.step, event.judge), _Judged()).add(event)
            return []
        line = self._line(event)
        return [*self.rest(), line] if line else []

    def rest(self) -> list[str]:
        """What judges said and no line has told yet: some figures a line, those by class only counted."""
        lines = [
            f"step {step}  {judge}: {text}" for (step, judge), said in self._judged.items() for text in said.texts()
        ]
        self._judged.clear()
        return lines

    def _line(self, event: Event) -> str:
        if isinstance(event, Metric):
            self._figures[event.name] = event.value
            return f"step {event.step}  validation loss {event.value:.4g}" if event.name == "val/loss" else ""
        if isinstance(event, Progress):
            return self._progress(event)
        if isinstance(event, Started):
            facts = event.facts
            told = [str(facts[name]) for name in ("device_name", "dtype") if name in facts]
            counts = (("parameters", "parameters"), ("train_images", "training pictures"))
            told += [f"{facts[name]:,} {label}" for name, label in counts if name in facts]
            return "started: " + ", ".join(told)
        if isinstance(event, Checkpoint):
            return f"step {event.step}  checkpoint"
        if isinstance(event, Preview):  # trajectories and raw weights come with it
            return f"step {event.step}  preview" if (event.kind, event.weights) == ("grid", "ema") else ""
        if isinstance(event, Sample):
            return f"step {event.step}  {len(event.drawn)} samples drawn, {event.weights} weights"
        return self._rare(event)

    def _rare(self, event: Event) -> str:
        if isinstance(event, Alert):
            return f"step {event.step}  {event.level}: {event.text}"
        if isinstance(event, Finished):
            text = f": {event.text}" if event.text else ""
            return f"{event.outcome} at step {event.step} after {event.seconds:.1f} s{text}"
        return ""

    def _progress(self, event: Progress) -> str:
        now = time.monotonic()
        if now < self._next:
            return ""
        self._next = now + self._every_s
        if event.phase != "train":
            at = f"step {event.step}  " if event.step else ""  # judges do not say at which step they look
            return f"{at}{event.phase} {event.done} of {event.total}"
        figures = [("loss", "train/loss", ".4g"), ("images/s", "images_per_s", ",.0f")]
        told = [f"{label} {self._figures[name]:{form}}" for label, name, form in figures if name in self._figures]
        return "  ".join([f"step {event.step} of {event.total}", *told])


class _Judged:
    """What one judge said of one step: a person wants the figures over all pictures; the tables have those by class."""

    def __init__(self) -> None:
        self._over_all: dict[int, list[str]] = {}  # by how many pictures
        self._by_class = 0

    def add(self, one: Evaluation) -> None:
        """Take in one figure."""
        if one.label is not None:
            self._by_class += 1
        elif not SAME_AGAIN.fullmatch(one.name):
            self._over_all.setdefault(one.n, []).append(f"{one.name} {one.value:.4g}")

    def texts(self) -> list[str]:
        """Some figures each, with their n."""
        texts = [
            f"{', '.join(figures[at : at + FIGURES_A_LINE])} (n {n})"
            for n, figures in self._over_all.items()
            for at in range(0, len(figures), FIGURES_A_LINE)
        ]
        if self._by_class:
            texts[-1:] = [", ".join([*texts[-1:], f"{self._by_class} by class"])]
        return texts
