"""The report of a study, section by section."""

import pytest

from diffusion.events import Curve, Evaluation, Finished
from runs.home import Home
from runs.store import Store
from runs.studies import named_studies
from runs.verdicts import Finding, Verdict
from tests.workbench.streams import training
from tests.workbench.tui import recorded
from workbench.claims_page import SHIPPED
from workbench.report.document import Pictures, Plot, Points, Table
from workbench.report.html import as_html
from workbench.report.study import of_study


def told(better):
    """A training whose judge reads more the better it is."""
    for event in training(10):
        if isinstance(event, Finished):
            share = 0.6 + better
            yield Evaluation(10, "judge", "accuracy", share, 100, low=share - 0.02, high=share + 0.02)
            yield Evaluation(10, "judge", "accuracy", share, 50, label=3, low=share - 0.02, high=share + 0.02)
            yield Evaluation(10, "pixels", "blur_sigma", 0.2 + better, 100, low=0.1, high=0.7)
            yield Curve(10, "pixels", "power", "frequency", ((0.1, 5.0), (0.2, 2.0)))
        yield event


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two schedules, two seeds; cosine is read better."""
    found = Home(tmp_path_factory.mktemp("studies"))
    for schedule, better in (("linear", 0.0), ("cosine", 0.2)):
        for seed in (0, 1):
            recorded(
                found, f"{schedule}{seed}", events=told(better + seed / 100), process__schedule=schedule, seed=seed
            )
    with Store.write(found) as store:
        store.db.execute("update runs set study = 'schedules'")
    return found


@pytest.fixture
def document(home):
    """With one claim that rests on it."""
    from runs.claims import read_claims

    claim = read_claims(SHIPPED)[0]
    verdict = Verdict(claim, "not decided", (Finding("linear", "not decided", None, "", ("linear0",), "it has none"),))
    with Store.read(home) as store:
        return of_study(store, "schedules", named_studies(store.runs())["schedules"], "2026-01-02", [verdict])


def blocks(document, title, kind):
    return [
        one
        for section in document.sections
        if section.title == title
        for one in section.blocks
        if isinstance(one, kind)
    ]


def test_the_order_is_that_of_a_paper(document):
    """What was asked, how, what came out, what it does not say."""
    assert [one.title for one in document.sections] == [
        "Question",
        "Setup and provenance",
        "What was compared",
        "Schedule and forward process",
        "Training",
        "Pictures from the same noise",
        "Judges",
        "Training side by side",
        "What is decided",
        "By class",
        "Sharpness",
        "Cost",
        "Claims",
        "Limits",
        "How to make it again",
    ]


def test_what_the_judges_say_of_each_arm(document):
    """Means over its seeds."""
    (table,) = blocks(document, "Judges", Table)
    assert [row[:2] for row in table.rows][:2] == [
        ["1: schedule linear", "judge accuracy"],
        ["1: schedule linear", "pixels blur_sigma"],
    ]
    assert table.rows[0][2].startswith("0.6050 ±")


def test_the_question_is_the_ready_studys(document):
    """In its own words."""
    assert document.sections[0].blocks[0].text == "Which noise schedule learns most?"


def test_arms_and_schedules(document):
    """Each once, with its seeds."""
    (table,) = blocks(document, "What was compared", Table)
    assert [row[:3] for row in table.rows] == [["1", "linear", "0, 1"], ["2", "cosine", "0, 1"]]
    plot = blocks(document, "Schedule and forward process", Plot)[0]
    assert [line.name for line in plot.lines] == ["linear", "cosine"]


def test_what_is_decided(document):
    """Cosine is read better, by 0.2."""
    (table,) = blocks(document, "What is decided", Table)
    row = next(row for row in table.rows if row[0] == "judge accuracy")
    assert (row[1], row[4], row[6]) == ("2 - 1", "+0.200", "higher")


def test_pictures_from_the_same_noise(document):
    """A row an arm, a column a class."""
    (grid,) = blocks(document, "Pictures from the same noise", Pictures)
    assert grid.pixels.shape[:2] == (2 * 10 + 2, 10 * 10 + 2)


def test_claims_say_what_is_missing(document):
    """And the command that makes it."""
    (points,) = blocks(document, "Claims", Points)
    assert points.items[-1] == "next: workbench study --ready schedules"


def test_one_arm_alone(home):
    """Nothing is compared, and it is a report all the same."""
    with Store.read(home) as store:
        runs = [run for run in store.runs() if run.name.startswith("linear")]
        found = of_study(store, "mine", runs, "2026-01-02", [])
    assert "What is decided" not in {one.title for one in found.sections}
    assert "&" in as_html(found) or as_html(found)
