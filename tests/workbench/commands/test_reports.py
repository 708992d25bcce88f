"""`workbench report`: where it writes, what it refuses."""

import pytest

from runs.home import Home
from runs.store import Store
from tests.workbench.tui import recorded


@pytest.fixture
def home():
    """One run, and two of a study."""
    found = Home.find(None)
    recorded(found, "alone")
    recorded(found, "one", process__schedule="linear")
    recorded(found, "two", process__schedule="cosine")
    with Store.write(found) as store:
        store.db.execute("update runs set study = 'pair' where name in ('one', 'two')")
    return found


@pytest.mark.parametrize(
    ("words", "name", "begins"),
    [
        (("alone",), "alone.html", "<!doctype html>"),
        (("pair",), "pair.html", "<!doctype html>"),
        (("alone", "-o", "x.md"), "x.md", "# alone"),
        (("pair", "-f", "md"), "pair.md", "# Study pair"),
        (("alone", "-o", "x.htm", "-f", "html"), "x.htm", "<!doctype html>"),
    ],
)
def test_a_file(workbench, home, tmp_path, words, name, begins):
    """Named after what it is of, in the format that its name or --format says; and again over itself."""
    for _ in range(2):
        code, out, err = workbench("report", *words)
        assert (code, out, err) == (0, f"{name}\n", "")
    assert (tmp_path / name).read_text().startswith(begins)
    assert (tmp_path / name).stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("alon",), ""),
        (("other",), "unknown run 'other'"),
        (("pai",), "did you mean pair"),
        (("alone", "-f", "pdf"), "--format is 'pdf'; allowed: html, md"),
        (("alone", "-o", "taken.txt"), "taken.txt exists and is no report"),
        (("alone", "-o", "."), "exists and is no report"),
        (("alone", "-o", "taken.txt/x.html"), "cannot be"),
        (("pair", "--claims", "none.toml"), "none.toml cannot be read"),
    ],
)
def test_bad_input(workbench, home, tmp_path, words, told):
    """One line, and nothing is written over."""
    (tmp_path / "taken.txt").write_text("mine")
    code, _, err = workbench("report", *words)
    assert (code, err.count("\n")) == ((0, 0) if not told else (2, 1))
    assert told in err
    assert (tmp_path / "taken.txt").read_text() == "mine"
