"""What is asked of a run: one log, many writers, and readers who do not trust it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from diffusion.errors import UserError
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import catch_up
from runs.requests import LOG_NAME, Inbox, ask, newest_attempt, place_in_queue, queued, where
from runs.store import Store
from tests.runs.conftest import attempt, line
from tests.workbench.streams import training


def queue(folder, position=1, steps=None):
    ask(folder, "queue", {"position": position, "steps": steps, "data_folder": "", "place": where(folder.path)})


def lines(folder):
    return [json.loads(data) for data in (folder.path / LOG_NAME).read_bytes().split(b"\n")[:-1]]


def test_a_request_is_a_line(made):
    """With the attempts there were, for its owner alone."""
    folder = made()
    ask(folder, "note", "a\nb é \udc80")
    attempt(folder, training(2))
    ask(folder, "stop")
    first, second = lines(folder)
    assert (first["what"], first["value"], first["attempts"]) == ("note", "a\nb é \udc80", 0)
    assert (second["what"], second["value"], second["attempts"]) == ("stop", None, 1)
    assert first["time"] <= second["time"]
    assert stat.S_IMODE((folder.path / LOG_NAME).stat().st_mode) == 0o600
    assert newest_attempt(folder) == 1


def test_a_torn_line_spoils_no_other(home, made):
    """A writer that was killed in the middle: its line is left out and told, the next one counts."""
    folder = made()
    queue(folder)
    line(folder.path / LOG_NAME, '{"event":"request","what":"pau')
    assert queued(folder) is not None
    ask(folder, "note", "still here")
    (problem,) = catch_up(home)
    assert "requests-0001.jsonl: the line at byte" in problem
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.notes) == ("queued", "still here")


def test_a_disk_that_is_nearly_full(made, monkeypatch):
    """The request is refused and leaves no half line."""
    folder = made()
    queue(folder)
    before = (folder.path / LOG_NAME).read_bytes()
    real = os.write
    monkeypatch.setattr("os.write", lambda handle, data: real(handle, data[:10]))
    with pytest.raises(OSError, match="No space left"):
        ask(folder, "stop")
    assert (folder.path / LOG_NAME).read_bytes() == before


FOREIGN = [
    pytest.param("hello", id="no JSON"),
    pytest.param("[]", id="no object"),
    pytest.param('{"event":"request","what":"stop","value":null,"attempts":9}', id="no time"),
    pytest.param('{"event":"request","what":7,"value":null,"attempts":9,"time":1}', id="what is a number"),
    pytest.param('{"event":"request","what":"explode","value":null,"attempts":9,"time":1}', id="unknown"),
    pytest.param('{"event":"request","what":"stop","value":null,"time":1}', id="no attempts"),
    pytest.param('{"event":"request","what":"stop","value":null,"attempts":"1","time":1}', id="attempts are a text"),
    pytest.param('{"event":"request","what":"queue","value":{"position":1,"place":"@"},"time":1}', id="queue without"),
    pytest.param('{"event":"request","what":"queue","value":3,"attempts":9,"time":1}', id="queue is a number"),
    pytest.param(
        '{"event":"request","what":"queue","value":{"position":"1","place":"@"},"attempts":9,"time":1}',
        id="position is a text",
    ),
    pytest.param(
        '{"event":"request","what":"queue","value":{"position":2,"steps":"x","place":"@"},"attempts":9,"time":1}',
        id="steps are a text",
    ),
    pytest.param('{"event":"request","what":"rename","value":5,"attempts":9,"time":1}', id="name is a number"),
    pytest.param('{"event":"request","what":"rename","value":"","attempts":9,"time":1}', id="no name"),
    pytest.param(
        '{"event":"request","what":"rename","value":"' + "n" * 1001 + '","attempts":9,"time":1}', id="long name"
    ),
    pytest.param('{"event":"request","what":"tag","value":"x","attempts":9,"time":1}', id="tags are a text"),
    pytest.param('{"event":"request","what":"tag","value":[1],"attempts":9,"time":1}', id="tag is a number"),
    pytest.param('{"event":"request","what":"move","value":"up","attempts":9,"time":1}', id="place is a text"),
    pytest.param('{"event":"request","what":"star","value":1e999,"attempts":9,"time":1}', id="infinite"),
    pytest.param('{"event":"request","what":"stop","value":null,"attempts":' + "9" * 400 + ',"time":1}', id="huge"),
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_line_of_another_hand(home, made, foreign):
    """Left out by whoever reads the folder and by ingest alike, and told once; what stands around it counts."""
    folder = made()
    queue(folder)
    inbox = Inbox(folder)
    line(folder.path / LOG_NAME, foreign.replace("@", str(folder.path)) + "\n")
    ask(folder, "note", "kept")
    place = queued(folder)
    assert place is not None
    assert (place.position, place.steps) == (1, None)
    assert inbox.newest() == ""
    assert folder.name == "first"
    (problem,) = catch_up(home)
    assert "was left out" in problem
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.notes, run.tags, run.starred, run.queue_position) == ("queued", "kept", (), False, 1)


@pytest.mark.parametrize("event", ["alert", "metrics", "ended", "attempt"])
def test_events_of_other_logs_are_no_requests(home, made, event):
    """A line of an attempt in the requests' log asks nothing, and makes no rows."""
    folder = made()
    queue(folder)
    inbox = Inbox(folder)
    line(
        folder.path / LOG_NAME,
        f'{{"event":"{event}","what":"stop","attempts":0,"time":1,"level":"x","step":1,"text":"y","outcome":"failed"}}\n',
    )
    assert queued(folder) is not None
    assert inbox.newest() == ""
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, store.alerts(run), store.attempts(run)) == ("queued", [], [])


def test_a_link_in_its_place(home, made, tmp_path):
    """Neither read nor written through."""
    folder, elsewhere = made(), tmp_path / "elsewhere"
    elsewhere.write_text('{"event":"request","what":"note","value":"theirs","attempts":0,"time":1}\n')
    before = elsewhere.read_bytes()
    (folder.path / LOG_NAME).symlink_to(elsewhere)
    for asked in (lambda: ask(folder, "stop"), lambda: queued(folder), lambda: folder.name):
        with pytest.raises(UserError, match=r"requests-0001.jsonl (cannot be read|is not a plain file)"):
            asked()
    assert elsewhere.read_bytes() == before
    assert any("requests-0001.jsonl" in problem for problem in catch_up(home))
    with Store.read(home) as store:
        assert [run.notes for run in store.runs()] in ([], [""])


WRITER = """
import os, sys
from pathlib import Path
from runs.folder import RunFolder
from runs.requests import ask
os.fsync = lambda handle: None
sys.stdin.readline()
for number in range(100):
    ask(RunFolder(Path(sys.argv[1])), "note", f"{sys.argv[2]} {number} " + "x" * 3000)
"""


def test_many_processes_at_once(made):
    """Each line is whole, none is lost, and each writer's are in its order."""
    folder = made()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-c", WRITER, str(folder.path)]
    writers = [subprocess.Popen([*words, str(one)], stdin=subprocess.PIPE, env=environ) for one in range(4)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    said = [value["value"].split()[:2] for value in lines(folder)]
    assert len(said) == 400
    for one in range(4):
        assert [number for who, number in said if who == str(one)] == [str(number) for number in range(100)]


def test_the_place_in_the_queue(made):
    """Until something else is asked or an attempt begins."""
    folder = made()
    assert queued(folder) is None
    queue(folder, 4, steps=50)
    place = queued(folder)
    assert place is not None
    assert (place.position, place.steps) == (4, 50)
    for what in ("stop", "stop-now", "pause"):
        ask(folder, what)
        assert queued(folder) is None
        queue(folder)
        assert queued(folder) is not None
    ask(folder, "note", "changes nothing")
    assert queued(folder) is not None
    attempt(folder, training(2))
    assert queued(folder) is None


def test_the_same_folder_by_another_way(home, made, tmp_path):
    """A home is reached by links and by other spellings of its path; a copy of it is another home."""
    folder = made()
    queue(folder)
    (tmp_path / "link").symlink_to(home.root)
    for root in (tmp_path / "link", tmp_path / "x/../home"):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert queued(RunFolder(root / "runs/first")) is not None
        home.database.unlink(missing_ok=True)
        assert catch_up(Home(root)) == []
        with Store.read(home) as store:
            assert store.find("first").status == "queued"
    from runs.lines import Line

    asked = Line((folder.path / LOG_NAME).read_bytes())
    assert place_in_queue(asked, tmp_path / "copy/runs/first") is None


def test_an_inbox_begins_with_what_is_new(made):
    """The newest of what is asked from then on; a line that is not whole yet waits; nothing is read twice."""
    folder = made()
    queue(folder)
    ask(folder, "pause")
    inbox = Inbox(folder)
    assert inbox.newest() == ""
    ask(folder, "note", "x")
    assert inbox.newest() == ""
    ask(folder, "pause")
    ask(folder, "stop-now")
    ask(folder, "star", 1)
    assert inbox.newest() == "stop-now"
    assert inbox.newest() == ""
    whole = '{"event":"request","what":"stop","value":null,"attempts":0,"time":1}\n'
    line(folder.path / LOG_NAME, whole[:30])
    assert inbox.newest() == ""
    line(folder.path / LOG_NAME, whole[30:])
    assert inbox.newest() == "stop"


def test_an_inbox_before_the_first_request(made):
    """There is no file yet."""
    folder = made()
    inbox = Inbox(folder)
    assert inbox.newest() == ""
    ask(folder, "stop")
    assert inbox.newest() == "stop"


def test_looking_into_an_inbox_costs_one_stat(made, monkeypatch):
    """It is asked five times a second while the run trains."""
    folder = made()
    ask(folder, "note", "x")
    inbox = Inbox(folder)
    opened = []
    monkeypatch.setattr("runs.requests.lines_from", lambda path, offset: opened.append(path))
    assert inbox.newest() == ""
    assert opened == []
