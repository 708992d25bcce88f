"""Studies: what is made, what is skipped, and that a killed command loses and doubles nothing."""

import json

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from runs import studies
from runs.folder import RunFolder
from runs.ingest import catch_up
from runs.requests import ask, queued
from runs.store import Store
from runs.studies import Axis, Plan, begin, drawings, members, product
from tests.runs.conftest import attempt, processes_of
from tests.waiting import until
from tests.workbench.streams import training

AXES = (Axis("process.schedule", ("linear", "cosine")), Axis("data.blur", (0.0, 1.0)))


@pytest.fixture(autouse=True)
def _no_dispatcher(request, monkeypatch):
    """Nothing is worked on unless a test does it, or asks for real processes."""
    if "real" not in request.fixturenames:
        monkeypatch.setattr("runs.queue.start_dispatcher", lambda home: None)


def plan(seeds=(0, 1), axes=AXES, name="both"):
    return Plan(name, product(RunConfig(), axes, seeds), "digits")


def go(home, what=None):
    return begin(home, what or plan(), command="workbench study")


def stored(home):
    catch_up(home)
    with Store.read(home) as store:
        return store.runs()


def test_the_product_of_axes_and_seeds():
    """Seeds outermost: half a study has every point once."""
    found = product(RunConfig(), AXES, [3, 4])
    values = [(one.seed, one.process.schedule, one.data.blur) for one in found]
    assert values[:4] == [(3, "linear", 0.0), (3, "linear", 1.0), (3, "cosine", 0.0), (3, "cosine", 1.0)]
    assert [one[0] for one in values] == [3] * 4 + [4] * 4


@pytest.mark.parametrize(
    ("axes", "seeds", "message"),
    [
        pytest.param([Axis("data.blur", ())], [0], "a study of no runs", id="no value"),
        pytest.param(AXES, [], "a study of no runs", id="no seed"),
        pytest.param([*AXES, AXES[0]], [0], "process.schedule is varied twice", id="twice"),
        pytest.param([Axis("device", ("cpu", "auto"))], [0], "device says where a run works", id="device"),
        pytest.param([Axis("data.folder", ("a", "b"))], [0], "data.folder says where a run works", id="folder"),
        pytest.param(AXES, range(2501), "this makes 10,004 runs; allowed: up to 10,000", id="too many"),
        pytest.param(
            [Axis("process.timesteps", (1000, 10))], [0], "with process.timesteps=10: sampling.sampling_steps", id="bad"
        ),
    ],
)
def test_what_makes_no_study(axes, seeds, message):
    """Said before anything is made."""
    with pytest.raises(UserError) as caught:
        product(RunConfig(), axes, seeds)
    assert str(caught.value).startswith(message)


def test_runs_are_made_and_queued(home):
    """In the plan's order, named by study, values and seed; the study is in run.json, in the table, and after a
    reindex; all of them have one provenance."""
    begun = go(home)
    assert (len(begun.made), len(begun.queued), begun.left) == (8, 8, 0)
    assert begun.made[0].path.name == "both-blur0-linear-seed0"
    found = stored(home)
    assert {run.study for run in found} == {"both"}
    assert [run.queue_position for run in found] == list(range(1, 9))
    described = [json.loads((run.folder / "run.json").read_text()) for run in found]
    assert {json.dumps(one["provenance"]) for one in described} == {json.dumps(described[0]["provenance"])}
    home.database.unlink()
    assert {run.study for run in stored(home)} == {"both"}


def test_the_same_command_again_does_nothing(home):
    """All of it waits already."""
    go(home)
    again = go(home)
    assert (again.made, again.queued, again.left) == ((), (), 8)
    assert len(stored(home)) == 8


def test_what_is_done_is_skipped_and_what_was_stopped_goes_on(home):
    """Completed and diverged runs are answers; a stopped one and one out of the queue wait again."""
    first, second, third, fourth, *_ = go(home).made
    attempt(first)
    attempt(second, training(5, nan_at=3))
    attempt(third, training(20, should_stop=lambda: True))
    ask(fourth, "stop")
    again = go(home)
    assert again.made == ()
    assert [folder.path for folder in again.queued] == [third.path, fourth.path]
    assert again.left == 6


def test_a_run_that_is_worked_on_is_left_alone(home):
    """Whoever holds its folder."""
    first, *_ = go(home).made
    ask(first, "stop")
    with first.held():
        assert go(home).queued == ()
    assert [folder.path for folder in go(home).queued] == [first.path]


@pytest.mark.parametrize("killed_at", range(8))
def test_killed_while_it_makes_runs(home, monkeypatch, killed_at):
    """Wherever that is: the next command makes the rest; none is missing, none is there twice."""
    left, made = [killed_at], studies.create_run

    def dying(*args, **options):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return made(*args, **options)

    monkeypatch.setattr(studies, "create_run", dying)
    with pytest.raises(KeyboardInterrupt):
        go(home)
    monkeypatch.setattr(studies, "create_run", made)
    begun = go(home)
    assert (len(begun.made), len(begun.queued)) == (8 - killed_at, 8)
    found = [studies.identity(run.config) for run in stored(home)]
    assert len(found) == len(set(found)) == 8
    assert {queued(folder).position for folder in members(home, "both").values()} == set(range(1, 9))


def test_killed_while_it_queues(home, monkeypatch):
    """Some runs wait and others do not: those are queued, the others not twice."""
    import runs.queue

    asked, count = runs.queue.ask, []

    def dying(*args):
        if len(count) == 3:
            raise KeyboardInterrupt
        count.append(args)
        asked(*args)

    monkeypatch.setattr(runs.queue, "ask", dying)
    with pytest.raises(KeyboardInterrupt):
        go(home)
    monkeypatch.setattr(runs.queue, "ask", asked)
    again = go(home)
    assert (len(again.made), len(again.queued), again.left) == (0, 5, 3)


def test_more_values_and_seeds_extend_it(home):
    """What is there stays."""
    go(home)
    wider = (Axis("process.schedule", ("linear", "cosine", "flow")), AXES[1])
    again = go(home, plan(seeds=(0, 1, 2), axes=wider))
    assert (len(again.made), again.left) == (10, 8)


def test_where_a_run_works_is_not_what_it_is(home):
    """Another device or data folder makes no new run."""
    go(home)
    elsewhere = with_settings(RunConfig(), {"device": "cpu", "data.folder": "/somewhere"})
    assert go(home, Plan("both", product(elsewhere, AXES, (0, 1)), "digits")).made == ()


def test_a_renamed_run_stays_in_its_place(home):
    """A run is known by its config."""
    first, *_ = go(home).made
    ask(first, "rename", "mine")
    assert go(home).made == ()


def test_a_name_that_is_taken(home, made):
    """Another run is called like one of the study's: a number follows."""
    made("both-blur0-linear-seed0")
    assert go(home).made[0].path.name == "both-blur0-linear-seed0-2"


def test_a_damaged_run_is_left_out(home):
    """And made again."""
    first, *_ = go(home).made
    (first.path / "run.json").write_text("{")
    assert len(go(home).made) == 1


def test_axes_seeds_and_values(home):
    """As the runs themselves have them."""
    go(home)
    found = stored(home)
    assert studies.axes_of([run.config for run in found]) == ["data.blur", "process.schedule"]
    assert list(studies.named_studies(found)) == ["both"]
    assert studies.values_of(found[1].config, ["data.blur", "process.schedule"]) == {
        "data.blur": "1",
        "process.schedule": "linear",
    }
    assert studies.axes_of([]) == []


@pytest.fixture
def trained(home, made):
    """A completed run as the store has it."""
    attempt(made("source", train__steps=20))
    (run,) = stored(home)
    return run


def test_drawings_start_from_the_checkpoint(home, trained):
    """Each run of the study has the trained one's newest checkpoint and goal, and is its child."""
    configs = drawings(trained, [Axis("sampling.guidance", (1.0, 2.0))], [0, 1])
    begun = go(home, Plan("scales", configs, "digits", trained))
    assert len(begun.queued) == 4
    for folder in begun.made:
        assert folder.latest_step() == 20
        assert folder.config.train.steps == 20
        assert folder.description["parent"] == trained.id


def test_a_drawing_killed_before_its_checkpoint_gets_it(home, trained, monkeypatch):
    """Without it the run would train from the start."""
    what = Plan("scales", drawings(trained, [Axis("sampling.guidance", (1.0, 2.0))], [0]), "digits", trained)
    monkeypatch.setattr(studies, "_give_checkpoints", lambda run, folders: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        go(home, what)
    made = list(members(home, "scales").values())
    assert [queued(folder) for folder in made] == [None, None]
    monkeypatch.undo()
    monkeypatch.setattr("runs.queue.start_dispatcher", lambda home: None)
    assert len(go(home, what).queued) == 2
    assert [folder.latest_step() for folder in made] == [20, 20]


def test_drawings_of_two_networks_are_two_studies(home, made, trained):
    """Though their settings are the same: the second one's would count as done."""
    attempt(made("again", train__steps=20))
    other = next(run for run in stored(home) if run.name == "again")
    axes = [Axis("sampling.guidance", (1.0, 2.0))]
    go(home, Plan("scales", drawings(trained, axes, [0]), "digits", trained))
    with pytest.raises(UserError, match="the study scales has runs that draw from another run's checkpoint"):
        go(home, Plan("scales", drawings(other, axes, [0]), "digits", other))
    with pytest.raises(UserError, match="the study scales has runs that only draw, and these are trained"):
        go(home, Plan("scales", drawings(trained, axes, [0]), "digits"))


def test_a_study_of_other_settings_has_another_name(home):
    """One value that neither varies; naming it as an axis makes it one study."""
    go(home)
    longer = with_settings(RunConfig(), {"train.steps": 40})
    with pytest.raises(UserError, match=r"the study both has runs with train\.steps 1000, and these have 40"):
        go(home, Plan("both", product(longer, AXES, (0, 1)), "digits"))
    again = go(home, Plan("both", product(longer, AXES, (0, 1)), "digits", varied=("train.steps",)))
    assert len(again.made) == 8


def test_what_cannot_be_drawn_from(home, made, trained):
    """Settings of the training, a run without an end, a run that has nothing left to draw."""
    with pytest.raises(UserError, match=r"data\.blur decides how a run trains, and --run source is trained already"):
        drawings(trained, [Axis("data.blur", (0.0,))], [0])
    attempt(made("half"), training(20, should_stop=lambda: True))
    attempt(made("none", sampling__per_class=0))
    half, none = (next(run for run in stored(home) if run.name == name) for name in ("half", "none"))
    axes = [Axis("sampling.guidance", (1.0,))]
    with pytest.raises(UserError, match="run half is stopped: there is no finished network to draw from"):
        drawings(half, axes, [0])
    with pytest.raises(UserError, match="per_class 0, so its checkpoint has nothing left to draw"):
        drawings(none, axes, [0])


def test_all_processes_killed_half_way(home, real):
    """Dispatcher and worker by SIGKILL, in the middle of a run: the same command goes on with that one, and every run
    is done once."""
    real(0.002)
    four = Plan("both", product(with_settings(RunConfig(), {"train.steps": 60}), AXES, (0,)), "digits")
    go(home, four)
    until(lambda: any(run.status == "completed" for run in stored(home)))
    until(lambda: any(run.status == "running" for run in stored(home)))
    for process in processes_of(home):
        process.kill()
    until(lambda: not processes_of(home))
    again = go(home, four)
    assert again.made == ()
    assert again.left >= 1
    until(lambda: {run.status for run in stored(home)} == {"completed"})
    with Store.read(home) as store:
        outcomes = {run.name: [one.outcome for one in store.attempts(run)] for run in store.runs()}
    assert len(outcomes) == 4
    for attempts in outcomes.values():
        assert attempts.count("completed") == 1
        assert set(attempts) <= {"completed", "died"}


def test_a_home_without_runs(home):
    """Has no studies."""
    assert members(home, "x") == {}
    assert not RunFolder(home.runs / "x").path.exists()
