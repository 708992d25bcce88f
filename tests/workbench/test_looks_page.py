"""Which looks of the judges are shown, and how to see the others."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from diffusion.errors import UserError
from runs.looks import Look
from runs.records import Baseline
from tests.runs.test_looks import AT_END, BESIDE, ON_THE_WAY, said
from workbench.looks_page import chosen, looks_lines, titled

SAID = [ON_THE_WAY, said(300, None), AT_END, BESIDE]


@pytest.fixture
def run():
    """A run, as far as its name."""
    return SimpleNamespace(name="first")


def test_the_runs_own_look_is_shown_unless_another_is_asked_for(run):
    """One, a sample set's, or all."""
    assert chosen(run, SAID, 0, every=False) == [Look(400, 1)]
    assert chosen(run, SAID, 2, every=False) == [Look(400, 2)]
    assert len(chosen(run, SAID, 0, every=True)) == 4
    assert chosen(run, [], 0, every=False) == []


def test_a_sample_set_that_no_judge_has_seen(run):
    """What to type to have it judged."""
    with pytest.raises(
        UserError, match=r"sample set 7 of run first; allowed: 1, 2; next: workbench score first --samp"
    ):
        chosen(run, SAID, 7, every=False)


def test_it_is_told_what_the_tables_are_of_and_where_the_others_are(run):
    """With the classes that were drawn, as their baselines know them."""
    beside = Baseline("j", "cosine", "real", None, 0.7, None, None, 36, "b", "16 of 3")
    told = [*SAID[:-1], replace(BESIDE, baseline_set="b")]
    assert looks_lines(run, told, [beside], [Look(400, 1)]) == [
        "sample set 1: pictures, at step 400",
        "also judged: sample set 2 (16 of 3); see: workbench show first --sample-set 2",
        "also judged on the way, at steps 200, 300; see: workbench show first --all",
    ]
    assert titled("sharpness", Look(400, 1)) == "sharpness of sample set 1"
    assert titled("sharpness", Look(200, None)) == "sharpness of pictures drawn at step 200"


def test_what_clips_help_was_worth_is_told(run):
    """Of a set that was judged and of one that was not; what it was worth in training is no matter of a set."""
    gains = [
        said(400, 7, attempt=None, name="gain"),
        replace(said(400, 7, None, "gain"), judge="k", low=0.25, high=1.0),
    ]
    assert chosen(run, [*SAID, *gains], 7, every=False) == [Look(400, 7)]
    line = looks_lines(run, [*SAID, *gains], [], [Look(400, 7)])[1]
    assert line.endswith("gain over the same noise without: j 0.500; k 0.500 (0.250 to 1.00)")
    trained = said(400, 1, name="gain")
    assert not any("gain" in one for one in looks_lines(run, [*SAID, trained], [], [Look(400, 1)]))
