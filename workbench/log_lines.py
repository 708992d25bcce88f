"""A run's output.log as clean lines: what a progress bar drew over and over counts once, nothing moves the cursor."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from workbench.format import safe_text

CHUNK = 1 << 16
LONGEST = 10_000  # bytes of one line that are shown; a line may be as long as the file
# ANSI escape sequences: CSI, OSC and other strings up to their end, and the short ones
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\)|[ -/]*[0-~])", re.DOTALL)


def clean_line(data: bytes) -> str:
    """One line as a terminal would leave it: the text after the last carriage return, without escape sequences."""
    shown = _ESCAPES.sub(b"", data).rstrip(b"\r")
    return safe_text(shown.rpartition(b"\r")[2].decode(errors="replace"))


class Lines:
    """Reads whole lines from a growing file, from a byte offset on, in pieces: a file of gigabytes is no matter."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._cut = 0

    def read(self, *, at_end: bool = False) -> Iterator[str]:
        """The lines that are whole by now; with at_end the last one too, whole or not."""
        while data := self._stream.read(CHUNK):
            *lines, rest = (self._rest + data).split(b"\n")
            for line in lines:
                yield self._shown(line)
            self._rest = self._kept(rest) if len(rest) > LONGEST else rest
        if at_end and self._rest:
            yield self._shown(self._rest)
            self._rest = b""

    def _shown(self, line: bytes) -> str:
        shown = clean_line(self._kept(line))
        more, self._cut = self._cut, 0
        return shown + (f" ... {more:,} bytes more" if more else "")

    def _kept(self, line: bytes) -> bytes:
        """What of a line would be shown: text behind a carriage return takes the place of what was before it."""
        text = line.rstrip(b"\r")
        ends = b"\r" * (len(text) < len(line))
        if b"\r" in text:
            text, self._cut = text.rpartition(b"\r")[2], 0
        self._cut += max(0, len(text) - LONGEST)
        return text[:LONGEST] + ends


def tail_offset(stream: BinaryIO, count: int) -> int:
    """The byte offset from which a file has its last lines, so many of them, 1 or more."""
    at = stream.seek(0, 2)
    if at == 0:
        return 0
    stream.seek(at - 1)
    count -= stream.read(1) != b"\n"  # a last line without an end is one too
    found, kept = 0, b""
    while at > 0 and found <= count:
        step = min(CHUNK, at)
        at -= step
        stream.seek(at)
        kept = stream.read(step)
        found += kept.count(b"\n")
    if found <= count:
        return 0
    for _ in range(found - count):
        cut = kept.index(b"\n") + 1
        at, kept = at + cut, kept[cut:]
    return at
