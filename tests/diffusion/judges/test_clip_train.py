"""The CLIP that is trained here."""

import dataclasses
import json

import pytest
import torch

from diffusion.errors import UserError
from diffusion.judges.clip_train import Captions, contrastive_loss, model_config, moved, train_clip
from diffusion.judges.kept import read_judge
from tests.diffusion.judges.sets import digits


def test_it_reads_digits_that_it_never_saw(clip_folder):
    """Held-out zero-shot accuracy, with its own templates and with an unseen one, in judge.json; a real small CLIP."""
    about = read_judge(clip_folder.parent, clip_folder.name)
    assert about["accuracy"] > 0.96
    assert about["accuracy_unseen_template"] > 0.94
    assert about["accuracy_low"] < about["accuracy"] < about["accuracy_high"]
    assert about["n"] == len(digits().test)
    assert 1e6 < about["parameters"] < 3e6
    assert about["data_checksum"] == digits().checksum
    assert json.loads((clip_folder / "open_clip_config.json").read_text())["model_cfg"] == model_config(8)


@pytest.mark.parametrize(("side", "size", "patch"), [(8, 8, 4), (28, 28, 7), (32, 32, 8), (30, 32, 8), (256, 64, 16)])
def test_few_patches_at_any_side(side, size, patch):
    """Four below 16 pixels, sixteen from there on, and never more than 64 pixels."""
    vision = model_config(side)["vision_cfg"]
    assert (vision["image_size"], vision["patch_size"]) == (size, patch)


def test_the_loss_is_clips_where_every_picture_has_a_caption_of_its_own():
    """One caption a class, one picture a class: the symmetric cross entropy of CLIP's figure 3."""
    generator = torch.Generator().manual_seed(0)
    images, texts = (torch.nn.functional.normalize(torch.randn(5, 8, generator=generator), dim=1) for _ in range(2))
    order = torch.tensor([3, 1, 4, 0, 2])
    logits = 7.0 * images @ texts.T
    wanted = torch.nn.functional.cross_entropy(logits, order)
    by_caption = torch.nn.functional.cross_entropy(logits.T, order.argsort())
    twice = torch.cat([texts, texts])  # two equal captions of each class share what one had: ln 2 more by picture
    found = contrastive_loss(images, twice, order, torch.tensor(7.0))
    assert float(found) == pytest.approx(float((wanted + torch.tensor(2.0).log() + by_caption) / 2), rel=1e-5)


def test_captions_name_their_class_within_their_length():
    """Every row has a start, the class's own tokens and an end, whatever the template's length."""
    import open_clip

    tokenizer = open_clip.SimpleTokenizer(context_length=16)
    names = ("7", "a very long name of a class with many words in it which does not fit at all")
    captions = Captions(tokenizer, ["{} " + "and more words " * 9, "words before " * 9 + "{}"], names, seed=1)
    for _ in range(20):
        rows = captions.draw()
        assert rows.shape == (4, 16)
        assert bool((rows[:, 0] == tokenizer.sot_token_id).all())
        assert bool(((rows == tokenizer.eot_token_id).sum(1) == 1).all())
        for row, name in zip(rows, names * 2, strict=True):
            wanted = tokenizer.encode(name)[:14]
            text = row.tolist()
            assert any(text[at : at + len(wanted)] == wanted for at in range(1, 16))


def test_moved_pictures_are_still_near():
    """Small turns and shifts; mirrored only where a mirrored picture is one of its class."""
    picture = torch.zeros(64, 1, 16, 16)
    picture[:, :, 4:12, 3:5] = 1.0  # a bar left of the middle
    plain = moved(picture, torch.Generator().manual_seed(0), flip=False)
    flipped = moved(picture, torch.Generator().manual_seed(0), flip=True)
    assert plain.shape == picture.shape
    assert bool((plain[..., :8].sum((1, 2, 3)) > plain[..., 8:].sum((1, 2, 3))).all())
    right = flipped[..., 8:].sum((1, 2, 3)) > flipped[..., :8].sum((1, 2, 3))
    assert 16 < int(right.sum()) < 48


def test_one_class_is_no_data_set_for_it(tmp_path):
    """There is nothing to tell apart."""
    single = dataclasses.replace(digits(), class_names=("0",))
    with pytest.raises(UserError, match="needs two classes or more"):
        list(train_clip(single, "digits", tmp_path, torch.device("cpu")))
