"""The columns of the list of runs."""

from dataclasses import replace

import pytest

from runs.store import Store
from tests.workbench.tui import BEGAN, filled_home
from workbench.fold import folded
from workbench.run_columns import (
    BY_KEY,
    COLUMNS,
    Glance,
    Line,
    bar,
    cells,
    in_order,
    measured,
    spread,
    worth_showing,
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs of a filled home, by their names."""
    home = filled_home(tmp_path_factory.mktemp("home") / "home")
    with Store.read(home) as store:
        return {run.name: run for run in store.runs()}


def text(run, key, glance=None):
    """What one column shows of a run."""
    (cell,) = cells(Line((run,)), [BY_KEY[key]], glance or Glance(), BEGAN + 3600)
    return cell if isinstance(cell, str) else cell[0]


def test_a_finished_run(runs):
    """Every column that it has something for."""
    run = runs["blurred"]
    found = {column.column.key: text(run, column.column.key) for column in COLUMNS}
    assert {
        key: found[key] for key in ("status", "name", "data", "schedule", "blur", "step", "loss", "pace", "age")
    } == {
        "status": "completed",
        "name": "blurred",
        "data": "digits",
        "schedule": "flow",
        "blur": "1",
        "step": "20",
        "loss": "0.05000",
        "pace": "5,000",
        "age": "1 h",
    }


def test_a_running_run(runs):
    """A bar, and the time that is left at its pace."""
    run = replace(runs["blurred"], status="running", step=10, total_steps=20, images_per_s=128.0)
    assert text(run, "step") == "10/20 ███···"
    assert text(run, "eta") == "10s"
    assert text(replace(run, images_per_s=None), "eta") == ""


def test_a_queued_and_a_spoiled_run(runs):
    """The place in the queue; NaN is a finding."""
    assert text(replace(runs["blurred"], status="queued", queue_position=3), "status") == "queued 3"
    assert text(runs["spoiled"], "loss") == "NaN"


def test_names_are_shown_harmless(runs):
    """Control characters and what looks like markup."""
    assert text(replace(runs["blurred"], name="[red]x[/]\x1b[2J"), "name") == "[red]x[/]\\x1b[2J"
    assert text(replace(runs["blurred"], starred=True), "name") == "★blurred"


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 100, "······"),
        (1, 100, "······"),
        (3, 100, "▏·····"),
        (50, 100, "███···"),
        (100, 100, "██████"),
        (5, None, ""),
    ],
)
def test_bar(done, total, shown):
    """In eighths of a cell; never longer than itself."""
    assert bar(done, total) == shown


def test_mean_and_spread():
    """The sample standard deviation, as a person would compute it; none for one value."""
    assert spread([1.0, 2.0, 3.0, 4.0]) == pytest.approx(1.2909944)
    assert measured([0.1, 0.2]) == "0.1500 ±0.071"
    assert measured([0.05, 0.05, 0.05]) == "0.05000 ±0"  # and not 8e-18, which is how their sum is rounded
    assert measured([0.1, 0.2, None]) == "0.1500 ±0.071 2 of 3"
    assert measured([0.1, None]) == "0.1000 1 of 2"
    assert measured([None, None]) == "-"
    assert spread([5.0]) == 0.0


def test_seeds_are_folded(runs):
    """Runs equal but for the seed are one line, the others are their own."""
    lines = folded(runs.values())
    assert [[run.name for run in line.runs] for line in lines] == [
        ["flow-one"],
        ["cosine-a", "cosine-b"],
        ["blurred"],
        ["spoiled"],
    ]
    assert [line.folded for line in lines] == [False, True, False, False]
    assert text_of_line(lines[1], "name") == "▸ 2 seeds  cosine-b"
    assert text_of_line(lines[1], "loss") == "0.05000 ±0"
    assert text_of_line(lines[1], "step") == "Σ 40"
    newer = replace(lines[1].runs[1], loss=None, status="diverged")
    assert text_of_line(Line((lines[1].runs[0], newer), folded=True), "loss") == "0.05000 1 of 2"


def text_of_line(line, key):
    """What one column shows of a line."""
    (cell,) = cells(line, [BY_KEY[key]], Glance(), BEGAN)
    return cell


@pytest.mark.parametrize(
    ("key", "reverse", "names"),
    [
        ("age", True, ["spoiled", "blurred", "cosine-b", "cosine-a", "flow-one"]),
        ("name", False, ["blurred", "cosine-a", "cosine-b", "flow-one", "spoiled"]),
        ("blur", True, ["blurred", "spoiled", "cosine-b", "cosine-a", "flow-one"]),
        ("loss", True, ["blurred", "cosine-b", "cosine-a", "flow-one", "spoiled"]),
        ("curve", False, ["flow-one", "blurred", "spoiled", "cosine-b", "cosine-a"]),
        ("status", False, ["spoiled", "blurred", "cosine-b", "cosine-a", "flow-one"]),
    ],
)
def test_order(runs, key, reverse, names):
    """By a column's value; the curve's is the smoothed loss; who has none comes last, equal ones newest first."""
    glance = Glance(smoothed={runs["flow-one"].number: 0.1, runs["blurred"].number: 0.2})
    lines = in_order([Line((run,)) for run in runs.values()], BY_KEY[key], glance, reverse)
    assert [line.run.name for line in lines] == names


def test_empty_columns_are_left_out(runs):
    """CLIP only where a run has a score."""
    columns, lines = [BY_KEY["name"], BY_KEY["clip"]], [Line((run,)) for run in runs.values()]
    assert worth_showing(columns, lines, Glance()) == columns[:1]
    assert worth_showing(columns, lines, Glance(clip={1: 0.3})) == columns


def test_the_study_is_shown_where_a_run_has_one(runs):
    """And sorts those without one last."""
    columns, lines = [BY_KEY["name"], BY_KEY["study"]], [Line((run,)) for run in runs.values()]
    assert worth_showing(columns, lines, Glance()) == columns[:1]
    lines[1] = Line((replace(lines[1].run, study="schedules\x1b[m"),))
    assert worth_showing(columns, lines, Glance()) == columns
    assert text_of_line(lines[1], "study") == "schedules\\x1b[m"
    assert in_order(lines, BY_KEY["study"], Glance(), False)[0] is lines[1]
