"""`workbench claims`: the shipped ones, a file of one's own, as lines and as JSON."""

import json

import pytest

from runs.claims import read_claims
from runs.home import Home
from tests.workbench.tui import recorded
from workbench.claims_page import SHIPPED
from workbench.study_plan import READY

MINE = """
[[claims]]
text = "The loss falls [red]x[/] \\u001b[31m"
figure = "train/loss improvement"
above = 0.5

[[claims]]
text = "It falls with blur, too"
figure = "train/loss improvement"
where = { blur = 1 }
above = 0.5
made_by = "workbench run --blur 1"
"""


@pytest.fixture
def mine(tmp_path):
    """A file, and two seeds to hold it against."""
    home = Home.find(None)
    recorded(home, "one")
    recorded(home, "two", seed=1, events=falling())
    (tmp_path / "mine.toml").write_text(MINE)
    return "mine.toml"


def falling():
    """A loss that falls a little less."""
    from diffusion.events import Finished, Metric, Progress, Started

    yield Started({}, ())
    for step in range(1, 21):
        yield Metric(step, "train/loss", 1.0 / step + 0.01)
        yield Progress("train", step, 20, step)
    yield Finished("completed", 20, 1.0)


def test_lines(workbench, mine):
    """A mark, the answer in words, what was asked, the number and its runs; what makes what is missing."""
    code, out, err = workbench("claims", "check", mine)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "✓ holds: The loss falls [red]x[/] \\x1b[31m"
    assert lines[1] == "    asked: train/loss improvement, above 0.5"
    assert lines[2].endswith("2 seeds; runs one, two")
    assert lines[4:8] == [
        "? not decided: It falls with blur, too",
        "    asked: train/loss improvement with data.blur 1, above 0.5",
        "    there is no run with these settings",
        "    next: workbench run --blur 1",
    ]
    assert lines[-1] == "1 holds, 0 fails, 1 not decided"


def test_json(workbench, mine):
    """The same as values."""
    code, out, _ = workbench("claims", "check", mine, "--json")
    first, second = json.loads(out)
    assert (code, first["answer"], second["answer"]) == (0, "holds", "not decided")
    assert first["findings"][0]["runs"] == ["one", "two"]
    assert 0.9 < first["findings"][0]["value"] < 1


def test_the_shipped_ones(workbench):
    """Each names a ready study and how to make it; the example is the file itself."""
    claims = read_claims(SHIPPED)
    assert {claim.study for claim in claims} <= {"", *READY}
    studied = [claim for claim in claims if claim.study]
    assert all(claim.made_by.startswith(f"workbench study --ready {claim.study}") for claim in studied)
    code, out, _ = workbench("claims", "example")
    assert (code, out) == (0, SHIPPED.read_text())
    code, out, _ = workbench("claims", "check")
    assert (code, out.splitlines()[-1]) == (0, f"0 holds, 0 fails, {len(claims)} not decided")


def test_a_file_that_is_not_there(workbench):
    """One line."""
    code, _, err = workbench("claims", "check", "none.toml")
    assert (code, err) == (
        2,
        "error: none.toml cannot be read: No such file or directory; next: workbench claims example\n",
    )
