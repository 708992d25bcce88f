"""The thread that reads for the screens."""

import threading
import time

import pytest

from diffusion.errors import UserError
from runs.home import Home
from runs.store import Store
from tests.workbench.tui import recorded
from workbench.reader import Reader


class Owner:
    """What a widget is to the reader: it is told by call_later."""

    is_running = True

    def __init__(self):
        self.told = []
        self.came = threading.Event()

    def call_later(self, then, answer):
        then(answer)

    def hear(self, answer):
        self.told.append(answer)
        self.came.set()

    def wait(self):
        assert self.came.wait(20.0)
        self.came.clear()


@pytest.fixture
def reading(tmp_path):
    """A reader of a home, an owner, and what the reader could not read."""
    home = Home(tmp_path / "home")
    problems = []
    reader = Reader(home, problems.append)
    reader.start()
    yield home, reader, Owner(), problems
    reader.close()
    assert not reader._thread.is_alive()


def names(store):
    """A question."""
    return [run.name for run in store.runs()]


def test_it_tells_what_is_new(reading):
    """Before there is a database, when it is made, and when something is added; in a thread of its own."""
    home, reader, owner, _ = reading
    threads = set()

    def question(store):
        threads.add(threading.current_thread().name)
        return names(store)

    reader.watch(owner, question, owner.hear, every_s=0.01)
    owner.wait()
    recorded(home, "one")
    while owner.told[-1] != ["one"]:
        owner.wait()
    recorded(home, "two")
    while owner.told[-1] != ["one", "two"]:
        owner.wait()
    assert threads == {"reader"}


def test_nothing_new_is_not_asked_for(reading):
    """The question is asked once while nothing is written."""
    home, reader, owner, _ = reading
    recorded(home, "one")
    asked = []
    watched = reader.watch(owner, lambda store: asked.append(1) or names(store), owner.hear, every_s=0.01)
    owner.wait()
    looks = count_looks(reader, 3)
    assert (looks, owner.told) == (3, [["one"]])
    before = len(asked)
    count_looks(reader, 3)
    assert len(asked) == before
    watched.again()
    while len(asked) == before:
        time.sleep(0.01)
    assert owner.told == [["one"]]  # the same answer is not told twice


def count_looks(reader, most):
    """Wait until the reader has looked so many times."""
    seen = 0
    for _ in range(most):
        reader.wake()
        while reader._wake.is_set():
            time.sleep(0.005)
        seen += 1
    return seen


def test_a_paused_watch_waits(reading):
    """And is asked at once when it goes on."""
    home, reader, owner, _ = reading
    recorded(home, "one")
    watch = reader.watch(owner, names, owner.hear, every_s=0.0)
    owner.wait()
    watch.pause(True)
    recorded(home, "two")
    count_looks(reader, 3)
    assert owner.told == [["one"]]
    watch.pause(False)
    owner.wait()
    assert owner.told[-1] == ["one", "two"]


def test_while_something_holds_it_is_asked_again(reading):
    """As the machine's figures are while runs go on, though nothing is written."""
    _, reader, owner, _ = reading
    numbers = iter(range(1000))
    lively = [True]
    reader.watch(owner, lambda store: next(numbers), owner.hear, every_s=0.0, while_=lambda: lively[0])
    while len(owner.told) < 3:
        owner.wait()
    lively[0] = False
    count_looks(reader, 2)
    before = len(owner.told)
    count_looks(reader, 3)
    assert len(owner.told) == before


def test_once(reading):
    """And no answer is no news."""
    home, reader, owner, _ = reading
    reader.ask(owner, names, owner.hear)
    owner.wait()
    recorded(home, "one")
    silent = Owner()
    reader.watch(silent, lambda store: None, silent.hear)
    count_looks(reader, 3)
    assert (owner.told, silent.told) == ([[]], [])


def test_who_is_gone_is_not_asked_for(reading):
    """A widget that was removed."""
    home, reader, owner, _ = reading
    reader.watch(owner, names, owner.hear, every_s=0.0)
    owner.wait()
    owner.is_running = False
    recorded(home, "one")
    count_looks(reader, 3)
    assert reader._watches == []


def test_a_database_that_cannot_be_read_is_told_once_and_tried_again(tmp_path, monkeypatch):
    """Until it can be read."""
    monkeypatch.setattr("workbench.reader.RETRY_S", 0.01)
    home, problems, fail = Home(tmp_path / "home"), [], [True]
    recorded(home, "one")
    read = Store.read

    def opened(home):
        if fail[0]:
            raise UserError("the file is damaged")
        return read(home)

    monkeypatch.setattr(Store, "read", opened)
    owner, reader = Owner(), Reader(home, problems.append)
    reader.start()
    reader.watch(owner, names, owner.hear)
    while not problems:
        time.sleep(0.01)
    count_looks(reader, 3)
    fail[0] = False
    owner.wait()
    reader.close()
    assert owner.told == [["one"]]
    assert problems == ["the file is damaged", ""]


def test_logs_that_cannot_be_read_are_told_once(tmp_path, monkeypatch):
    """However often they are looked for; again when others are found, and "" when none are left."""
    found = [["one was left out"]]
    monkeypatch.setattr("workbench.reader.CATCH_UP_S", 0.0)
    monkeypatch.setattr("runs.ingest.catch_up", lambda home: found[0])
    home, problems, owner = Home(tmp_path / "home"), [], Owner()
    recorded(home, "one")
    reader = Reader(home, problems.append)
    reader._caught_up = -1e9
    reader.start()
    reader.watch(owner, names, owner.hear)
    owner.wait()
    count_looks(reader, 4)
    assert problems == ["one was left out"]
    found[0] = []
    count_looks(reader, 3)
    reader.close()
    assert problems == ["one was left out", ""]
