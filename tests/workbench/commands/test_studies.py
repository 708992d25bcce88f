"""`workbench study` and its family, on runs that compute nothing."""

import json

import pytest

from runs.folder import RunFolder
from runs.home import Home
from runs.studies import members
from tests.runs.conftest import attempt
from tests.workbench.streams import training

STUDY = ["study", "--vary", "schedule=linear,cosine", "--seeds", "3", "--name", "pair"]


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
        attempt(folder, training(20 if "linear" in folder.name else 10))
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
