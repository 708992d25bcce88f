"""What the terminal has not taken yet. When that is much, nothing is drawn until it is gone, and then the newest state.

Textual hands its output to a thread through a queue of 30 pieces and stands still while that is full; on a slow link a
key would be seen only after all the frames before it.
"""

from collections.abc import Callable
from threading import Lock
from typing import TextIO

MOST_PIECES = 18  # a frame is three or four, and 30 is where Textual stands still
MOST_CHARACTERS = 20_000  # about a whole screen


class Backlog:
    """Counts output: `add` in the thread that draws, `taken` in the one that writes.

    hold is called in the first when no more should be drawn for now; release in the second when all has been taken.
    """

    def __init__(self, hold: Callable[[], None], release: Callable[[], None]) -> None:
        self._hold, self._release = hold, release
        self._lock = Lock()
        self._pieces = self._characters = 0
        self.held = False

    def add(self, text: str) -> None:
        """A piece is about to be handed to the writer."""
        with self._lock:
            self._pieces += 1
            self._characters += len(text)
            begins = not self.held and (self._pieces > MOST_PIECES or self._characters > MOST_CHARACTERS)
            self.held = self.held or begins
        if begins:
            self._hold()

    def taken(self, pieces: int, characters: int) -> None:
        """So much has reached the terminal."""
        with self._lock:
            self._pieces -= pieces
            self._characters -= characters
            ends = self.held and self._pieces <= 0
            self.held = self.held and not ends
        if ends:
            self._release()


class Outlet:
    """The stream to the terminal, which tells a backlog what it has got rid of."""

    def __init__(self, stream: TextIO, backlog: Backlog) -> None:
        self._stream, self._backlog = stream, backlog
        self._pieces = self._characters = 0

    def write(self, text: str) -> None:
        """Pass a piece on; it may stay in the stream's buffer until flush()."""
        self._stream.write(text)
        self._pieces += 1
        self._characters += len(text)

    def flush(self) -> None:
        """Wait until the terminal has taken all that was written."""
        self._stream.flush()
        pieces, characters, self._pieces, self._characters = self._pieces, self._characters, 0, 0
        self._backlog.taken(pieces, characters)

    def fileno(self) -> int:
        """The stream's."""
        return self._stream.fileno()
