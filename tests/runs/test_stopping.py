"""Signals that ask a run to stop."""

import io
import os
import signal
import sys
import threading

import pytest

from runs.stopping import StopOnSignal


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_first_signal_asks_the_second_ends(name):
    """First a flag that the run reads once a step, then an end at once; afterwards all is as before."""
    before = signal.getsignal(signal.SIGINT)
    said = []
    with StopOnSignal(said.append) as stop:
        assert not stop.should_stop()
        os.kill(os.getpid(), getattr(signal, name))
        assert stop.should_stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), getattr(signal, name))
    assert said == ["stopping after this step, then a checkpoint; once more ends it now, without one"]
    assert stop.exit_code == 128 + getattr(signal, name)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_in_the_middle_of_a_write():
    """Its sentence waits until the write is done: a stream cannot be written to from within its own write."""
    said, writing = [], threading.Lock()  # which, like a stream, the thread that holds it cannot take again

    def say(text):
        assert writing.acquire(timeout=5)
        said.append(text)
        writing.release()

    with StopOnSignal(say) as stop, writing:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.should_stop()
        assert not said
    assert len(said) == 1


def test_no_signal_no_code():
    """A run that ends by itself."""
    with StopOnSignal(lambda text: None) as stop:
        pass
    assert stop.exit_code == 0


def test_a_closed_terminal_asks_in_silence():
    """Nobody is there to read."""
    said = []
    with StopOnSignal(said.append) as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop.should_stop()
    assert (said, stop.exit_code) == ([], 129)


def test_only_the_signals_that_are_named():
    """A worker leaves the closed terminal to others; what a signal did before is back afterwards."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with StopOnSignal(lambda text: None, signals=("SIGTERM",)) as stop:
        now = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        assert (now[0], now[2]) == (before[0], before[2])
        assert now[1] != before[1]
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.should_stop()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_terminal_that_is_gone_is_a_hangup(monkeypatch):
    """Writing to it fails before the signal comes, or without one; what is written from then on goes nowhere."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with StopOnSignal(lambda text: None) as stop:
            sys.stdout.write("seen\n")
            sys.stdout.flush()
            assert not stop.should_stop()
            os.close(master)
            for _ in range(3):
                sys.stdout.write("nobody reads this\n")
                sys.stdout.flush()
            assert stop.should_stop()
            assert stop.exit_code == 128 + signal.SIGHUP
        assert sys.stdout is stream


def test_other_failures_of_a_stream_are_told(monkeypatch):
    """A full disk behind a stream is no hangup."""
    master, slave = os.openpty()

    class Full(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            return slave

        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())
    with StopOnSignal(lambda text: None) as stop, pytest.raises(OSError, match="No space"):
        sys.stdout.write("text")
    assert not stop.should_stop()
    os.close(master)
    os.close(slave)
