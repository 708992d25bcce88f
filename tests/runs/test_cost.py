"""What runs will take: from runs like them, else measured."""

import json

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from runs import cost
from runs.cost import Cost, costs, short
from runs.ingest import catch_up
from runs.store import Store
from tests.diffusion.small import small
from tests.runs.conftest import attempt


@pytest.fixture
def store(home, made):
    """A run of 20 steps that took 30 s, and one that drew only, in 3 s."""
    attempt(made("long", train__steps=20))
    drawn = made("drawn", train__steps=20)
    described = json.loads((drawn.path / "run.json").read_text())
    (drawn.path / "run.json").write_text(json.dumps(described | {"parent": "x", "study": "scales"}))
    attempt(drawn)
    catch_up(home)
    with Store.write(home) as opened:
        opened.db.execute("update attempts set ended = started + case run when 1 then 30 else 3 end")
        opened.db.execute("update runs set images_per_s = 256")  # 20 steps of 128 pictures in 10 s
    with Store.read(home) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_is_measured(monkeypatch):
    """Unless a test says so."""
    monkeypatch.setattr(cost, "_measured", lambda home, configs: [Cost(99.0, "measured") for _ in configs])


def config(**changes):
    return with_settings(RunConfig(), {"train.steps": 20} | {k.replace("__", "."): v for k, v in changes.items()})


@pytest.mark.parametrize(
    ("changes", "seconds", "source"),
    [
        pytest.param({}, 30, "1 finished run like it", id="the same"),
        pytest.param(
            {"process__schedule": "linear", "data__blur": 2, "seed": 7}, 30, "1 finished run like it", id="free"
        ),
        pytest.param({"train__steps": 60}, 50, "finished runs like it of another number of steps", id="more steps"),
        pytest.param({"train__steps": 400}, 99, "measured", id="far more steps"),
        pytest.param({"network__channels": 32}, 99, "measured", id="another network"),
        pytest.param({"sampling__sampling_steps": 50}, 99, "measured", id="more to draw"),
    ],
)
def test_from_runs_like_it(store, home, changes, seconds, source):
    """Schedule, blur and seed cost nothing; steps cost what they took, without what comes before and
    after; the rest makes another kind of run."""
    (found,) = costs(store, home, [config(**changes)])
    assert (round(found.seconds), found.source) == (seconds, source)


def test_drawings_are_told_by_drawings(store, home):
    """A training tells nothing of them, and nothing is measured."""
    known, unknown = costs(store, home, [config(), config(sampling__sampling_steps=7)], drawn=True)
    assert (round(known.seconds), unknown) == (3, None)
    assert cost.total([known]) == pytest.approx(3)
    assert cost.total([known, unknown]) is None


def test_a_time_limit_is_a_cost(store, home):
    """Of a kind that is not known, the measurement's; minutes say themselves how long."""
    assert cost._like({}, config(train__minutes=2)) == Cost(120, "its time limit")


def test_few_kinds_are_measured(store, home, monkeypatch):
    """The others count as the slowest."""
    asked = []
    monkeypatch.setattr(
        cost, "_measured", lambda home, some: asked.append(some) or [Cost(float(i), "m") for i, _ in enumerate(some)]
    )
    found = costs(store, home, [config(network__channels=8 * n) for n in range(1, 10)])
    assert len(asked[0]) == cost.MOST_MEASURED
    assert [one.seconds for one in found if one.source == "m"][-1] == cost.MOST_MEASURED - 1


def test_what_is_measured_keeps_nothing():
    """So many steps, and its end, for which no judge is trained."""
    found = short(small(epochs=3), 5)
    assert (found.train.steps, found.train.epochs, found.preview.every_steps) == (5, 0, 0)
    assert not found.judges.train
    assert found.sampling == small().sampling


def test_a_measurement(home, monkeypatch):
    """In a process of its own; what it cannot train is told."""
    monkeypatch.undo()
    (found,) = cost._measured(home, [small(steps=1000)])
    assert found.source == "12 steps measured now, with drawing and judging"
    assert 0.1 < found.seconds < 600
    assert found.alone
    with pytest.raises(UserError, match=r"the runs cannot be measured: .*x, which does not exist"):
        cost._measured(home, [small(dataset="folder:/nowhere/x")])


def test_a_cost_has_all_parts_of_a_run():
    """Two previews of a picture, each as much as one of the two final ones; validations on the way and at the end."""
    told = {"start_s": 1.0, "step_s": 0.1, "validate_s": 2.0, "sample_s": 4.0, "judge_s": 8.0, "train_images": 100.0}
    changes = {"train.steps": 10, "train.validate_every_steps": 5, "preview.every_steps": 10, "sampling.per_class": 2}
    config = with_settings(RunConfig(), changes | {"preview.per_class": 1, "preview.sampling_steps": 20})
    assert cost._seconds(config, told) == pytest.approx(1 + 1 + 3 * 2 + 4 + 4 + 8)


def test_several_at_once():
    """Of runs that were measured alone only as many are faster as there are GPUs."""
    known, alone = Cost(10, "finished"), Cost(10, "measured", alone=True)
    assert cost.total([known] * 4, slots=2) == 20
    assert cost.total([alone] * 4, slots=2) == 40
    assert cost.total([alone] * 4, slots=4, gpus=2) == 20
    assert cost.total([known], slots=4) == 10
