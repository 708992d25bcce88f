"""Which runs speak for a setting, and what each arm is compared with."""

import json

import pytest

from diffusion.errors import UserError
from runs.arms import Against, arms, began_at, config_differences, config_now, standing
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training


def stored(home):
    catch_up(home)
    with Store.read(home) as store:
        return store.runs()


def child_of(folder, parent, step):
    """Make a run another one's child, which starts from that one's checkpoint of a step."""
    path = folder.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"parent": parent}))
    return {"checkpoint": f"step-{step:08d}.safetensors"}


@pytest.fixture
def product(home, made):
    """Two schedules by two blurs, each with two seeds."""
    for seed in (0, 1):
        for blur in (0.0, 1.0):
            for schedule in ("linear", "cosine"):
                name = f"{schedule}-{blur:g}-{seed}"
                attempt(made(name, process__schedule=schedule, data__blur=blur, seed=seed))
    return arms(stored(home))


def test_arms_are_settings_and_seeds_their_runs(product):
    """Numbered in their order, named by what differs."""
    assert [arm.number for arm in product] == [1, 2, 3, 4]
    assert product[1].name == "blur 0, schedule cosine"
    assert [list(arm.by_seed) for arm in product] == [[0, 1]] * 4
    assert product[0].standing == "completed at step 20"


def test_runs_of_one_config_are_an_arm_each(product):
    """To see how far seeds differ."""
    assert [arm.name for arm in arms(product[0].runs)] == ["linear-0-0", "linear-0-1"]
    with pytest.raises(UserError, match="a comparison needs two runs or more"):
        arms(product[0].runs[:1])


def test_what_differs_in_the_configs(product):
    """The seed is inside the arms."""
    assert config_differences(product[:2]) == {"process.schedule": ["linear", "cosine"]}


def test_many_settings_are_named_by_what_is_not_the_firsts(home, made):
    """So that a short name still tells two arms apart."""
    many = {"data__blur": 1, "train__batch_size": 64, "train__learning_rate": 2e-3, "process__schedule": "linear"}
    attempt(made("first"))
    attempt(made("other", **many))
    attempt(made("third", process__schedule="linear"))
    names = [arm.name for arm in arms(stored(home))]
    assert names[1:] == ["blur 1, schedule linear, batch size 64, 1 more", "schedule linear"]


def test_a_diverged_seed_does_not_count(home, made):
    """Beside completed ones it is set aside; alone it is shown as what it is."""
    attempt(made("good", seed=0))
    attempt(made("lost", seed=1), training(20, nan_at=3))
    attempt(made("bad", seed=0, data__blur=1), training(20, nan_at=3))
    sharp, blurred = arms(stored(home))
    assert [run.name for run in sharp.runs] == ["good"]
    assert [(run.name, why) for run, why in sharp.aside] == [("lost", "diverged at step 3 of 20")]
    assert (sharp.diverged, blurred.diverged) == (False, True)


def test_a_run_that_has_not_ended_does_not_count_beside_those_that_have(home, made):
    """Where none has ended, those that have begun speak."""
    attempt(made("done", seed=0))
    attempt(made("stopped", seed=1), training(20, should_stop=lambda: True))
    attempt(made("other", seed=0, data__blur=1), training(20, should_stop=lambda: True))
    sharp, blurred = arms(stored(home))
    assert [(run.name, why) for run, why in sharp.aside] == [("stopped", "stopped at step 1 of 20")]
    assert blurred.standing == "stopped at step 1 of 20"


def test_of_two_with_one_seed_the_newer_one_counts(home, made):
    """The other one is named."""
    attempt(made("old"))
    attempt(made("new"))
    attempt(made("other", data__blur=1))
    first, _ = arms(stored(home))
    assert [run.name for run in first.runs] == ["new"]
    assert [(run.name, why) for run, why in first.aside] == [("old", "older than new of the same seed")]


def test_a_run_with_a_raised_goal_is_another_arm(home, made):
    """Its siblings were trained for fewer steps."""
    for seed in (0, 1):
        attempt(made(f"seed{seed}", seed=seed, train__steps=20))
    runs = stored(home)
    attempt(made("other", seed=2, train__steps=20), training(30))
    runs = stored(home)
    assert [config_now(run).train.steps for run in runs] == [20, 20, 30]
    assert [arm.name for arm in arms(runs)] == ["steps 20", "steps 30"]


def test_drawings_and_forks_are_arms_of_their_own(home, made):
    """Though their config is a trained run's; a drawing has trained nothing."""
    attempt(made("trained", train__steps=20))
    (parent,) = stored(home)
    for name, steps in (("drawn", 20), ("forked", 40)):
        folder = made(name, train__steps=20)
        attempt(folder, training(steps), **child_of(folder, parent.id, 20))
    found = arms(stored(home), {parent.id: "trained"})
    assert [(arm.name, arm.began, arm.drawn) for arm in found] == [
        ("steps 20", 0, False),
        ("steps 20, from trained", 20, True),
        ("steps 40, from trained", 20, False),
    ]


@pytest.mark.parametrize("line", ["", "{", "[]", '{"checkpoint": null}', '{"checkpoint": "x"}'])
def test_where_a_run_began_when_its_log_does_not_say(home, made, line):
    """At its start."""
    folder = made("child")
    child_of(folder, "x", 0)
    (folder.path / "attempt-0001.jsonl").write_text(line + "\n")
    (run,) = stored(home)
    assert began_at(run) == 0


def test_nothing_is_compared_with_what_diverged(home, made):
    """The first arm that did not is what the others are compared with."""
    attempt(made("lost"), training(20, nan_at=3))
    for blur in (1, 2):
        attempt(made(f"blur{blur}", data__blur=blur))
    assert {at: one.number for at, one in Against.first(arms(stored(home))).references.items()} == {1: 2, 3: 2}


def test_how_a_run_stands(home, made):
    """In words."""
    made("waits")
    assert [standing(run) for run in stored(home)] == ["created"]


def test_what_an_arm_is_compared_with(product):
    """The first one, or the one that differs in one setting alone."""
    assert {at: one.number for at, one in Against.first(product).references.items()} == {2: 1, 3: 1, 4: 1}
    along = Against.along(product, "process.schedule")
    assert {at: one.number for at, one in along.references.items()} == {2: 1, 4: 3}
    backwards = Against.along(product, "process.schedule", "cosine")
    assert {at: one.number for at, one in backwards.references.items()} == {1: 2, 3: 4}
