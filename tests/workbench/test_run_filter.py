"""The filter of the list of runs."""

import pytest

from diffusion.errors import UserError
from runs.store import Store
from tests.workbench.tui import filled_home
from workbench.run_filter import completed, matches, parse_filter


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs of a filled home."""
    home = filled_home(tmp_path_factory.mktemp("home") / "home")
    with Store.read(home) as store:
        return store.runs()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("", ["flow-one", "cosine-a", "cosine-b", "blurred", "spoiled"], id="nothing"),
        pytest.param("schedule=cosine", ["cosine-a", "cosine-b"], id="short name"),
        pytest.param("process.schedule=cosine seed=1", ["cosine-b"], id="both"),
        pytest.param("blur>0", ["blurred"], id="greater"),
        pytest.param("blur=0.0 status=completed -cosine", ["flow-one"], id="without a word"),
        pytest.param("loss<0.1", ["flow-one", "cosine-a", "cosine-b", "blurred"], id="no loss is not less"),
        pytest.param("loss>=0.05", ["flow-one", "cosine-a", "cosine-b", "blurred"], id="equal"),
        pytest.param("is:bad", ["spoiled"], id="flag"),
        pytest.param("-is:bad schedule!=cosine", ["flow-one", "blurred"], id="not"),
        pytest.param("name=cosine-*", ["cosine-a", "cosine-b"], id="pattern"),
        pytest.param("name=[a-z]*", [], id="a bracket is a bracket"),
        pytest.param("name:OSIN", ["cosine-a", "cosine-b"], id="part"),
        pytest.param("x0<0.3", ["flow-one"], id="measure"),
        pytest.param("multipliers=1,2 clip=false", [], id="last part of a key; a tuple; a measure that none has"),
        pytest.param("tag:any", [], id="tag"),
        pytest.param("is:diverged", ["spoiled"], id="a status"),
        pytest.param("diverged", ["spoiled"], id="the word of a status"),
        pytest.param("seed=1,2", ["cosine-b"], id="one of several values"),
        pytest.param("seed!=0,2", ["cosine-b"], id="none of several values"),
        pytest.param("age<1s", [], id="younger than"),
        pytest.param("age>2h", ["flow-one", "cosine-a", "cosine-b", "blurred", "spoiled"], id="older than"),
        pytest.param("device=cpu", ["flow-one", "cosine-a", "cosine-b", "blurred", "spoiled"], id="device"),
    ],
)
def test_which_runs_are_kept(runs, text, names):
    """Every term is true of a run that is kept."""
    terms = parse_filter(text)
    measures = {"x0": {1: 0.25}}
    assert [run.name for run in runs if matches(run, terms, measures)] == names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schedul=cosine", "did you mean schedule?"),
        ("is:fine", "allowed: starred, bad, running"),
        ("loss<abc", "allowed: a number"),
        ("age<soon", "as in age<2h"),
    ],
)
def test_unknown_names(text, told):
    """With the nearest, or those that there are."""
    with pytest.raises(UserError, match=told.replace("?", r"\?")):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("sched", "schedule="),
        ("blur>0 stat", "blur>0 status="),
        ("schedule=co", "schedule=cosine"),
        ("is:ru", "is:running"),
        ("blur=0", None),
        ("schedule=zzz", None),
        ("", None),
        ("nothing=a", None),
    ],
)
def test_completion(runs, text, whole):
    """Of a name, then of a value that a run has."""
    assert completed(text, runs) == whole
