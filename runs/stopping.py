"""Signals that ask a run to stop: the first leads to a checkpoint, the second ends the process now."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class StopOnSignal:
    """While entered, signals (SIGINT, SIGTERM and SIGHUP) set `asked`; `should_stop` is what a run asks once a step."""

    def __init__(self, say: Callable[[str], None], signals: tuple[str, ...] = SIGNALS) -> None:
        self.asked: signal.Signals | None = None
        self._say = say
        self._signals = [getattr(signal, name) for name in signals]
        self._before: dict[signal.Signals, object] = {}

    def should_stop(self) -> bool:
        """Whether a signal has come."""
        return self.asked is not None

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as a shell reports it; 0 when none came."""
        return 0 if self.asked is None else 128 + self.asked

    def __enter__(self) -> "StopOnSignal":
        for number in self._signals:
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _take(self, number: int, frame: FrameType | None) -> None:
        """A closed terminal is often told twice, and a machine that shuts down sends SIGTERM and SIGHUP: only Ctrl-C,
        or the same request once more, ends the process now.
        """
        found = signal.Signals(number)
        before, self.asked = self.asked, self.asked or found
        if found.name == "SIGHUP":
            _let_go_of_the_terminal()  # it is gone: writing to it would fail before the checkpoint is written
        elif before is None:
            self._say("stopping after this step, then a checkpoint; once more ends it now, without one")
        elif found in (signal.SIGINT, before):
            raise KeyboardInterrupt


def _let_go_of_the_terminal() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream.isatty():
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
