"""The trials of `diffusion.probe`, made in a process of their own with a time limit, line by line as they come."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Any

QUICK_LIMIT_S = 120.0  # importing torch from a busy network disk takes most of it
FULL_LIMIT_S = 480.0  # torch.compile takes a minute a device where nothing of it is cached
PROBE = (sys.executable, "-P", "-m", "diffusion.probe")  # -P: nothing in the folder that a person stands in is imported


def trial_lines(*, full: bool, limit_s: float | None = None, words: Sequence[str] = PROBE) -> Iterator[dict[str, Any]]:
    """What the probe prints, and at last {"stopped": how, "trying": what} unless it came to its end.

    full: with torch.compile. Nothing of the process is left when this ends, early or not.
    """
    limit_s = limit_s or (FULL_LIMIT_S if full else QUICK_LIMIT_S)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*words, *(["--compile"] if full else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # a compiler's own processes end with it, and Ctrl-C is for the terminal's alone
        )
        assert process.stdout is not None
        try:
            yield from _until_done(process, process.stdout, errors, limit_s)
        finally:
            with suppress(ProcessLookupError):  # it has ended, with all of its own
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()


def _until_done(
    process: "subprocess.Popen[bytes]", out: IO[bytes], errors: IO[bytes], limit_s: float
) -> Iterator[dict[str, Any]]:
    trying = "its start"
    ends = time.monotonic() + limit_s
    for text in _lines(out, ends):
        line = json.loads(text)
        if line.get("done"):
            return
        trying = line.get("trying", trying)
        yield line
    if time.monotonic() >= ends:
        how = f"it did not end within {limit_s:g} s"
    else:
        how = f"{_ended(process.wait())}{_last_words(errors)}"
    yield {"stopped": how, "trying": trying}


def _lines(out: IO[bytes], ends: float) -> Iterator[bytes]:
    """Whole lines until the end of the stream or of the time."""
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        while (left := ends - time.monotonic()) > 0:
            if not selector.select(left):
                return
            data = os.read(out.fileno(), 65536)
            if not data:
                return
            *whole, waiting = (waiting + data).split(b"\n")
            yield from whole


def _ended(code: int) -> str:
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def _last_words(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1][:300]}" if lines else ""
