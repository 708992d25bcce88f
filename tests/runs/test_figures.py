"""Which figures runs have, and which of them mean the same in all."""

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from diffusion.events import Evaluation, Finished, Metric, Progress
from runs import figures
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.conftest import attempt

NAMES = ("train/loss", "val/loss", "val/x0_loss", "pixels sharpness", "classifier-digits accuracy", "clip accuracy")


def judged():
    yield Metric(1, "val/x0_loss", 0.5)
    yield Metric(1, "system/cpu", 50.0)
    yield Progress("train", 1, 2, 1)
    yield Metric(2, "val/x0_loss", 0.25)
    yield Progress("train", 2, 2, 2)
    yield Evaluation(1, "classifier-digits", "accuracy", 0.5, 80)
    yield Evaluation(2, "classifier-digits", "accuracy", 0.9, 80)
    yield Evaluation(2, "classifier-digits", "accuracy", 0.1, 8, label=3)
    yield Finished("completed", 2, 1.0)


def test_the_newest_of_each(home, made):
    """Metrics and judges over all classes; not what the machine did; images are steps times pictures a step."""
    attempt(made("judged", train__batch_size=32), judged())
    catch_up(home)
    with Store.write(home) as store:
        store.db.execute("update attempts set ended = started + 7")
    with Store.read(home) as store:
        found = figures.figures(store, store.find("judged"))
    assert found.pop("seconds") == pytest.approx(7)
    assert found == {"val/x0_loss": 0.25, "classifier-digits accuracy": 0.9, "training images": 64.0}


def test_headlines_and_choices():
    """The loss that compares comes first; a last word will do where it is one figure's alone."""
    assert figures.headlines(NAMES) == ["val/x0_loss", *NAMES[3:]]
    assert figures.chosen(["sharpness", "x0_loss", "sharpness"], NAMES) == ["pixels sharpness", "val/x0_loss"]
    with pytest.raises(UserError, match=r"'accuracy' could be several; allowed: classifier-digits accuracy, clip acc"):
        figures.chosen(["accuracy"], NAMES)
    with pytest.raises(UserError, match=r"no run has a metric 'val/los'; allowed: .*; did you mean val/loss"):
        figures.chosen(["val/los"], NAMES)


@pytest.mark.parametrize(
    ("name", "setting", "value", "why"),
    [
        ("val/x0_loss", "process.schedule", "linear", ""),
        ("val/x0_loss", "process.prediction", "x0", ""),
        ("val/x0_loss", "data.blur", 2.0, "measured on other pictures: data.blur 0.0, 2.0"),
        ("val/loss", "process.schedule", "linear", "of another scale: process.schedule cosine, linear"),
        ("val/loss", "process.prediction", "x0", "of another scale: process.prediction v, x0"),
        ("train/loss", "process.schedule", "linear", "of another scale: process.schedule cosine, linear"),
        ("train/loss", "train.learning_rate", 2e-3, ""),
        ("pixels sharpness", "data.blur", 2.0, ""),
        ("pixels sharpness", "data.dataset", "mnist", "measured on other pictures: data.dataset digits, mnist"),
        ("seconds", "data.dataset", "mnist", ""),
    ],
)
def test_what_compares(name, setting, value, why):
    """A loss by its pictures and its scale, a judge by its test pictures, seconds always."""
    assert figures.why_not(name, [RunConfig(), with_settings(RunConfig(), {setting: value})]) == why


def test_folded_over_seeds():
    """Those that have it."""
    found = figures.folded([{"a": 1.0}, {"a": 3.0}, {}], "a")
    assert (found.value, found.n) == (2.0, 2)
    assert figures.folded([{}], "a") is None
