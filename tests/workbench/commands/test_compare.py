"""`workbench compare`, on runs that compute nothing: the page in a pipe and in a terminal, JSON, bad input."""

import json
import re

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.events import Evaluation
from runs.arms import arms
from runs.comparison import Comparison
from runs.create import create_run
from runs.home import Home
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training
from workbench import compare_page
from workbench.compare_page import Look
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
    titles += ["differences", "by class", "cost", "not compared"]
    assert [line for line in out.splitlines() if line in titles] == titles
    assert re.search(r"1 +● +schedule linear +0 +completed at step 10", out)
    assert re.search(r"process\.schedule +linear +cosine", out)
    assert re.search(r"judge accuracy\n2 - 1 .*\+0\.200 .*higher +100\+100 pictures", out)
    assert re.search(r"judge accuracy\nCLASS +2 - 1\n3 +\+0\.200 *\n", out)
    assert "2 comparisons: by chance alone about 0.1 of them would read as decided" in out
    assert "val/x0_loss of 1, 2 is of step 5" in out
    assert "train/loss: of another scale: process.schedule linear, cosine" in out
    assert "▀" not in out


def test_pictures_of_one_noise_stand_below_each_other(monkeypatch, workbench, pair):
    """In a terminal: a row a run, a column a class."""
    monkeypatch.setenv("TERM", "xterm")
    catch_up(Home.find(None))
    with Store.read(Home.find(None)) as store:
        found = Comparison(store, arms(store.runs()))
        for wide in (40, 100, 200):
            page = compare_page.lines(found, Look(Screen(wide, 50, terminal=True)))
            rows = [line for line in page if line.endswith((", one", ", two"))]
            assert rows == ["1: schedule linear, one", "2: schedule cosine, two"]
            assert WHITE in "".join(page)
        assert WHITE not in "".join(compare_page.lines(found, Look(Screen(100, 50, terminal=True), "off")))
        apart = compare_page.lines(found, Look(Screen(100, 50, terminal=True), difference=True))
        (at,) = [at for at, line in enumerate(apart) if line.startswith("|2 - 1|")]
        assert WHITE not in "".join(apart[at : at + 6])  # they have drawn the same


def test_as_json(workbench, pair):
    """Everything that the page tells."""
    _, out, _ = workbench("compare", "one", "two", "--json", "--axis", "images")
    found = json.loads(out)
    assert found["settings"] == {"process.schedule": ["linear", "cosine"]}
    assert found["curves"]["val/x0_loss"][0][0]["x"] == [640]
    assert found["curves"]["val/x0_loss"][0][0]["low"] == [None]
    accuracy = next(one for one in found["differences"] if one["figure"] == "judge accuracy")
    assert (accuracy["decided"], accuracy["over"], accuracy["arm"], accuracy["against"]) == (True, "pictures", 2, 1)
    assert found["by_class"][0]["label"] == 3
    assert found["same_quality"][0]["value"] == 0.25
    assert found["arms"][0]["steps"]["val/x0_loss"] == [5]
    assert [arm["runs"][0]["name"] for arm in found["arms"]] == ["one", "two"]


def test_runs_on_other_pictures(workbench):
    """What can be compared is; what cannot says why."""
    run("sharp", judged(0.7))
    run("blurred", judged(0.9), blur=2)
    run("mnist", judged(0.9), dataset="mnist")
    code, out, _ = workbench("compare", "sharp", "blurred", "mnist")
    assert code == 0
    assert "val/x0_loss by step" not in out
    assert "val/x0_loss, train/loss: measured on other pictures: data.dataset digits, mnist; data.blur 0.0, 2" in out
    _, out, _ = workbench("compare", "sharp", "blurred", "mnist", "--json")
    found = json.loads(out)
    assert [(one["figure"], one["arm"]) for one in found["differences"]] == [("judge accuracy", 2)]
    assert found["same_quality"] == []


def test_a_study(workbench):
    """Its finished runs, seeds folded."""
    for seed in range(3):
        for schedule in ("linear", "cosine"):
            run(f"{schedule}-{seed}", judged(0.5 + 0.01 * seed), study="both", schedule=schedule, seed=seed)
    _, out, _ = workbench("compare", "--study", "both", "--metric", "accuracy")
    assert re.search(r"judge accuracy\n2 - 1 .* 3 seeds\n", out)
    assert re.search(r"2 +▲ +schedule cosine +0\.\.2 +completed at step 10", out)
    assert "val/x0_loss by step" not in out
    _, out, _ = workbench("compare", "--study", "both", "--metric", "x0_loss")
    assert "2 and 1 do not differ at the end beyond what 3 seeds differ by themselves" in out


def test_what_drawing_takes(workbench):
    """Where samplers differ, the network's evaluations for one picture."""
    run("heun", schedule="flow")
    run("ddim", schedule="flow", sampler="ddim", sampling_steps=10)
    _, out, _ = workbench("compare", "heun", "ddim")
    cost = out.partition("\ncost\n")[2].splitlines()
    assert "EVALUATIONS A PICTURE" in cost[0]
    assert [line.split()[-1] for line in cost[1:3]] == ["78", "20"]


def test_a_study_of_two_axes_is_compared_along_one(workbench):
    """Linear against cosine at each blur, and over all blurs; along blur when asked; the losses of each blur apart."""
    for seed in range(2):
        for blur in (0, 1):
            for schedule in ("linear", "cosine"):
                better = 0.1 * (schedule == "cosine") + 0.001 * seed * (blur + (schedule == "cosine"))
                run(f"{schedule}{blur}{seed}", judged(0.5 + better), "two", schedule=schedule, blur=blur, seed=seed)
    _, out, _ = workbench("compare", "--study", "two")
    assert "compared along process.schedule, all else equal: 2 with 1, 4 with 3; another axis: --by KEY" in out
    assert "val/x0_loss by step: 1, 2" in out
    assert "val/x0_loss by step: 3, 4" in out
    assert "process.schedule on judge accuracy, mean over 2 other settings" in out
    _, out, _ = workbench("compare", "--study", "two", "--by", "blur=1", "--json")
    found = json.loads(out)
    assert found["compared_along"] == "data.blur"
    assert {(one["arm"], one["against"]) for one in found["differences"]} == {(1, 3), (2, 4)}
    effect = next(
        one for one in found["effects"] if (one["axis"], one["figure"]) == ("process.schedule", "judge accuracy")
    )
    assert (effect["value"], effect["settings"], effect["over"], effect["decided"]) == ("cosine", 2, "seeds", True)


def test_a_diverged_run_is_shown_as_diverged(workbench):
    """In the key, in JSON and among the settings; no figure of it is compared, not even its first loss."""
    run("good", schedule="linear")
    run("lost", training(10, nan_at=8), schedule="linear", learning_rate=1)
    _, out, _ = workbench("compare", "good", "lost")
    assert re.search(r"2 +▲ +learning rate 1 +0 +diverged", out)
    assert "2 diverged: it has curves and settings, and no figures" in out
    assert "differences" not in out.splitlines()
    _, out, _ = workbench("compare", "good", "lost", "--json")
    found = json.loads(out)
    assert (found["arms"][1]["status"], found["differences"]) == ("diverged", [])


def test_lines_fit_eighty_columns(workbench, monkeypatch):
    """Eight arms that differ in three settings, and long names of judges: no table is wider than the terminal."""
    monkeypatch.setenv("TERM", "dumb")
    for at in range(8):
        events = judged(0.5 + 0.01 * at)
        run(
            f"run{at}",
            events,
            blur=at % 2,
            schedule=("linear", "cosine")[at // 2 % 2],
            learning_rate=10.0 ** -(1 + at // 4),
        )
    catch_up(Home.find(None))
    with Store.read(Home.find(None)) as store:
        found = Comparison(store, arms(store.runs()))
        page = compare_page.lines(found, Look(Screen(80, 24, terminal=True), "off"))
    assert [line for line in page if "  " in line and len(line) > 80] == []
    assert [line[:1] for line in page[1:9]] == list("12345678")
    assert not any("without a marker" in line for line in page)


def test_along_log_snr(workbench, pair):
    """Only the losses at equal noise have that axis."""
    _, out, _ = workbench("compare", "one", "two", "--axis", "log-snr")
    assert "val/x0_loss by" not in out
    assert "validation loss of predicted x0 by log-SNR" in out


def test_long_curves_are_smoothed(workbench):
    """Of 50 points or more."""
    for at in range(2):
        run(f"run{at}", training(200), learning_rate=10.0**-at)
    words = ["compare", "run0", "run1", "--metric", "train/loss"]
    _, plain, _ = workbench(*words)
    _, none, _ = workbench(*words, "--smooth", "0")
    code, smooth, _ = workbench(*words, "--smooth", "0.99")
    assert (code, plain) == (0, none)
    assert "train/loss by step" in smooth
    assert smooth != plain


def test_runs_that_have_not_begun_have_nothing_to_compare(workbench):
    """But their settings, and how they stand."""
    for name, schedule in (("one", "linear"), ("two", "cosine")):
        config = with_settings(RunConfig(), {"schedule": schedule})
        create_run(Home.find(None), config, preset="digits", command="workbench run", name=name)
    code, out, err = workbench("compare", "one", "two")
    assert (code, err) == (0, "")
    assert re.search(r"2 +▲ +schedule cosine +0 +created", out)
    assert "process.schedule  linear  cosine" in out
    assert "differences" not in out.splitlines()


def test_forks_and_repeats_are_told(workbench):
    """The older of two runs of one seed does not count."""
    run("old", schedule="linear")
    run("new", schedule="linear")
    run("other", schedule="cosine")
    _, out, _ = workbench("compare", "old", "new", "other")
    assert "1: old does not count: older than new of the same seed" in out


def test_a_run_against_itself(workbench):
    """Two seeds of one config: nothing differs but the seed."""
    run("a", seed=0)
    run("b", seed=1)
    _, out, _ = workbench("compare", "a", "b")
    assert "nothing but the seed" in out
    assert "2 and 1: no seed in common, which says nothing of when they part" in out
    assert re.search(r"val/x0_loss\n2 - 1 .* no: more seeds +1 seed each\n", out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "compare takes two runs or more, or --study NAME"),
        (["one", "--study", "x"], "compare takes two runs or more, or --study NAME"),
        (["one"], "a comparison needs two runs or more"),
        (["one", "one"], "a comparison needs two runs or more"),
        (["one", "three"], "unknown run 'three'"),
        (["--study", "x"], "unknown study 'x'"),
        (["one", "two", "--axis", "time"], "--axis is 'time'; allowed: step, images, seconds, log-snr"),
        (["one", "two", "--metric", "lss"], "no run has a metric 'lss'"),
        (["one", "two", "--smooth", "1"], "--smooth is '1'; allowed: 0 to 0.999"),
        (["one", "two", "--smooth", "x"], "--smooth is 'x'"),
        (["one", "two", "--by", "blur"], "--by is 'blur', in which the runs do not differ; allowed: process.schedule"),
        (["one", "two", "--by", "schedule=flow"], "--by is 'schedule=flow': no two runs differ in that alone"),
        (["one", "two", "--by", "schedul"], "unknown setting 'schedul'"),
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
