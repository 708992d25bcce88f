"""A run's pictures judged again, and recorded."""

import dataclasses

import pytest

from diffusion.config import JudgesConfig, with_settings
from diffusion.errors import UserError
from diffusion.events import Evaluation, Progress
from runs.attempt import work
from runs.create import create_run
from runs.drawn import newest
from runs.ingest import catch_up
from runs.judging import score, train_judges
from runs.store import Store
from tests.diffusion.small import small

CLIP = JudgesConfig(classifier="off", fidelity="off", sharpness="off", emergence="off")


@pytest.fixture
def known(home, recorded, clip_judges):
    """A recorded run with its samples, in a home whose judges are trained already."""
    catch_up(home)
    home.judges.symlink_to(clip_judges)
    with Store.read(home) as store:
        run = store.find("first")
        return run, newest(store.images(run, kind="sample"))


def judged(home, known, **changes):
    """The evaluations of one look."""
    run, images = known
    options = {"judges": CLIP, "device": "cpu", "should_stop": lambda: False} | changes
    return [one for one in score(run, home, images, **options) if isinstance(one, Evaluation)]


def test_recorded_pictures_are_judged_into_the_record(home, known):
    """In a log of its own, as numbers of their sample set, one row a picture."""
    assert [one.n for one in judged(home, known) if one.name == "cosine" and one.label is None] == [20]
    run, _ = known
    assert (run.folder / "scores-0001.jsonl").is_file()
    with Store.read(home) as store:
        assert {one.sample_set for one in store.evaluations(run)} == {1}
        (rows,) = store.query("select count(*), count(distinct label) from clip_pictures").rows
        assert rows == (20, 10)
        assert store.find("first").status == "completed"  # a look is no attempt


def test_without_pictures_or_checkpoint(home, known):
    """What to type instead."""
    run, _ = known
    with pytest.raises(UserError, match=r"no drawn pictures to judge; next: workbench score first --per-class 64"):
        judged(home, (run, []))
    for path in (run.folder / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(UserError, match="no checkpoint to draw from"):
        judged(home, known, per_class=2)


def test_a_judge_that_cannot_be_used_leaves_no_log(home, known):
    """Nothing was said, so nothing is kept."""
    run, _ = known
    with pytest.raises(UserError, match="unknown CLIP model"):
        judged(home, known, judges=dataclasses.replace(CLIP, clip="nothing/x"))
    assert not list(run.folder.glob("scores-*"))


def test_training_a_judge_keeps_it_in_the_home(home, monkeypatch):
    """With what it reaches."""
    monkeypatch.setattr("diffusion.judges.clip_train.SMALL_STEPS", 3)
    work = train_judges(home, "digits", ["clip"], device="cpu", data="")
    seen = []
    try:
        while True:
            seen.append(next(work).phase)
    except StopIteration as end:
        (about,) = end.value
    assert seen == ["judge"] * 3
    assert (about["name"], about["n"]) == ("clip-digits-trained-here", 359)
    assert (home.judges / "clip-digits-trained-here" / "judge.json").is_file()


def test_looks_on_the_way_are_rows_while_the_run_trains(home, clip_judges):
    """At the steps of judges.every_steps, with what was measured beside them; the end has a look of its own."""
    home.make()
    home.judges.symlink_to(clip_judges)
    config = with_settings(small(), {"judges.clip": "auto", "judges.every_steps": 4, "judges.per_class": 1})
    folder = create_run(home, config, preset="digits", command="workbench run", name="live")
    question = "select step, sample_set, n, real is not null from judged where name = 'cosine' and label is null"
    seen = {}
    for event in work(folder, home, should_stop=lambda: False):
        if isinstance(event, Progress) and event.phase == "train" and event.step in (6, 10):
            catch_up(home)
            with Store.read(home) as store:
                assert store.find("live").step < 12
                seen[event.step] = store.query(question).rows
    assert seen == {6: ((4, None, 10, 1),), 10: ((4, None, 10, 1), (8, None, 10, 1))}
    with Store.read(home) as store:
        assert store.query(question).rows == ((4, None, 10, 1), (8, None, 10, 1), (12, 1, 20, 1))
