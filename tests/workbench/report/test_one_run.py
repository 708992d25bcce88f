"""The report of a run, section by section."""

import numpy as np
import pytest

from runs.store import Store
from tests.workbench.report.drawings import HOSTILE
from tests.workbench.screens.rich_run import bare, rich_home
from tests.workbench.tui import recorded
from workbench.report.document import Bars, Code, Pictures, Plot, Points, Table
from workbench.report.html import as_html
from workbench.report.one_run import of_run


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run that has recorded all, and one that has recorded nothing."""
    found = rich_home(tmp_path_factory.mktemp("reports"))
    recorded(found, "bare", events=bare())
    return found


def report(home, name):
    with Store.read(home) as store:
        return of_run(store, store.find(name), "2026-01-02")


@pytest.fixture
def sections(home):
    """Blocks by the title of their section."""
    return {one.title: one.blocks for one in report(home, "rich").sections}


def test_the_order_is_that_of_a_paper(sections):
    """From the question to how it is made again."""
    assert list(sections) == [
        "Question",
        "Setup and provenance",
        "Schedule and forward process",
        "Training",
        "Denoising",
        "Samples by class",
        "Judges",
        "Limits",
        "How to make it again",
        "Appendix: all settings",
    ]


def test_training_statistics(sections):
    """Validation began at 2.2 and ended at 2.2 / 5; the gap needs the training bank, which was not measured."""
    (table,) = [one for one in sections["Training"] if isinstance(one, Table)]
    assert [row[0] for row in table.rows] == ["validation", "predicted x0, validation"]
    assert list(table.rows[0][1:6]) == ["2.200", "0.4400", "0.4400", "40", "80.0 %"]
    (told,) = [one.items for one in sections["Training"] if isinstance(one, Points)]
    assert "67 % in the first 25 %" not in told[0]
    assert "84 % in the first 50 %" not in told[0]
    assert "83 % in the first 50 %" in told[0]


def test_curves_keep_their_gap(sections):
    """The NaN of step 13 is a gap."""
    plot = next(one for one in sections["Training"] if isinstance(one, Plot))
    losses = next(one for one in plot.lines if one.name == "training batches")
    assert np.isnan(losses.ys[losses.xs == 13]).all()
    assert len(losses.xs) == 40


def test_noise_levels(sections):
    """The first and the last validation among them."""
    plots = [one for one in sections["Training"] if isinstance(one, Plot)]
    assert [line.name for line in plots[1].lines] == ["step 0", "step 20", "step 40"]


def test_pictures(sections):
    """Snapshots with x_t above x0, and a row of samples for each class."""
    (strip,) = [one for one in sections["Denoising"] if isinstance(one, Pictures)]
    assert strip.pixels.shape[:2] == (2 * 10 + 2, 5 * 10 + 2)
    assert "20 (9.2)" in strip.caption
    (grid,) = [one for one in sections["Samples by class"] if isinstance(one, Pictures)]
    assert grid.pixels.shape[:2] == (10 * 10 + 2, 3 * 10 + 2)
    assert grid.caption.startswith("30 of 30 pictures; rows from the top: 0, 1, 2")


def test_judges(sections):
    """A bar for each class and one for all."""
    bars = next(one for one in sections["Judges"] if isinstance(one, Bars))
    assert [one.name for one in bars.bars] == [*map(str, range(10)), "all"]
    assert (bars.bars[-1].value, bars.bars[-1].low, bars.bars[-1].high) == (0.9, 0.75, 0.97)


def test_how_to_make_it_again(sections):
    """The command as it was typed, below the code's commit where that is known."""
    (code,) = [one.text for one in sections["How to make it again"] if isinstance(one, Code)]
    assert code.splitlines()[-1] == "workbench run"


def test_a_run_that_recorded_nothing(home):
    """Says so, and has no section without content."""
    found = {one.title: one.blocks for one in report(home, "bare").sections}
    assert "Denoising" not in found
    assert "Judges" not in found
    assert found["Training"][0].text == "Nothing was measured."


def test_names_and_notes_of_others_are_text(home):
    """In the whole file."""
    with Store.write(home) as store:
        store.db.execute("update runs set notes = ?, text = ? where name = 'bare'", (HOSTILE, HOSTILE))
    text = as_html(report(home, "bare"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
