"""Signals that ask a run to stop: the first leads to a checkpoint, the second ends the process now. A terminal that
goes away is one of them, and the checkpoint is written all the same.
"""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, TextIO, TypeVar

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
T = TypeVar("T")


class StopOnSignal:
    """While entered, signals (SIGINT, SIGTERM and SIGHUP) set `asked`; `should_stop` is what a run asks once a step."""

    def __init__(self, say: Callable[[str], None], signals: tuple[str, ...] = SIGNALS) -> None:
        self.asked: signal.Signals | None = None
        self._say = say
        self._signals = [getattr(signal, name) for name in signals]
        self._before: dict[signal.Signals, object] = {}
        self._terminal: list[int] = []  # descriptors; a terminal that is gone is not known as one any more
        self._streams: dict[str, TextIO] = {}
        self._told = ""
        self._tell = threading.Event()
        self._teller = threading.Thread(target=self._say_when_asked, name="stopping", daemon=True)

    def should_stop(self) -> bool:
        """Whether a signal has come."""
        return self.asked is not None

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as a shell reports it; 0 when none came."""
        return 0 if self.asked is None else 128 + self.asked

    def __enter__(self) -> "StopOnSignal":
        self._teller.start()
        for number in self._signals:
            self._before[number] = signal.signal(number, self._take)
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream.isatty():
                self._terminal.append(stream.fileno())
                self._streams[name] = stream
                setattr(sys, name, Enduring(stream, self._hung_up))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]
        self._tell.set()
        self._teller.join()
        for name, stream in self._streams.items():
            setattr(sys, name, stream)

    def _take(self, number: int, frame: FrameType | None) -> None:
        """A closed terminal is often told twice, and a machine that shuts down sends SIGTERM and SIGHUP: only Ctrl-C,
        or the same request once more, ends the process now.
        """
        found = signal.Signals(number)
        before = self.asked
        if found.name == "SIGHUP":
            self._hung_up()
            return
        self.asked = before or found
        if before is None:
            self._told = "stopping after this step, then a checkpoint; once more ends it now, without one"
            self._tell.set()
        elif found in (signal.SIGINT, before):
            raise KeyboardInterrupt

    def _say_when_asked(self) -> None:
        """In a thread of its own: a signal may come in the middle of a write, which cannot be begun again there."""
        self._tell.wait()
        if self._told:
            self._say(self._told)

    def _hung_up(self) -> None:
        """The terminal is gone: what is written to it from now on goes nowhere."""
        self.asked = self.asked or signal.SIGHUP
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in self._terminal:
            os.dup2(nowhere, descriptor)
        os.close(nowhere)


class Enduring:
    """A terminal's stream whose writing may fail because the terminal is gone, before the signal says so."""

    def __init__(self, stream: TextIO, gone: Callable[[], None]) -> None:
        self._stream = stream
        self._gone = gone

    def write(self, text: str) -> int:
        """Write text; nowhere once the terminal is gone."""
        return self._tried(lambda: self._stream.write(text))

    def flush(self) -> None:
        """Send on what waits."""
        self._tried(self._stream.flush)

    def _tried(self, do: Callable[[], T]) -> T:
        try:
            return do()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._gone()
            return do()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
