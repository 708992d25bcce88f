"""Claims against runs whose numbers are known."""

import pytest

from diffusion.events import Evaluation, Finished, Metric
from runs.claims import Claim
from runs.ingest import catch_up
from runs.store import Store
from runs.verdicts import check
from tests.runs.conftest import attempt
from tests.workbench.streams import training


def told(loss=0.5, easy=0.9, hard=0.6, n=100):
    """A last loss, and a judge's accuracy of classes 1 and 8."""
    for event in training(10):
        if isinstance(event, Finished):
            for step, value in ((0, 1.0), (10, loss)):
                yield Metric(step, "val/loss", value)
                yield Metric(step, "val/x0_loss", value)
            for label, share in ((None, (easy + hard) / 2), (1, easy), (8, hard)):
                yield Evaluation(10, "judge", "accuracy", share, n, label=label, low=share - 0.05, high=share + 0.05)
        yield event


@pytest.fixture
def ask(home, made):
    """Runs by settings and events; then the verdict on a claim."""

    def answer(claim, *runs):
        for at, (settings, events) in enumerate(runs):
            attempt(made(f"run{at}", **settings), events)
        catch_up(home)
        with Store.read(home) as store:
            return check(store, [claim])[0]

    return answer


def seeds(*losses, **settings):
    return [(settings | {"seed": seed}, told(loss)) for seed, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("limits", "answer"),
    [
        ({"above": 0.4}, "holds"),
        ({"above": 0.6}, "fails"),
        ({"above": 0.5}, "not decided"),
        ({"above": 0.3, "below": 0.7}, "holds"),
        ({"above": 0.6, "below": 0.7}, "fails"),
        ({"below": 0.499}, "not decided"),
    ],
)
def test_a_limit(ask, limits, answer):
    """The whole interval over three seeds has to lie on one side."""
    found = ask(Claim("it falls", "val/loss improvement", **limits), *seeds(0.5, 0.51, 0.49))
    assert found.answer == answer
    assert found.findings[0].over == "seeds"
    assert found.findings[0].runs == ("run0", "run1", "run2")
    assert found.findings[0].estimate.n == 3


def test_one_seed_decides_nothing(ask):
    """However far the number is from the limit."""
    found = ask(Claim("it falls", "val/loss improvement", above=0.1), *seeds(0.2))
    assert (found.answer, "more seeds" in found.findings[0].why) == ("not decided", True)


def test_equal_seeds_decide_nothing(ask):
    """Their spread was not seen."""
    found = ask(Claim("it falls", "val/loss improvement", above=0.1), *seeds(0.5, 0.5))
    assert (found.answer, "equal" in found.findings[0].why) == ("not decided", True)


def test_it_fails_where_one_arm_does(ask):
    """And holds where all do."""
    runs = [*seeds(0.5, 0.51, schedule="linear"), *seeds(0.9, 0.91, schedule="cosine")]
    runs = [({key.replace("schedule", "process__schedule"): v for key, v in s.items()}, e) for s, e in runs]
    found = ask(Claim("it falls", "val/loss improvement", above=0.4), *runs)
    assert [one.answer for one in found.findings] == ["holds", "fails"]
    assert found.answer == "fails"


def pairs(first, second):
    return [
        *seeds(*first, process__schedule="linear"),
        *seeds(*second, process__schedule="cosine"),
    ]


COSINE, LINEAR = {"process.schedule": "cosine"}, {"process.schedule": "linear"}


@pytest.mark.parametrize(
    ("second", "answer"),
    [((0.4, 0.52), "holds"), ((0.6, 0.72), "fails"), ((0.4, 0.72), "not decided")],
)
def test_a_difference_between_arms(ask, second, answer):
    """Paired by seed: seeds that are far apart do not hide it."""
    claim = Claim("cosine is better", "val/x0_loss", where=COSINE, than=LINEAR, below=0)
    second = (second[0], second[1] + 0.001)
    found = ask(claim, *pairs((0.5, 0.62), second))
    assert found.answer == answer
    assert set(found.findings[0].runs) == {"run0", "run1", "run2", "run3"}


def test_what_follows_from_the_settings_needs_no_seeds(ask):
    """The cosine schedule reaches log-SNR 0 later than the linear one."""
    claim = Claim("later", "time at log-snr 0", where=COSINE, than=LINEAR, above=0)
    found = ask(claim, *pairs((0.5,), (0.5,)))
    assert (found.answer, found.findings[0].over) == ("holds", "settings")


def test_a_figure_that_does_not_mean_the_same(ask):
    """Losses of two schedules are of another scale: that is said."""
    claim = Claim("cosine is better", "val/loss", where=COSINE, than=LINEAR, below=0)
    found = ask(claim, *pairs((0.5, 0.6), (0.4, 0.5)))
    assert (found.answer, "another scale" in found.findings[0].why) == ("not decided", True)


@pytest.mark.parametrize(("hard", "answer"), [(0.6, "holds"), (0.95, "not decided")])
def test_classes_of_one_seed(ask, hard, answer):
    """Over pictures, by the judge's own intervals."""
    claim = Claim("1 is easier than 8", "judge accuracy", classes=("1",), than_classes=("8",), above=0)
    found = ask(claim, ({}, told(hard=hard)))
    assert (found.answer, found.findings[0].over) == (answer, "pictures")


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        pytest.param(Claim("x", "val/loss", study="none", above=0), "no run of the study none", id="study"),
        pytest.param(Claim("x", "val/loss", where={"data.blur": 2.0}, above=0), "no run with", id="settings"),
    ],
)
def test_runs_that_are_missing(ask, claim, why):
    """Said of the whole claim."""
    found = ask(claim, *seeds(0.5))
    assert (found.answer, why in found.why) == ("not decided", True)


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        pytest.param(Claim("x", "judge other", above=0), "has no judge other", id="figure"),
        pytest.param(
            Claim("x", "judge accuracy", classes=("12",), above=0), "has no class 12; allowed: 0, 1", id="class"
        ),
        pytest.param(Claim("x", "judge acuracy", above=0), "did you mean judge accuracy", id="nearly a figure"),
        pytest.param(Claim("x", "val/loss", than={"data.blur": 2.0}, above=0), "is not there", id="partner"),
    ],
)
def test_figures_that_are_missing(ask, claim, why):
    """Said of the arm."""
    found = ask(claim, *seeds(0.5))
    assert (found.answer, why in found.findings[0].why) == ("not decided", True)


def unfinished(step=5, of=10):
    """A training that was stopped half-way, with a low loss."""
    from diffusion.events import Progress, Started

    yield Started({}, ())
    yield Metric(0, "val/loss", 1.0)
    yield Metric(step, "val/loss", 0.01)
    yield Progress("train", step, of, step)
    yield Finished("stopped", step, 1.0)


def test_a_run_that_has_not_come_to_its_end_decides_nothing(ask):
    """Whatever its loss is now."""
    runs = [({"seed": seed}, unfinished()) for seed in (0, 1)]
    found = ask(Claim("it falls", "val/loss improvement", above=0.5), *runs)
    assert found.answer == "not decided"
    assert "stopped at step 5" in found.findings[0].why


def test_a_study_that_is_called_after_another(ask, home):
    """skips-mnist is a study of skips; skipsy is not."""
    claim = Claim("it falls", "val/loss improvement", study="skips", above=0.4)
    ask(claim, *seeds(0.5, 0.51, 0.49))
    with Store.write(home) as store:
        for name, study in (("run0", "skips-mnist"), ("run1", "skips-mnist"), ("run2", "skipsy")):
            store.db.execute("update runs set study = ? where name = ?", (study, name))
    with Store.read(home) as store:
        assert check(store, [claim])[0].findings[0].runs == ("run0", "run1")
