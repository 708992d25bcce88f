"""The show stage: what a person sees of a run while it goes on, on stderr. It yields the same events on."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from diffusion.events import Alert, Checkpoint, Evaluation, Event, Finished, Metric, Preview, Progress, Sample, Started
from workbench.format import compact, count, duration, number, safe_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

PHASES = {
    "data": "reading data",
    "train": "training",
    "validate": "validating",
    "preview": "drawing a preview",
    "sample": "drawing",
    "judge": "training a judge",
    "evaluate": "judging",
}
HEADLINES = ("accuracy", "cosine", "fd", "blur_sigma", "gain")  # of all that judges say: the rest is on the run's page
INSIDE_TRAINING = ("validate", "preview")
DRAW_EVERY_S = 0.1
LINE_EVERY_S = 5.0
RATE_OVER_S = 10.0


@dataclass
class Standing:
    """What is known of the run so far, read off its events."""

    clock: Callable[[], float]
    phase: str = ""
    done: int = 0
    total: int = 0
    step: int = 0
    total_steps: int = 0
    loss: float | None = None
    images_per_s: float | None = None
    _paced: str = ""
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, event: Event) -> None:
        """Read off one event what it tells."""
        if isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Metric) and event.name == "train/loss":
            self.loss = event.value
        elif isinstance(event, Metric) and event.name == "images_per_s":
            self.images_per_s = event.value

    def _progress(self, event: Progress) -> None:
        self.phase = event.phase
        self.step = max(self.step, event.step)
        if event.phase == "train":
            self.total_steps = event.total
        if event.phase not in INSIDE_TRAINING or not self.total_steps:
            if event.phase != self._paced:  # the pace of one phase says nothing of the next
                self._marks.clear()
            self._paced, self.done, self.total = event.phase, event.done, event.total
            now = self.clock()
            self._marks.append((now, event.done))
            while now - self._marks[0][0] > RATE_OVER_S and len(self._marks) > 2:
                self._marks.popleft()

    @property
    def seconds_left(self) -> float | None:
        """What the last ten seconds promise, or None before there is a pace."""
        if len(self._marks) < 2 or not self.total:
            return None
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (self.total - last) * (end - start) / (last - first) if last > first and end > start else None

    @property
    def figures(self) -> str:
        """Loss, pace and time left, as far as they are known and the phase has them."""
        parts = []
        if self.phase in ("train", *INSIDE_TRAINING):
            parts += [f"loss {number(self.loss)}"] if self.loss is not None else []
            parts += [f"{count(self.images_per_s)} images/s"] if self.images_per_s is not None else []
        left = self.seconds_left
        if left is not None and self.done < self.total:
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)


class Display(Protocol):
    """How a standing is shown: a bar that is drawn again, or lines that stay."""

    def update(self, standing: Standing, event: Event) -> None:
        """Show the standing after an event."""

    def say(self, text: str, style: str = "") -> None:
        """Words that stay on the screen."""

    def close(self) -> None:
        """No more events come."""


def show(
    events: Iterable[Event], console: "Console", *, clock: Callable[[], float] = time.monotonic
) -> Generator[Event, None, None]:
    """Show how a run goes: a bar where console is a terminal, else a line each few seconds and each phase."""
    standing = Standing(clock)
    display: Display = (
        Bar(console, clock) if console.is_terminal and not console.is_dumb_terminal else Lines(console, clock)
    )
    try:
        for event in events:
            standing.take(event)
            message = told(event)
            if message is not None:
                display.say(*message)
            display.update(standing, event)
            yield event
    finally:
        display.close()


def told(event: Event) -> tuple[str, str] | None:
    """What an event says in words that stay on the screen, with its style; None for those that only move the bar."""
    if isinstance(event, Alert):
        return f"{event.level}: {safe_text(event.text)}", {"warning": "yellow", "error": "red"}.get(event.level, "")
    if isinstance(event, Started):
        return safe_text(started_line(event.facts)), "dim"
    if isinstance(event, Metric) and event.name == "val/loss":
        return f"step {event.step}: validation loss {number(event.value)}", "dim"
    if isinstance(event, Evaluation) and event.label is None and event.name in HEADLINES:
        told = f"step {event.step}: {safe_text(event.judge)} {safe_text(event.name)} {number(event.value)}"
        return told + reach(event), ""
    return None


def reach(event: Evaluation) -> str:
    """The interval, where it is known, and the n of a judge's number: no number stands alone."""
    known = event.low is not None and event.high is not None
    return f" ({number(event.low)} to {number(event.high)}, n {event.n})" if known else f" (n {event.n})"


def started_line(facts: dict[str, str | int | float]) -> str:
    """What a run works with, in one line, from the facts that it knows."""
    parts = [str(facts[key]) for key in ("device_name", "device", "dtype") if facts.get(key)]
    if len(parts) > 1 and parts[0].lower().startswith(parts[1]):  # CPU and cpu
        del parts[1]
    if "parameters" in facts:
        parts.append(f"{compact(float(facts['parameters']))} parameters")
    if "train_images" in facts:
        parts.append(f"{count(float(facts['train_images']))} training pictures")
    return "on " + ", ".join(dict.fromkeys(parts)) if parts else "started"


class Bar:
    """One line at the bottom of the terminal, drawn again at most ten times a second; no thread of its own."""

    def __init__(self, console: "Console", clock: Callable[[], float]) -> None:
        self._bar, self._clock = _rich_bar(console), clock
        self._task = self._bar.add_task("starting", total=None, figures="", amount="")
        self._drawn_at, self._phase = float("-inf"), ""
        self._bar.start()
        self._refresh()

    def update(self, standing: Standing, event: Event) -> None:
        """Draw the standing again when it is time or when the phase is new."""
        now = self._clock()
        if now - self._drawn_at < DRAW_EVERY_S and standing.phase == self._phase and not isinstance(event, Finished):
            return
        self._drawn_at, self._phase = now, standing.phase
        self._bar.update(
            self._task,
            description=PHASES.get(standing.phase, "starting"),
            completed=standing.done,
            total=standing.total or None,
            amount=f"{count(standing.done)}/{count(standing.total)}" if standing.total else "",
            figures=standing.figures,
        )
        self._refresh()

    def _refresh(self) -> None:
        from rich.control import Control
        from rich.segment import ControlType

        self._bar.refresh()
        # at the end of a full line the ^C that a terminal echoes would begin a new one, and the bar would stay behind
        self._bar.console.control(Control(ControlType.CARRIAGE_RETURN))

    def say(self, text: str, style: str = "") -> None:
        """A line above the bar."""
        self._bar.console.print(text, style=style, markup=False, highlight=False, emoji=False)

    def close(self) -> None:
        """Take the bar away and leave the cursor on a line of its own."""
        self._bar.update(self._task, visible=False)
        self._bar.stop()


def _rich_bar(console: "Console") -> "RichProgress":
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None, pulse_style="bar.back"),
        TextColumn("{task.fields[amount]}", markup=False),
        TextColumn("{task.fields[figures]}", markup=False),
        console=console,
        auto_refresh=False,
        transient=True,
        expand=True,
    )


class Lines:
    """Plain lines for a log file: one at each new phase and each few seconds."""

    def __init__(self, console: "Console", clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._written_at, self._phase = clock(), ""

    def update(self, standing: Standing, event: Event) -> None:
        """A line when the phase is new or the last one is some seconds old."""
        if isinstance(event, (Checkpoint, Preview, Sample)):
            self.say(_made(event))
        if not isinstance(event, Progress):
            return
        outer = "train" if standing.phase in INSIDE_TRAINING and standing.total_steps else standing.phase
        now = self._clock()
        if outer == self._phase and now - self._written_at < LINE_EVERY_S:
            return
        self._phase, self._written_at = outer, now
        amount = f"{count(standing.done)}/{count(standing.total)}" if standing.total else count(standing.done)
        self.say("  ".join(part for part in (PHASES[standing.phase], amount, standing.figures) if part))

    def say(self, text: str, style: str = "") -> None:
        """One line, never wrapped."""
        self._console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def close(self) -> None:
        """Nothing is left open: each line is whole."""


def _made(event: Checkpoint | Preview | Sample) -> str:
    if isinstance(event, Checkpoint):
        return f"step {event.step}: checkpoint"
    number = count(len({(one.seed, one.index, one.label) for one in event.drawn}))
    what = (
        {"grid": "preview pictures", "trajectory": "trajectories"}[event.kind]
        if isinstance(event, Preview)
        else "samples"
    )
    return f"step {event.step}: {number} {what}, {event.weights} weights"
