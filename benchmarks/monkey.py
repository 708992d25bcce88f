"""A monkey at the keys: python -m benchmarks.monkey [--way pty|pilot] [--seconds 300] [--seed 1] [--home FOLDER]

Keys, clicks and sizes at random (from 20x5 to 200x60), in a pseudo-terminal or through Textual's Pilot, on a home that
is filled with small runs. No worker is started, whatever is asked for. What must hold: no traceback; no screen that
does not answer; q and ctrl+q end it with exit code 0. A crash is told with the keys before it, and the monkey starts
again; the same seed presses the same keys (how far each has worked when the next comes is up to the machine).
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.filled import fill
from benchmarks.tui.program import Program, environ
from runs.home import Home

START = (
    sys.executable,
    "-c",
    "import sys, runs.queue; runs.queue.start_dispatcher = lambda home: None; sys.argv = ['workbench']; "
    "from workbench.cli import main; sys.exit(main())",
)
# name for Pilot -> bytes of a terminal
NAMED = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "shift+left": "\x1b[1;2D",
    "shift+right": "\x1b[1;2C", "shift+tab": "\x1b[Z", "f1": "\x1bOP", "escape": "\x1b", "enter": "\r", "tab": "\t",
    "backspace": "\x7f", **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefglnopqrstuvwxyz"},
}  # fmt: skip
OFTEN = ("enter", "escape", "up", "down", "left", "right", "tab", "n", "n", "Q", "1", "2", "3", "4", "5", "6", "7", "8")
LETTERS = tuple(chr(code) for code in range(33, 127))
SIZES = ((20, 5), (80, 24), (120, 40), (200, 60))
PATIENCE_S = 30.0
BURST = 50  # keys between two looks whether it answers


def keys(chance: random.Random) -> Iterator[str]:
    """Keys for ever, those that lead somewhere more often."""
    while True:
        yield chance.choice(chance.choice((OFTEN, tuple(NAMED), LETTERS, LETTERS)))


def size(chance: random.Random) -> tuple[int, int]:
    """A size of the terminal: one of the usual ones, or any."""
    return chance.choice(SIZES) if chance.random() < 0.5 else (chance.randint(20, 200), chance.randint(5, 60))


class Told:
    """What has happened: keys and sizes so far, and each kind of crash once."""

    def __init__(self) -> None:
        self.keys = self.sizes = self.starts = 0
        self.last: deque[str] = deque(maxlen=30)
        self.crashes: dict[str, str] = {}

    def crash(self, text: str) -> None:
        """A crash, by its last words."""
        lines = [line.strip("│╭╰─ \r") for line in text.splitlines() if line.strip("│╭╰─ \r")]
        kind = lines[-1] if lines else "no word"
        if kind not in self.crashes:
            self.crashes[kind] = f"after {' '.join(self.last)}:\n" + "\n".join(lines[-25:])
            print(f"\n{kind}\n{self.crashes[kind]}", flush=True)


def in_a_terminal(home: Home, chance: random.Random, seconds: float, told: Told) -> None:
    """Keys as bytes, clicks as a terminal reports them, and the kernel's word of a new size."""
    ends = time.monotonic() + seconds
    typed = keys(chance)
    while time.monotonic() < ends:
        program = Program(START, environ(home.root), (120, 40))
        told.starts += 1
        try:
            program.wait_for(lambda text: "keys" in text or "open" in text)
            while time.monotonic() < ends and program.ended is None:
                _burst(program, chance, typed, told)
            _look(program, told)
        finally:
            program.kill()
            os.close(program.master)


def _burst(program: Program, chance: random.Random, typed: Iterator[str], told: Told) -> None:
    program.resize(*size(chance))
    told.sizes += 1
    for _ in range(BURST):
        key = next(typed)
        told.keys += 1
        told.last.append(key)
        if chance.random() < 0.05:
            at = f"{chance.randint(1, 120)};{chance.randint(1, 40)}"
            key = f"\x1b[<0;{at}M\x1b[<0;{at}m"
        key = NAMED.get(key, key)
        with suppress(OSError):  # it has ended by a key, or by an error that `_look` tells
            program.type(key)
        program.read(0.02)
        if key == NAMED["ctrl+z"]:
            _bring_back(program)
        if program.ended is not None:
            return
    program.tail = ""
    for columns in (101, 100):  # another size must be answered by another screen
        program.resize(columns, 30)
        sent, patience = program.sent, time.monotonic() + PATIENCE_S
        while program.sent == sent and program.ended is None:
            program.take(1.0)
            if time.monotonic() > patience:
                told.crash("frozen: a new size has no answer")
                program.kill()
        program.read(0.1)


def _bring_back(program: Program) -> None:
    """What a shell's fg does, before a key goes to a terminal that nobody reads: there ctrl+c would end the program."""
    program.read(0.3)
    if program.ended is None and program.process.status() == psutil.STATUS_STOPPED:
        os.kill(program.pid, signal.SIGCONT)
        program.read(0.3)


def _look(program: Program, told: Told) -> None:
    """How it ended: by q, still there, or with a traceback. Behind q, ctrl+c is the terminal's own again: SIGINT."""
    if program.ended not in (None, 0, -signal.SIGKILL, -signal.SIGINT) or "Traceback" in program.tail:
        told.crash(f"{program.tail[-6000:]}\nexit code {program.ended}")


async def through_pilot(home: Home, chance: random.Random, seconds: float, told: Told) -> None:
    """Keys through Textual's Pilot, each when the one before is done."""
    import runs.queue
    from workbench.app import WorkbenchApp

    runs.queue.start_dispatcher = lambda home: None
    ends = time.monotonic() + seconds
    typed = keys(chance)
    while time.monotonic() < ends:
        app = WorkbenchApp(home)
        told.starts += 1
        try:
            async with app.run_test(size=(120, 40)) as pilot:
                while time.monotonic() < ends and app.is_running:
                    await pilot.resize_terminal(*size(chance))
                    told.sizes += 1
                    for _ in range(BURST):
                        key = next(typed)
                        told.keys += 1
                        told.last.append(key)
                        await asyncio.wait_for(pilot.press(key if key in NAMED else _named(key)), PATIENCE_S)
                        if not app.is_running:
                            break
        except TimeoutError:
            told.crash("frozen: a key is not done")
        except Exception:  # whatever it is, it is what is looked for
            told.crash(traceback.format_exc())


def _named(character: str) -> str:
    """A character as Textual names its key."""
    from textual.keys import _character_to_key

    return _character_to_key(character)


def main() -> int:
    """Let it loose; 1 when anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", choices=["pty", "pilot"], default="pty")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a home of your own; what is in it may be changed or deleted")
    given = parser.parse_args()
    told, chance = Told(), random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        os.chdir(folder)  # what is saved without a folder's name goes away with it
        home = Home((given.home or Path(folder) / "home").absolute())
        if given.home is None:
            fill(home, 12, 200)
        if given.way == "pty":
            in_a_terminal(home, chance, given.seconds, told)
        else:
            asyncio.run(through_pilot(home, chance, given.seconds, told))
    print(
        f"{told.keys:,} keys, {told.sizes} sizes, {told.starts} starts; "
        + (f"{len(told.crashes)} kinds of crash: {'; '.join(told.crashes)}" if told.crashes else "nothing broke")
    )
    return 1 if told.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
