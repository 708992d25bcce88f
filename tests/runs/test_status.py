"""Where a run stands, for every order of attempts and requests; and the same after a reindex."""

import pytest

from runs.ingest import catch_up, reindex
from runs.log import Log
from runs.processes import host_name, this_process
from runs.requests import ask, where
from runs.store import Store
from tests.runs.conftest import attempt
from tests.runs.test_ingest import rows
from tests.workbench.streams import training

GONE = {"pid": 2**22 + 1, "process_started": "of one that is gone", "host": host_name()}


def begin(folder, *, dead=False):
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "workbench run"} | (GONE if dead else {}))
    log.add("progress", {"phase": "train", "done": 3, "total": 9, "step": 3})
    log.flush()
    return log


def act(folder, what, log):
    """One thing that happens to a run: a request, an attempt that begins, or the end of one."""
    if what == "queue":
        value = {"position": 1, "steps": None, "data_folder": "", "place": where(folder.path)}
        ask(folder, "queue", value)
    elif what in ("begin", "dies"):
        return begin(folder, dead=what == "dies")
    elif what in ("completed", "stopped", "diverged", "failed"):
        log = log or begin(folder)
        log.add("ended", {"outcome": what, "text": f"it {what}"})
        log.flush()
        return None
    else:
        ask(folder, what, {"move": 7, "rename": "first", "tag": ["a"], "star": 1, "note": "x"}.get(what))
    return log


CASES = [
    ("", "created"),
    ("tag note star rename", "created"),
    ("queue", "queued"),
    ("queue tag note star rename move", "queued"),
    ("queue stop", "stopped"),
    ("queue stop-now", "stopped"),
    ("queue pause", "paused"),
    ("queue pause queue", "queued"),
    ("queue stop queue pause", "paused"),
    ("begin", "running"),
    ("queue begin", "running"),
    ("queue begin pause", "running"),
    ("queue begin stop", "running"),
    ("queue begin stop-now", "running"),
    ("queue begin pause stopped", "paused"),
    ("queue begin stop stopped", "stopped"),
    ("queue begin pause stop stopped", "stopped"),
    ("queue begin stop pause stopped", "paused"),
    ("queue begin stop-now stopped", "stopped"),
    ("queue begin completed", "completed"),
    ("queue begin pause completed", "completed"),
    ("queue begin pause diverged", "diverged"),
    ("queue begin pause failed", "failed"),
    ("queue begin stop completed", "completed"),
    ("dies", "died"),
    ("queue dies", "died"),
    ("queue dies pause", "died"),
    ("queue dies stop", "died"),
    ("queue dies stop-now", "stopped"),
    ("dies queue", "queued"),
    ("dies queue pause", "died"),
    ("dies queue stop", "died"),
    ("dies dies", "died"),
    ("dies begin", "running"),
    ("dies begin completed", "completed"),
    ("dies stop-now begin", "running"),
    ("dies stop-now dies", "died"),
    ("completed queue", "queued"),
    ("completed queue stop", "completed"),
    ("completed queue pause", "completed"),
    ("stopped queue pause", "paused"),
    ("stopped queue stop", "stopped"),
    ("failed queue", "queued"),
    ("failed queue begin", "running"),
    ("diverged queue stop", "diverged"),
    ("queue pause begin stopped", "stopped"),
    ("queue begin pause stopped queue", "queued"),
    ("queue begin pause stopped queue begin", "running"),
    ("queue begin pause stopped begin stopped", "stopped"),
]


@pytest.mark.parametrize(("happens", "status"), CASES, ids=[happens or "nothing" for happens, _ in CASES])
def test_status(home, made, happens, status):
    """Read once at the end, or after each thing that happened, or anew: the same rows."""
    folder, log = made(), None
    for what in happens.split():
        log = act(folder, what, log)
    catch_up(home)
    with Store.read(home) as store:
        assert store.find("first").status == status
    before = rows(home)
    assert reindex(home) == (1, [])
    assert rows(home) == before


@pytest.mark.parametrize(("happens", "status"), CASES, ids=[happens or "nothing" for happens, _ in CASES])
def test_status_read_all_the_while(home, made, happens, status):
    """Somebody looks after each thing that happens: a death is written down at once."""
    folder, log = made(), None
    for what in happens.split():
        log = act(folder, what, log)
        assert catch_up(home) == []
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert run.status == status
        assert (run.queue_position is not None) == (status == "queued")
    before = rows(home)
    assert reindex(home) == (1, [])
    after = rows(home)
    if "dies stop-now" in happens:  # the death was told before anybody had asked for it
        assert before.pop("alerts") != after.pop("alerts")
    assert after == before


def test_requests_are_rows(home, made):
    """As they were asked, in their order; the newest word counts."""
    folder = made()
    ask(folder, "tag", ["b", "a", "b"])
    ask(folder, "untag", ["a", "never there"])
    ask(folder, "tag", ["c"])
    ask(folder, "note", "one")
    ask(folder, "note", "two\x1b[2J")
    ask(folder, "star", 1)
    ask(folder, "rename", "second")
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("second")
        assert (run.tags, run.notes, run.starred) == (("b", "c"), "two\x1b[2J", True)
        asked = store.query("select what, value, attempts from requests").rows
    assert [what for what, _, _ in asked] == ["tag", "untag", "tag", "note", "note", "star", "rename"]
    assert asked[-1] == ("rename", '"second"', 0)


def test_more_tags_than_anybody_has(home, made):
    """A log of another hand does not grow the database without end."""
    folder = made()
    ask(folder, "tag", [str(number) for number in range(1001)])
    ask(folder, "tag", ["kept"])
    assert [problem.rpartition(": ")[2] for problem in catch_up(home)] == ["more than 1000 tags"]
    with Store.read(home) as store:
        assert store.find("first").tags == ("kept",)


@pytest.mark.parametrize(
    ("settings", "total"),
    [
        pytest.param({"train__steps": 50}, 50, id="steps"),
        pytest.param({"train__steps": 50, "train__minutes": 3}, None, id="minutes"),
        pytest.param({"train__steps": 0, "train__epochs": 2}, None, id="epochs"),
    ],
)
def test_the_total_before_the_first_step(home, made, settings, total):
    """What the config says; where time or epochs decide nobody knows yet."""
    made(**settings)
    catch_up(home)
    with Store.read(home) as store:
        assert store.find("first").total_steps == total


def test_the_total_is_what_the_last_attempt_told(home, made):
    """And what was asked for until it tells; the step is that of the last attempt that made any."""
    folder = made(train__steps=20)
    attempt(folder, training(20))
    attempt(folder, [], goal=70)
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.step, run.total_steps) == (20, 70)
    begin(folder)
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.step, run.total_steps) == (3, 9)
