"""`workbench list`, `show`, and `workbench` alone: what they say of runs that wait, work or are odd."""

import json
import time

import pytest

from runs import actions
from tests.workbench.commands.conftest import ODD, SHOWN, Attempt, find
from workbench.commands.look import run_lines
from workbench.run_labels import seconds_left
from workbench.terminal.screen import Screen


def listed(workbench):
    return [line.split() for line in workbench("list")[1].splitlines()[1:]]


def test_no_runs(workbench, home):
    """The next command; nothing is made."""
    assert workbench("list") == (0, "", "no runs yet; next: workbench run\n")
    assert json.loads(workbench("list", "--json")[1]) == []
    assert not home.root.exists()


def test_a_line_for_each(workbench, home, made):
    """Newest first; the place in the queue, the step of the total, images/s, time to go, device and age."""
    working = Attempt(made("works", train__steps=10_000, train__batch_size=100))
    working.add("started", facts={"device": "cuda:0", "device_name": "NVIDIA H100 80GB HBM3"}, class_names=[])
    working.add("metrics", step=4000, values={"train/loss": 0.25, "images_per_s": 10_000.0})
    working.add("progress", phase="train", done=4000, total=10_000, step=4000)
    find(home, "works")
    actions.enqueue_all(home, [made("next"), made("later")])
    code, out, err = workbench("list")
    heading, later, following, works = out.splitlines()
    assert (code, err) == (0, "")
    titles = "STATUS NAME DATA SCHEDULE BLUR STEP LOSS IMAGES/S ETA DEVICE AGE"
    assert heading.split() == titles.split()
    assert later.split()[:3] == ["queued", "2", "later"]
    assert following.split()[:3] == ["queued", "1", "next"]
    assert " ".join(works.split()) == "running works digits cosine 0 4k/10k 0.2500 10,000 1 min 00 s H100 80GB HBM3 now"


def test_time_to_go(home, made):
    """Only of a run that works, and only where its pace and its end are known."""
    folder = made(train__steps=100, train__batch_size=10)
    attempt = Attempt(folder)
    assert seconds_left(find(home)) is None
    attempt.add("metrics", step=60, values={"images_per_s": 100.0})
    assert seconds_left(find(home)) == 4.0
    attempt.add("metrics", step=101, values={"images_per_s": 100.0})
    assert seconds_left(find(home)) == 0.0
    attempt.end("stopped")
    assert seconds_left(find(home)) is None


@pytest.mark.parametrize("wide", [200, 100, 80, 66])
def test_on_a_narrow_screen(home, made, monkeypatch, wide):
    """What says least goes first: status, name, step, loss and time to go stay; no line is longer than the screen."""
    monkeypatch.setenv("NO_COLOR", "1")
    attempt = Attempt(made("a-name-of-the-usual-length"))
    attempt.add("metrics", step=400, values={"train/loss": 0.25, "images_per_s": 5000.0})
    run = find(home, "a-name-of-the-usual-length")
    heading, line = run_lines([run], Screen(wide, 24, terminal=True))
    assert max(len(heading), len(line)) <= wide
    for word in ("STATUS", "NAME", "STEP", "LOSS", "ETA"):
        assert word in heading
    assert ("DEVICE" in heading) == (wide >= 100)


def test_as_json(workbench, home, made):
    """Every setting, and what is derived; NaN is null."""
    attempt = Attempt(made(train__steps=100, train__batch_size=10))
    attempt.add("metrics", step=60, values={"train/loss": None, "images_per_s": 100.0})
    (one,) = json.loads(workbench("list", "--json")[1])
    assert (one["name"], one["status"], one["step"], one["loss"], one["eta_s"]) == ("first", "running", 60, None, 4.0)
    assert one["config"]["train"]["batch_size"] == 10
    shown = json.loads(workbench("show", "first", "--json")[1])
    assert (shown["id"], shown["attempts_made"][0]["number"]) == (one["id"], 1)


def test_a_worker_that_died(workbench, home, made):
    """Known at once to whoever looks, with what to type next."""
    Attempt(made(), pid=2**22 + 1).add("progress", phase="train", done=3, total=9, step=3)
    assert listed(workbench)[0][:2] == ["died", "first"]
    page = workbench("show", "first")[1]
    assert "  error at step 3: the worker died at step 3: process 4194305 on " in page
    assert "ended without a word; next: workbench resume first\n" in page


def test_words_of_others_are_harmless(workbench, home, odd):
    """Names, alerts, facts, notes and pictures of an imported folder."""
    attempt = Attempt(odd)
    attempt.add("started", facts={"device": ODD, "device_name": ODD, ODD: ODD}, class_names=[ODD])
    attempt.add("alert", level=ODD, step=1, text=ODD)
    image = {"seed": 0, "index": 0, "left": 0, "top": 0, "width": 8, "height": 8, "label": 0}
    picture = {"kind": "preview", "step": 1, "weights": ODD, "path": f"pictures/{ODD}.png", "images": [image]}
    attempt.add("pictures", **picture)
    attempt.add("evaluation", step=1, judge=ODD, name=ODD, value=1.0, n=1, label=None, low=None, high=None)
    attempt.end("failed", ODD)
    for words in (["list"], ["show", odd.id], [], ["query", "select name, text from runs"]):
        code, out, err = workbench(*words)
        assert code == 0, err
        assert SHOWN in out
        assert not set("\x1b\x07\u202e\x9b") & set(out + err), words


def test_workbench_alone(workbench, home, made):
    """The newest runs, and what to type."""
    for number in range(3):
        made(f"run {number}")
    code, out, _ = workbench()
    assert code == 0
    assert "  workbench show 'run 2'" in out.splitlines()
    assert time.time() - find(home, "run 2").created < 60
