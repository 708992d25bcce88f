"""Training: from a config to a stream of events. It knows no run folder and no database, and prints nothing."""

import math
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal, TypeVar

import torch

from diffusion.checkpoints import State, read_checkpoint, write_checkpoint
from diffusion.checks import check
from diffusion.config import RunConfig
from diffusion.data.load import loading
from diffusion.data.pictures import Pictures, standard_deviation
from diffusion.device import device_name, numerics, pick_device, set_threads
from diffusion.errors import UserError
from diffusion.evaluate import sharp_pictures
from diffusion.events import Alert, Checkpoint, Event, Finished, Metric, Progress, Started
from diffusion.judges.steering import Steering, steering_for, uses_clip
from diffusion.learner import Learner
from diffusion.looks import Looks
from diffusion.memory import memory_errors_told, refuse_too_large_a_batch
from diffusion.previews import preview
from diffusion.process.lint import lint
from diffusion.validation import Validation

ShouldStop = Callable[[], bool]
Events = Generator[Event, None, None]
Made = TypeVar("Made")


def train(
    config: RunConfig,
    *,
    data_folder: Path | None = None,
    checkpoint: Path | None = None,
    judges: Path | None = None,
    should_stop: ShouldStop = lambda: False,
) -> Events:
    """Train a model and draw from it: yields what happens, the last event is Finished.

    data_folder: where data sets are kept, unless config.data.folder names one. checkpoint: go on from there; with the
    same config the rest equals, bit for bit on the CPU, what a run without a break would have given. judges: the folder
    where judges are kept; without one nothing is judged. should_stop is asked once a step and inside longer work; its
    yes leads to a last checkpoint. Raises UserError for a config, data or
    a checkpoint that cannot be used, or too little memory.
    """
    check(config)
    device = pick_device(config.device)
    pictures = yield from _unless_stopped(loading(config, data_folder), should_stop)
    if pictures is None:
        yield Finished("stopped", 0, 0.0, "stopped while the data were read")
        return
    set_threads(pictures.size // config.network.patch)
    refuse_too_large_a_batch(config, pictures.size, device)
    with memory_errors_told(
        device,
        f"training with train.batch_size {config.train.batch_size}",
        f"--set train.batch_size={max(1, config.train.batch_size // 2)}",
    ):
        steering = None
        if uses_clip(config):
            made = _steering(config, pictures, judges, data_folder, device)
            steering = yield from _unless_stopped(made, should_stop)
            if steering is None:
                yield Finished("stopped", 0, 0.0, "stopped while a judge was made")
                return
        learner = Learner(config, pictures, numerics(config, device, pictures.size), steering)
        looks = Looks(config, pictures, judges, data_folder)
        yield from _Training(config, pictures, learner, looks, should_stop).run(checkpoint)


def _steering(
    config: RunConfig, pictures: Pictures, judges: Path | None, data_folder: Path | None, device: torch.device
) -> Generator[Progress, None, Steering]:
    sharp = yield from sharp_pictures(config, pictures, data_folder)
    return (yield from steering_for(config, sharp, judges, device))


def _unless_stopped(
    work: Generator[Progress, None, Made], should_stop: ShouldStop
) -> Generator[Progress, None, Made | None]:
    """What some work returns, or None after a yes of should_stop, which is asked after each of its Progress."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            made: Made = end.value
            return made
        yield progress
        if should_stop():
            work.close()
            return None


class _Training:
    """One attempt: what is due after which step, and what is told of it."""

    def __init__(
        self, config: RunConfig, pictures: Pictures, learner: Learner, looks: Looks, should_stop: ShouldStop
    ) -> None:
        self.config = config
        self.pictures = pictures
        self.learner = learner
        self.looks = looks
        self.should_stop = should_stop
        self.validation = Validation(learner, pictures.train, pictures.val)
        self.figures: dict[str, float] = {}  # the newest of each
        self.saved: int | None = None  # step of the last checkpoint
        self.ended = False
        self._spoiled = False  # the last recorded loss or gradient was not finite
        self._ticked = time.perf_counter()
        self._stepping_s = 0.0  # spent on steps since the last recorded loss, and their number
        self._steps = 0
        train = config.train
        epochs = math.ceil(train.epochs * len(pictures.train) / train.batch_size)
        self._goal = epochs if train.epochs else 0 if train.minutes else train.steps  # 0: minutes alone decide

    def run(self, checkpoint: Path | None) -> Events:
        """All of it, from the first word to the last."""
        pending = self._first_work() if checkpoint is None else self._restored(checkpoint)
        yield Started(facts(self.config, self.pictures, self.learner), self.pictures.class_names)
        if checkpoint is None:
            for text in (*lint(self.config, standard_deviation(self.pictures.train)), *_skipped(self.pictures)):
                yield Alert("warning", 0, text)
        while True:
            for number, task in enumerate(pending):
                yield from self._task(task, pending[number:])
                if self._spoiled and not self.ended:
                    yield from self._diverge()
                if self.ended:
                    return
            if self.share >= 1:
                yield self._finished("completed")
                return
            if self.should_stop():
                yield from self._stop([])
                return
            yield from self._step()
            if self._spoiled:
                yield from self._diverge()
                return
            pending = self._due()

    @property
    def share(self) -> float:
        """Share of the goal that is reached, in [0, 1]."""
        by_steps = self.learner.step / self._goal if self._goal else 0.0
        minutes = self.config.train.minutes
        by_time = self.learner.seconds / (60 * minutes) if minutes and self.learner.step else 0.0
        return min(1.0, max(by_steps, by_time))

    def _restored(self, path: Path) -> list[str]:
        """Go back to a checkpoint; what of its step's work is still to do."""
        state, tensors = read_checkpoint(path)
        same = state.config.data == self.config.data  # a forked run may go on with other pictures
        if same and state.data_checksum != self.pictures.checksum:
            raise UserError(
                f"the pictures of {self.config.data.dataset} are not those that checkpoint {path} learned from: their "
                f"checksum is {self.pictures.checksum} instead of {state.data_checksum}",
                next_command="bring the former pictures back, or start a new run",
            )
        self.learner.restore(tensors, step=state.step, seconds=state.seconds, path=path)
        self.saved = state.step
        done = self.share >= 1
        last = ("sample", "judge")  # a raised goal has samples of its own, and they are judged
        pending = [task for task in state.pending if done or task not in last or self._looks_now(task)]
        if done and not pending:
            raise UserError(
                f"the run has reached its goal at step {state.step}",
                next_command=f"workbench resume RUN --steps {2 * state.step}",
            )
        return pending

    def _step(self) -> Events:
        learner = self.learner
        start = time.perf_counter()
        learner.train_step(self.share)
        log = learner.step % self.config.train.log_every_steps == 0
        told = log or self.share >= 1
        sums = learner.window.tolist() if told else None  # waits for the device
        self._stepping_s += time.perf_counter() - start
        self._steps += 1
        self._tick()
        if sums is not None:
            yield from self._told(*sums)
        if log:  # not at an end between two: a run that goes on from it tells of whole windows, as a longer one does
            learner.window.zero_()
            self._stepping_s, self._steps = 0.0, 0
        yield Progress("train", learner.step, self._total(), learner.step)

    def _total(self) -> int:
        """The number of steps that the run will have done; while time decides, what its pace promises."""
        promised = round(self.learner.step / self.share) if self.share else 0
        return min(self._goal, promised) if self._goal and self.config.train.minutes else self._goal or promised

    def _told(self, loss: float, norm: float, count: float) -> Events:
        learner, step = self.learner, self.learner.step
        pace = self._steps * self.config.train.batch_size / self._stepping_s
        self.figures |= {"loss": loss / count, "images_per_s": pace}
        self._spoiled = not (math.isfinite(loss) and math.isfinite(norm))
        yield Metric(step, "train/loss", loss / count)
        yield Metric(step, "train/gradient_norm", norm / count)
        yield Metric(step, "train/learning_rate", learner.rate)
        yield Metric(step, "images_per_s", pace)

    def _due(self) -> list[str]:
        """The work that comes after the step just done."""
        config, step, done = self.config, self.learner.step, self.share >= 1

        def now(every: int, *, at_end: bool = True) -> bool:
            """Whether it is the turn of work that comes every so many steps; 0: only at the end, if at all."""
            return (at_end and done) or bool(every and step % every == 0)

        wanted = {
            "validate": now(config.train.validate_every_steps),
            "preview": now(config.preview.every_steps, at_end=bool(config.preview.every_steps)),
            "checkpoint": now(config.train.checkpoint_every_steps),
            "sample": done and config.sampling.per_class > 0,
            "judge": (done and self.looks.at_end) or self._looks_now("judge"),
        }
        return [task for task, due in wanted.items() if due]

    def _looks_now(self, task: str) -> bool:
        """Whether a task is a look that is due at this step, wherever the run ends."""
        return task == "judge" and self.looks.due(self.learner.step)

    def _first_work(self) -> list[str]:
        """A preview and the loss of a network that knows nothing: what all later ones are compared with."""
        return ["preview", "validate"] if self.config.preview.every_steps else ["validate"]

    def _task(self, task: str, pending: list[str]) -> Events:
        """The first of the pending tasks; somebody who asks to stop gets a checkpoint that knows what is pending."""
        if task == "checkpoint":
            yield from self._save(pending[1:])
            return
        kinds: dict[str, Callable[[], Events]] = {
            "validate": self._validate,
            "preview": lambda: preview(self.learner),
            "sample": lambda: self.looks.samples(self.learner),
            "judge": lambda: self.looks.judge(self.learner, at_end=self.share >= 1),
        }
        work = kinds[task]()
        for event in work:
            yield event
            if isinstance(event, Progress) and self.should_stop():  # results come after all Progress: none was told
                work.close()
                yield from self._stop(pending)
                return
        self._tick()

    def _validate(self) -> Events:
        for event in self.validation.run(self.learner):
            if isinstance(event, Metric):
                self.figures[event.name] = event.value
                self._spoiled |= not math.isfinite(event.value)
            yield event

    def _save(self, pending: list[str]) -> Events:
        """A checkpoint, unless what would be kept is already spoiled."""
        learner, pictures = self.learner, self.pictures
        if not (torch.isfinite(learner.window).all() and learner.is_finite()):
            yield from self._diverge()
            return
        state = State(
            config=self.config,
            step=learner.step,
            seconds=learner.seconds,
            class_names=pictures.class_names,
            size=pictures.size,
            channels=pictures.channels,
            data_checksum=pictures.checksum,
            pending=tuple(pending),
        )
        yield Checkpoint(learner.step, lambda path: write_checkpoint(path, state, learner.tensors()))
        self.saved = learner.step

    def _stop(self, pending: list[str]) -> Events:
        self._tick()
        yield from self._save(pending)
        if not self.ended:
            yield self._finished("stopped")

    def _diverge(self) -> Events:
        good = f"the last good checkpoint is of step {self.saved}" if self.saved else "no checkpoint was written before"
        text = f"the loss or its gradient is not finite; {good}"
        yield Alert("error", self.learner.step, text)
        yield self._finished("diverged", text)

    def _finished(self, outcome: Literal["completed", "stopped", "diverged"], text: str = "") -> Finished:
        self.ended = True
        self._tick()
        return Finished(outcome, self.learner.step, self.learner.seconds, text, dict(self.figures))

    def _tick(self) -> None:
        now = time.perf_counter()
        self.learner.seconds += now - self._ticked
        self._ticked = now


def facts(config: RunConfig, pictures: Pictures, learner: Learner) -> dict[str, str | int | float]:
    """What a run works with, for its record."""
    numbers = learner.numerics
    return {
        "device": str(learner.device),
        "device_name": device_name(learner.device),
        "threads": torch.get_num_threads(),
        "dtype": str(numbers.dtype).removeprefix("torch."),
        "memory_format": str(numbers.memory_format).removeprefix("torch."),
        "torch": torch.__version__,
        "parameters": sum(parameter.numel() for parameter in learner.parameters),
        "train_images": len(pictures.train),
        "val_images": len(pictures.val),
        "test_images": len(pictures.test),
        "picture_size": pictures.size,
        "picture_channels": pictures.channels,
        "data_checksum": pictures.checksum,
    }


def _skipped(pictures: Pictures) -> list[str]:
    skipped = pictures.skipped
    if not skipped:
        return []
    listed = "; ".join(skipped[:3]) + ("; ..." if len(skipped) > 3 else "")
    told = "1 file was" if len(skipped) == 1 else f"{len(skipped)} files were"
    return [f"{told} left out, unreadable: {listed}"]
