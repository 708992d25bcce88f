"""Weights that do not fit their config, or are none: told in one line, with the tensors' names."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from diffusion.errors import UserError
from diffusion.judges.clip import find_source, load_clip, load_network
from diffusion.judges.clip_weights import check_weights
from tests.diffusion.judges.sets import digits

CPU = torch.device("cpu")
WEIGHTS = "open_clip_model.safetensors"


@pytest.fixture
def bent(tmp_path, clip_folder):
    """Makes a copy of the digits CLIP with other tensors; None removes one."""

    def make(**changes):
        folder = tmp_path / "bent"
        shutil.copytree(clip_folder, folder)
        tensors = load_file(folder / WEIGHTS) | {name.replace("__", "."): one for name, one in changes.items()}
        save_file({name: one for name, one in tensors.items() if one is not None}, folder / WEIGHTS)
        return folder

    return make


def told(folder):
    """The error of loading a folder, which is one line."""
    with pytest.raises(UserError) as error:
        load_clip(str(folder), "digits", digits(), CPU)
    text = str(error.value)
    assert "\n" not in text
    return text


def test_every_tensor_that_does_not_fit_is_named(bent):
    """Of another shape, missing and unknown ones at once, though open_clip would break off at the first."""
    text = told(bent(positional_embedding=torch.zeros(3, 3), visual__class_embedding=None, more=torch.zeros(1)))
    assert "positional_embedding is 3 x 3, not " in text
    assert "visual.class_embedding is missing" in text
    assert "more is unknown" in text


@pytest.mark.parametrize("name", ["positional_embedding", "visual.positional_embedding"])
def test_position_embeddings_of_another_length_are_not_resized(bent, clip_folder, name):
    """open_clip would stretch them to the config's length and say nothing."""
    width = load_file(clip_folder / WEIGHTS)[name].shape[1]
    text = told(bent(**{name.replace(".", "__"): torch.zeros(10, width)}))
    assert f"{name} is 10 x {width}, not " in text


def test_half_a_file_is_told_as_damaged(bent):
    """A copy that broke off."""
    folder = bent()
    whole = (folder / WEIGHTS).read_bytes()
    for length in (4, 2000, len(whole) // 2):
        (folder / WEIGHTS).write_bytes(whole[:length])
        assert "are damaged or no weights at all" in told(folder)


def test_values_that_are_not_finite(bent, clip_folder):
    """The tensor is named; a judge of nan would score every picture alike."""
    scale = torch.full_like(load_file(clip_folder / WEIGHTS)["visual.proj"], torch.nan)
    assert "not finite, in visual.proj;" in told(bent(visual__proj=scale))


@pytest.mark.parametrize("config", ["{", "{}", '{"model_cfg": null}', '{"model_cfg": {"embed_dim": 8}}'])
def test_a_config_of_no_sense(bent, config):
    """One line, whatever open_clip makes of it."""
    folder = bent()
    (folder / "open_clip_config.json").write_text(config)
    assert "the CLIP model bent cannot be read" in told(folder)


def test_a_text_is_no_weights(tmp_path, clip_folder):
    """Nor is a file of torch that holds something else, or nothing."""
    settings = json.loads((clip_folder / "open_clip_config.json").read_text())["model_cfg"]
    path = tmp_path / "notes.txt"
    path.write_text("these are no weights\n")
    with pytest.raises(UserError, match=r"notes.txt are damaged or no weights at all"):
        load_network(find_source(f"ViT-B-32/{path}"))
    for what in ([1, 2], {}):
        torch.save(what, tmp_path / "other.pt")
        with pytest.raises(UserError, match=r"other.pt are damaged or no weights at all"):
            check_weights(tmp_path / "other.pt", settings)
    torch.save(load_file(clip_folder / WEIGHTS), tmp_path / "good.pt")
    check_weights(tmp_path / "good.pt", settings)
