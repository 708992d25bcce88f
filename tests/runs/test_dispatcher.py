"""The dispatcher: who is started, when, with what; and real ones, which may be killed at any time."""

import os
import signal
import types

import pytest

from diffusion.errors import UserError
from runs import dispatcher, queue
from runs.dispatcher import AGAIN_S, LOOK_EVERY_S, POLL_S, Leaving, the_only_one
from runs.ingest import catch_up
from runs.log import Log
from runs.processes import this_process
from runs.queue import LOCK, dispatcher_process, launch, set_slots, start_dispatcher
from runs.requests import ask
from runs.store import Store
from runs.worker import HELD
from tests.runs.asked import statuses
from tests.runs.conftest import attempt, processes_of
from tests.runs.scene import Scene
from tests.waiting import until
from tests.workbench.streams import training


@pytest.fixture
def scene(home, monkeypatch):
    return Scene(home, monkeypatch)


def test_one_after_the_other(home, made, scene):
    """As many as there are slots, in the order of the queue; it ends with the last, and says so."""
    first, second, third = [made(name) for name in ("a", "b", "c")]
    queue.enqueue(home, [first, second, third])

    def story():
        assert scene.working == ["a"]
        yield
        scene.begin(first)
        yield
        assert scene.working == ["a"]
        scene.end(first)
        yield
        assert scene.working == ["b"]
        scene.end(second, "diverged", code=1)
        yield
        assert scene.working == ["c"]
        assert dispatcher_process(home) == os.getpid()
        scene.end(third)

    scene.play(story())
    assert scene.started == ["a", "b", "c"]
    assert statuses(home) == {"a": "completed", "b": "diverged", "c": "completed"}
    assert dispatcher_process(home) is None
    assert [worker.module for worker in scene.workers] == ["runs.worker"] * 3
    assert scene.workers[0].words == ("a", "--home", str(home.root), "--queued")


def test_an_empty_queue(home, scene):
    """It ends at once."""
    scene.play([])
    assert scene.rounds == 0


def test_slots_that_change_while_it_works(home, made, scene):
    """More start at once; fewer: those that work end first."""
    folders = [made(name) for name in ("a", "b", "c", "d")]
    queue.enqueue(home, folders)

    def story():
        assert scene.working == ["a"]
        set_slots(home, 3)
        yield
        assert scene.working == ["a", "b", "c"]
        set_slots(home, 1)
        scene.end(folders[0])
        yield
        scene.end(folders[1])
        yield
        assert scene.working == ["c"]
        scene.end(folders[2])
        yield
        assert scene.working == ["d"]
        scene.end(folders[3])

    scene.play(story())


def test_what_somebody_asked_meanwhile(home, made, scene):
    """Moves, new runs and pauses count from the next look on, also those that only the folders know yet."""
    first, second, third, late = [made(name) for name in ("a", "b", "c", "d")]
    queue.enqueue(home, [first, second, third])

    def story():
        assert scene.working == ["a"]
        ask(second, "pause")  # the database does not know yet
        queue.enqueue(home, [late])
        ask(late, "move", 0)
        scene.end(first)
        yield
        while not scene.working:
            yield
        assert scene.working == ["d"]
        scene.end(late)
        yield
        while not scene.working:
            yield
        assert scene.working == ["c"]
        scene.end(third)

    scene.play(story())
    assert statuses(home) == {"a": "completed", "b": "paused", "c": "completed", "d": "completed"}


def test_a_run_in_the_foreground_has_a_slot_too(home, made, scene):
    """The machine is shared with what somebody runs by hand."""
    here, waiting = made("here"), made("waiting")
    log = Log.new(here, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"})
    log.flush()
    queue.enqueue(home, [waiting])

    def story():
        for _ in range(20):
            assert scene.working == []
            yield
        log.add("ended", {"outcome": "completed", "text": ""})
        log.flush()
        while not scene.working:
            yield
        assert scene.now <= 21 * POLL_S + LOOK_EVERY_S + POLL_S
        scene.end(waiting)

    scene.play(story())


@pytest.mark.parametrize("code", [1, 2, -9])
def test_a_worker_that_ends_before_its_attempt_begins(home, made, scene, code):
    """Its run has failed and says why; it is not started for ever, and the next one has its turn."""
    broken, good = made("broken"), made("good")
    queue.enqueue(home, [broken, good])

    def story():
        scene.workers[0].code = code
        yield
        while scene.working != ["good"]:
            yield
        scene.end(good)

    scene.play(story())
    assert scene.started == ["broken", "good"]
    assert statuses(home) == {"broken": "failed", "good": "completed"}
    with Store.read(home) as store:
        (one,) = store.attempts(store.find("broken"))
        assert one.text.startswith(f"the worker ended with exit code {code} before it began; ")


def test_a_worker_that_found_nothing_to_do(home, made, scene):
    """The run was paused or deleted between its start and its look into the queue: that is no failure."""
    paused, deleted = made("paused"), made("deleted")
    queue.enqueue(home, [paused, deleted])
    set_slots(home, 2)

    def story():
        ask(paused, "pause")
        from runs import actions

        with Store.read(home) as store:
            actions.delete(home, store.find("deleted"))
        for worker in scene.workers:
            worker.code = 0
        yield

    scene.play(story())
    assert scene.started == ["paused", "deleted"]
    assert statuses(home) == {"paused": "paused"}


def test_a_run_that_another_process_holds(home, made, scene):
    """It is tried again a little later, and is no failure."""
    folder = made()
    queue.enqueue(home, [folder])

    def story():
        scene.workers[0].code = HELD
        began = scene.now
        yield
        while len(scene.workers) == 1:
            yield
        assert AGAIN_S <= scene.now - began <= AGAIN_S + 3 * POLL_S
        scene.end(folder)

    scene.play(story())
    assert statuses(home) == {"first": "completed"}


def test_a_run_that_cannot_be_started(home, made, scene, tmp_path):
    """A link where its words should go: it has failed and says why; the next one has its turn."""
    bad, good = made("bad"), made("good")
    (tmp_path / "elsewhere").touch()
    (bad.path / "output.log").symlink_to(tmp_path / "elsewhere")
    queue.enqueue(home, [bad, good])

    def story():
        while scene.working != ["good"]:
            yield
        scene.end(good)
        yield

    scene.play(story())
    assert scene.started == ["good"]
    assert (tmp_path / "elsewhere").read_bytes() == b""
    assert statuses(home) == {"bad": "failed", "good": "completed"}
    with Store.read(home) as store:
        assert store.find("bad").text.startswith("it could not be started: ")


def test_a_folder_in_which_nothing_can_be_written(home, made, scene, caplog, monkeypatch):
    """That is said; others go on, and the run waits until somebody mends it or takes it out."""
    bad, good = made("bad"), made("good")
    queue.enqueue(home, [bad, good])
    real, mended = dispatcher.open_output, []

    def refused(path):
        if path.name == "bad" and not mended:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(dispatcher, "open_output", refused)
    monkeypatch.setattr(dispatcher, "Log", types.SimpleNamespace(new=lambda folder, kind: refused(folder.path)))

    def story():
        while scene.working != ["good"]:
            yield
        for _ in range(10):
            yield
        assert scene.started == ["good"]
        ask(bad, "stop")
        mended.append(bad)
        scene.end(good)

    told = "bad: it could not be started: [Errno 13] Permission denied"
    scene.play(story())
    assert any(record.message.startswith(told) for record in caplog.records)
    assert statuses(home) == {"bad": "stopped", "good": "completed"}


def test_a_database_that_is_gone_for_a_while(home, made, scene, monkeypatch, caplog):
    """The runs wait, it is said once, and it goes on by itself."""
    folder = made()
    queue.enqueue(home, [folder])
    catch_up(home)
    real = Store.read
    locked = {"now": True}

    def read(home):
        if locked["now"]:
            raise UserError("locked by another program")
        return real(home)

    monkeypatch.setattr(dispatcher.Store, "read", read)

    def story():
        for _ in range(9):
            assert scene.working == []
            yield
        locked["now"] = False
        yield
        assert scene.working == ["first"]
        locked["now"] = True
        scene.end(folder)
        yield
        locked["now"] = False

    scene.play(story())
    assert [record.message for record in caplog.records].count("locked by another program") <= 2


def test_a_run_that_is_queued_while_it_ends(home, made, scene, monkeypatch):
    """Between its last look and its end somebody queues one and sees that a dispatcher works: it is not left behind."""
    first, late = made("first"), made("late")
    queue.enqueue(home, [first])
    real, emptied = os.ftruncate, []

    def ftruncate(handle, size):
        if len(emptied) == 0 and scene.workers and scene.workers[0].code is not None:
            assert dispatcher_process(home) == os.getpid()  # so whoever queues now starts no other one
            emptied.append(handle)
            queue.enqueue(home, [late])
            catch_up(home)
        real(handle, size)

    monkeypatch.setattr("os.ftruncate", ftruncate)

    def story():
        scene.end(first)
        yield
        while scene.working != ["late"]:
            yield
        assert dispatcher_process(home) == os.getpid()
        scene.end(late)

    scene.play(story())
    assert emptied
    assert statuses(home) == {"first": "completed", "late": "completed"}


def test_leaving(home):
    """First nobody works, then the last look: what it finds, or a look that fails, takes the leave back."""
    home.make()
    handle = os.open(home.root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    leaving = Leaving(handle)
    leaving.announce()
    assert dispatcher_process(home) == os.getpid()
    seen = []

    def look(found):
        seen.append(dispatcher_process(home))
        if found is None:
            raise UserError("locked")
        return found

    assert leaving.is_final(lambda: look(True)) is False
    assert dispatcher_process(home) == os.getpid()
    with pytest.raises(UserError):
        leaving.is_final(lambda: look(None))
    assert dispatcher_process(home) == os.getpid()
    assert leaving.is_final(lambda: look(False)) is True
    assert dispatcher_process(home) is None
    assert seen == [None, None, None]
    os.close(handle)


def test_only_one(home):
    """The second one goes at once while the first works, and waits for one that is about to end."""
    home.make()
    with the_only_one(home) as first:
        assert first is not None
        with the_only_one(home) as second:
            assert second is None
        assert dispatcher_process(home) == os.getpid()
    with the_only_one(home) as third:
        assert third is not None


def test_nobody_is_left_behind_by_an_attempt_in_the_foreground(home, made, scene):
    """The run that waits is worked on by hand meanwhile: it waits no more."""
    folder = made()
    queue.enqueue(home, [folder])
    attempt(folder, training(2))
    scene.play([])
    assert scene.started == []
    assert statuses(home) == {"first": "completed"}


def test_eight_at_once_leave_one(home, made, real):
    """Real ones: seven go, the run is trained once, and the last one ends with it."""
    real(0.02)
    folder = made(train__steps=100_000)
    queue.enqueue(home, [folder])
    output = os.open(home.root / "all.log", os.O_WRONLY | os.O_CREAT, 0o600)
    started = [
        launch("runs.dispatcher", "--home", str(home.root), home=home, output=output, environ={}) for _ in range(8)
    ]
    os.close(output)
    until(lambda: sum(process.poll() is not None for process in started) == 7)
    assert sorted(str(process.poll()) for process in started) == ["0"] * 7 + ["None"]
    (alive,) = [process for process in started if process.poll() is None]
    assert dispatcher_process(home) == alive.pid
    until(lambda: statuses(home)["first"] == "running")
    ask(folder, "stop")
    assert alive.wait(30) == 0
    assert statuses(home) == {"first": "stopped"}
    assert len(folder.logs()) == 1
    assert (home.root / "all.log").read_text().count("started first as process") == 1
    assert dispatcher_process(home) is None


def test_a_dispatcher_that_is_killed(home, made, real):
    """Its worker goes on, hears no closed terminal, and the queue goes on with the next command: each run once."""
    real(0.02)
    first, second = made("first", train__steps=100_000), made("second", train__steps=3)
    queue.enqueue(home, [first, second])
    start_dispatcher(home)
    until(lambda: statuses(home)["first"] == "running")
    killed = dispatcher_process(home)
    assert killed is not None
    os.kill(killed, signal.SIGHUP)
    os.kill(killed, signal.SIGKILL)
    until(lambda: dispatcher_process(home) is None)
    (worker,) = processes_of(home)
    worker.send_signal(signal.SIGHUP)
    queue.keep_going(home)
    until(lambda: dispatcher_process(home) not in (None, killed))
    assert statuses(home) == {"first": "running", "second": "queued"}
    ask(first, "pause")
    until(lambda: statuses(home) == {"first": "paused", "second": "completed"}, lambda: statuses(home))
    until(lambda: processes_of(home) == [])
    assert (len(first.logs()), len(second.logs())) == (1, 1)
