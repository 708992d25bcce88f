"""Which process is meant."""

import os
import signal
import subprocess
import sys

import pytest

from runs.processes import Process, host_name, is_alive, start_mark, this_process
from tests.waiting import until


def test_this_process_is_alive():
    """By what it records of itself."""
    mine = this_process()
    assert mine["process_started"]
    assert is_alive(pid=os.getpid(), started=start_mark(os.getpid()), host=host_name(), heartbeat=0, now=1e9)


def test_a_process_that_has_ended_but_was_not_waited_for():
    """A zombie does no more work."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = start_mark(process.pid)
        assert started
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert start_mark(process.pid) == ""


@pytest.mark.parametrize(
    ("values", "alive"),
    [
        pytest.param({"started": "of another"}, False, id="id used again"),
        pytest.param({"started": ""}, False, id="nothing known"),
        pytest.param({"pid": 2**22 + 1}, False, id="no such process"),
        pytest.param({"host": "elsewhere", "heartbeat": 50}, True, id="heard of elsewhere"),
        pytest.param({"host": "elsewhere", "heartbeat": -50}, False, id="silent elsewhere"),
        pytest.param({"host": "elsewhere", "heartbeat": 500}, True, id="a clock that is ahead"),
    ],
)
def test_dead_or_alive(values, alive):
    """By pid and start on this machine, by the last line on another."""
    known = {
        "pid": os.getpid(),
        "started": start_mark(os.getpid()),
        "host": host_name(),
        "heartbeat": 0.0,
        "now": 100.0,
    }
    assert is_alive(**known | values) is alive


@pytest.fixture
def other():
    """A process that waits for a line."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_signal_to_the_one_that_is_meant(other):
    """It lives, is sent to, and is gone; sending again is no error."""
    process = Process(other.pid, start_mark(other.pid), host_name())
    assert process.lives()
    process.send(signal.SIGKILL)
    until(lambda: not process.lives())
    process.send(signal.SIGKILL)
    process.close()
    process.close()
    assert other.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("started", "host"),
    [("of another", None), ("", None), (None, "elsewhere")],
    ids=["id used again", "nothing known", "another machine"],
)
def test_no_signal_to_another(other, started, host):
    """A process that was given the id since is spared."""
    process = Process(other.pid, start_mark(other.pid) if started is None else started, host or host_name())
    assert not process.lives()
    process.send(signal.SIGKILL)
    process.close()
    other.communicate(b"\n")
    assert other.wait(10) == 0


def test_without_process_handles(other, monkeypatch):
    """As on a Mac: by the id, looked at just before."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    process = Process(other.pid, start_mark(other.pid), host_name())
    process.send(signal.SIGTERM)
    assert other.wait(10) == -signal.SIGTERM
    assert not process.lives()
    process.close()


def test_an_end_between_the_look_and_the_signal(other, monkeypatch):
    """No error: it is gone, as was wanted."""
    process = Process(other.pid, start_mark(other.pid), host_name())
    other.kill()
    other.wait()
    monkeypatch.setattr(process, "lives", lambda: True)
    process.send(signal.SIGKILL)
    process.close()
    assert Process(2**22 + 1, "x", host_name()).lives() is False
