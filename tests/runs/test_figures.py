"""Which figures runs have, and which of them mean the same in all."""

import pytest

from diffusion.config import SAMPLERS, RunConfig, with_settings
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
    """Metrics and judges, each with its step; not what the machine did; images are its own steps' alone."""
    attempt(made("judged", train__batch_size=32), judged())
    catch_up(home)
    with Store.write(home) as store:
        store.db.execute("update attempts set ended = started + 7")
    with Store.read(home) as store:
        found = figures.measured(store, store.find("judged"))
        before = figures.measured(store, store.find("judged"), until=1)
        forked = figures.measured(store, store.find("judged"), began=1)
    assert found.pop(("seconds", None)).value == pytest.approx(7)
    assert {key: (one.value, one.step) for key, one in found.items()} == {
        ("val/x0_loss", None): (0.25, 2),
        ("classifier-digits accuracy", None): (0.9, 2),
        ("classifier-digits accuracy", 3): (0.1, 2),
        ("training images", None): (64.0, 2),
    }
    assert before["val/x0_loss", None].value == before["classifier-digits accuracy", None].value == 0.5
    assert forked["training images", None].value == 32


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


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.0])
def test_network_evaluations_are_those_of_the_samplers(sampler, guidance):
    """Counted: a doubled batch counts twice."""
    torch = pytest.importorskip("torch")
    from diffusion.sampling.guidance import make_denoise
    from diffusion.sampling.samplers import make_sampler

    config = with_settings(
        RunConfig(), {"sampler": sampler, "guidance": guidance, "sampling_steps": 5, "sampling.eta": 0}
    )
    seen = []

    def network(x, sigma, label):
        seen.append(len(x))
        return x / (1 + sigma.reshape(-1, 1, 1, 1) ** 2)

    denoise = make_denoise(network, torch.zeros(1, dtype=torch.int64), config.sampling, 10)
    sigmas = torch.tensor([20.0, 8.0, 3.0, 1.0, 0.3, 0.0], dtype=torch.float64)
    for _ in make_sampler(config.sampling)(denoise, torch.randn(1, 1, 2, 2), sigmas, noise=lambda: torch.zeros(1)):
        pass
    assert sum(seen) == figures.network_evaluations(config)


def test_without_classes_nothing_is_guided():
    """So each evaluation counts once."""
    config = with_settings(RunConfig(), {"conditioning": "none", "guidance": 3, "sampler": "ddim"})
    assert figures.network_evaluations(config) == 20


def test_figures_that_move_with_the_number_of_pictures():
    """A Frechet distance of 80 pictures is no 320's; an accuracy is."""
    both = [RunConfig(), RunConfig()]
    assert figures.why_not("clip fd", both, [80, 80, None]) == ""
    assert figures.why_not("clip fd", both, [80, 320]) == "of other numbers of pictures, with which it moves: 80, 320"
    assert figures.why_not("clip accuracy", both, [80, 320]) == ""


def test_how_fine_values_are():
    """Shares of n pictures are multiples of 1/n; a mean of scores is anything."""
    shares = [figures.Measured(value, 1, 80) for value in (0.5, 0.5125)]
    assert figures.grain(shares) == 1 / 80
    assert figures.grain([*shares, figures.Measured(0.51, 1, 80)]) == 0
    assert figures.grain([figures.Measured(0.5, 1)]) == 0
    assert figures.grain([]) == 0


def test_seeds_and_drawings_folded():
    """Over seeds Student's, over drawings of one network the pictures' own intervals."""
    two = [{("a", None): figures.Measured(value, 1, 80, value - 0.1, value + 0.1)} for value in (0.5, 0.6)]
    assert figures.folded(two, "a").high > 1
    assert figures.folded(two, "a", drawn=True).high == pytest.approx(0.55 + 0.1 / 2**0.5)
    assert figures.folded(two, "b") is None
