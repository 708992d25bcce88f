"""Questions to the database."""

import time

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from runs.ingest import catch_up
from runs.log import Log
from runs.processes import this_process
from runs.recorded import quick_config
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import training


@pytest.fixture
def store(home, made):
    """Three runs."""
    for name in ("tidy-otter", "tidy-owl", "loud-crow"):
        attempt(made(name, blur=2), training(4))
    catch_up(home)
    with Store.read(home) as opened:
        yield opened


@pytest.mark.parametrize("text", ["tidy-otter", "tidy-ot", "{id}", "{start}"])
def test_a_run_by_name_id_or_the_start_of_either(store, text):
    """As long as one run is meant."""
    ids = [run.id for run in store.runs()]
    start = next(ids[0][:end] for end in range(1, 99) if not any(other.startswith(ids[0][:end]) for other in ids[1:]))
    assert store.find(text.format(id=ids[0], start=start)).name == "tidy-otter"


def test_a_whole_name_comes_before_longer_ones(home, made, store):
    """A run called like the start of another one can be named."""
    attempt(made("tidy"), training(4))
    catch_up(home)
    assert store.find("tidy").name == "tidy"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("tidy-oter", "unknown run 'tidy-oter'; did you mean tidy-otter?; next: workbench list", id="near"),
        pytest.param("zzz", "unknown run 'zzz'; next: workbench list", id="far"),
        pytest.param("", "unknown run ''; next: workbench list", id="empty"),
        pytest.param("%", "unknown run '%'; next: workbench list", id="no pattern"),
        pytest.param(
            "tidy", "'tidy' is the start of 2 runs; allowed: tidy-otter, tidy-owl; next: workbench list", id="several"
        ),
    ],
)
def test_a_run_that_is_not_one(store, text, message):
    """What is near, or which ones it could be."""
    with pytest.raises(UserError) as caught:
        store.find(text)
    assert str(caught.value) == message


def test_no_runs_yet(home):
    """The next command starts one."""
    with Store.read(home) as store, pytest.raises(UserError) as caught:
        store.find("x")
    assert str(caught.value) == "unknown run 'x'; next: workbench run"


def test_two_runs_of_one_name_are_told_apart_by_id(home, store):
    """Folders copied from another machine may bring a name that is here already."""
    with Store.write(home) as writer:
        writer.db.execute("update runs set name = 'tidy-owl' where name = 'tidy-otter'")
    with pytest.raises(UserError) as caught:
        store.find("tidy-owl")
    ids = ", ".join(run.id for run in store.runs()[:2])
    assert str(caught.value) == f"2 runs are called 'tidy-owl'; allowed: {ids}; next: workbench list"


def test_the_views_a_person_types_first(store):
    """Settings, numbers and times are readable without joins."""
    summary = store.query("select name, dataset, schedule, blur, step, val_loss from run_summary where step = 4")
    assert summary.rows[0] == ("loud-crow", "digits", "cosine", 2.0, 4, 0.5)
    assert store.query("select value from settings where run = 'tidy-owl' and setting = 'data.blur'").rows == ((2.0,),)
    assert store.query("select value from settings where setting = 'network.multipliers'").rows[0] == ("[1,2,2]",)
    points = store.query("select step, value from metrics where run = 'tidy-owl' and name = 'train/loss' order by step")
    assert points.rows == ((1, 1.0), (2, 0.5), (3, 1 / 3), (4, 0.25))
    best = store.query("select place, dataset, blur, x0_loss from best_runs").rows
    assert best == ((1, "digits", 2.0, 0.25),) * 3
    assert store.query("select sampler, sampling_steps, guidance, pictures from samples").rows[0] == (
        "heun",
        20,
        1.5,
        20,
    )
    (created,) = store.query("select created from run_summary limit 1").rows[0]
    assert abs(time.mktime(time.strptime(created, "%Y-%m-%d %H:%M:%S")) - time.time()) < 100


def test_a_config_of_another_version_is_listed(store, home):
    """What can be read of it is, the rest is told in its facts."""
    with Store.write(home) as writer:
        writer.db.execute("update runs set config = json_set(config, '$.network.magic', 3) where name = 'tidy-owl'")
    run = store.find("tidy-owl")
    assert run.config.data.blur == 2
    assert run.facts["config"] == "unknown setting 'network.magic'"


def test_a_config_is_read_whole():
    """The quick way gives the same as the slow one."""
    from diffusion.config import to_dict

    config = with_settings(RunConfig(), {"blur": 2, "network.attention": (4, 8), "seed": 5, "device": "cpu"})
    assert quick_config(to_dict(config)) == (config, "")


def test_five_hundred_runs_share_their_configs(home, made, monkeypatch):
    """The list reads each distinct section of a config once: time is measured elsewhere, work is counted here."""
    attempt(made(), training(2))
    catch_up(home)
    with Store.write(home) as writer:
        columns = [row[1] for row in writer.db.execute("pragma table_info(runs)")]
        values = ", ".join(
            {"number": "value + 1", "id": "'id' || value", "folder": "'f' || value"}.get(c, c) for c in columns
        )
        writer.db.execute(
            "with recursive n(value) as (select 1 union all select value + 1 from n where value < 499) "
            f"insert into runs ({', '.join(columns)}) select {values} from runs, n"
        )
    parsed = []
    monkeypatch.setattr("runs.recorded.with_settings", lambda *args: parsed.append(args) or with_settings(*args))
    with Store.read(home) as store:
        assert len(store.runs()) == 500
        assert len(store.runs()) == 500
    assert len(parsed) <= 80


def test_names_for_completion(home, made, store):
    """Those that begin so, newest first, taken as they are typed."""
    attempt(made("100%"), training(4))
    catch_up(home)
    assert store.names() == ["100%", "loud-crow", "tidy-owl", "tidy-otter"]
    assert store.names("tidy-o") == ["tidy-owl", "tidy-otter"]
    assert store.names("%") == store.names("_idy") == []
    assert store.names("100%") == ["100%"]


def test_runs_by_their_ids(store):
    """In the order that was asked for; one that is not there is left out."""
    ids = [run.id for run in store.runs()]
    assert [run.id for run in store.some([ids[2], "none", ids[0]])] == [ids[2], ids[0]]


def test_who_works_here(home, made):
    """Living processes of this machine, by run; the dead, the ended and those of other machines are not."""
    for name, values in [("here", {}), ("gone", {"pid": 2**22 + 1}), ("elsewhere", {"host": "elsewhere"})]:
        log = Log.new(made(name), "attempt")
        log.add("attempt", {"format": 1, **this_process(), "command": "x"} | values)
        log.flush()
    attempt(made("done"), training(2))
    catch_up(home)
    with Store.read(home) as store:
        here = store.find("here")
        assert store.working_here() == {here.id: this_process()["pid"]}
        process = store.process_of(here)
        assert process is not None
        assert process.lives
        assert store.process_of(store.find("done")) is None
        assert [run.status for run in store.runs()] == ["running", "died", "running", "completed"]
