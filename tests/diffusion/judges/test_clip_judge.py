"""CLIP scores: the conventions beside others' implementations, known pictures, and what cannot be scored."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchmetrics.functional.multimodal.clip_score import clip_score

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from diffusion.events import Alert, Baseline, ClipScores, Drawn, Evaluation, Progress
from diffusion.judges import clip_judge
from diffusion.judges.clip_judge import judge_clip, scores_of
from diffusion.judges.judged import Judged
from diffusion.judges.prompts import templates_for
from tests.diffusion.judges.sets import blurred, digits, held_out, noise


def looked_at(split, judges, **settings):
    """All events of judging a split's pictures as if they were drawn."""
    drawn = tuple(
        Drawn(picture.permute(1, 2, 0).numpy(), int(label), 0, index)
        for index, (picture, label) in enumerate(zip(split.pictures, split.labels, strict=True))
    )
    config = with_settings(RunConfig(), {f"judges.{key}": value for key, value in settings.items()})
    return list(judge_clip(Judged(config, digits(), drawn, 400, torch.device("cpu"), judges)))


def numbers(events):
    """(name, label) -> evaluation."""
    return {(one.name, one.label): one for one in events if isinstance(one, Evaluation)}


@pytest.fixture(scope="module")
def real(clip_judges):
    """The events of real test pictures."""
    return looked_at(held_out(), clip_judges)


class Adapted(torch.nn.Module):
    """The digits CLIP with the interface that torchmetrics asks for."""

    config = SimpleNamespace()

    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def get_image_features(self, pixels):
        return self.clip.encode(pixels.to(torch.uint8))

    def get_text_features(self, tokens, mask):
        return self.clip.network.encode_text(tokens)

    def process(self, images=None, text=None, **_):
        if images is not None:
            return {"pixel_values": torch.stack(images)}
        return {"input_ids": self.clip._tokenizer(text), "attention_mask": torch.ones(len(text), 16)}


def test_conventions_agree_with_torchmetrics_and_clips_readme(clip):
    """One model, the same pictures and prompts: 100 x cosine, 2.5 x cosine, and the softmax over all prompts."""
    split, prompts = held_out(), [f"the digit {name}" for name in digits().class_names]
    classes = clip.classes(digits().class_names, ["the digit {}"])
    scores = scores_of(clip.encode(split.pictures), classes, split.labels, clip.scale)
    model = Adapted(clip)
    asked = [prompts[label] for label in split.labels]
    theirs = clip_score(list(split.pictures), asked, model_name_or_path=lambda: (model, model.process))
    named = scores.named()
    assert named["clip_score_100"].mean() == pytest.approx(float(theirs), rel=1e-4)
    assert named["clip_score_2.5"].mean() == pytest.approx(2.5 * np.maximum(scores.cosine, 0).mean())
    with torch.no_grad():  # as CLIP's README has it
        images = clip.network.encode_image(clip.preprocess(split.pictures))
        texts = clip.network.encode_text(clip._tokenizer(prompts))
        images, texts = (one / one.norm(dim=-1, keepdim=True) for one in (images, texts))
        readme = (clip.network.logit_scale.exp() * images @ texts.T).softmax(dim=-1)
    own = readme[torch.arange(len(split)), split.labels]
    assert np.allclose(scores.probability, own.numpy(), rtol=1e-4, atol=1e-6)
    assert np.array_equal(scores.best, readme.argmax(1).numpy())


def test_real_pictures_are_near_the_ceiling_and_noise_near_chance(real, clip_judges):
    """Judged as if drawn, and as the baselines that come with every judgement."""
    said, nothing = numbers(real), numbers(looked_at(noise(), clip_judges))
    assert said["accuracy", None].value > 0.95
    assert said["probability", None].value > 0.9
    assert 0.02 < nothing["accuracy", None].value < 0.25
    assert said["cosine", None].low > nothing["cosine", None].high
    known = {(one.pictures, one.name): one for one in real if isinstance(one, Baseline) and one.label is None}
    assert known["real", "accuracy"].value > 0.95
    assert 0.02 < known["noise", "accuracy"].value < 0.25
    assert known["other-class", "accuracy"].value < 0.05
    assert known["noise", "cosine"].value < known["real", "cosine"].value
    assert {one.n for one in known.values()} == {len(digits().test)}


def test_blur_is_seen(real, clip_judges):
    """Test pictures blurred by one pixel are read worse."""
    assert (
        numbers(looked_at(blurred(), clip_judges))["probability", None].value < numbers(real)["probability", None].low
    )


def test_one_row_a_picture_and_means_of_them(real):
    """The rows' means are the evaluations, by class too, each with its n and an interval around it."""
    (rows,) = [one for one in real if isinstance(one, ClipScores)]
    assert (rows.judge, rows.model, rows.weights) == ("clip-digits-trained-here", "clip-digits-trained-here", "its own")
    assert rows.prompts.startswith("7 templates ")
    said = numbers(real)
    for label in (None, 3):
        mine = [one for one in rows.scores if label is None or one.label == label]
        for name, values in {
            "cosine": [one.cosine for one in mine],
            "clip_score_100": [100 * one.cosine for one in mine],
            "clip_score_2.5": [2.5 * max(one.cosine, 0) for one in mine],
            "probability": [one.probability for one in mine],
            "accuracy": [one.best == one.label for one in mine],
        }.items():
            one = said[name, label]
            assert (one.value, one.n) == (pytest.approx(np.mean(values)), len(mine))
            assert one.low <= one.value <= one.high


def test_progress_comes_before_all_results(real):
    """Work that is given up has told nothing."""
    kinds = [type(one) for one in real]
    last = max((place for place, kind in enumerate(kinds) if kind is Progress), default=-1)
    assert not any(kind in (Evaluation, Baseline, ClipScores) for kind in kinds[: last + 1])


def test_pictures_are_scored_once(real, clip_judges, monkeypatch):
    """The second time nothing is encoded, and the numbers are the same."""
    monkeypatch.setattr(clip_judge.Clip, "encode", lambda *_: pytest.fail("it was encoded again"))
    again = looked_at(held_out(), clip_judges)
    assert numbers(again) == numbers(real)


def test_ones_own_templates(clip_judges, tmp_path):
    """A file's templates take the place of the data set's, and the prompt set has another name."""
    file = tmp_path / "templates.txt"
    file.write_text("somebody wrote a {} here\n")
    events = looked_at(held_out(), clip_judges, templates=str(file))
    (rows,) = [one for one in events if isinstance(one, ClipScores)]
    assert rows.prompts.startswith("1 template ")
    assert numbers(events)["accuracy", None].value > 0.9
    assert len(templates_for("digits")) == 7


def part_of(split, rows):
    """Some of a split's pictures."""
    return type(split)(split.pictures[rows], split.labels[rows])


def test_one_picture_a_class_has_no_interval(clip_judges):
    """The mean is told, and that nothing can be said of how sure it is."""
    rows = [int(torch.nonzero(held_out().labels == label)[0]) for label in range(10)]
    said = numbers(looked_at(part_of(held_out(), rows), clip_judges))
    assert (said["cosine", 3].n, said["cosine", 3].low, said["cosine", 3].high) == (1, None, None)
    assert said["cosine", None].low is not None


def test_classes_without_pictures_are_told(clip_judges):
    """They have no row, which is not a zero."""
    events = looked_at(part_of(held_out(), held_out().labels > 1), clip_judges)
    assert ("cosine", 0) not in numbers(events)
    assert [one.text for one in events if isinstance(one, Alert)] == ["no pictures were judged of 0, 1"]


def test_pictures_without_a_class_have_no_prompt(clip_judges):
    """A network without classes draws what no prompt belongs to."""
    split = held_out()
    with pytest.raises(UserError, match="no picture was drawn as a class"):
        looked_at(type(split)(split.pictures, torch.full_like(split.labels, -1)), clip_judges)


def test_without_a_judge_it_says_where_to_get_one(tmp_path, monkeypatch):
    """One line, no number, no failure."""
    monkeypatch.setattr("diffusion.judges.clip.default_at_hand", lambda: False)
    (told,) = looked_at(held_out(), tmp_path)
    assert told.level == "info"
    assert "workbench judge train --dataset digits" in told.text


def test_no_pictures():
    """There is nothing to judge."""
    with pytest.raises(UserError, match="no pictures to judge"):
        Judged(RunConfig(), digits(), (), 0, torch.device("cpu"), None)


def test_pictures_of_two_shapes(clip_judges):
    """They cannot be one set."""
    shapes = tuple(Drawn(np.zeros((side, side, 1), np.uint8), 0, 0, 0) for side in (8, 16))
    with pytest.raises(UserError, match="8 x 8 x 1 and 16 x 16 x 1"):
        list(judge_clip(Judged(RunConfig(), digits(), shapes, 0, torch.device("cpu"), clip_judges)))
