"""What a list shows of many runs at once."""

import math

import pytest

from diffusion.events import Alert, Evaluation, Finished, Metric, Progress, Started
from runs import glance
from runs.ingest import ingest
from runs.store import Store
from tests.runs.conftest import attempt


def events(values, *more):
    """A training with these losses, and more events before its end."""
    yield Started({"device": "cpu"}, ())
    for step, value in enumerate(values, start=1):
        yield Metric(step, "train/loss", value)
        yield Progress("train", step, len(values), step)
    yield from more
    yield Finished("completed", len(values), 1.0)


@pytest.fixture
def store_of(home, made):
    """Makes a store with runs of these events."""
    opened = []

    def make(*runs):
        for number, one in enumerate(runs):
            folder = made(f"run-{number}")
            attempt(folder, one)
            with Store.write(home) as store:
                ingest(store, folder.path)
        context = Store.read(home)
        opened.append(context)
        return context.__enter__()

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def test_smoothed_is_the_mean_of_the_newest_points(store_of):
    """Of so many; a run that ends in NaN has none."""
    values = [float(step) for step in range(1, 101)]
    store = store_of(events(values), events([1.0, math.nan]), events([3.0]))
    assert glance.smoothed(store) == {1: pytest.approx(sum(values[-glance.LAST :]) / glance.LAST), 3: 3.0}


def test_smoothed_leaves_out_what_was_done_again(home, made):
    """Steps 51 to 60 that a crash lost; the new attempt has done three of them."""
    folder = made("resumed")
    attempt(folder, events([2.0] * 50 + [9.0] * 10))
    attempt(folder, (event for event in events([4.0] * 53) if getattr(event, "step", 51) > 50))
    with Store.write(home) as store:
        ingest(store, folder.path)
    with Store.read(home) as store:
        assert glance.smoothed(store) == {1: pytest.approx((3 * 4.0 + 17 * 2.0) / 20)}


def test_a_sparkline_has_its_width_whatever_the_length(store_of):
    """Means of neighbours from the first step to the last; short curves too."""
    store = store_of(events([float(step) for step in range(1000)]), events([5.0, 4.0]), events([]))
    values = glance.sparkline_values(store, 1, 10)
    assert len(values) == 10
    assert values == tuple(pytest.approx(place * 99.9 + 1.5, abs=1.0) for place in range(10))
    assert glance.sparkline_values(store, 2, 10)[0] == 4.5
    assert glance.sparkline_values(store, 3, 10) == ()


def test_a_sparkline_of_a_resumed_run_begins_at_its_first_step(home, made):
    """Attempts are joined as the curve is: from the second one's first step on its points count, not the first's."""
    folder = made("resumed")
    attempt(folder, events([float(100 - step) for step in range(60)]))
    attempt(folder, (event for event in events([1.0] * 100) if getattr(event, "step", 51) > 50))
    with Store.write(home) as store:
        ingest(store, folder.path)
    with Store.read(home) as store:
        values = glance.sparkline_values(store, 1, 10)
    assert values[:5] == tuple(pytest.approx(98.5 - 9.9 * place, abs=1.0) for place in range(5))
    assert values[6:] == (1.0,) * 4


def test_the_cost_of_a_sparkline_does_not_grow_with_the_curve(store_of):
    """Counted in steps of SQLite's machine: a curve a hundred times as long costs no more."""
    store = store_of(events([1.0] * 100), events([1.0] * 10_000))

    def cost(run):
        steps = [0]

        def count():
            steps[0] += 1
            return 0

        store.db.set_progress_handler(count, 1)
        glance.sparkline_values(store, run, 10)
        glance.smoothed(store)
        store.db.set_progress_handler(None, 0)
        return steps[0]

    assert cost(2) < 1.1 * cost(1)


def test_newest_alerts_come_first_and_once(store_of):
    """Of all runs, each text of a run once."""
    warning = Alert("warning", 3, "it is slow")
    store = store_of(events([1.0], warning), events([1.0], warning, Alert("error", 1, "bad"), warning))
    found = [(run, alert.level, alert.text) for run, alert in glance.newest_alerts(store)]
    assert found[-1] == (1, "warning", "it is slow")
    assert sorted(found[:2]) == [(2, "error", "bad"), (2, "warning", "it is slow")]
    assert len(glance.newest_alerts(store, most=1)) == 1


def test_clip_scores_are_the_newest_over_all_classes(store_of):
    """Those of single classes, and other judges', do not count."""
    found = [
        Evaluation(10, "clip-digits-trained-here", "cosine", 0.25, 80),
        Evaluation(20, "clip-digits-trained-here", "cosine", 0.75, 80),
        Evaluation(20, "clip-digits-trained-here", "cosine", 0.9, 8, label=1),
        Evaluation(20, "classifier-digits", "accuracy", 0.7, 80),
    ]
    assert glance.clip_scores(store_of(events([1.0], *found), events([1.0]))) == {1: 75.0}


def test_tables_and_last_values(store_of):
    """Views with their columns too."""
    store = store_of(events([2.0, 1.0]))
    assert glance.tables(store)["metrics"][:4] == ("run", "name", "step", "value")
    assert glance.last_values(store, ["train/loss", "val/loss"]) == {1: {"train/loss": 1.0}}
