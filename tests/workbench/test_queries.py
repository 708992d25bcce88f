"""The queries to begin with."""

import pytest

from runs.store import Store
from tests.test_documentation import QUERIES
from tests.workbench.tui import filled_home
from workbench.queries import EXAMPLES


def test_they_are_those_of_the_readme():
    """With the names of README's runs in their places."""
    names = ("digits-spry-newt", "cosine-true-perch")
    assert [one.asked_of(names) for one in EXAMPLES] == [sql.strip() for sql, _ in QUERIES]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A home with a few runs."""
    with Store.read(filled_home(tmp_path_factory.mktemp("home") / "home")) as found:
        yield found


@pytest.mark.parametrize("names", [[], ["flow-one"], ["it's", "cosine-a"]])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title)
def test_they_can_be_asked(store, example, names):
    """Of any runs, or of none."""
    assert store.query(example.asked_of(names)).columns
