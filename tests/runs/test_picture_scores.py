"""Scores of single pictures by the noise that they were drawn from."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from diffusion.events import ClipScore, ClipScores, Evaluation, Finished, Progress, Sample, Started
from runs.figures import measured
from runs.ingest import catch_up
from runs.picture_scores import picture_scores
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.streams import drawn


def scored(shift=0.0, spread=0.0, seed=0):
    """Twenty pictures of ten classes, all different, each scored by a CLIP; every second one is read right."""
    noise = np.random.default_rng(seed).normal(0, 1, 20)
    pictures = []
    for one in drawn():
        pixels = one.picture.copy()
        pixels[0, 0] = one.index + 1
        pictures.append(replace(one, picture=pixels))
    yield Started({"device": "cpu"}, tuple("0123456789"))
    yield Progress("train", 1, 1, 1)
    yield Sample(1, "ema", tuple(pictures), {"sampler": "heun"})
    scores = tuple(
        ClipScore(
            sha256(one.picture.tobytes()).hexdigest(),
            one.label,
            f"digit {one.label}",
            0.01 * one.index + shift + spread * noise[one.index],
            0.5,
            one.label if one.index % 2 else -1,
        )
        for one in pictures
    )
    yield ClipScores(1, "clip", "model", "weights", "prompts", scores)
    mean = float(np.mean([one.cosine for one in scores]))
    yield Evaluation(1, "clip", "cosine", mean, 20, low=mean - 0.05, high=mean + 0.05)
    yield Evaluation(1, "clip", "accuracy", 0.5, 20)
    yield Evaluation(1, "clip", "fd", 3.0, 20)
    yield Finished("completed", 1, 1.0)


@pytest.fixture
def found(home, made):
    """A run that was scored, and its figures."""
    attempt(made("scored"), scored())
    catch_up(home)
    with Store.read(home) as store:
        (run,) = store.runs()
        yield store, run, measured(store, run)


def test_scores_by_the_noise_that_was_drawn_from(found):
    """Class, seed and index are a picture's own; all conventions of one score."""
    store, run, figures = found
    cosine = picture_scores(store, run, "clip cosine", figures["clip cosine", None])
    assert len(cosine) == 20
    assert cosine[3, 0, 7] == pytest.approx(0.07)
    hundred = picture_scores(store, run, "clip clip_score_100", figures["clip cosine", None])
    assert hundred[3, 0, 7] == pytest.approx(7)
    hits = picture_scores(store, run, "clip accuracy", figures["clip accuracy", None])
    assert sum(hits.values()) == 10


def test_of_one_class(found):
    """Its two pictures."""
    store, run, figures = found
    one = picture_scores(store, run, "clip cosine", figures["clip cosine", None], label=4)
    assert {label for label, _, _ in one} == {4}
    assert len(one) == 2


def test_figures_without_scores_of_single_pictures(found):
    """A distance is of a set; pictures that were drawn for one look alone are not kept."""
    store, run, figures = found
    assert picture_scores(store, run, "clip fd", figures["clip fd", None]) == {}
    assert picture_scores(store, run, "other cosine", figures["clip cosine", None]) == {}
    unkept = replace(figures["clip cosine", None], sample_set=None)
    assert picture_scores(store, run, "clip cosine", unkept) == {}
