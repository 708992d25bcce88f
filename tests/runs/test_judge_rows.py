"""What judges say, from events to rows and back, and in the views that a person asks."""

import dataclasses

import pytest

from diffusion.events import Baseline, ClipScore, ClipScores, Curve, Evaluation, Finished, Sample
from runs.ingest import catch_up, reindex
from runs.sheets import digest
from runs.store import Store
from tests.runs.conftest import attempt, line
from tests.workbench.streams import NAMES, drawn, training

JUDGE, PROMPTS = "clip-digits-trained-here", "1 template 1234"


def judgement(step=20, shift=0.0, prompts=PROMPTS, baseline_set="a1"):
    """One row a picture, means, a baseline of each kind, a curve."""
    scores = tuple(ClipScore(digest(one), one.label, 0.5 + shift, 0.9, one.label) for one in drawn())
    yield ClipScores(step, JUDGE, "model", "weights", prompts, scores)
    of = {"prompts": prompts, "baseline_set": baseline_set}
    yield Evaluation(step, JUDGE, "cosine", 0.5 + shift, 20, None, 0.4, 0.6, **of)
    yield Evaluation(step, JUDGE, "cosine", float("nan"), 2, 3, **of)
    yield Evaluation(step, JUDGE, "accuracy", 1.0, 20, **of)
    for pictures, value in (("real", 0.7), ("noise", 0.2), ("other-class", 0.1)):
        yield Baseline(JUDGE, "digits", 8, 1, "cosine", pictures, value + shift, 359, **of, classes="2 of each class")
    yield Curve(step, JUDGE, "x0_accuracy", "fraction", ((0.0, 0.1), (1.0, float("nan"))), 3)


def judged_training(*more):
    """A training whose samples are judged before its end."""
    for event in training():
        if isinstance(event, Finished):
            yield from judgement()
            yield from more
        if type(event).__name__ == "Started":
            event = dataclasses.replace(event, facts=event.facts | {"picture_size": 8, "picture_channels": 1})
        yield event


@pytest.fixture
def folder(made):
    """A run that was judged."""
    made_run = made()
    attempt(made_run, judged_training())
    return made_run


def ask(home, sql):
    """Rows of a question."""
    with Store.read(home) as store:
        return store.query(sql).rows


def test_what_judges_said_comes_back(home, folder):
    """Evaluations with the sample set that they are of, baselines once, curves with their gaps."""
    assert catch_up(home) == []
    with Store.read(home) as store:
        run = store.find("first")
        first, second, _ = store.evaluations(run)
        assert (first.judge, first.name, first.value, first.low, first.high, first.n) == (
            JUDGE, "cosine", 0.5, 0.4, 0.6, 20,
        )  # fmt: skip
        assert (first.sample_set, second.label, second.value) == (1, 3, None)
        assert [(one.pictures, one.value, one.n) for one in store.baselines(run)] == [
            ("noise", 0.2, 359), ("other-class", 0.1, 359), ("real", 0.7, 359),
        ]  # fmt: skip
        (curve,) = store.curves(run)
        assert (curve.name, curve.axis, curve.label, curve.sample_set) == ("x0_accuracy", "fraction", 3, 1)
        assert curve.points == ((0.0, 0.1), (1.0, None))


def test_no_look_changes_what_stands_beside_another(home, folder, made):
    """A look with other prompts, at other classes or at other blur has baselines of its own."""
    attempt(made("second"), judgement(shift=0.125, baseline_set="b2"))
    attempt(folder, judgement(shift=0.25, prompts="3 templates 5678", baseline_set="c3"))
    catch_up(home)
    asked = "select run, prompts, value, real, real_n, noise from judged where name = 'cosine' and label is null"
    assert ask(home, f"{asked} order by value") == (
        ("first", PROMPTS, 0.5, 0.7, 359, 0.2),
        ("second", PROMPTS, 0.625, 0.825, 359, 0.325),
        ("first", "3 templates 5678", 0.75, 0.95, 359, 0.45),
    )
    by_class = ask(home, "select run, prompts, real from clip_by_class where label is null order by real")
    assert [row[2] for row in by_class] == [0.7, 0.825, 0.95]


def test_the_same_baselines_are_kept_once(home, folder, made):
    """Whatever number of looks has them: a set is named by its content."""
    attempt(made("second"), judgement())
    catch_up(home)
    assert ask(home, "select count(*) from baselines") == ((3,),)
    assert ask(home, "select count(*) from judged where name = 'cosine' and label is null and real = 0.7") == ((2,),)


def test_views(home, folder):
    """By class with the baselines beside it; one row a picture in all three conventions, with its place on a sheet."""
    catch_up(home)
    columns = "run, judge, label, class, n, cosine, low, high, real, noise, other_class, clip_score_100, accuracy"
    assert ask(home, f"select {columns} from clip_by_class order by label is not null") == (
        ("first", JUDGE, None, None, 20, 0.5, 0.4, 0.6, 0.7, 0.2, 0.1, 50.0, 1.0),
        ("first", JUDGE, 3, NAMES[3], 2, None, None, None, None, None, None, None, None),
    )
    pictures = ask(home, 'select label, clip_score_100, "clip_score_2.5", probability, hit, path from clip_pictures')
    assert len(pictures) == 20
    assert pictures[0] == (0, 50.0, 1.25, 0.9, 1, "pictures/sample-00000020-ema-01.png")


def test_a_picture_that_is_drawn_twice_is_scored_once(home, folder):
    """A second sample set with the same pictures has their scores; scores of a later look replace earlier ones."""
    attempt(folder, iter([Sample(20, "ema", drawn(), {"sampler": "heun"})]))
    attempt(folder, judgement(shift=0.25))
    catch_up(home)
    assert ask(home, "select count(*), count(distinct sample_set), min(cosine) from clip_pictures") == ((40, 2, 0.75),)
    assert ask(home, "select count(*) from clip_scores") == ((10,),)  # two copies of each


def test_a_rebuilt_database_knows_the_same(home, folder):
    """From the logs alone; a run that is forgotten takes its scores with it."""
    catch_up(home)
    tables = ("clip_scores", "baselines", "curves", "evaluations")
    before = [ask(home, f"select * from {table} order by 1, 2, 3, 4, 5, 6, 7, 8, 9") for table in tables]
    home.database.unlink()
    assert reindex(home) == (1, [])
    assert [ask(home, f"select * from {table} order by 1, 2, 3, 4, 5, 6, 7, 8, 9") for table in tables] == before
    with Store.write(home) as store:
        store.forget(folder.id)
    assert [len(ask(home, f"select * from {table}")) for table in tables] == [0, 3, 0, 0]


@pytest.mark.parametrize(
    "values",
    [
        '"event":"clip_scores","step":1,"judge":"j","model":"m","weights":"w","prompts":"p","scores":[{"label":1}]',
        '"event":"clip_scores","step":1,"judge":"j","model":"m","weights":"w","prompts":"p","scores":[7]',
        '"event":"curve","step":1,"judge":"j","name":"n","axis":"a","points":[[1]]',
        '"event":"curve","step":1,"judge":"j","name":"n","axis":"a","points":[[null,1]]',
        '"event":"baseline","baseline_set":"a","judge":"j","dataset":"d","size":"8","channels":1,"name":"n","n":1',
        '"event":"baseline","judge":"j","dataset":"d","size":8,"channels":1,"name":"n","pictures":"real","n":1',
        '"event":"evaluation","step":1,"judge":"j","name":"n","value":"high","n":1',
    ],
    ids=["no hash", "no row", "short point", "no x", "size as text", "no set", "value as text"],
)
def test_bad_lines_are_told_and_left_out(home, folder, values):
    """A log may come from another machine."""
    line(folder.log, "{" + values + ',"time":1.0}\n')
    (problem,) = catch_up(home)
    assert "was left out" in problem
    assert ask(home, "select count(*) from evaluations") == ((3,),)
