"""Training a classifier: repeatable, honest about its cost, and for any number of pictures."""

from dataclasses import replace

import pytest
import torch

from diffusion.data.pictures import Split
from diffusion.events import Alert, Progress
from diffusion.judges.classifier_train import recipe, shifted, train_classifier, trained, training_seconds
from tests.diffusion.judges.sets import digits, held_out

CPU = torch.device("cpu")


def network_of(split, seed=0):
    torch.manual_seed(seed)
    work = trained(split, classes=10, flip=True, device=CPU, step=3)
    seen = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return end.value, seen


@pytest.fixture(scope="module")
def few():
    real = held_out()
    return Split(real.pictures[::8], real.labels[::8])  # 20 pictures


def test_the_same_pictures_give_the_same_weights(few):
    """Whatever the global random state."""
    (first, _), (second, _) = network_of(few), network_of(few, seed=5)
    for mine, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(mine, other)


def test_progress_is_told_and_the_network_is_ready(few):
    """Batch statistics are fixed afterwards: a picture's answer does not depend on its neighbours."""
    network, seen = network_of(few)
    assert all(isinstance(one, Progress) and one.phase == "judge" and one.step == 3 for one in seen)
    assert [one.done for one in seen] == list(range(seen[0].total))
    x = torch.randn(4, 1, 8, 8)
    torch.testing.assert_close(network(x)[:1], network(x[:1]))


@pytest.mark.parametrize(
    ("count", "channels", "size"), [(4, 1, 8), (1259, 1, 8), (55_000, 1, 28), (45_000, 3, 32), (300, 3, 256)]
)
def test_a_recipe_passes_no_picture_more_than_sixty_times(count, channels, size):
    """And has a batch that two steps can be made of."""
    how = recipe(count=count, channels=channels, size=size)
    assert 2 <= how.batch <= max(2, count)
    assert how.steps >= 8
    assert how.steps == 8 or how.steps * how.batch <= 60 * count


def test_the_estimate_is_of_the_right_size(few):
    """A training of so few steps takes about as long as a few of its steps promise."""
    assert 0 < training_seconds(few, classes=10, device=CPU) < 30


@pytest.mark.parametrize(("size", "reach"), [(8, 0), (16, 1), (32, 2)])
def test_pictures_are_shifted_by_a_sixteenth_at_most(size, reach):
    """Every shift comes up, none is larger, and edges repeat."""
    x = torch.arange(size, dtype=torch.float32).expand(1, 1, size, size)
    random = torch.Generator().manual_seed(0)
    seen = {int(shifted(x, random)[0, 0, 0, size // 2]) - size // 2 for _ in range(200)}
    assert seen == set(range(-reach, reach + 1))


def test_training_of_over_a_minute_says_so_first(monkeypatch, tmp_path):
    """Before the first step; a shorter one says nothing."""
    pictures = replace(digits(), train=held_out())
    for seconds, told in ((30.0, 0), (200.0, 1)):
        monkeypatch.setattr("diffusion.judges.classifier_train.training_seconds", lambda *_, s=seconds, **__: s)
        work = train_classifier(pictures, "digits", tmp_path, CPU)
        first = [next(work) for _ in range(2)]
        assert sum(isinstance(one, Alert) for one in first) == told
        work.close()
    assert first[0].text == "training classifier-digits takes about 3 min here, once"
