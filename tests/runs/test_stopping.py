"""Signals that ask a run to stop."""

import os
import signal

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
        assert said == ["stopping after this step, then a checkpoint; once more ends it now, without one"]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), getattr(signal, name))
    assert stop.exit_code == 128 + getattr(signal, name)
    assert signal.getsignal(signal.SIGINT) is before


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
