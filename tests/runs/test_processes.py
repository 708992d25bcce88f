"""Which process is meant."""

import os
import subprocess
import sys

import pytest

from runs.processes import host_name, is_alive, start_mark, this_process


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
