"""`workbench study` and its family, on runs that compute nothing."""

import json
import re

import pytest

from runs.folder import RunFolder
from runs.home import Home
from runs.studies import members
from tests.runs.conftest import attempt
from tests.workbench.streams import training

STUDY = ["study", "--vary", "schedule=linear,cosine", "--seeds", "3", "--name", "pair", "--set", "train.steps=20"]


@pytest.fixture(autouse=True)
def _nothing_works(monkeypatch):
    """No dispatcher, and nothing is measured."""
    from runs import cost

    monkeypatch.setattr("runs.queue.start_dispatcher", lambda home: None)
    monkeypatch.setattr(cost, "_measured", lambda home, configs: [cost.Cost(20.0, "measured")] * len(configs))


@pytest.fixture
def folders(workbench):
    """A study of six runs, of which each but the last has been trained."""
    workbench(*STUDY)
    found = list(members(Home.find(None), "pair").values())
    found.sort(key=lambda folder: folder.name)
    for folder in found[:-1]:
        attempt(folder, training(20))
    return found


def test_it_says_the_cost_and_queues(workbench):
    """The name on stdout, for scripts; all else on stderr."""
    code, out, err = workbench(*STUDY)
    assert (code, out) == (0, "pair\n")
    assert "pair: 6 runs to do, 20 s each (measured)" in err
    assert "about 2 min 00 s in all" in err
    assert "6 runs queued" in err
    _, listed, _ = workbench("list", "--json")
    assert {run["status"] for run in json.loads(listed)} == {"queued"}


def test_a_dry_run_makes_nothing(workbench, tmp_path):
    """Only the cost."""
    code, out, err = workbench(*STUDY, "--dry-run")
    assert (code, out) == (0, "")
    assert "6 runs to do" in err
    assert not (tmp_path / "home" / "runs").exists() or not any((tmp_path / "home" / "runs").iterdir())


def test_asked_again_it_skips_what_is_done(workbench, folders):
    """Nothing is made or queued."""
    _, _, err = workbench(*STUDY)
    assert "all of its 6 runs are done, waiting or running" in err
    assert "0 runs queued, 6 done or under way before" in err


def test_above_a_limit_it_asks(workbench, monkeypatch):
    """Where nobody can answer it says how; a no makes nothing, a yes or --yes begins."""
    many = ["study", "--vary", "blur=0,1", "--seeds", "40", "--name", "many"]
    code, _, err = workbench(*many)
    assert code == 2
    assert "about 26 min 40 s in all: begin? Nobody can answer here; next: the same with --yes" in err
    monkeypatch.setattr(
        "sys.stdin", type("Terminal", (), {"isatty": lambda self: True, "readline": lambda self: "n"})()
    )
    assert workbench(*many)[:2] == (0, "")
    assert workbench(*many, "--yes")[:2] == (0, "many\n")


def test_list_and_show(workbench, folders):
    """Mean and interval over seeds that are done, along the axes."""
    _, out, _ = workbench("study", "list")
    assert out.splitlines()[1].split()[:2] == ["pair", "6"]
    assert "5 completed, 1 queued" in out
    _, out, _ = workbench("study", "show", "pair")
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "2 of 3" in rows["linear"]
    assert "0.25" in rows["cosine"]
    _, out, _ = workbench("study", "show", "pair", "--metric", "train/loss")
    assert "0.05000 ± 0" in out
    assert "train/loss does not compare: of another scale: process.schedule linear, cosine" in out


def test_show_as_json(workbench, folders):
    """Every figure of every point."""
    _, out, _ = workbench("study", "show", "pair", "--json")
    found = json.loads(out)
    assert found["axes"] == ["process.schedule"]
    assert [point["values"] for point in found["points"]] == [
        {"process.schedule": "linear"},
        {"process.schedule": "cosine"},
    ]
    assert found["points"][1]["figures"]["val/x0_loss"]["n"] == 3
    assert "train/loss" in found["not_comparable"]
    _, out, _ = workbench("study", "list", "--json")
    assert [one["study"] for one in json.loads(out)] == ["pair"]


def test_two_studies_of_one_name_are_not_one(workbench, folders):
    """Other settings that neither varies, or drawings among trained runs: said before anything is made."""
    for words in (["--set", "train.steps=40"], ["--set", "train.steps=40", "--dry-run"]):
        code, _, err = workbench(*STUDY, *words)
        assert code == 2
        assert err.startswith("error: the study pair has runs with train.steps ")
        assert "workbench study extend pair --vary train.steps=40" in err
    code, _, err = workbench("study", "--ready", "ema", "--run", folders[0].name, "--name", "pair")
    assert code == 2
    assert "the study pair has runs" in err


def test_what_the_linter_says_comes_before_the_cost(workbench):
    """On stderr, with --dry-run too."""
    words = ["--vary", "schedule=linear,linear-unscaled", "--set", "process.timesteps=100", "--dry-run"]
    _, _, err = workbench("study", *words)
    assert err.startswith("warning: with process.schedule=linear-unscaled: ")


def test_a_diverged_point_is_shown_as_diverged(workbench):
    """And a diverged seed does not count beside others."""
    workbench("study", "--vary", "blur=0,1", "--seeds", "2", "--name", "some", "--yes")
    for folder, events in zip(
        members(Home.find(None), "some").values(),
        (training(10), training(10, nan_at=8), training(10, nan_at=8), training(10, nan_at=8)),
        strict=True,
    ):
        attempt(folder, events)
    _, out, _ = workbench("study", "show", "some", "--metric", "x0_loss")
    assert "does not count: diverged at step 8 of 10" in out
    assert "1 of 2" in out
    assert len([line for line in out.splitlines() if line.endswith("diverged")]) == 1
    _, out, _ = workbench("study", "show", "some", "--json")
    assert [point["diverged"] for point in json.loads(out)["points"]].count(True) == 1


def test_a_goal_that_was_raised_is_another_point(workbench, folders):
    """Its siblings were trained for fewer steps."""
    attempt(folders[-1], training(90))
    _, out, _ = workbench("study", "show", "pair")
    assert re.search(r"SCHEDULE +STEPS", out)
    assert re.search(r"linear +90 +1 ", out)


def test_the_study_fits_eighty_columns(workbench, folders):
    """Figures that have no room beside the others stand below."""
    from runs.ingest import catch_up
    from runs.store import Store
    from workbench.study_page import show_lines
    from workbench.terminal.screen import Screen

    catch_up(Home.find(None))
    with Store.read(Home.find(None)) as store:
        names = ["train/loss", "val/loss", "x0_loss", "images_per_s", "seconds", "training images"]
        lines = show_lines(store, store.runs(), names, Screen(60, 24, terminal=True))
    assert sum(line.startswith("SCHEDULE ") for line in lines) > 1
    assert all(any(name in line for line in lines) for name in ("val/x0_loss", "training images"))


def test_stop_and_go_on(workbench, folders):
    """What waits leaves the queue; extend without more goes on with it."""
    _, out, _ = workbench("study", "stop", "pair")
    assert "1 run of pair stopped" in out
    _, _, err = workbench("study", "extend", "pair")
    assert "1 runs queued, 5 done or under way before" in err


def test_extend(workbench, folders):
    """With a value and a seed more: what is done stays."""
    _, _, err = workbench("study", "extend", "pair", "--vary", "schedule=flow", "--seeds", "4")
    assert "6 runs queued, 6 done or under way before" in err


def test_drawings_of_a_run(workbench, folders):
    """Each is a child of the run that was drawn from."""
    source = folders[0]
    workbench("study", "--ready", "ema", "--run", source.name, "--seeds", "1")
    drawn = members(Home.find(None), f"ema-{source.name}")
    assert {config.sampling.weights for config in drawn} == {"ema", "raw"}
    assert all(RunFolder(folder.path).description["parent"] == source.id for folder in drawn.values())
    _, _, err = workbench("study", "extend", f"ema-{source.name}", "--vary", "guidance=2")
    assert "2 runs queued, 2 done or under way before" in err


def test_there_are_none_yet(workbench):
    """The next command makes one; the ready ones can be looked at."""
    _, out, err = workbench("study", "list")
    assert (out, err) == ("", "no studies yet; next: workbench study --ready schedules\n")
    _, out, _ = workbench("study", "list", "--ready")
    assert "sampler-steps" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["study"], "a study varies one setting or more"),
        (["study", "shw"], "unknown command 'shw'; allowed: extend, list, show, stop; did you mean show?"),
        (["study", "show", "x"], "unknown study 'x'"),
        (["study", "--vary", "blur=0", "--run", "x", "--set", "blur=1"], "--run brings its own settings"),
        (["study", "--ready", "skip"], "unknown ready study 'skip'"),
        (["study", "--vary", "blur=0", "--slots", "0"], "--slots is '0'"),
        (["study", "--vary", "blur=0", "--name", "a/b"], "--name is 'a/b'"),
    ],
)
def test_bad_input(workbench, words, message):
    """One line, exit code 2."""
    code, _, err = workbench(*words)
    assert code == 2
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1
