"""The process that tries the devices: it may crash, hang or never start, and the terminal goes on."""

import os
import sys
import time
from pathlib import Path

import pytest

from workbench.devices import trial_lines


def probe(code: str) -> tuple[str, ...]:
    """A probe that runs this code; say() prints a line."""
    say = "import json, sys\ndef say(**line): print(json.dumps(line), flush=True)\n"
    return (sys.executable, "-c", say + code)


def lines(code: str, limit_s: float = 30.0, full: bool = False):
    return list(trial_lines(full=full, limit_s=limit_s, words=probe(code)))


def test_all_lines_of_a_probe_that_ends():
    """In their order, without the last."""
    code = "say(trying='a'); say(device='cpu', works=True); say(done=True)"
    assert lines(code) == [{"trying": "a"}, {"device": "cpu", "works": True}]


def test_full():
    """Hands the wish for torch.compile on."""
    assert lines("say(words=sys.argv[1:]); say(done=True)", full=True) == [{"words": ["--compile"]}]


@pytest.mark.parametrize(
    ("code", "how"),
    [
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV", id="crash"),
        pytest.param("sys.exit(3)", "ended with exit code 3", id="exit code"),
        pytest.param("raise OSError('libcuda is broken')", "exit code 1: OSError: libcuda is broken", id="exception"),
        pytest.param("sys.exit(0)", "ended with exit code 0", id="no end"),
    ],
)
def test_a_probe_that_dies(code, how):
    """What was known by then comes, then how it ended and at what."""
    *before, last = lines(f"say(driver='1'); say(trying='float32 on cuda:0'); {code}")
    assert before == [{"driver": "1"}, {"trying": "float32 on cuda:0"}]
    assert last["trying"] == "float32 on cuda:0"
    assert last["stopped"].endswith(how)


def test_a_probe_that_hangs():
    """It is ended with the processes that it has started, in the time that it has."""
    code = """
import subprocess, time
say(pid=subprocess.Popen(["sleep", "600"]).pid)
say(trying="torch.compile on cpu")
time.sleep(600)
"""
    begun = time.monotonic()
    first, _, last = lines(code, limit_s=2.0)
    assert time.monotonic() - begun < 20
    assert last == {"stopped": "it did not end within 2 s", "trying": "torch.compile on cpu"}
    assert gone(first["pid"])


def test_a_reader_that_leaves():
    """As with Ctrl-C: nothing of the probe stays."""
    code = "import os, time\nsay(pid=os.getpid())\ntime.sleep(600)"
    found = trial_lines(full=False, limit_s=60.0, words=probe(code))
    pid = next(found)["pid"]
    found.close()
    assert gone(pid)


def gone(pid: int) -> bool:
    """Whether a process has ended; one whose parent has died is collected by another a moment later."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        os.sched_yield()
    return False
