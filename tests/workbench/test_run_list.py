"""What is listed and in which order, without a screen."""

import pytest

from runs.store import Store
from tests.workbench.tui import BEGAN, filled_home
from workbench.run_filter import parse_filter
from workbench.run_list import RunList


@pytest.fixture
def listed(tmp_path):
    """The runs of a filled home."""
    with Store.read(filled_home(tmp_path / "home")) as store:
        found = RunList(tuple(store.runs()))
    found.arrange()
    return found


def names(listed):
    """From above."""
    listed.arrange()
    return [line.run.name for line in listed.lines.values()]


def test_newest_first_until_sorted_otherwise(listed):
    """Another column begins with what is looked for: the highest pace, the lowest loss; again, it is turned around."""
    assert names(listed) == ["spoiled", "blurred", "cosine-b", "cosine-a", "flow-one"]
    listed.sort_by("name")
    assert (names(listed)[0], listed.reverse) == ("blurred", False)
    listed.sort_by("name")
    assert (names(listed)[0], listed.reverse) == ("spoiled", True)
    listed.sort_by("step")
    assert listed.reverse


def test_the_heading_that_is_sorted_by_is_marked_and_stays(listed):
    """With the direction; it is never left out."""
    listed.sort_by("blur")
    columns, rows = listed.table(BEGAN)
    (blur,) = [column for column in columns if column.key == "blur"]
    assert (blur.title, blur.rank) == ("BLUR↑", 0)
    assert [row.key for row in rows] == list(listed.lines)


def test_columns(listed):
    """When the one that was sorted by goes, the first one sorts."""
    listed.choose(["name", "seed"])
    columns, rows = listed.table(BEGAN)
    assert [column.title for column in columns] == ["NAME↓", "SEED"]
    assert [len(row.cells) for row in rows] == [2] * 5


def test_folds(listed):
    """One line for all seeds, its runs below it when it is open; keys act on all of them, each once."""
    listed.folding = True
    assert len(names(listed)) == 4
    (fold,) = [line for line in listed.lines.values() if line.folded]
    listed.open(fold.key, True)
    assert len(names(listed)) == 6
    inner = [line.key for line in listed.lines.values() if line.inner]
    assert [listed.fold_around(key) for key in inner] == [fold.key] * 2
    assert listed.fold_around("nothing") == "nothing"
    assert [run.name for run in listed.runs_of([fold.key, *inner, "nothing"])] == ["cosine-a", "cosine-b"]
    listed.open(fold.key, False)
    assert len(names(listed)) == 4


def test_the_title(listed):
    """How many there are, are listed, and are marked."""
    assert listed.title(0) == "workbench  5 runs"
    listed.terms = parse_filter("blur>0")
    assert names(listed) == ["blurred"]
    assert listed.title(2) == "workbench  1 of 5 runs  2 marked"
    listed.runs = listed.runs[:1]
    listed.terms = ()
    listed.arrange()
    assert listed.title(0) == "workbench  1 run"
