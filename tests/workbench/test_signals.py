"""Real `workbench` processes: signals in the middle of a run, what goes on afterwards, and the terminal they leave."""

import json
import re
import signal
import sqlite3

import pytest

from tests.workbench.conftest import RUN
from tests.workbench.processes import Terminal, Workbench

LONG = [*RUN, "--steps", "150", "--set", "train.validate_every_steps=25", "--set", "preview.every_steps=50"]
NUMBERS = (
    "select name, step, value from metrics "
    "where name <> 'images_per_s' and name not like 'system/%' order by name, step"
)
PICTURES = "select kind, step, weights, label, sampling_step, content, sha256 from images order by 1, 2, 3, 4, 5, 6, 7"


def rows(home, sql):
    with sqlite3.connect(f"file:{home / 'workbench.db'}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


@pytest.fixture(scope="module")
def uninterrupted():
    """The numbers and pictures of a run that nobody stopped, once they are known."""
    return {}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_a_signal_leads_to_a_checkpoint(workbench, tmp_path, uninterrupted, number, code):
    """Exit code 128 and the signal; what to type; and the run that goes on ends equal, bit for bit."""
    process = Workbench(*LONG, "--name", "long", folder=tmp_path)
    process.wait_for(lambda out, err: "step 50: 10 trajectories" in err)
    process.send(number)
    assert process.end() == code
    assert "stopped at step " in process.out
    assert process.out.splitlines()[-3:] == ["next:", "  workbench resume long", "  workbench show long"]
    assert ("stopping after this step, then a checkpoint" in process.err) == (number != signal.SIGHUP)
    ((status, step),) = rows(tmp_path / "home", "select status, step from runs")
    assert status == "stopped"
    assert 50 <= step < 150
    assert (tmp_path / f"home/runs/long/checkpoints/step-{step:08d}.safetensors").exists()
    done, out, _ = workbench("resume", "long")
    assert (done, out.split("\n")[0]) == (0, "long completed at step 150")
    if not uninterrupted:
        whole = tmp_path / "whole"
        assert workbench(*LONG, "--home", whole)[0] == 0
        uninterrupted |= {sql: rows(whole, sql) for sql in (NUMBERS, PICTURES)}
    assert {sql: rows(tmp_path / "home", sql) for sql in (NUMBERS, PICTURES)} == uninterrupted


def test_a_second_ctrl_c_ends_at_once(workbench, tmp_path, tiny):
    """In a step that takes a minute: the first waits for it, the second does not."""
    process = Workbench(*RUN, "--name", "slow", folder=tmp_path, slow=True)
    process.wait_for(lambda out, err: "in a slow step" in err)
    process.send(signal.SIGINT)
    process.wait_for(lambda out, err: "once more ends it now" in err)
    process.send(signal.SIGINT)
    assert process.end() == 130
    assert process.err.splitlines()[-1] == "error: interrupted; it can go on from step 0; next: workbench resume slow"
    assert workbench("list")[1].split("\n")[1].split()[:2] == ["stopped", "slow"]
    assert workbench("resume", "slow")[0] == 0


def test_json_lines_of_a_stopped_run(tmp_path, tiny):
    """Each line is whole, the last one is the end, and stderr tells how to go on."""
    process = Workbench(*RUN, "--steps", "100000", "--json", "--name", "j", folder=tmp_path)
    process.wait_for(lambda out, err: out.count('"progress"') > 100)
    process.send(signal.SIGINT)
    assert process.end() == 130
    events = [json.loads(line) for line in process.out.splitlines()]
    assert (events[0]["event"], events[-1]["event"], events[-1]["outcome"]) == ("run", "finished", "stopped")
    assert process.err.splitlines()[-1] == f"j stopped at step {events[-1]['step']}; next: workbench resume j"


def test_two_resumes_at_once(workbench, tmp_path):
    """The second one is told which process is at it; the first one goes on."""
    assert workbench(*RUN, "--name", "twice")[0] == 0
    process = Workbench("resume", "twice", "--steps", "100000", folder=tmp_path)
    process.wait_for(lambda out, err: "step 18: checkpoint" in err)
    code, out, err = workbench("resume", "twice", "--steps", "99")
    assert (code, out) == (2, "")
    told = rf"error: run twice is being trained by process {process.process.pid} on \S+; next: workbench show twice\n"
    assert re.fullmatch(told, err)
    assert workbench("list")[1].split("\n")[1].split()[0] == "running"
    assert workbench("sample", "twice", "--count", "2")[0] == 0
    process.send(signal.SIGTERM)
    assert process.end() == 143


def clean(terminal: Terminal) -> None:
    """The cursor is there, colours are off, the last line is whole, the keys work as before."""
    text = terminal.text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")
    assert "\x1b[?1049h" not in text
    assert re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).endswith("\n")
    styles = re.findall(r"\x1b\[([0-9;]*)m", text)
    assert not styles or styles[-1] in ("0", "")
    assert terminal.after == terminal.before


def words_of(text: str) -> str:
    """What a terminal's text says, without its escape codes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


def test_in_a_terminal(tmp_path, tiny):
    """A bar while it goes on; then the drawn digits, a table and what to type; the terminal is left clean."""
    terminal = Terminal(
        *RUN, "--steps", "60", "--name", "t", folder=tmp_path, environ={"TERM": "xterm-256color"}, size=(80, 24)
    )
    terminal.read()
    assert terminal.close() == 0
    clean(terminal)
    text = words_of(terminal.text)
    assert re.search(r"training ━+.* \d+/60", text)
    assert "\x1b[38;5;" in terminal.text
    assert "▀" in text
    assert "   0       1       2" in text
    last = text.split("t completed at step 60")[0].splitlines()[-24:]
    assert max(map(len, last)) <= 80
    assert text.endswith("  workbench resume t --steps 120\n")


def test_ctrl_c_in_a_terminal(tmp_path, tiny):
    """The key itself, and a clean terminal after it."""
    terminal = Terminal(
        *RUN, "--steps", "100000", "--name", "t", folder=tmp_path, environ={"TERM": "xterm-256color"}, size=(80, 24)
    )
    terminal.read(until="step 12: validation loss")
    terminal.type("\x03")
    terminal.read()
    assert terminal.close() == 130
    clean(terminal)
    assert words_of(terminal.text).endswith("next:\n  workbench resume t\n  workbench show t\n")


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"TERM": "xterm-256color", "NO_COLOR": "1"}, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, id="dumb"),
        pytest.param({"TERM": "vt100", "LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, id="ASCII"),
    ],
)
def test_poor_terminals(tmp_path, tiny, environ):
    """No colour where there is none, ASCII where there is no more; pictures and words stay readable."""
    terminal = Terminal(*RUN, "--name", "t", folder=tmp_path, environ=environ, size=(80, 24))
    terminal.read()
    assert terminal.close() == 0
    clean(terminal)
    text = words_of(terminal.text)
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", terminal.text)
    assert text.endswith("  workbench resume t --steps 24\n")
    if "PYTHONIOENCODING" in environ:
        assert text.isascii()
        assert "?" not in text
        assert "#" in text
    if environ["TERM"] == "dumb":
        assert "\x1b" not in terminal.text
