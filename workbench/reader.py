"""The one thread that reads the database for the screens: questions go in, answers come out as callbacks of a widget.

A screen watches a question: it is asked again when the database has changed, and told when the answer has. Nothing else
of the terminal workbench waits for SQLite, and where nothing happens nothing is asked.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from diffusion.errors import UserError
from runs.database import OldDatabaseError
from runs.home import Home
from runs.store import Store

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

T = TypeVar("T")
POLL_S = 0.25  # between two looks at the database's change counter, which takes microseconds
CATCH_UP_S = 10.0  # between two searches for logs that dead workers left, and for runs whose worker is gone
RETRY_S = 5.0  # after the database could not be read


class Watch(Generic[T]):
    """One question that is asked again and again, and who is told the answer."""

    def __init__(
        self,
        reader: "Reader",
        owner: "MessagePump",
        question: Callable[[Store], T | None],
        then: Callable[[T], object],
        every_s: float,
        while_: Callable[[], bool] | None,
    ) -> None:
        self._reader, self._owner, self._question, self._then = reader, owner, question, then
        self.every_s, self._while = every_s, while_
        self.due = True
        self.asked = -1e9
        self.paused = False
        self._last: Any = None

    def again(self) -> None:
        """Ask now, whether the database has changed or not."""
        self.due, self.asked = True, -1e9
        self._reader.wake()

    def pause(self, paused: bool) -> None:
        """A screen that is not seen needs no answers; when it is seen again the question is asked at once."""
        self.paused = paused
        if not paused:
            self.again()

    def stop(self) -> None:
        """Ask no more."""
        self._reader.forget(self)

    @property
    def over(self) -> bool:
        """Whether nobody is left to be told."""
        return not self._owner.is_running and self.asked > 0

    def is_due(self, now: float) -> bool:
        """Whether it is to be asked now."""
        if self.paused or now - self.asked < self.every_s:
            return False
        return self.due or (self._while is not None and self._while())

    def answer(self, store: Store) -> None:
        """Ask, and tell the owner an answer that is new. Runs in the reader's thread."""
        self.due, self.asked = False, time.monotonic()
        found = self._question(store)
        if found is not None and found != self._last:
            self._last = found
            self._owner.call_later(self._then, found)


class Reader:
    """The reading thread. `failed` is told, in that thread, what keeps the database from being read, and "" after."""

    def __init__(self, home: Home, failed: Callable[[str], None]) -> None:
        self.home = home
        self._failed = failed
        self._watches: list[Watch[Any]] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ends = False
        self._problem, self._unread = "", ""  # told: of the database, and of logs that cannot be read
        self._caught_up = time.monotonic() - CATCH_UP_S + 1.0  # the first screen comes first
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; a question that is being asked is finished first."""
        self._ends = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def watch(
        self,
        owner: "MessagePump",
        question: Callable[[Store], T | None],
        then: Callable[[T], object],
        every_s: float = 0.5,
        while_: Callable[[], bool] | None = None,
    ) -> Watch[T]:
        """Ask now and whenever the database has changed, at most each every_s; tell owner when the answer is new.

        question runs in the reader's thread. An answer of None tells nothing. while_: as long as it is true, the
        question is asked each every_s, whether the database has changed or not.
        """
        watch = Watch(self, owner, question, then, every_s, while_)
        with self._lock:
            self._watches.append(watch)
        self.wake()
        return watch

    def ask(self, owner: "MessagePump", question: Callable[[Store], T | None], then: Callable[[T], None]) -> None:
        """Ask once."""

        def tell(answer: T) -> None:
            watch.stop()
            then(answer)

        watch = self.watch(owner, question, tell, every_s=1e9)

    def forget(self, watch: Watch[Any]) -> None:
        """Ask a watch's question no more."""
        with self._lock:
            if watch in self._watches:
                self._watches.remove(watch)

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def _run(self) -> None:
        while not self._ends:
            try:
                with ExitStack() as stack:
                    self._read(stack.enter_context(Store.read(self.home)))
            except OldDatabaseError:
                self._catch_up()
            except UserError as error:
                self._tell(str(error))
                self._wake.wait(RETRY_S)
                self._wake.clear()

    def _read(self, store: Store) -> None:
        """Answer until the end, or until a database appears where there was none."""
        made, version = self.home.database.exists(), -1
        while not self._ends:
            if self.home.database.exists() != made:
                return self._all_due()
            seen = store.data_version()
            if seen != version:
                version = seen
                self._all_due()
            self._answer(store)
            self._tell("")
            if time.monotonic() - self._caught_up > CATCH_UP_S:
                self._catch_up()
            self._wake.wait(POLL_S)
            self._wake.clear()
        return None

    def _all_due(self) -> None:
        for watch in list(self._watches):
            watch.due = watch.due or watch.every_s < 1e9

    def _answer(self, store: Store) -> None:
        now = time.monotonic()
        for watch in list(self._watches):
            if watch.over:
                self.forget(watch)
            elif watch.is_due(now):
                watch.answer(store)

    def _catch_up(self) -> None:
        from runs.ingest import catch_up  # not before the first screen, which needs neither
        from runs.queue import keep_going

        self._caught_up = time.monotonic()
        problems = catch_up(self.home)
        keep_going(self.home)
        unread = "; ".join(problems[:3])
        if unread != self._unread:
            self._unread = unread
            self._failed(unread)

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._failed(problem)
