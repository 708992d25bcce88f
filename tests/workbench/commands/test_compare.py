"""`workbench compare`, on runs that compute nothing: the page in a pipe and in a terminal, JSON, bad input."""

import json
import re

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.events import Evaluation
from runs.create import create_run
from runs.home import Home
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training
from workbench import compare_page
from workbench.comparison import Comparison
from workbench.terminal.screen import Screen

WHITE = "48;5;231"  # as the background of a cell


def run(name, events=None, study=None, **settings):
    config = with_settings(RunConfig(), {key.replace("__", "."): value for key, value in settings.items()})
    folder = create_run(Home.find(None), config, preset="digits", command="workbench run", name=name, study=study)
    attempt(folder, events or training(10))
    return folder


def judged(accuracy, half=0.02):
    for event in training(10):
        if type(event).__name__ == "Finished":
            yield Evaluation(10, "judge", "accuracy", accuracy, 100, low=accuracy - half, high=accuracy + half)
            yield Evaluation(10, "judge", "accuracy", accuracy, 10, label=3, low=accuracy - 0.3, high=accuracy + 0.3)
        yield event


@pytest.fixture
def pair(workbench):
    """Two runs whose schedules differ; a judge reads the second one better."""
    run("one", judged(0.7), schedule="linear")
    run("two", judged(0.9), schedule="cosine", seed=0)


def test_the_page(workbench, pair):
    """What differs comes first; then curves, noise levels, differences, cost, and what does not compare."""
    code, out, err = workbench("compare", "one", "two")
    assert (code, err) == (0, "")
    titles = ["what differs", "val/x0_loss by step", "validation loss of predicted x0 by log-SNR"]
    titles += ["differences from schedule linear", "by class", "cost", "not compared"]
    assert [line for line in out.splitlines() if line in titles] == titles
    assert re.search(r"process\.schedule +linear +cosine", out)
    assert re.search(r"judge accuracy +schedule cosine .*\+0\.200 .*higher \(n 100 pictures\)", out)
    assert re.search(r"\n3 +judge accuracy .*not decided: about \d+ more pictures \(n 10 pictures\)", out)
    assert "train/loss: of another scale: process.schedule linear, cosine" in out
    assert "▀" not in out


def test_pictures_of_one_noise_stand_below_each_other(monkeypatch, workbench, pair):
    """In a terminal: a row a run, a column a class."""
    monkeypatch.setenv("TERM", "xterm")
    catch_up(Home.find(None))
    with Store.read(Home.find(None)) as store:
        from runs.compare import arms

        found = Comparison(store, arms(store.runs()), (), "step")
        for wide in (40, 100, 200):
            page = compare_page.lines(found, Screen(wide, 50, terminal=True), "auto")
            rows = [line for line in page if line.startswith("schedule ") and line.endswith((", one", ", two"))]
            assert rows == ["schedule linear, one", "schedule cosine, two"]
            assert WHITE in "".join(page)
        assert WHITE not in "".join(compare_page.lines(found, Screen(100, 50, terminal=True), "off"))


def test_as_json(workbench, pair):
    """Everything that the page tells."""
    _, out, _ = workbench("compare", "one", "two", "--json", "--axis", "images")
    found = json.loads(out)
    assert found["settings"] == {"process.schedule": ["linear", "cosine"]}
    assert found["curves"]["val/x0_loss"][0]["x"] == [640]
    assert found["curves"]["val/x0_loss"][0]["low"] == [None]
    accuracy = next(one for one in found["differences"] if one["figure"] == "judge accuracy")
    assert (accuracy["decided"], accuracy["over"]) == (True, "pictures")
    assert found["by_class"][0]["label"] == 3
    assert found["same_quality"]["value"] == 0.25
    assert [arm["runs"][0]["name"] for arm in found["arms"]] == ["one", "two"]


def test_runs_on_other_pictures(workbench):
    """What can be compared is; what cannot says why."""
    run("sharp", judged(0.7))
    run("blurred", judged(0.9), blur=2)
    run("mnist", judged(0.9), dataset="mnist")
    code, out, _ = workbench("compare", "sharp", "blurred", "mnist")
    assert code == 0
    assert "val/x0_loss by step" not in out
    assert "val/x0_loss: measured on other pictures: data.dataset digits, mnist; data.blur 0.0, 2.0" in out
    rows = [line for line in out.splitlines() if line.startswith("judge accuracy ")]
    assert len(rows) == 1
    assert "blur 2" in rows[0]
    _, out, _ = workbench("compare", "sharp", "blurred", "mnist", "--json")
    assert json.loads(out)["same_quality"] is None


def test_a_study(workbench):
    """Its finished runs, seeds folded."""
    for seed in range(3):
        for schedule in ("linear", "cosine"):
            run(f"{schedule}-{seed}", judged(0.5 + 0.01 * seed), study="both", schedule=schedule, seed=seed)
    _, out, _ = workbench("compare", "--study", "both", "--metric", "accuracy")
    assert re.search(r"judge accuracy +schedule cosine .*\(paired, n 3 seeds\)", out)
    assert "seed              0, 1, 2  0, 1, 2" in out
    assert "val/x0_loss by step" not in out
    _, out, _ = workbench("compare", "--study", "both", "--metric", "x0_loss")
    assert "schedule cosine and schedule linear do not differ at the end" in out


def test_what_drawing_takes(workbench):
    """Where samplers differ, the network's evaluations for one picture."""
    run("heun", schedule="flow")
    run("ddim", schedule="flow", sampler="ddim", sampling_steps=10)
    _, out, _ = workbench("compare", "heun", "ddim")
    cost = out.partition("\ncost\n")[2].splitlines()
    assert "EVALUATIONS A PICTURE" in cost[0]
    assert [line.split()[-1] for line in cost[1:3]] == ["78", "20"]


def test_a_run_against_itself(workbench):
    """Two seeds of one config: nothing differs but the seed."""
    run("a", seed=0)
    run("b", seed=1)
    _, out, _ = workbench("compare", "a", "b")
    assert "nothing but the seed" in out
    assert "not decided: one seed each says nothing of the spread" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "compare takes two runs or more, or --study NAME"),
        (["one", "--study", "x"], "compare takes two runs or more, or --study NAME"),
        (["one"], "a comparison needs two runs or more"),
        (["one", "one"], "a comparison needs two runs or more"),
        (["one", "three"], "unknown run 'three'"),
        (["--study", "x"], "unknown study 'x'"),
        (["one", "two", "--axis", "time"], "--axis is 'time'; allowed: step, images, seconds"),
        (["one", "two", "--metric", "lss"], "no run has a metric 'lss'"),
    ],
)
def test_bad_input(workbench, pair, words, message):
    """One line, exit code 2."""
    code, _, err = workbench("compare", *words)
    assert code == 2
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def test_a_study_without_an_end(workbench):
    """Says how to go on with it."""
    run("only", study="half")
    code, _, err = workbench("compare", "--study", "half")
    assert (code, "1 run of study half have ended; allowed: two or more; next: workbench study extend half" in err) == (
        2,
        True,
    )
