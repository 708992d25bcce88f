"""A terminal that answers as kitty or as a sixel terminal does, and decodes the pictures that it is sent."""

import base64
import codecs
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pyte

PATIENCE_S = 30.0
ANSWERS = {
    "kitty": {"\x1b[>q": "\x1bP>|kitty(0.41.1)\x1b\\", "\x1b[16t": "\x1b[6;18;9t", "\x1b[c": "\x1b[?62;c"},
    "old kitty": {"\x1b[>q": "\x1bP>|kitty(0.26.5)\x1b\\", "\x1b[16t": "\x1b[6;18;9t", "\x1b[c": "\x1b[?62;c"},
    "sixel": {"\x1b[16t": "\x1b[6;18;9t", "\x1b[c": "\x1b[?62;4;22c"},
    "plain": {"\x1b[c": "\x1b[?6c"},
}
KITTY = re.compile(r"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")
SIXEL = re.compile(r"\x1b\[(\d+);(\d+)H\x1bP0;1;0q([^\x1b]*)\x1b\\")


def kitty_pictures(stream: str) -> dict[int, np.ndarray]:
    """The pictures [H, W, 4] that a stream transmits, by number."""
    found, keys, data = {}, {}, ""
    for match in KITTY.finditer(stream):
        new = dict(part.split("=") for part in match[1].split(","))
        if new.get("a") in ("q", "d"):
            continue
        keys = new if "a" in new else keys
        data = match[2] if "a" in new else data + match[2]
        assert len(match[2]) <= 4096
        if new["m"] == "0":
            channels = {"24": 3, "32": 4}[keys["f"]]
            pixels = np.frombuffer(zlib.decompress(base64.b64decode(data)), dtype=np.uint8)
            found[int(keys["i"])] = pixels.reshape(int(keys["v"]), int(keys["s"]), channels)
    return found


def sixel_picture(body: str) -> np.ndarray:
    """The pixels [H, W, 3] of a sixel body after its q; a register counts once it is selected, as in xterm."""
    match = re.match(r'"1;1;(\d+);(\d+)', body)
    assert match
    width, height = int(match[1]), int(match[2])
    pixels = np.full((height + 6, width, 3), -1, dtype=np.int32)
    registers: dict[int, tuple[int, int, int]] = {}
    column, top, colour = 0, 0, None
    for part in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])", body[match.end() :]):
        if part[1]:
            registers[int(part[1])] = tuple(round(int(part[at]) * 2.55) for at in (2, 3, 4))
            colour = None  # a definition selects nothing
        elif part[5]:
            colour = registers[int(part[5])]
        elif part[9] == "$":
            column = 0
        elif part[9] == "-":
            column, top = 0, top + 6
        else:
            count, bits = int(part[6] or 1), ord(part[7] or part[8]) - 63
            for bit in range(6):
                if bits >> bit & 1:
                    assert colour is not None
                    pixels[top + bit, column : column + count] = colour
            column += count
    assert (pixels[height:] == -1).all()
    return pixels[:height]


class _Overlay(pyte.Screen):
    """A screen on which text wipes out the pictures that were over its cells."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.pictures: dict[tuple[int, int], tuple[int, int]] = {}  # cell -> where its picture begins

    def draw(self, data: str) -> None:
        """Write text."""
        start = self.cursor.x
        super().draw(data)
        self._wipe(start, self.cursor.x)

    def erase_characters(self, count: int | None = None) -> None:
        """Write blanks."""
        super().erase_characters(count)
        self._wipe(self.cursor.x, self.cursor.x + (count or 1))

    def _wipe(self, start: int, end: int) -> None:
        for x in range(start, end):
            self.pictures.pop((self.cursor.y, x), None)


def covered(stream: str, size: tuple[int, int] = (80, 24), cell: tuple[int, int] = (18, 9)) -> set[tuple[int, int]]:
    """Where the sixel pictures begin that can be seen wholly after a stream, by line and column."""
    screen = _Overlay(*size)
    text = pyte.Stream(screen)
    whole: dict[tuple[int, int], int] = {}
    end = 0
    for match in SIXEL.finditer(stream):
        text.feed(_without_strings(stream[end : match.start()]))
        end = match.end()
        place = (int(match[1]) - 1, int(match[2]) - 1)
        wide, high = (int(pixels) for pixels in re.findall(r"\d+", match[3])[2:4])
        rows, columns = range(place[0], place[0] - (-high // cell[0])), range(place[1], place[1] - (-wide // cell[1]))
        cells = [(y, x) for y in rows for x in columns]
        screen.pictures |= dict.fromkeys(cells, place)
        whole[place] = len(cells)
    text.feed(_without_strings(stream[end:]))
    left = Counter(screen.pictures.values())
    return {place for place, cells in left.items() if cells == whole[place]}


def _without_strings(stream: str) -> str:
    """Without graphics commands, and the like, which pyte would show as text."""
    return re.sub(r"\x1b[P_][^\x1b]*(?:\x1b\\|$)|\x1b\[[>=<][^a-zA-Z]*[a-zA-Z]", "", stream)


class FakeTerminal:
    """A pseudo-terminal with a program in it, answering what it asks as one of ANSWERS does."""

    def __init__(self, kind: str, *words: str, size: tuple[int, int] = (80, 24), environ: dict[str, str]) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.kind, self.stream, self._answered = kind, "", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.process = subprocess.Popen(
            [sys.executable, *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environ
        )
        os.close(slave)

    def read(self, until) -> str:
        """Read and answer until something is true of the stream."""
        ends = time.monotonic() + PATIENCE_S
        while not until(self.stream):
            while not select.select([self._master], [], [], 0.1)[0]:
                assert time.monotonic() < ends, self.stream[-2000:]
            self._take()
            self._answer()
        return self.stream

    def _take(self) -> None:
        """What has come, and what comes right behind it: the whole stream is looked through after each portion."""
        found = b""
        while select.select([self._master], [], [], 0.01)[0] and len(found) < 200_000:
            found += os.read(self._master, 65536)
        self.stream += self._decoder.decode(found)

    def _answer(self) -> None:
        new, self._answered = self.stream[self._answered :], len(self.stream)
        for question, answer in ANSWERS[self.kind].items():
            if question in new:
                os.write(self._master, answer.encode())
        if "kitty" in self.kind and "a=q" in new:
            os.write(self._master, b"\x1b_Gi=31;OK\x1b\\")

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def close(self) -> int:
        """Leave with ctrl+q."""
        self.type("\x11")
        ends = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < ends:
            if select.select([self._master], [], [], 0.02)[0]:
                try:
                    self.stream += self._decoder.decode(os.read(self._master, 65536))
                except OSError:
                    break
        os.close(self._master)
        return self.process.wait(5)


def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a program in such a terminal."""
    kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH", "HOME") if key in os.environ}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
