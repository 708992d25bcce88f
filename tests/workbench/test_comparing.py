"""The comparison of some runs as they are now."""

from runs.home import Home
from runs.store import Store
from tests.workbench.screens.compare_home import add_run
from workbench.comparing import Comparing


def test_made_again_when_something_was_written(tmp_path):
    """Not before; a study's runs are those that it has now; one run alone is none."""
    home = Home(tmp_path / "home")
    add_run(home, "one", "linear", blur=0.0)
    with Store.read(home) as store:
        comparing = Comparing(study="two")
        assert comparing.now(store) is None
        add_run(home, "two", "linear", blur=1.0)
        found = comparing.now(store)
        assert len(found.arms) == 2
        assert comparing.now(store) is found
        add_run(home, "three", "cosine", blur=0.0)
        add_run(home, "four", "cosine", blur=1.0)
        assert len(comparing.now(store).arms) == 4


def test_along_one_axis_after_the_other(tmp_path):
    """A study along the axis in which its losses compare, then each with the first, then along the others."""
    home = Home(tmp_path / "home")
    for blur in (0.0, 1.0):
        for schedule in ("linear", "cosine"):
            add_run(home, f"{schedule}-{blur:g}", schedule, blur=blur)
    with Store.read(home) as store:
        comparing = Comparing(study="two")
        seen = []
        for _ in range(4):
            seen.append(comparing.now(store).against.axis)
            comparing.turn()
        assert seen[0] == seen[3] == "process.schedule"
        assert set(seen) == {"process.schedule", "data.blur", None}
        marked = Comparing([run.id for run in store.runs()])
        assert marked.now(store).against.axis is None
