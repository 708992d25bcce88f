"""Which pictures a run's figures are of."""

from runs.looks import Look, look_of, looks, own_look
from runs.records import Evaluation


def said(step, sample_set, attempt=1, name="cosine"):
    """One number of a look."""
    return Evaluation(step, "j", name, None, 0.5, None, None, 8, sample_set, "", None, attempt)


ON_THE_WAY, AT_END = said(200, None), said(400, 1)
BESIDE = said(400, 2, attempt=None)  # drawn and judged by a person's own command, later


def test_a_runs_own_look_is_at_its_final_samples():
    """Nothing that was asked for beside it takes its place; a goal raised later has a newer one."""
    assert own_look([ON_THE_WAY, AT_END, BESIDE]) == Look(400, 1)
    assert own_look([ON_THE_WAY]) == Look(200, None)
    assert own_look([ON_THE_WAY, AT_END, BESIDE, said(600, None, attempt=2)]) == Look(600, None)


def test_without_one_of_its_own_the_last_that_was_asked_for():
    """A run that draws nothing at its end."""
    assert own_look([BESIDE, said(400, 3, attempt=None)]) == Look(400, 3)
    assert own_look([]) is None


def test_looks_come_by_step_each_once():
    """What help was worth is no look at the pictures."""
    told = [AT_END, ON_THE_WAY, AT_END, BESIDE, said(400, 3, attempt=None, name="gain")]
    assert looks(told) == [Look(200, None), Look(400, 1), Look(400, 2)]
    assert own_look([said(400, 3, attempt=None, name="gain")]) is None
    assert look_of(BESIDE) == Look(400, 2)
