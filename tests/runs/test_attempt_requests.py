"""What is asked of a run while an attempt is made at it."""

import types

import pytest

from diffusion.events import Finished, Progress
from runs.attempt import StopRequests, work
from runs.queue import enqueue
from runs.requests import ask
from runs.store import Store
from tests.runs.test_attempt import finish, never, short


@pytest.fixture
def looks_each_time(monkeypatch):
    """Each step looks for what is asked, not five times a second."""
    monkeypatch.setattr("runs.attempt.LOOK_EVERY_S", 0.0)


@pytest.mark.parametrize(
    ("asks", "status"),
    [
        pytest.param(["stop"], "stopped", id="stop"),
        pytest.param(["pause"], "paused", id="pause"),
        pytest.param(["note", "pause", "star"], "paused", id="among others"),
        pytest.param(["pause", "stop"], "stopped", id="the newest counts"),
        pytest.param(["stop", "pause"], "paused", id="the newest counts, the other way"),
    ],
)
def test_a_request_leads_to_a_checkpoint(home, made, trained, looks_each_time, asks, status):
    """After the step in which it is heard; the run goes on from there."""
    asked = trained(short)
    folder = made(train__steps=12)
    for event in work(folder, home, should_stop=never):
        if isinstance(event, Progress) and event.step == 5:
            for what in asks:
                ask(folder, what, {"note": "x", "star": 1}.get(what))
    assert isinstance(event, Finished)
    assert (event.outcome, event.step) == ("stopped", 5)
    assert folder.latest_step() == 5
    with Store.read(home) as store:
        assert store.find("first").status == status
    finish(folder, home)
    assert asked[-1][2] == folder.checkpoint(5)
    with Store.read(home) as store:
        assert store.find("first").status == "completed"


def test_a_request_to_end_at_once(home, made, trained, looks_each_time):
    """No checkpoint, no traceback in the record, and every step that was done."""
    trained(short)
    folder = made(train__steps=12)

    def train_on():
        for event in work(folder, home, should_stop=never):
            if isinstance(event, Progress) and event.step == 7:
                ask(folder, "stop-now")

    with pytest.raises(KeyboardInterrupt):
        train_on()
    assert folder.checkpoints() == []
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step, run.text) == ("stopped", 7, "interrupted without a last checkpoint")
        assert store.alerts(run)[1:] == []


def test_what_was_asked_before_it_began_is_not_heard(home, made, trained, looks_each_time):
    """A stop of an earlier attempt does not stop this one."""
    trained(short)
    folder = made(train__steps=12)
    for what in ("stop", "stop-now", "pause"):
        ask(folder, what)
    assert finish(folder, home)[-1].outcome == "completed"


def test_a_request_between_its_look_into_the_queue_and_its_first_step(
    home, made, trained, looks_each_time, monkeypatch
):
    """It counts: the inbox is opened before the look into the queue."""
    import runs.attempt

    trained(short)
    folder = made(train__steps=12)
    enqueue(home, [folder])
    real = runs.attempt.queued

    def queued(one):
        found = real(one)
        ask(folder, "pause")
        return found

    monkeypatch.setattr("runs.attempt.queued", queued)
    last = list(work(folder, home, only_queued=True, should_stop=never))[-1]
    assert isinstance(last, Finished)
    assert (last.outcome, last.step) == ("stopped", 1)


def test_only_what_waits_is_begun(home, made, trained):
    """With the goal that was asked for when it was queued."""
    asked = trained(short)
    folder = made(train__steps=12)
    assert list(work(folder, home, only_queued=True, should_stop=never)) == []
    assert folder.logs() == []
    enqueue(home, [folder], steps=30)
    assert list(work(folder, home, only_queued=True, should_stop=never))[-1].step == 30
    assert [config.train.steps for config, _, _ in asked] == [30]
    assert list(work(folder, home, only_queued=True, should_stop=never)) == []


def test_requests_are_looked_for_five_times_a_second(made, monkeypatch):
    """A step of a millisecond does not pay for a stat each."""
    folder, now, looks = made(), [100.0], []
    monkeypatch.setattr("runs.attempt.time", types.SimpleNamespace(monotonic=lambda: now[0]))
    stop = StopRequests(folder, never)
    monkeypatch.setattr(stop._inbox, "newest", lambda: looks.append(now[0]) or "")
    for _ in range(1000):
        assert not stop()
        now[0] += 0.001
    assert 4 <= len(looks) <= 6
    signalled = StopRequests(folder, lambda: True)
    assert signalled()
